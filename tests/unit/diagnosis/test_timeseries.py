"""Time series, by tables and properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.diagnosis import timeseries as ts

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
finite = st.floats(-1e6, 1e6)


def minutes(*values: float, step: int = 60, end: datetime = AT) -> list[ts.Point]:
    start = end - timedelta(seconds=step * len(values))
    return [(start + timedelta(seconds=step * n), value) for n, value in enumerate(values)]


def test_a_step_is_found_where_it_is() -> None:
    points = minutes(*[10.0, 11.0] * 10, *[50.0, 51.0] * 10)
    step = ts.change(points)
    assert step is not None
    assert (step.at, step.before, step.after) == (points[20][0], 10.5, 50.5)
    assert step.ratio == pytest.approx(4.81, abs=0.01)
    assert step.strength > 20


def test_noise_is_no_step() -> None:
    step = ts.change(minutes(*[10.0, 12.0, 9.0, 11.0, 10.5, 11.5] * 6))
    assert step is not None
    assert step.strength < 3


def test_a_baseline_is_that_of_the_same_hours() -> None:
    past = [
        (AT - timedelta(minutes=5 * n), 80.0 if 2 <= (AT - timedelta(minutes=5 * n)).hour < 3 else 20.0)
        for n in range(1, 288 * 7)
    ]
    busy = ts.baseline(past, AT - timedelta(hours=1), AT)
    assert busy is not None
    assert (busy.typical, busy.low) == (80.0, 20.0) or (busy.typical, busy.low) == (80.0, 80.0)
    assert busy.within(82.0)
    assert not busy.within(95.0)
    calm = ts.baseline(
        [p for p in past if p[0] < AT - timedelta(hours=3)], AT - timedelta(hours=3), AT - timedelta(hours=2)
    )
    assert calm is not None
    assert calm.typical == 20.0


def test_a_trend_has_its_slope_and_fit() -> None:
    line = ts.trend(minutes(*[float(n) for n in range(60)]))
    assert line is not None
    assert line.per_hour == pytest.approx(60.0)
    assert line.fit == pytest.approx(1.0)
    assert line.rise == pytest.approx(59.0)


@pytest.mark.parametrize(
    ("other", "r"), [([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1.0), ([6.0, 5.0, 4.0, 3.0, 2.0, 1.0], -1.0), ([1.0] * 6, None)]
)
def test_correlation(other: list[float], r: float | None) -> None:
    found = ts.correlation(minutes(1, 2, 3, 4, 5, 6), minutes(*other))
    assert found == (pytest.approx(r) if r is not None else None)


def test_a_ratio_leaves_out_what_has_no_divisor() -> None:
    assert [v for _, v in ts.ratio(minutes(10, 20, 30), minutes(5, 0, 10))] == [2.0, 3.0]


def test_onset_is_the_start_of_the_last_stretch() -> None:
    points = minutes(90, 10, 90, 95)
    assert ts.onset(points, 80) == points[2][0]
    assert ts.onset(minutes(90, 10), 80) is None
    assert ts.onset(minutes(90, 1, 2), 80, above=False) is not None


def test_an_oscillation_crosses_often_and_a_step_once() -> None:
    assert ts.crossings(minutes(*[70.0, 80.0] * 5), 75) == 9
    assert ts.crossings(minutes(70, 70, 80, 80), 75) == 1


@pytest.mark.parametrize("function", [ts.mean, ts.middle, ts.trend, ts.change])
def test_too_little_says_nothing(function: object) -> None:
    assert callable(function)
    assert function([]) is None


@given(st.lists(finite, min_size=1, max_size=60), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], rank: float) -> None:
    assert ts.percentile(minutes(*values), rank) in values


@given(st.lists(finite, min_size=6, max_size=80))
def test_a_change_splits_inside_the_series(values: list[float]) -> None:
    points = minutes(*values)
    found = ts.change(points)
    assert found is not None
    assert points[3][0] <= found.at <= points[-3][0]
    assert found.strength >= 0


@given(st.lists(finite, max_size=80), st.sampled_from([60, 300, 900]))
def test_buckets_keep_the_range(values: list[float], seconds: int) -> None:
    points = ts.bucket(minutes(*values), seconds)
    assert all(min(values) - 1e-6 <= v <= max(values) + 1e-6 for _, v in points)


def test_spells_are_stretches_beyond_a_level() -> None:
    points = minutes(0, 3, 4, 0, 5, 0, 0)
    first, second = ts.spells(points, 1.0, 60)
    assert (first.start, first.length, first.peak) == (points[1][0], timedelta(minutes=2), 4.0)
    assert (second.start, second.length, second.peak) == (points[4][0], timedelta(minutes=1), 5.0)


def test_a_gap_ends_a_spell_and_below_counts_too() -> None:
    points = [*minutes(0.2, 0.1), *minutes(0.3, end=AT + timedelta(minutes=10))]
    assert [(s.length, s.peak) for s in ts.spells(points, 1.0, 60, above=False)] == [
        (timedelta(minutes=2), 0.1),
        (timedelta(minutes=1), 0.3),
    ]
    assert ts.spells([], 1.0, 60) == []


def test_a_bucket_is_a_mean_or_a_total() -> None:
    points = minutes(2, 4, 6, end=AT + timedelta(minutes=3))
    assert ts.bucket(points, 300) == [(AT, 4.0)]
    assert ts.bucket(points, 300, total=True) == [(AT, 12.0)]
