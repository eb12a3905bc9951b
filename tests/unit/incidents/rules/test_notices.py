"""Notices: one decision counts, a later draft takes an undecided one's place, and what became of it is said once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest

from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import Drafted, Incident, Notice, NoticeDecided, NoticeSent, Post, Undelivered
from lambdas.incidents.rules.notices import ROOM, SUPERSEDED
from tests.unit.notify.scene import NOW, incident

APPROVED = {"notice": "customer", "state": "APPROVED"}
DRAFT = Notice(kind="customer", subject="s", text="t")


def with_notice(**changes: Any) -> Incident:
    return incident(notices={"customer": replace(DRAFT, **changes)})


def step(before: Incident | None, event: Any) -> tuple[Incident, list[dict[str, str]]]:
    after, posts = reduce(before, event, NOW)
    assert after
    assert all(post.kind == "notice" for post in posts)
    return after, [json.loads(post.body) for post in posts]


def decide(decision: Literal["approve", "decline"], kind: str = "customer", by: str = "U1") -> NoticeDecided:
    return NoticeDecided(by=by, kind=kind, decision=decision)


def test_a_draft_is_kept_and_shown_once() -> None:
    after, said = step(incident(), Drafted(notice=DRAFT))
    key = Post("notice", 0, (incident().ver + 1) * ROOM).key
    assert after.notices == {"customer": replace(DRAFT, message=key)}
    assert said == [{"notice": "customer", "state": "DRAFTED"}]
    assert reduce(after, Drafted(notice=replace(DRAFT, text="other")), NOW) == (after, ())


def test_a_decision_counts_once() -> None:
    approved, said = step(with_notice(), decide("approve"))
    assert (approved.notices["customer"].state, approved.notices["customer"].by, said) == ("APPROVED", "U1", [APPROVED])
    for late in (decide("approve", by="U2"), decide("decline", by="U2")):
        assert reduce(approved, late, NOW) == (approved, ())
    declined, said = step(with_notice(), decide("decline"))
    assert (declined.notices["customer"].state, said) == ("DECLINED", [{"notice": "customer", "state": "DECLINED"}])
    assert reduce(declined, decide("approve"), NOW) == (declined, ())


@pytest.mark.parametrize("state", ["SENT", "FAILED", "APPROVED", "DECLINED"])
def test_only_an_undecided_draft_gives_way_to_a_later_one(state: Any) -> None:
    later = Drafted(notice=replace(DRAFT, kind="customer.update.7"))
    after, _ = step(with_notice(state=state, status="as it was"), later)
    assert after.notices["customer"].status == "as it was"
    after, said = step(with_notice(), later)
    assert [one["notice"] for one in said] == ["customer.update.7", "customer"]  # its buttons go
    assert (after.notices["customer"].state, after.notices["customer"].status) == ("DECLINED", SUPERSEDED)


def test_what_became_of_it_is_said_once() -> None:
    sent = NoticeSent(kind="customer", state="SENT", reference="m1", status="sent to 1 of 1 addresses")
    after, said = step(with_notice(state="APPROVED", by="U1"), sent)
    assert said == [{"notice": "customer", "state": "SENT"}]
    assert (after.notices["customer"].at, after.notices["customer"].reference) == (NOW, "m1")
    assert reduce(after, sent, NOW + 60) == (after, ())


@pytest.mark.parametrize(
    "event", [decide("approve"), NoticeSent(kind="customer", state="SENT"), decide("approve", kind="case")]
)
def test_what_is_not_there_changes_nothing(event: Any) -> None:
    assert reduce(incident(), event, NOW) == (incident(), ())
    assert reduce(None, event, NOW) == (None, ())


def test_who_could_not_be_told_is_said_and_changes_nothing() -> None:
    before = incident()
    after, posts = reduce(before, Undelivered(way="sms", to="Ann", why="OptedOut"), NOW)
    assert after == before
    assert [(post, json.loads(post.body)) for post in posts] == [
        (Post("notice", 0, (before.ver + 1) * ROOM), {"undelivered": {"way": "sms", "to": "Ann", "why": "OptedOut"}})
    ]
