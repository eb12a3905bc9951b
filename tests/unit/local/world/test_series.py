from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.world.series import Metric, Series

from .conftest import NOW


def metric(**spec: Any) -> Metric:
    series = Series.model_validate(spec, context={"now": NOW})
    return Metric("n", "m", frozenset(), "Percent", series)


def points(spec: dict[str, Any], stat: str = "Average", period: int = 60, back: int = 10) -> list[float]:
    found = metric(**spec).points(stat, period, NOW - timedelta(minutes=back), NOW, NOW)
    return [round(value, 3) for _, value in found]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"base": 5}, [5, 5, 5, 5]),
        ({"base": 5, "steps": [{"at": "-2m", "to": 9}]}, [5, 5, 9, 9]),
        ({"base": 0, "steps": [{"at": "-4m", "to": 8, "over": "4m"}]}, [0, 2, 4, 6]),
        ({"base": 5, "steps": [{"at": "-3m", "to": 9, "for": "2m"}]}, [5, 9, 9, 5]),
        ({"base": 5, "steps": [{"at": "-3m", "gone": True}]}, [5]),
        ({"base": 5, "steps": [{"at": "-3m", "gone": True}, {"at": "-1m", "back": True}]}, [5, 5]),
        ({"base": 5, "steps": [{"at": "-3m", "gone": True, "for": "1m"}]}, [5, 5, 5]),
        ({"base": 5, "steps": [{"at": "-1d2m", "to": 9, "for": "1m", "every": "24h"}]}, [5, 5, 9, 5]),
        ({"base": 2.6, "counter": True}, [3, 3, 3, 3]),
        ({"values": [["-3m", 1], ["-1m", 7]]}, [1, 7]),
    ],
)
def test_the_words_of_a_series(spec: dict[str, Any], expected: list[float]) -> None:
    assert points(spec, back=4) == expected


def test_noise_is_the_same_every_time_and_stays_in_its_bounds() -> None:
    spec = {"base": 50, "noise": 3}
    first = points(spec, back=600)
    assert first == points(spec, back=600)
    assert all(47 <= value <= 53 for value in first)
    assert len(set(first)) > 300
    assert min(points({"base": 0, "noise": 3}, back=600)) == 0


def test_the_day_swings_between_peak_and_night() -> None:
    day = metric(base=10, daily=4)
    values = {at.hour: value for at, value in day.points("Average", 3600, NOW - timedelta(days=1), NOW, NOW)}
    assert max(values, key=lambda hour: values[hour]) in {13, 14}
    assert min(values, key=lambda hour: values[hour]) in {1, 2}


@pytest.mark.parametrize(
    ("stat", "expected"),
    [("Average", 3), ("Sum", 15), ("Minimum", 1), ("Maximum", 5), ("SampleCount", 5), ("p50", 3), ("p90", 4.6)],
)
def test_statistics_over_a_longer_period(stat: str, expected: float) -> None:
    start = NOW.replace(minute=0)
    values = [[(start + timedelta(minutes=i)).isoformat(), i + 1] for i in range(5)]
    found = metric(values=values).points(stat, 300, start, NOW, NOW)
    assert [(at, round(value, 3)) for at, value in found] == [(start, expected)]


def test_a_statistic_may_have_its_own_series() -> None:
    spec = {"base": 10, "stats": {"Maximum": {"base": 95}, "p99": {"base": 80}}}
    assert points(spec, "Maximum", back=2) == [95, 95]
    assert points(spec, "p99", period=300, back=5)[0] == 80
    assert points(spec, "p90", back=1) == [10]


def test_one_minute_data_is_kept_for_fifteen_days_and_nothing_comes_from_the_future() -> None:
    one = metric(base=1)
    assert not one.points("Average", 60, NOW - timedelta(days=17), NOW - timedelta(days=16), NOW)
    assert one.points("Average", 300, NOW - timedelta(days=17), NOW - timedelta(days=16), NOW)
    latest: datetime = one.points("Average", 60, NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=2))[-1][0]
    assert latest == NOW + timedelta(minutes=1)


STEPS = st.builds(
    lambda at, kind, over, lasts, every: (
        {"at": f"-{at}m"}
        | ({"to": 9.5} if kind == "to" else {kind: True})
        | ({"over": f"{over}m"} if over else {})
        | ({"for": f"{lasts}m"} if lasts else {})
        | ({"every": f"{max(every, lasts)}m"} if lasts and every else {})
    ),
    st.integers(0, 90),
    st.sampled_from(["to", "gone", "back"]),
    st.integers(0, 20),
    st.integers(0, 15),
    st.integers(0, 40),
)


@given(steps=st.lists(STEPS, max_size=4), daily=st.sampled_from([0, 3]), noise=st.sampled_from([0, 2]))
@settings(max_examples=60, deadline=None)
def test_a_run_of_minutes_is_each_minute_on_its_own(steps: list[dict[str, Any]], daily: float, noise: float) -> None:
    series = metric(base=5, steps=steps, daily=daily, noise=noise).series
    end = int(NOW.timestamp() // 60)
    each = [(minute, series.value(minute, 7)) for minute in range(end - 100, end)]
    assert list(series.run(end - 100, end, 7)) == [(minute, value) for minute, value in each if value is not None]
