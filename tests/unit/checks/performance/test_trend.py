from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.checks.performance.trend import WEEK, shift

END = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
START = END - timedelta(hours=24)


def day(level: float, *, swing: float = 0.3, factor: float = 1.0, since: timedelta | None = None,
        until: timedelta = timedelta(0), back: timedelta = timedelta(0)) -> list[tuple[datetime, float]]:  # fmt: skip
    """A day in five-minute points with its own swing; `factor` times as much from `since` before the end."""
    points = []
    for i in range(288):
        at = START + timedelta(minutes=5 * i)
        value = level * (1 + swing * math.sin(2 * math.pi * i / 288) + 0.03 * (i * 7 % 5 - 2))
        if since is not None and END - since <= at < END - until:
            value *= factor
        points.append((at - back, value))
    return points


LAST_WEEK = day(200, back=WEEK)


@pytest.mark.parametrize("hours", [1.5, 6, 14])
def test_a_step_is_found_with_its_point_and_size(hours: float) -> None:
    found = shift(day(200, factor=2.0, since=timedelta(hours=hours)), LAST_WEEK)
    assert found is not None
    assert found.since is not None
    assert abs(found.since - (END - timedelta(hours=hours))) <= timedelta(minutes=30)
    assert found.factor == pytest.approx(2.0, rel=0.1)


def test_a_whole_day_of_it_has_no_point() -> None:
    found = shift(day(320), LAST_WEEK)
    assert found is not None
    assert found.since is None
    assert found.factor == pytest.approx(1.6, rel=0.05)


@pytest.mark.parametrize(
    "now",
    [
        day(200),  # as last week, with its own daily swing
        day(230),  # a little more
        day(200, factor=3, since=timedelta(hours=8), until=timedelta(hours=7)),  # a slow hour that is over
        day(200, factor=0.5, since=timedelta(hours=6)),  # it got better
        [],
    ],
)
def test_what_is_no_regression(now: list[tuple[datetime, float]]) -> None:
    assert shift(now, LAST_WEEK) is None


def test_without_last_week_nothing_is_said() -> None:
    assert shift(day(900), []) is None
    assert shift(day(900), [(t, 0.0) for t, _ in LAST_WEEK]) is None
