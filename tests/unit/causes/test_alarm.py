"""What the alarm compares, against its own past: metrics, counts with silent minutes, metric math, habits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.alarm import Habit, watched
from lambdas.causes.base import Evidence
from lambdas.checks.base import Found, Window
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.targets import LoadBalancer

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=5), now=AT + timedelta(minutes=5))
COUNT = Metric(namespace="AWS/ApplicationELB", name="HTTPCode_ELB_5XX_Count", statistic="Sum", period=300)

type Values = dict[timedelta, float]  # before the alarm → value


def evidence(
    now: Values, before: Values, *, role: str = "alarm", period: int = 60, past_period: int = 300, **alert: Any
) -> Evidence:
    found = Found()
    stat = "Sum" if role == "alarm" else "Average"
    points = tuple(sorted((AT - ago, value) for ago, value in now.items()))
    past = tuple(sorted((AT - ago, value) for ago, value in before.items()))
    found.add(Series(role=role, of="x", namespace="n", name="x", stat=stat, period=period, points=points))
    found.add(Past(role=role, of="x", period=past_period, points=past))
    return Evidence(
        alert=Alert(
            kind="alarm", source="sns", name="a", state="ALARM", at=AT, account="1", region="eu-west-1",
            comparison="GreaterThanThreshold", **{"threshold": 0.0, "metrics": (COUNT,), **alert},
        ),
        target=LoadBalancer("app/x/1"),
        window=WINDOW,
        found=found,
    )  # fmt: skip


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def daily(times: int, value: float, *, length: int = 1) -> Values:
    """As many spells, one a day, of so many five-minute points."""
    return {timedelta(days=d, minutes=-5 * i): value for d in range(1, times + 1) for i in range(length)}


def test_a_count_has_no_points_where_it_counts_nothing() -> None:
    watch = watched(evidence({minutes(8): 3.0}, {}))
    assert watch is not None
    assert watch.points[-1][1] == 0.0, "the five minutes after it"
    assert max(value for _, value in watch.points) == 3.0, "the sum of its five minutes, not of five such minutes"
    assert watch.points[0][1] == 0.0
    assert watch.share < 0.1
    assert watch.crossings == 2


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ({minutes(2): 3.0}, daily(7, 3.0), Habit(times=7, days=7)),
        ({minutes(2): 3.0}, daily(3, 3.0), Habit(times=3, days=3)),
        ({minutes(2): 30.0}, daily(7, 3.0), None),  # worse than ever
        ({minutes(m): 3.0 for m in range(40)}, daily(7, 3.0), None),  # longer than ever
        ({minutes(m): 3.0 for m in range(30)}, daily(7, 15.0, length=6), Habit(times=7, days=7)),
        ({minutes(2): 3.0}, {}, None),  # never before
        ({}, daily(7, 3.0), None),
    ],
)
def test_a_habit_is_as_long_and_as_bad_as_every_day(now: Values, before: Values, expected: Habit | None) -> None:
    watch = watched(evidence(now or {minutes(2): 0.0}, before))
    assert watch is not None
    assert watch.habit == expected


def test_metric_math_is_watched_by_what_it_makes() -> None:
    now = {minutes(m): 0.0 for m in range(60)} | {minutes(1): 2.04}
    before = {timedelta(days=d, minutes=m): 2.0 if m == 0 else 0.0 for d in range(1, 8) for m in range(10)}
    alert: dict[str, Any] = {
        "threshold": 1.0,
        "expression": "100 * FILL(e, 0) / r",
        "metrics": (replace(COUNT, period=60),),
    }
    watch = watched(evidence(now, before, role="alarm.math", past_period=60, **alert))
    assert watch is not None
    assert watch.habit == Habit(times=7, days=7)


def test_a_query_or_a_band_is_not_watched() -> None:
    assert watched(evidence({minutes(1): 2.0}, {}, expression="ANOMALY_DETECTION_BAND(m1, 2)")) is None
    assert watched(evidence({minutes(1): 2.0}, {}, threshold=None)) is None
