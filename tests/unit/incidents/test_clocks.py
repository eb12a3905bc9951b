"""When an incident must be looked at, by the runbook's table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.incidents.cadence import HOUR, MINUTE
from lambdas.incidents.clocks import escalation, fresh, over, regraded, says, starts_anew
from lambdas.incidents.model import Incident, Judged

T0 = 1_000_000


def incident(severity: int = 2, **changes: object) -> Incident:
    judged = Judged(severity=severity, tier="critical", scope="unknown", service="s", target="ecs:c/s", impact="i")
    base = Incident(id="INC-1", status="OPEN", judged=judged, alarms={}, opened_at=T0, detected_at=T0, clock_from=T0)
    return replace(base, **changes)  # type: ignore[arg-type] # a test's shorthand


@pytest.mark.parametrize(
    ("severity", "changes", "minutes"),
    [
        pytest.param(1, {}, 15, id="severity 1: not resolved in 15 minutes"),
        pytest.param(1, {"acknowledged_at": T0 + 60, "acknowledged_by": "U1"}, 15, id="acknowledged"),
        pytest.param(1, {"level": 2, "escalated_at": T0 + 15 * MINUTE}, 30, id="then level 3"),
        pytest.param(1, {"level": 2, "escalated_at": T0 + 3 * MINUTE}, 30, id="a person was faster"),
        pytest.param(1, {"level": 2, "escalated_at": T0 + 40 * MINUTE}, 45, id="the clock stood still"),
        pytest.param(1, {"level": 3, "escalated_at": T0}, None, id="the last level"),
        pytest.param(2, {}, 15, id="severity 2: the response target"),
        pytest.param(2, {"acknowledged_at": T0 + 60, "acknowledged_by": "U1"}, 240, id="acknowledged in time"),
        pytest.param(2, {"level": 2, "escalated_at": T0 + 15 * MINUTE}, 240, id="response missed, then resolution"),
        pytest.param(2, {"level": 2, "escalated_at": T0 + 240 * MINUTE}, 480, id="missed for as long again"),
        pytest.param(3, {}, 60, id="severity 3: the response target"),
        pytest.param(3, {"acknowledged_at": T0 + 60, "acknowledged_by": "U1"}, 1440, id="severity 3: resolution"),
        pytest.param(1, {"status": "RECOVERING"}, 15, id="recovering keeps it running"),
        pytest.param(1, {"status": "RESOLVED"}, None, id="resolved"),
        pytest.param(1, {"status": "SILENCED"}, None, id="silenced"),
        pytest.param(1, {"parent": "INC-storm"}, None, id="the storm escalates for it"),
    ],
)
def test_when_the_next_level_is_told(severity: int, changes: dict[str, object], minutes: int | None) -> None:
    assert escalation(incident(severity, **changes)) == (None if minutes is None else T0 + minutes * MINUTE)


def test_what_becomes_worse_counts_from_then() -> None:
    begun = fresh(incident(3), T0)
    later = T0 + 5 * HOUR
    seen = replace(begun, acknowledged_at=T0 + 60, acknowledged_by="U1", next_escalation=T0 + 24 * HOUR)
    worse = regraded(seen, replace(seen.judged, severity=1), later)
    assert (worse.next_escalation, worse.next_update) == (later + 15 * MINUTE, later + 15 * MINUTE)


def test_becoming_worse_never_makes_it_later() -> None:
    begun = fresh(incident(2), T0)
    at = T0 + 10 * MINUTE
    assert regraded(begun, replace(begun.judged, severity=1), at).next_escalation == T0 + 15 * MINUTE


def test_what_becomes_better_counts_from_the_beginning() -> None:
    begun = replace(fresh(incident(1), T0), acknowledged_at=T0 + 60, acknowledged_by="U1")
    better = regraded(begun, replace(begun.judged, severity=2), T0 + 10 * MINUTE)
    assert (better.next_escalation, better.next_update) == (T0 + 4 * HOUR, T0 + 40 * MINUTE)


def test_a_snooze_outlasts_a_change_of_severity() -> None:
    quiet = replace(fresh(incident(2), T0), snoozed_until=T0 + 2 * HOUR)
    assert regraded(quiet, replace(quiet.judged, severity=1), T0 + 60).next_update == T0 + 2 * HOUR


def test_what_is_over_has_no_clock() -> None:
    begun = replace(fresh(incident(1), T0), recover_at=T0 + 300, gather_at=T0 + 60, snoozed_until=T0 + 900)
    assert over(begun, T0 + 600).due is None


def test_a_fresh_clock_forgets_who_had_seen_it() -> None:
    seen = incident(1, acknowledged_by="U1", acknowledged_at=T0, level=3, escalated_at=T0, snoozed_until=T0 + 1)
    begun = fresh(seen, T0 + HOUR)
    assert (begun.acknowledged_by, begun.level, begun.snoozed_until, begun.clock_from) == ("", 1, None, T0 + HOUR)


def test_an_update_has_news_when_something_that_people_see_changed() -> None:
    first = incident()
    assert says(first) == says(replace(first, ver=9, next_update=T0))
    for change in ({"level": 2}, {"acknowledged_by": "U1"}, {"status": "RECOVERING"}, {"unverified": "x"}):
        assert says(replace(first, **change)) != says(first)


@pytest.mark.parametrize(
    ("status", "anew"), [("NOTED", True), ("OPEN", False), ("SILENCED", False), ("RECOVERING", False)]
)
def test_what_an_alarm_continues(status: str, *, anew: bool) -> None:
    assert starts_anew(incident(status=status), T0 + 1) is anew
