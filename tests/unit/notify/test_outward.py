"""Who is told of what, once each; as a table, and as properties over any change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from lambdas.incidents.model import Incident, Notice, Post
from lambdas.incidents.quiet import Window
from lambdas.notify.outward import outward
from lambdas.notify.rows import Errand, Page
from lambdas.settings import Channels, Contact
from tests.unit.notify.scene import CHANNELS, CONTACTS, ID, NOW, SETTINGS, incident, judged

QUIET = replace(SETTINGS, channels=Channels())
EVERY = ["email Ann", "sms Ann", "email Bob", "sms Bob"]
NOTICE = Notice(kind="customer", subject="s", text="t")


def rows(
    before: Incident | None, after: Incident, posts: tuple[Post, ...] = (), settings: Any = SETTINGS
) -> tuple[Post, ...]:
    return outward(before, after, posts, settings, NOW)


def pages(found: tuple[Post, ...]) -> list[str]:
    """`<kind> <name>`, in order."""
    return [f"{row.kind} {Page.of(row).name}" for row in found if row.kind in {"email", "sms", "call"}]


def errands(found: tuple[Post, ...]) -> list[tuple[str, str]]:
    return [(errand.do, errand.notice) for row in found if row.kind == "customer" for errand in [Errand.of(row)]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, ["email Ann", "sms Ann"]),
        (None, {"severity": 2}, ["email Ann"]),
        (None, {"status": "NOTED"}, []),
        (None, {"status": "SILENCED"}, []),
        (None, {"parent": "INC-2"}, []),
        ({"status": "SILENCED"}, {}, ["email Ann", "sms Ann"]),
        # the runbook: 'escalate to senior engineer and customer success manager'
        ({}, {"level": 2}, ["email Bob", "sms Bob", "call Bob", "email Cleo"]),
        ({"severity": 2}, {"severity": 2, "level": 2}, ["email Bob"]),
        ({"level": 2}, {"level": 3}, ["email Eve", "email Cleo"]),
        ({}, {"level": 3}, ["email Bob", "sms Bob", "call Bob", "email Cleo", "email Eve"]),
        ({"severity": 2}, {}, ["email Ann", "sms Ann"]),
        (
            {"severity": 2, "level": 2},
            {"level": 2},
            ["email Ann", "sms Ann", "email Bob", "sms Bob", "call Bob", "email Cleo"],
        ),
        ({}, {"severity": 2}, []),
        ({"status": "RESOLVED"}, {"reopen": 1}, ["email Ann", "sms Ann"]),
        ({}, {"status": "RECOVERING"}, []),
        ({}, {"acknowledged_at": NOW}, []),
        ({"status": "RECOVERING"}, {"status": "RESOLVED"}, ["email Ann", "sms Ann"]),
        (
            {"level": 2},
            {"level": 2, "status": "RESOLVED"},
            ["email Ann", "sms Ann", "email Bob", "sms Bob", "email Cleo"],
        ),
        ({"parent": "INC-2"}, {"parent": "INC-2", "status": "RESOLVED"}, []),
        ({"parent": "INC-2"}, {}, ["email Ann", "sms Ann"]),  # the storm is over, and it is not
    ],
)
def test_who_is_told(before: dict[str, Any] | None, after: dict[str, Any], expected: list[str]) -> None:
    assert pages(rows(None if before is None else incident(**before), incident(**after))) == expected


def test_only_the_word_that_it_is_over_may_get_lost() -> None:
    opened = rows(None, incident())
    over = rows(incident(status="RECOVERING"), incident(status="RESOLVED"))
    assert all(Page.of(row).urgent for row in opened if row.kind in {"email", "sms"})
    assert not any(Page.of(row).urgent for row in over if row.kind in {"email", "sms"})


def test_nobody_is_told_in_a_way_that_is_not_configured() -> None:
    assert rows(None, incident(), settings=QUIET) == ()
    assert pages(rows(None, incident(), settings=replace(SETTINGS, contacts={}))) == []


def test_who_stands_at_two_levels_is_told_once_in_each_way() -> None:
    both = replace(SETTINGS, contacts={"2": CONTACTS["1"], "3": CONTACTS["1"]})
    assert pages(rows(incident(), incident(level=3), settings=both)) == ["email Ann", "sms Ann", "call Ann"]


def test_a_long_list_of_contacts_leaves_the_transaction_its_room() -> None:
    crowd = tuple(Contact(name=f"P{n}", email=f"p{n}@example.com", phone=f"+4179{n:07}") for n in range(80))
    assert len(rows(None, incident(), settings=replace(SETTINGS, contacts={"1": crowd}))) < 90


# --- the bus ---------------------------------------------------------------------------------------------------------


def test_each_transition_is_on_the_bus_with_an_id_of_its_own() -> None:
    found = [row for row in rows(incident(2), incident(level=2)) if row.kind == "bus"]
    told = [json.loads(row.body) for row in found]
    assert [event["change"] for event in told] == ["severity_changed", "escalated"]
    assert [event["id"] for event in told] == [f"{ID}/{row.key}" for row in found]
    assert told[0]["was"] == {"status": "OPEN", "severity": 2, "level": 1}
    assert told[0]["sequence"] == 4
    assert all(event["version"] == 1 for event in told)


def test_a_storms_part_is_on_the_bus_too() -> None:
    (event,) = [json.loads(row.body) for row in rows(None, incident(parent="INC-2")) if row.kind == "bus"]
    assert event["incident"]["storm"] == "INC-2"


# --- the customer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "affected", "drafted"),
    [(1, None, True), (2, 25.0, False), (2, 25.1, True), (2, None, False), (3, 90.0, False)],
)
def test_the_runbooks_triggers_for_the_customer(severity: int, affected: float | None, drafted: bool) -> None:  # noqa: FBT001
    after = incident(judged=judged(severity, affected=affected))
    assert errands(rows(None, after)) == ([("draft", "customer")] if drafted else [])


def test_a_measured_share_brings_the_draft_once() -> None:
    before, after = incident(judged=judged(2)), incident(judged=judged(2, affected=40.0))
    assert errands(rows(before, after)) == [("draft", "customer")]
    assert errands(rows(after, replace(after, level=2))) == []


def test_an_approved_notice_goes_to_each_address_and_is_then_settled() -> None:
    settings = replace(SETTINGS, channels=replace(CHANNELS, customers=("a@c.example", "b@c.example")))
    before = incident(notices={"customer": NOTICE})
    after = incident(notices={"customer": replace(NOTICE, state="APPROVED", by="U1")})
    found = [Errand.of(row) for row in rows(before, after, settings=settings) if row.kind == "customer"]
    assert [(errand.do, errand.to) for errand in found] == [
        ("send", "a@c.example"),
        ("send", "b@c.example"),
        ("settle", ""),
    ]
    assert errands(rows(after, replace(after, level=2), settings=settings)) == []


@pytest.mark.parametrize("state", ["SENT", "APPROVED"])
def test_who_was_told_is_told_the_rest(state: Any) -> None:
    told = {"customer": replace(NOTICE, state=state)}
    base = incident(notices=told)
    assert errands(rows(base, base, (Post("update", 0, 4),))) == [("draft", "customer.update.4")]
    assert errands(rows(base, replace(base, status="RESOLVED"))) == [("draft", "customer.resolved.4")]
    assert errands(rows(replace(base, status="RESOLVED"), replace(base, reopen=1))) == [("draft", "customer.update.4")]


def test_nobody_hears_that_it_is_over_who_did_not_hear_that_it_began() -> None:
    undecided = incident(notices={"customer": NOTICE})
    assert errands(rows(undecided, replace(undecided, status="RESOLVED"))) == [("withdraw", "customer")]
    assert errands(rows(incident(2), incident(2, status="RESOLVED"))) == []


@pytest.mark.parametrize(
    ("silence", "expected"),
    [("SIL-monthly-patching-20261107", [("draft", "customer")]), ("SIL-0123abcd", []), ("", [])],
)
def test_maintenance_that_outlasts_its_window_is_told_to_the_customer(
    silence: str, expected: list[tuple[str, str]]
) -> None:
    window = Window(name="Monthly patching", every="first saturday of the month", begin="02:00", until="06:00")
    settings = replace(SETTINGS, windows=(window,))
    before, after = incident(3, status="SILENCED", silence=silence), incident(3, silence=silence)
    found = rows(before, after, settings=settings)
    assert errands(found) == expected
    assert all(Errand.of(row).reason == "maintenance" for row in found if row.kind == "customer")


def test_without_customers_nothing_is_drafted() -> None:
    settings = replace(SETTINGS, channels=replace(CHANNELS, customers=()))
    assert errands(rows(None, incident(), settings=settings)) == []


# --- afterwards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "asked"), [(1, True), (2, True), (3, False)])
def test_a_severity_1_or_2_has_a_post_mortem(severity: int, asked: bool) -> None:  # noqa: FBT001
    found = rows(incident(severity), incident(severity, status="RESOLVED"))
    assert (Post("postmortem") in found) is asked


# --- any change ------------------------------------------------------------------------------------------------------

INCIDENTS = st.builds(
    incident,
    severity=st.sampled_from([1, 2, 3]),
    status=st.sampled_from(["OPEN", "RECOVERING", "RESOLVED", "SILENCED"]),
    level=st.integers(1, 3),
    reopen=st.integers(0, 2),
    parent=st.sampled_from(["", "", "INC-2"]),
    acknowledged_at=st.sampled_from([None, NOW]),
    notices=st.sampled_from([{}, {"customer": NOTICE}, {"customer": replace(NOTICE, state="APPROVED")}]),
)


@hypothesis.given(before=st.none() | INCIDENTS, after=INCIDENTS)
def test_every_row_is_its_own_and_the_same_each_time(before: Incident | None, after: Incident) -> None:
    found = rows(before, after)
    assert len({row.key for row in found}) == len(found)
    assert [(row, row.body) for row in rows(before, after)] == [(row, row.body) for row in found]
    told = [(row.kind, Page.of(row).to) for row in found if row.kind in {"email", "sms", "call"}]
    assert len(set(told)) == len(told)


@hypothesis.given(before=st.none() | INCIDENTS, after=INCIDENTS)
def test_a_later_commit_never_takes_an_earlier_ones_keys(before: Incident | None, after: Incident) -> None:
    later = replace(after, ver=after.ver + 1)
    numbered = {"email", "sms", "call", "bus", "customer"}
    first = {row.key for row in rows(before, after) if row.kind in numbered}
    assert not first & {row.key for row in rows(before, later) if row.kind in numbered}
