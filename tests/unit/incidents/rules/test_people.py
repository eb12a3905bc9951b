"""What people do, once each, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.incidents.cadence import HOLD, MINUTE
from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import (
    Acknowledged,
    Alarm,
    Cleared,
    Closed,
    Escalated,
    Event,
    Incident,
    Judged,
    Post,
    Raised,
    Regraded,
    Snoozed,
    Tick,
)

T0 = 1_000_000
KEY = "arn:cpu"
OK = Cleared(key=KEY, at=T0 + 60)


def raised(at: int = T0, severity: int = 2, key: str = KEY) -> Raised:
    judged = Judged(severity=severity, tier="critical", scope="unknown", service="s", target="ecs:c/s", impact="i")
    alarm = Alarm(name=key, state="ALARM", at=at, arn=key)
    return Raised(key=key, alarm=alarm, judged=judged, incident_id=f"INC-{at}")


def play(*steps: tuple[Event, int]) -> tuple[Incident, list[str]]:
    incident: Incident | None = None
    posts: list[Post] = []
    for event, now in steps:
        incident, new = reduce(incident, event, now)
        assert incident is not None
        incident = replace(incident, ver=incident.ver + 1)
        posts += new
    assert incident is not None
    return incident, [post.kind for post in posts]


def test_an_acknowledgement_is_told_once() -> None:
    first, posts = play((raised(), T0), (Acknowledged(by="U1"), T0 + 60))
    assert (first.acknowledged_by, first.acknowledged_at, posts[-2:]) == ("U1", T0 + 60, ["acknowledged", "edit"])
    again, nothing = reduce(first, Acknowledged(by="U2"), T0 + 90)
    assert (again, nothing) == (first, ())


def test_acknowledging_while_resolving_un_resolves() -> None:
    """A known defect of earlier tools: what recovers goes on recovering, what is resolved stays so."""
    recovering, _ = play((raised(), T0), (OK, T0 + 60), (Acknowledged(by="U1"), T0 + 90))
    assert (recovering.status, recovering.recover_at) == ("RECOVERING", T0 + 60 + HOLD)
    resolved, _ = play(
        (raised(), T0), (OK, T0 + 60), (Acknowledged(by="U1"), T0 + 90), (Tick(states={KEY: "OK"}), T0 + 60 + HOLD)
    )
    assert resolved.status == "RESOLVED"
    for event in (
        Acknowledged(by="U2"),
        Escalated(by="U2"),
        Regraded(by="U2", severity=1),
        Snoozed(by="U2", until=T0 + 9999),
        Closed(by="U2", root_cause="", prevention=""),
    ):
        assert reduce(resolved, event, T0 + 400) == (resolved, ())


def test_an_acknowledged_incident_escalates_months_later() -> None:
    """A known defect of earlier tools: it escalates in its time, at most to the last level, and never afterwards."""
    steps: list[tuple[Event, int]] = [(raised(severity=1), T0), (Acknowledged(by="U1"), T0 + 60)]
    steps += [(Tick(), T0 + minute * MINUTE) for minute in range(1, 120)]
    incident, posts = play(*steps)
    assert (posts.count("escalated"), incident.level, incident.next_escalation) == (2, 3, None)
    for months in (1, 3, 12):
        _, later = reduce(incident, Tick(), T0 + months * 30 * 24 * 60 * MINUTE)
        assert "escalated" not in [post.kind for post in later]
    over, _ = play(*steps, (Closed(by="U1", root_cause="c", prevention="p"), T0 + 7260))
    assert (over.due, reduce(over, Tick(), T0 + 90 * 24 * 60 * MINUTE)[1]) == (None, ())


def test_escalating_by_hand_tells_one_level_and_no_level_beyond_the_last() -> None:
    incident, posts = play((raised(), T0), *[(Escalated(by="U1"), T0 + n) for n in range(1, 5)])
    assert (incident.level, posts.count("escalated")) == (3, 2)


def test_a_persons_severity_stands_against_the_same_alarm() -> None:
    graded, posts = play((raised(severity=2), T0), (Regraded(by="U1", severity=3), T0 + 60))
    assert (graded.judged.severity, graded.severity_by, graded.next_update) == (3, "U1", None)
    assert posts[-2:] == ["regraded", "edit"]
    same, _ = play((raised(severity=2), T0), (Regraded(by="U1", severity=3), T0 + 60), (raised(T0 + 90), T0 + 90))
    assert same.judged.severity == 3
    worse, _ = play(
        (raised(severity=2), T0),
        (Regraded(by="U1", severity=3), T0 + 60),
        (raised(T0 + 90, severity=1, key="arn:down"), T0 + 90),
    )
    assert worse.judged.severity == 1
    assert reduce(graded, Regraded(by="U2", severity=3), T0 + 99) == (graded, ())
    assert reduce(graded, Regraded(by="U2", severity=7), T0 + 99) == (graded, ())


def test_a_snooze_silences_updates_and_not_escalation() -> None:
    until = T0 + 60 * MINUTE
    steps: list[tuple[Event, int]] = [(raised(severity=1), T0), (Snoozed(by="U1", until=until), T0 + 60)]
    steps += [(Tick(), T0 + minute * MINUTE) for minute in range(2, 60)]
    quiet, posts = play(*steps)
    assert posts.count("escalated") == 2
    assert "update" not in posts
    awake, later = play(*steps, (Tick(), until))
    assert (awake.snoozed_until, later.count("update"), quiet.next_update) == (None, 1, until)


def test_a_persons_resolve_closes_at_once_and_is_flagged_while_the_alarm_rings() -> None:
    event = Closed(by="U1", root_cause="bad release", prevention="canary", ringing=True)
    over, posts = play((raised(severity=1), T0), (event, T0 + 60))
    assert (over.status, over.forced, over.resolved_by, over.root_cause, over.due) == (
        "RESOLVED",
        True,
        "U1",
        "bad release",
        None,
    )
    assert posts[-1] == "resolved"
    reopened, more = play((raised(), T0), (event, T0 + 60), (raised(T0 + 120), T0 + 120))
    assert (reopened.status, reopened.forced, reopened.resolved_by, more[-2:]) == (
        "OPEN",
        False,
        "",
        ["reopened", "diagnosis"],
    )


@pytest.mark.parametrize("until", [T0, T0 + 60])
def test_a_snooze_into_the_past_is_none(until: int) -> None:
    incident, _ = play((raised(), T0))
    assert reduce(incident, Snoozed(by="U1", until=until), T0 + 60) == (incident, ())
