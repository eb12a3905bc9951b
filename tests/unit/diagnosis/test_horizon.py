from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lambdas.checks.base import Found, Window
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.diagnosis.horizon import seen

AT = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=20), now=AT + timedelta(minutes=20))


def series(last: float) -> Series:
    """A series whose last point is so many minutes after the alarm."""
    points = tuple((AT + timedelta(minutes=last - m), 1.0) for m in (2, 1, 0))
    return Series(role="x", namespace="n", name="m", stat="Sum", period=60, points=points)


@pytest.mark.parametrize(
    ("lasts", "end"),
    [((5,), 6), ((5, 11), 12), ((19,), 20), ((30,), 20), ((-30,), 0), ((), 20)],
    ids=["one", "the longest counts", "to the end", "never beyond it", "never before the alarm", "none at all"],
)
def test_the_window_ends_where_every_metric_ends(lasts: tuple[float, ...], end: float) -> None:
    found = Found()
    found.add(Series(role="absent", namespace="n", name="m", stat="Sum", period=60))
    for last in lasts:
        found.add(series(last))
    told = seen(WINDOW, found)
    assert (told.start, told.at, told.now) == (WINDOW.start, AT, WINDOW.now)
    assert told.end == AT + timedelta(minutes=end)
