"""Approvals, whoever clicks in whatever order: who counts, what follows, and why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import (
    Acted,
    Alarm,
    Closed,
    Decided,
    Event,
    Incident,
    Judged,
    Proposed,
    Regraded,
    Remedy,
    RemedyState,
    Tick,
)
from lambdas.incidents.rules.remedies import SUPERSEDED, approvals, refusal

NOW = 10_000
SCALE = Remedy(
    id="scale_out:checkout",
    kind="scale_out",
    target="arn:aws:ecs:eu-west-1:1:service/prod/checkout",
    title="Raise the desired count of checkout from 2 to 4",
    now="2 tasks",
    then="4 tasks",
    params={"now.desired": 2, "then.desired": 4},
    undo="sets the desired count back to what it was",
)
BACK = replace(SCALE, id="roll_back:checkout", kind="roll_back", title="Roll checkout back", now="c:2", then="c:1")


def incident(*remedies: Remedy, severity: int = 2, **changes: Any) -> Incident:
    judged = Judged(
        severity=severity,
        tier="critical",
        scope="single service",
        service="checkout",
        target="ecs:prod/checkout",
        impact="x",
    )
    base = Incident(
        id="INC-1",
        status="OPEN",
        judged=judged,
        alarms={"a": Alarm(name="a", state="ALARM", at=1)},
        opened_at=1,
        detected_at=1,
        clock_from=1,
        remedies={remedy.id: remedy for remedy in remedies},
        ver=7,
    )
    return replace(base, **changes)


def step(before: Incident, event: Event, now: int = NOW) -> tuple[Incident, list[str]]:
    after, posts = reduce(before, event, now)
    assert after is not None
    return after, [post.kind for post in posts]


def decided(decision: Literal["approve", "decline", "undo"], by: str = "U1", remedy: str = SCALE.id) -> Decided:
    return Decided(by=by, remedy=remedy, decision=decision)


# proposing -------------------------------------------------------------------------------------------------------


def test_a_proposal_is_posted_once_and_keeps_the_row_that_posted_it() -> None:
    offered, posts = reduce(incident(), Proposed(remedies=(SCALE, BACK)), NOW)
    assert offered is not None
    assert [post.kind for post in posts] == ["remedy", "remedy"]
    assert sorted(remedy.message for remedy in offered.remedies.values()) == sorted(post.key for post in posts)
    assert reduce(offered, Proposed(remedies=(SCALE, BACK)), NOW + 1) == (offered, ())


def test_another_dry_run_begins_its_approvals_anew_in_the_same_message() -> None:
    first, _ = step(incident(severity=1), Proposed(remedies=(replace(SCALE, needed=2),)))
    approved, _ = step(first, decided("approve"))
    assert approved.remedies[SCALE.id].approvals == ("U1",)
    again, posts = step(approved, Proposed(remedies=(replace(SCALE, needed=2, then="6 tasks"),)))
    assert (again.remedies[SCALE.id].approvals, posts) == ((), ["remedy"])
    assert again.remedies[SCALE.id].message == first.remedies[SCALE.id].message


def test_what_a_newer_diagnosis_does_not_propose_any_more_is_withdrawn() -> None:
    first, _ = step(incident(), Proposed(remedies=(SCALE,)))
    second, posts = step(first, Proposed(remedies=(BACK,)))
    assert (second.remedies[SCALE.id].state, second.remedies[SCALE.id].note) == ("DECLINED", SUPERSEDED)
    assert (second.remedies[BACK.id].state, posts) == ("PROPOSED", ["remedy", "remedy"])
    third, posts = step(second, Proposed(remedies=()))
    assert (third.remedies[BACK.id].state, posts) == ("DECLINED", ["remedy"])


@pytest.mark.parametrize("state", ["APPROVED", "APPLIED", "VERIFIED", "DECLINED", "FAILED", "UNDONE"])
def test_what_people_decided_stands_whatever_is_proposed_later(state: RemedyState) -> None:
    before = incident(replace(SCALE, state=state))
    assert reduce(before, Proposed(remedies=(SCALE,)), NOW) == (before, ())


def test_a_reopened_incident_is_another_occasion() -> None:
    before = incident(replace(SCALE, state="DECLINED"), reopen=1)
    after, posts = step(before, Proposed(remedies=(SCALE,)))
    assert (after.remedies[f"{SCALE.id}.1"].state, posts) == ("PROPOSED", ["remedy"])


@pytest.mark.parametrize("changes", [{"status": "RESOLVED"}, {"status": "NOTED"}, {"parent": "INC-STORM"}])
def test_nothing_is_proposed_where_nobody_would_see_it(changes: dict[str, Any]) -> None:
    before = incident(**changes)
    assert reduce(before, Proposed(remedies=(SCALE,)), NOW) == (before, ())


# deciding --------------------------------------------------------------------------------------------------------


def test_one_approval_is_enough_below_severity_1() -> None:
    after, posts = step(incident(replace(SCALE, needed=2)), decided("approve"))
    assert (after.remedies[SCALE.id].state, posts) == ("APPROVED", ["remedy", "act"])


def test_severity_1_takes_two_different_people_where_configured() -> None:
    before = incident(replace(SCALE, needed=2), severity=1)
    first, posts = step(before, decided("approve", "U1"))
    assert (first.remedies[SCALE.id].state, posts) == ("PROPOSED", ["remedy"])
    assert reduce(first, decided("approve", "U1"), NOW) == (first, ())
    assert refusal(first, decided("approve", "U1")) == "You have approved it already; 1 more person must."
    second, posts = step(first, decided("approve", "U2"))
    assert (second.remedies[SCALE.id].state, posts) == ("APPROVED", ["remedy", "act"])
    assert second.remedies[SCALE.id].approvals == ("U1", "U2")


def test_an_incident_that_became_severity_1_takes_two_from_then_on() -> None:
    before = incident(replace(SCALE, needed=2))
    worse, _ = step(before, Regraded(by="U9", severity=1))
    first, posts = step(worse, decided("approve"))
    assert (first.remedies[SCALE.id].state, posts) == ("PROPOSED", ["remedy"])


@pytest.mark.parametrize(
    ("remedy", "changes", "event", "why"),
    [
        (SCALE, {}, decided("approve", remedy="gone"), "This change is not proposed any more."),
        (
            SCALE,
            {"status": "RESOLVED"},
            decided("approve"),
            "The incident is over: nothing is changed for it any more.",
        ),
        (
            SCALE,
            {"status": "RESOLVED"},
            decided("decline"),
            "The incident is over: nothing is changed for it any more.",
        ),
        (SCALE, {}, decided("undo"), "It has not been done, so there is nothing to take back."),
        (
            replace(SCALE, state="APPROVED"),
            {},
            decided("approve"),
            "This change has been approved and is being done already.",
        ),
        (replace(SCALE, state="APPLIED"), {}, decided("decline"), "This change has been done already."),
        (replace(SCALE, state="DECLINED"), {}, decided("approve"), "This change was declined already."),
        (replace(SCALE, state="UNDONE"), {}, decided("undo"), "This change has been taken back already."),
        (replace(SCALE, state="FAILED"), {}, decided("undo"), "This change was tried and failed already."),
        (
            replace(SCALE, state="VERIFIED", undo="", before={"a": 1}),
            {},
            decided("undo"),
            "There is nothing to take back: it changed no setting.",
        ),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    remedy: Remedy, changes: dict[str, Any], event: Decided, why: str
) -> None:
    before = incident(remedy, **changes)
    assert refusal(before, event) == why
    assert reduce(before, event, NOW) == (before, ())


@pytest.mark.parametrize("status", ["OPEN", "RECOVERING", "RESOLVED"])
def test_what_was_done_can_be_taken_back_also_when_the_incident_is_over(status: Any) -> None:
    done = replace(SCALE, state="VERIFIED", before={"desired": 2}, verify_at=None)
    after, posts = step(incident(done, status=status), decided("undo", "U5"))
    assert (after.remedies[SCALE.id].state, after.remedies[SCALE.id].decided_by) == ("UNDO_APPROVED", "U5")
    assert posts == ["remedy", "act"]


def test_a_decline_is_on_the_remedy_with_its_person() -> None:
    after, posts = step(incident(SCALE), decided("decline", "U3"))
    assert (after.remedies[SCALE.id].state, after.remedies[SCALE.id].decided_by, posts) == (
        "DECLINED",
        "U3",
        ["remedy"],
    )


# acting, looking, ending -----------------------------------------------------------------------------------------


def test_done_looked_at_and_said() -> None:
    acted = Acted(remedy=SCALE.id, state="APPLIED", note="Done.", before={"desired": 2}, verify_at=NOW + 300)
    applied, posts = step(incident(replace(SCALE, state="APPROVED")), acted)
    remedy = applied.remedies[SCALE.id]
    assert (remedy.state, remedy.applied_at, remedy.before, posts) == ("APPLIED", NOW, {"desired": 2}, ["remedy"])
    assert applied.due == NOW + 300
    assert reduce(applied, Tick(), NOW + 299)[1] == ()
    ticked, posts = step(applied, Tick(), NOW + 300)
    assert (posts, ticked.remedies[SCALE.id].verify_at) == (["verify"], None)
    again = Acted(remedy=SCALE.id, state="APPLIED", note="Not yet.", verify_at=NOW + 600)
    waiting, _ = step(ticked, again, NOW + 301)
    assert (waiting.remedies[SCALE.id].applied_at, waiting.remedies[SCALE.id].before) == (NOW, {"desired": 2})
    verified, posts = step(waiting, Acted(remedy=SCALE.id, state="VERIFIED", note="It helped."), NOW + 601)
    assert (verified.remedies[SCALE.id].state, posts) == ("VERIFIED", ["remedy", "remedied"])


@pytest.mark.parametrize("status", ["RESOLVED", "OPEN"])
def test_the_look_comes_also_after_the_incident_is_over(status: Any) -> None:
    before = incident(replace(SCALE, state="APPLIED", verify_at=NOW), status=status)
    assert "verify" in step(before, Tick())[1]


@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("UNDO_APPROVED", "VERIFIED"),
        ("UNDONE", "APPLIED"),
        ("PROPOSED", "APPLIED"),
        ("VERIFIED", "APPLIED"),
        ("FAILED", "APPLIED"),
    ],
)
def test_a_result_that_comes_too_late_counts_nothing(state: RemedyState, result: RemedyState) -> None:
    before = incident(replace(SCALE, state=state))
    assert reduce(before, Acted(remedy=SCALE.id, state=result, note="x"), NOW) == (before, ())


def test_an_open_proposal_is_shown_without_its_buttons_when_the_incident_ends() -> None:
    done = replace(BACK, state="VERIFIED")
    _, posts = step(incident(SCALE, done), Closed(by="U1", root_cause="r", prevention="p"))
    assert posts.count("remedy") == 1


def test_a_storm_that_gathers_an_incident_does_not_keep_from_doing_what_was_approved() -> None:
    after, posts = step(incident(SCALE, parent="INC-STORM"), decided("approve"))
    assert (after.remedies[SCALE.id].state, posts) == ("APPROVED", ["remedy", "act"])


# properties ------------------------------------------------------------------------------------------------------

PEOPLE = ("U1", "U2", "U3")
EVENTS = st.one_of(
    st.builds(
        Decided,
        by=st.sampled_from(PEOPLE),
        remedy=st.just(SCALE.id),
        decision=st.sampled_from(["approve", "decline", "undo"]),
    ),
    st.builds(
        Acted,
        remedy=st.just(SCALE.id),
        state=st.sampled_from(["APPLIED", "FAILED", "VERIFIED", "NOT_VERIFIED", "UNDONE"]),
        note=st.just("note"),
        before=st.just({"desired": 2}),
        verify_at=st.sampled_from([None, NOW + 50]),
    ),
    st.builds(Regraded, by=st.just("U9"), severity=st.sampled_from([1, 2, 3])),
    st.just(Tick()),
    st.just(Proposed(remedies=(replace(SCALE, needed=2),))),
    st.just(Proposed(remedies=())),
    st.just(Closed(by="U1", root_cause="", prevention="")),
)


@given(st.lists(EVENTS, max_size=25), st.sampled_from([1, 2, 3]))
def test_nothing_is_done_that_not_enough_different_people_approved(events: list[Event], severity: int) -> None:
    now, current = NOW, incident(severity=severity)
    for event in events:
        now += 10
        before = current.remedies.get(SCALE.id)
        refused = isinstance(event, Decided) and refusal(current, event)
        after, posts = reduce(current, event, now)
        assert after is not None
        remedy = after.remedies.get(SCALE.id)
        if refused:
            assert (after, posts) == (current, ())
        if remedy is None:
            continue
        assert len(set(remedy.approvals)) == len(remedy.approvals)
        to_act = [post for post in posts if post.kind == "act"]
        assert len(to_act) <= 1
        if to_act:
            assert isinstance(event, Decided)
            assert remedy.state in {"APPROVED", "UNDO_APPROVED"}
        if before is not None and before.state == "PROPOSED" and remedy.state == "APPROVED":
            assert current.status in {"OPEN", "RECOVERING"}
            assert len(remedy.approvals) >= approvals(current, before)
            assert to_act
        if before is not None and before.state not in {"PROPOSED", "APPROVED"}:
            assert remedy.state not in {"PROPOSED", "APPROVED"}, "what was decided once is never open again"
        current = replace(after, ver=after.ver + 1)
