"""A date only where the data give one: tables of the ways in which they do not, and properties of those that do."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.reviews.capacity.runout import NoDate, RunOut, daily, run_out, since_break

START = datetime(2026, 10, 30, tzinfo=UTC)


def days(*values: float) -> list[tuple[datetime, float]]:
    return [(START + timedelta(days=n), value) for n, value in enumerate(values)]


def noisy(start: float, a_day: float, noise: float, count: int = 28, seed: int = 3) -> list[tuple[datetime, float]]:
    rng = random.Random(seed)
    return days(*(start + a_day * n + rng.uniform(-noise, noise) for n in range(count)))


def test_a_steady_fall_gives_its_date() -> None:
    found = run_out(noisy(200, -3, 1), 0, rising=False)
    assert isinstance(found, RunOut)
    assert found.a_day == pytest.approx(3, abs=0.1)
    expected = START + timedelta(days=200 / 3)
    assert abs(found.day - expected) < timedelta(days=2)
    assert found.latest
    assert found.earliest < found.day < found.latest


def test_a_rise_towards_a_limit() -> None:
    found = run_out(noisy(100, 5, 4), 500)
    assert isinstance(found, RunOut)
    assert abs(found.day - (START + timedelta(days=80))) < timedelta(days=4)


@pytest.mark.parametrize(
    ("points", "limit", "rising", "why"),
    [
        (days(*[80.0] * 28), 0, False, "flat"),
        (noisy(80, 0, 10), 0, False, "without a direction"),
        (noisy(80, 2, 1), 0, False, "moves away"),
        (noisy(100, -1, 0.5, 9), 0, False, "only 9"),
        (noisy(1000, -1, 0.5), 0, False, "more than 180 days"),
        (days(*[200 - 5 * n for n in range(21)], *[100.0 + n % 2 for n in range(7)]), 0, False, "hardly in the last"),
        (noisy(10, 5, 1), 120, True, "at its limit already"),
    ],
)
def test_no_date(points: list[tuple[datetime, float]], limit: float, *, rising: bool, why: str) -> None:
    found = run_out(points, limit, rising=rising)
    assert isinstance(found, NoDate)
    assert why in found.why


def test_two_odd_days_do_not_move_it() -> None:
    points = noisy(200, -3, 0.5)
    odd = [(at, value - 60 if index in {9, 20} else value) for index, (at, value) in enumerate(points)]
    plain, spoiled = run_out(points, 0, rising=False), run_out(odd, 0, rising=False)
    assert isinstance(plain, RunOut)
    assert isinstance(spoiled, RunOut)
    assert abs(plain.day - spoiled.day) < timedelta(days=3)


@given(st.floats(0.5, 20), st.floats(30, 170), st.integers(12, 40))
def test_the_date_is_where_the_line_meets_the_limit(a_day: float, left: float, count: int) -> None:
    start = a_day * (count - 1 + left)
    found = run_out(days(*(start - a_day * n for n in range(count))), 0, rising=False)
    assert isinstance(found, RunOut)
    assert abs(found.day - (START + timedelta(days=count - 1 + left))) < timedelta(hours=1)


@given(st.lists(st.floats(50, 100), min_size=10, max_size=40), st.randoms())
def test_shuffled_days_seldom_have_a_date(values: list[float], rng: random.Random) -> None:
    rng.shuffle(values)
    found = run_out(days(*values), 0, rising=False)
    assert isinstance(found, NoDate) or found.low > 0  # whatever it says, the whole interval points the same way


def test_after_storage_was_added_the_line_begins_anew() -> None:
    points = days(50, 45, 40, 35, 130, 126, 121, 117)
    assert [value for _, value in since_break(points, 20, rising=False)] == [130, 126, 121, 117]
    assert since_break(points, 200, rising=False) == points
    grown = days(10, 20, 30, 12, 14)
    assert [value for _, value in since_break(grown, 10, rising=True)] == [12, 14]


def test_one_value_a_day_and_no_broken_days() -> None:
    points = [(START + timedelta(hours=h), float(h)) for h in range(20, 72)]  # the first day has four hours
    assert [value for _, value in daily(points, "max")] == [47, 71]
    assert [value for _, value in daily(points, "min")] == [24, 48]
    assert daily([], "max") == []
