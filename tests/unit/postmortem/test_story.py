from __future__ import annotations

import json

import pytest

from lambdas.incidents.store import Timeline
from lambdas.postmortem.people import People
from lambdas.postmortem.story import story
from tests.unit.notify.scene import SETTINGS

PEOPLE = People(SETTINGS)


@pytest.mark.parametrize(
    ("kind", "body", "changes", "expected"),
    [
        ("alarm.ALARM", {"name": "cpu"}, ("opened",), "cpu went to ALARM: the incident opened"),
        ("alarm.ALARM", {"name": "cpu"}, ("relapsed",), "cpu went to ALARM: the recovery did not hold"),
        ("alarm.INSUFFICIENT_DATA", {"name": "cpu"}, (), "cpu had insufficient data"),
        ("tick", {}, (), ""),
        ("tick", {}, ("escalated=3",), "Escalated to level 3"),
        ("tick", {}, ("resolved",), "Resolved"),
        ("person.severity", {"by": "U0000001", "argument": "1"}, ("severity_changed=1",), "Ann set the severity to 1"),
        (
            "person.escalate",
            {"by": "U0000001"},
            ("escalated=2",),
            "Ann asked for the next level: escalated to level 2",
        ),
        ("person.resolve", {"by": "U7777777"}, ("resolved",), "Slack user U7777777 resolved it"),
        ("diagnosed", {}, ("diagnosed",), "Diagnosed; no cause stood out"),
        ("diagnosed", {}, ("severity_changed=2",), "Diagnosed; no cause stood out: the severity became 2"),
        (
            "undelivered",
            {"row": "sms#0#101", "why": "OptedOut"},
            (),
            "A message could not be delivered (sms#0#101): OptedOut",
        ),
        ("notice.sent", {}, (), "A notice to the customer was sent"),
        ("notice.drafted", {}, (), ""),
        ("remedy.proposed", {"remedies": ["Scale out", "Roll back"]}, ("remedied",), "Proposed: Scale out; Roll back"),
        (
            "remedy.NOT_VERIFIED",
            {"remedy": "scale_out", "state": "NOT_VERIFIED", "note": "CPU stays at 90 %"},
            ("remedied",),
            "The action 'scale_out' is not verified: CPU stays at 90 %",
        ),
        (
            "case.open",
            {"reference": "case-1", "state": "SENT", "status": "opened"},
            (),
            "AWS Support case: case-1 opened",
        ),
        ("worse", {}, ("severity_changed=1",), "The severity became 1"),
        ("freed", {}, ("opened",), "The incident opened"),
        ("unheard", {}, (), "Slack did not take a page: the operators were told"),
        ("something.new", {"note": "2 to 4 tasks"}, (), "Something new: 2 to 4 tasks"),
    ],
)
def test_a_row_as_a_sentence(kind: str, body: dict[str, str], changes: tuple[str, ...], expected: str) -> None:
    rows = [Timeline(at=1_795_489_560_123, id="x", kind=kind, body=json.dumps(body), changes=changes)]
    assert [moment.text for moment in story(rows, PEOPLE)] == ([expected] if expected else [])


def test_moments_are_in_order_whatever_the_rows_are() -> None:
    rows = [
        Timeline(at=3000, id="b", kind="tick", changes=("resolved",)),
        Timeline(at=1000, id="a", kind="alarm.OK", body="no json"),
    ]
    assert [(moment.at, moment.text) for moment in story(rows, PEOPLE)] == [
        (1, "An event went back to OK"),
        (3, "Resolved"),
    ]
