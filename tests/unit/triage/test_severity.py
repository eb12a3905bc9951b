from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lambdas.alerts.model import Alert
from lambdas.triage.measured import Measured, share
from lambdas.triage.severity import explicit, severity

ALERT = Alert(
    kind="alarm",
    source="sns",
    name="a",
    state="ALARM",
    at=datetime(2026, 11, 24, 3, tzinfo=UTC),
    account="1",
    region="eu-west-1",
)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Severity: 1", 1),
        ("severity=2, see wiki", 2),
        ("Severity 3 (Medium)", 3),
        ("Severity: high", 2),
        ("Severity: Critical", 1),
        ("[SEV2] too many errors", 2),
        ("sev-1", 1),
        ("sev 3", 3),
        ("P1: pager", 1),
        ("(P4)", 3),
        ("p99 latency above 1 s", None),
        ("Latency P99 is high", None),
        ("P50 response", None),
        ("API v1.P2.3", None),
        ("several things, 7 services", None),
        ("", None),
    ],
)
def test_severity_in_a_description(description: str, expected: int | None) -> None:
    found, why = explicit(replace(ALERT, description=description), {})
    assert found == expected
    assert bool(why) == (expected is not None)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"severity": "1"}, 1),
        ({"Severity": "SEV-2"}, 2),
        ({"sev": "sev3"}, 3),
        ({"SEV": "2 - high"}, 2),
        ({"priority": "P1"}, 1),
        ({"severity": "high"}, 2),
        ({"severity": "5"}, 3),
        ({"severity": "banana"}, None),
        ({"severity": "12"}, None),
        ({"team": "1"}, None),
    ],
)
def test_severity_in_the_tags(tags: dict[str, str], expected: int | None) -> None:
    assert explicit(ALERT, tags)[0] == expected


def test_tag_wins_over_description_and_a_strange_tag_is_named() -> None:
    described = replace(ALERT, description="Severity: 3")
    assert explicit(described, {"severity": "1"})[0] == 1
    assert explicit(described, {"severity": "banana"})[0] == 3
    judged = severity(ALERT, "warning", Measured(tags={"severity": "banana"}))
    assert "'banana', which names no severity: ignored" in judged.why[0]


@pytest.mark.parametrize(
    ("measured", "outage"),
    [
        (Measured(database_available=False), "the database is not available"),
        (Measured(running_tasks=0, desired_tasks=4), "0 of 4 tasks run"),
        (Measured(healthy_hosts=0, unhealthy_hosts=2), "none of 2 targets is healthy"),
        (Measured(requests=200, errors_5xx=199), "99.5 % of the requests fail"),
    ],
)
def test_a_complete_outage_is_severity_1(measured: Measured, outage: str) -> None:
    for tier in ("critical", "warning", "performance"):
        judged = severity(ALERT, tier, measured)
        assert judged.severity == 1
        assert judged.why == (f"Severity 1: {outage}, a complete outage.",)


def test_a_share_of_failing_requests_is_partial() -> None:
    assert severity(ALERT, "critical", Measured(requests=1000, errors_5xx=300)).severity == 2


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 4, 25.0), (0, 0, None), (3, 0, 100.0), (None, 4, None), (4, None, None), (9, 3, 100.0), (0, 5, 0.0)],
)
def test_share(part: float | None, whole: float | None, expected: float | None) -> None:
    assert share(part, whole) == expected
