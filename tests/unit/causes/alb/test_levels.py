from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas.causes.alb.levels import level
from lambdas.checks.cloudwatch.metrics import Past, Series
from tests.unit.causes.alb.scenes import AT, evidence, series


def test_a_sum_over_five_minutes_is_compared_by_the_minute() -> None:
    found = level(evidence(series("alb.requests", 100, 300)), "alb.requests")
    assert found
    assert (found.usual, found.peak, found.ratio) == (100, 300, 3)
    assert found.since == AT - timedelta(minutes=10)


def test_gaps_of_a_counter_are_zeros_where_the_balancer_reported_anything() -> None:
    beside = evidence(series("alb.requests", 100, 100), series("alb.elb_502", None, None))
    alone = evidence(series("alb.elb_502", None, None))
    assert (found := level(beside, "alb.elb_502"))
    assert (found.total, found.peak) == (0, 0)
    assert level(alone, "alb.elb_502") is None


def test_gaps_of_a_gauge_stay_gaps() -> None:
    beside = evidence(series("alb.requests", 100, 100), series("alb.latency", None, None))
    assert level(beside, "alb.latency") is None


@pytest.mark.parametrize(("back", "over"), [(True, True), (False, False)])
def test_what_came_back_is_over(back: bool, over: bool) -> None:  # noqa: FBT001 — a table's column
    found = level(evidence(series("alb.latency", 0.1, 2.0, minutes=18, back=back)), "alb.latency")
    assert found
    assert found.over is over


def test_without_a_week_the_windows_beginning_is_the_usual() -> None:
    found = level(evidence(series("alb.latency", 0.1, 2.0, past=False)), "alb.latency")
    assert found
    assert (found.usual, found.days) == (0.1, 0)


def test_a_habit_of_the_weekday_does_not_stand_out() -> None:
    found = series("alb.requests", 100, 400)
    past = next(f for f in found if isinstance(f, Past))
    week_ago = tuple((at, 2000.0 if at < AT - timedelta(days=6, hours=12) else value) for at, value in past.points)
    weekly = [f if f is not past else replace(past, points=week_ago) for f in found]
    every, habit = level(evidence(found), "alb.requests"), level(evidence(weekly), "alb.requests")
    assert every
    assert habit
    assert (every.raised(1.6, 20), habit.raised(1.6, 20)) == (True, False)


def short(role: str, before: float, after: float) -> list[Series]:
    """A quarter of an hour around the alarm is all that is kept."""
    points = tuple((AT + timedelta(minutes=m), after if m >= -4 else before) for m in range(-15, 3))
    return [Series(role=role, of="app/web/1", namespace="AWS/ApplicationELB", name=role, stat="Sum", period=60,
                   points=points)]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "before", "after", "usual"),
    [
        ("alb.requests", 4000, 4000, 4000),
        ("alb.requests", 1000, 4000, 1000),
        ("alb.latency", 0.3, 0.3, 0.3),
        ("alb.target_5xx", 1, 640, 1),
        ("alb.target_5xx", 640, 640, 0),
    ],
    ids=["steady requests", "a step", "a steady latency", "errors that begin", "errors all along"],
)
def test_with_a_quarter_of_an_hour_the_usual_is_what_came_before_the_step(
    role: str, before: float, after: float, usual: float
) -> None:
    found = level(evidence(short(role, before, after)), role)
    assert found
    assert found.usual == usual
    assert found.raised(1.6, 0.05) is (after > usual)
