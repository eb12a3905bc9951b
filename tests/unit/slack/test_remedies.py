"""What is said of a remedy in each of its states: numbers, people, buttons; safe, and within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.incidents.model import Incident, Post, Remedy, RemedyState
from lambdas.slack.remedies import cost, edits, message
from local.slack.rules import problems, sdk_problems
from tests.unit.slack.test_messages import HOSTILE, SETTINGS, incident

if TYPE_CHECKING:
    from lambdas.slack.messages import Payload

NOW = 1_795_489_560
STATES: tuple[RemedyState, ...] = get_args(RemedyState.__value__)
REMEDY = Remedy(
    id="scale_out:checkout",
    kind="scale_out",
    target="arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
    title="Raise the desired count of checkout from 2 to 4",
    now="2 tasks",
    then="4 tasks",
    params={"now.desired": 2, "then.desired": 4},
    cost_a_day=2.37,
    undo="sets the desired count back to what it was",
    before={"desired": 2},
    message="remedy#0#10",
)


def said(remedy: Remedy, kind: str = "remedy", **changes: Any) -> Payload:
    body = {"remedy": remedy.id} | ({"state": remedy.state, "note": remedy.note} if kind == "remedied" else {})
    held: Incident = incident(remedies={remedy.id: remedy}, **changes)
    return message(held, Post(kind, 0, 10, json.dumps(body)), SETTINGS, NOW)


def text_of(payload: Payload) -> str:
    return json.dumps(payload["blocks"], ensure_ascii=False)


def labels(payload: Payload) -> list[str]:
    return [e["text"]["text"] for b in payload["blocks"] if b["type"] == "actions" for e in b["elements"]]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["remedy", "remedied"])
@pytest.mark.parametrize("text", ["checkout", HOSTILE, ""])
def test_every_message_is_valid_and_hostile_text_stays_text(state: RemedyState, kind: str, text: str) -> None:
    remedy = replace(
        REMEDY,
        state=state,
        title=text,
        now=text,
        then=text,
        undo=text,
        note=text,
        approvals=("U1ABCDEF", text),
        decided_by=text,
        verify_at=NOW,
    )
    payload = said(remedy, kind)
    assert problems({"channel": "C1", **payload}) == []
    assert sdk_problems(payload) == []
    shown = json.dumps([payload["text"], [b for b in payload["blocks"] if b["type"] != "actions"]], ensure_ascii=False)
    assert "<!channel>" not in shown
    assert "<https://evil" not in shown


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("PROPOSED", "OPEN", ["Approve", "Decline"]),
        ("PROPOSED", "RECOVERING", ["Approve", "Decline"]),
        ("PROPOSED", "RESOLVED", []),
        ("APPROVED", "OPEN", []),
        ("APPLIED", "OPEN", ["Undo"]),
        ("VERIFIED", "RESOLVED", ["Undo"]),
        ("NOT_VERIFIED", "OPEN", ["Undo"]),
        ("FAILED", "OPEN", []),
        ("UNDO_APPROVED", "OPEN", []),
        ("UNDONE", "OPEN", []),
        ("DECLINED", "OPEN", []),
    ],
)
def test_the_buttons_are_those_that_would_do_something(state: RemedyState, status: Any, expected: list[str]) -> None:
    assert labels(said(replace(REMEDY, state=state), status=status)) == expected


def test_there_is_no_undo_where_there_is_nothing_to_take_back() -> None:
    payload = said(replace(REMEDY, state="VERIFIED", undo=""))
    assert labels(payload) == []
    assert "nothing to take back" in text_of(payload)


def test_the_dry_run_stands_in_the_message_and_in_the_question_before_it_counts() -> None:
    payload = said(REMEDY)
    for part in ("*Now:*\\n2 tasks", "*Then:*\\n4 tasks", "*Cost:*\\n2.37 USD a day more, at list prices"):
        assert part in text_of(payload)
    [approve, _] = next(b for b in payload["blocks"] if b["type"] == "actions")["elements"]
    assert approve["confirm"]["text"]["text"] == (
        "Raise the desired count of checkout from 2 to 4. Now: 2 tasks. Then: 4 tasks."
        " Cost: 2.37 USD a day more, at list prices."
    )


@pytest.mark.parametrize(
    ("approvals", "needed", "severity", "expected"),
    [
        ((), 1, 1, "An authorised person must approve it; nothing is changed before."),
        ((), 2, 2, "An authorised person must approve it; nothing is changed before."),
        ((), 2, 1, "2 different authorised people must approve it; nothing is changed before."),
        (("U1ABCDEF",), 2, 1, "Approved by <@U1ABCDEF>. One more person must approve it."),
    ],
)
def test_who_must_still_approve(approvals: tuple[str, ...], needed: int, severity: int, expected: str) -> None:
    payload = said(replace(REMEDY, approvals=approvals, needed=needed), severity=severity)
    assert expected in text_of(payload)


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (
            "APPLIED",
            {"note": "Done.", "verify_at": NOW},
            ["*Done*", "Approved by <@U1ABCDEF>. Done. Whether it helps is looked at <!date^"],
        ),
        (
            "VERIFIED",
            {"note": "It helped: 4 of 4 tasks run."},
            ["*Done, and it helped*", "It helped: 4 of 4 tasks run."],
        ),
        ("DECLINED", {"decided_by": "U2ABCDEF", "approvals": ()}, ["*Not done*", "Declined by <@U2ABCDEF>."]),
        ("DECLINED", {"note": "A newer diagnosis proposes something else.", "approvals": ()}, ["A newer diagnosis"]),
        (
            "UNDONE",
            {"decided_by": "U2ABCDEF", "note": "Taken back: desired 2."},
            ["*Taken back*", "Taking it back was approved by <@U2ABCDEF>. Taken back: desired 2."],
        ),
    ],
)
def test_what_became_of_it_and_by_whom(state: RemedyState, changes: dict[str, Any], expected: list[str]) -> None:
    payload = said(replace(REMEDY, state=state, **({"approvals": ("U1ABCDEF",)} | changes)))
    for part in expected:
        assert part in text_of(payload)


def test_an_incident_that_ended_first_says_so() -> None:
    payload = said(REMEDY, status="RESOLVED")
    assert "The incident was over before anybody decided. Nothing was changed." in text_of(payload)


@pytest.mark.parametrize(
    ("a_day", "most", "expected"),
    [
        (None, False, "not known"),
        (0.0, False, "nothing more"),
        (2.366, False, "2.37 USD a day more, at list prices"),
        (1234.5, True, "at most 1,234.50 USD a day more, at list prices"),
        (-3.0, False, "3.00 USD a day less, at list prices"),
    ],
)
def test_a_cost_is_a_number_or_not_known(a_day: float | None, most: bool, expected: str) -> None:  # noqa: FBT001
    assert cost(replace(REMEDY, cost_a_day=a_day, cost_most=most)) == expected


def test_a_later_row_edits_the_message_of_the_first() -> None:
    held = incident(remedies={REMEDY.id: REMEDY})
    body = json.dumps({"remedy": REMEDY.id})
    assert edits(held, Post("remedy", 0, 10, body)) == ""
    assert edits(held, Post("remedy", 0, 20, body)) == "remedy#0#10"
    assert edits(held, Post("remedied", 0, 20, body)) == ""


@given(st.text(max_size=3000), st.sampled_from(STATES), st.integers(1, 3))
def test_no_text_makes_a_message_that_slack_refuses(text: str, state: RemedyState, severity: int) -> None:
    remedy = replace(REMEDY, state=state, title=text, now=text, then=text, note=text, undo=text, needed=2)
    assert problems({"channel": "C1", **said(remedy, severity=severity)}) == []
