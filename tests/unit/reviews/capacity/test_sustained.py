"""A sustained level is what a service lives with: peaks, nights and gaps do not make it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.reviews.capacity.sustained import LEAST, Level, level, tasks_for, weeks_until

START = datetime(2026, 11, 20, tzinfo=UTC)


def hourly(*values: float) -> list[tuple[datetime, float]]:
    return [(START + timedelta(hours=n), value) for n, value in enumerate(values)]


def week(value_of_hour: dict[range, float], base: float, days: range = range(7)) -> list[tuple[datetime, float]]:
    """A level for some hours of some days, `base` otherwise."""
    found = []
    for hour in range(168):
        own = [v for hours, v in value_of_hour.items() if hour % 24 in hours and hour // 24 in days]
        found.append(own[0] if own else base)
    return hourly(*found)


@pytest.mark.parametrize(
    ("points", "sustained"),
    [
        (week({}, 40), 40.0),
        (week({range(2, 3): 100}, 30), 30.0),  # an hour of batch work each night
        (week({range(8, 16): 80}, 20, range(5)), 80.0),  # a working week's load
        (week({range(9, 24): 95}, 20, range(2, 3)), 20.0),  # one bad day
        (week({range(13, 18): 90}, 50), 90.0),  # five hours of each day
        (week({range(13, 17): 90}, 50), 50.0),  # four hours are less than a fifth
    ],
)
def test_level(points: list[tuple[datetime, float]], sustained: float) -> None:
    found = level(points)
    assert found
    assert found.sustained == sustained


def test_too_few_hours_say_nothing() -> None:
    assert level(hourly(*[90.0] * (LEAST - 1))) is None
    assert level(hourly(*[90.0] * LEAST)) == Level(sustained=90, usual=90, peak=90, hours=LEAST)


@given(st.lists(st.floats(0, 100), min_size=LEAST, max_size=200))
def test_it_lies_between_the_median_and_the_peak(values: list[float]) -> None:
    found = level(hourly(*values))
    assert found
    assert found.usual <= found.sustained <= found.peak
    assert sum(value >= found.sustained for value in values) >= 0.2 * len(values)


def of(sustained: float) -> Level:
    return Level(sustained=sustained, usual=sustained, peak=sustained, hours=168)


@pytest.mark.parametrize(
    ("before", "now", "weeks"),
    [
        (of(50), of(60), 1), (of(40), of(46), 4), (of(58), of(60), None),  # two points are noise
        (of(60), of(50), None), (None, of(60), None), (of(60), of(75), None), (of(10), of(12.2), 27),
    ],
)  # fmt: skip
def test_weeks_until(before: Level | None, now: Level, weeks: int | None) -> None:
    assert weeks_until(before, now, most=30) == weeks


@pytest.mark.parametrize(("tasks", "at", "wanted", "needed"), [(4, 82, 60, 6), (3, 60, 60, 3), (1, 5, 60, 1)])
def test_tasks_for(tasks: float, at: float, wanted: float, needed: int) -> None:
    assert tasks_for(tasks, at, wanted) == needed
