"""A scaling configuration against what it did: one table entry for each fault, and healthy ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.reviews.capacity.scaling import Activity, Policy, Scaled, by_design, judge, reached

START = datetime(2026, 11, 20, tzinfo=UTC)


def hourly(day: Sequence[float]) -> list[tuple[datetime, float]]:
    """A day of 24 values, seven times."""
    return [(START + timedelta(hours=n), day[n % 24]) for n in range(168)]


NIGHT_DAY = [20.0] * 8 + [58.0] * 10 + [30.0] * 6
FEW_MANY = [2.0] * 8 + [6.0] * 10 + [3.0] * 6
CPU = Policy(name="cpu60", kind="TargetTrackingScaling", metric="ECSServiceAverageCPUUtilization", target=60)


def act(hours: float, to: int | None = None, status: str = "Successful", **more: object) -> Activity:
    return Activity(at=START + timedelta(hours=hours), status=status, to=to, **more)  # type: ignore[arg-type] # a test's shorthand


HEALTHY = Scaled(
    name="web",
    lowest=2,
    highest=10,
    policies=(CPU,),
    activities=tuple(act(24 * d + h, n) for d in range(7) for h, n in ((8, 6), (18, 3), (23, 2))),
    cpu=hourly(NIGHT_DAY),
    memory=hourly([45.0] * 24),
    tasks=hourly(FEW_MANY),
)
SIX = replace(HEALTHY, lowest=6, tasks=hourly([6.0] * 24), activities=())
TURNS = tuple(act(h, 4 if n % 2 else 3) for n, h in enumerate(x * 0.2 for x in range(14)))


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (HEALTHY, []),
        (replace(HEALTHY, policies=()), []),
        (replace(HEALTHY, cpu=HEALTHY.cpu[:50], tasks=HEALTHY.tasks[:50]), []),  # too new to judge
        (replace(HEALTHY, activities=(act(1, 3), act(2, None, "Failed", message="not authorised"))), ["failing"]),
        (replace(HEALTHY, suspended=("scale in",)), ["suspended"]),
        (replace(HEALTHY, highest=6, cpu=hourly([20.0] * 8 + [88.0] * 10 + [30.0] * 6)), ["at_max"]),
        (replace(HEALTHY, highest=6, cpu=hourly([20.0] * 8 + [40.0] * 10 + [30.0] * 6)), []),  # at the maximum, idle
        (
            replace(HEALTHY, highest=6, cpu=hourly([40.0] * 24),
                    activities=(act(9, None, "Successful", not_scaled=("AlreadyAtMaxCapacity",)),)),
            ["at_max"],
        ),
        (replace(SIX, lowest=2, cpu=hourly([20.0] * 8 + [80.0] * 16), tasks=hourly([2.0] * 24)), ["ineffective"]),
        (replace(HEALTHY, policies=(replace(CPU, scale_in=False),), cpu=hourly([15.0] * 24), tasks=hourly([6.0] * 24)),
         ["in_blocked"]),
        (replace(HEALTHY, policies=(replace(CPU, scale_in=False),)), []),  # off, but nothing is wasted
        (replace(HEALTHY, activities=TURNS), ["oscillating"]),
        (replace(SIX, cpu=hourly([12.0] * 24)), ["min_too_high"]),
        (replace(SIX, cpu=hourly([12.0] * 24), memory=hourly([85.0] * 24)), []),  # memory would not fit
        (replace(SIX, cpu=hourly([45.0] * 24)), []),
        (replace(HEALTHY, policies=(replace(CPU, target=90),), cpu=hourly([20.0] * 20 + [97.0] * 4)), ["target_high"]),
        (replace(HEALTHY, policies=(replace(CPU, target=25),), cpu=hourly([24.0] * 24)), ["target_low"]),
    ],
)  # fmt: skip
def test_judge(one: Scaled, faults: list[str]) -> None:
    assert [verdict.fault for verdict in judge(one)] == faults


def test_numbers_of_advice() -> None:
    (low,) = judge(replace(SIX, cpu=hourly([12.0] * 24)))
    assert "Lower the minimum to 2" in low.advice
    assert low.spare == 4
    (high,) = judge(replace(HEALTHY, highest=6, cpu=hourly([20.0] * 8 + [88.0] * 10 + [30.0] * 6)))
    assert "Raise the maximum to about 9" in high.advice


@pytest.mark.parametrize(
    ("text", "capacity"),
    [("Setting desired count to 6.", 6), ("Setting desired capacity to 12", 12), ("", None), ("to be", None)],
)
def test_reached(text: str, capacity: int | None) -> None:
    assert reached(text) == capacity


@pytest.mark.parametrize(
    ("one", "level", "design"),
    [(HEALTHY, 63, True), (HEALTHY, 70, False), (None, 63, False), (replace(HEALTHY, policies=()), 63, False),
     (replace(HEALTHY, suspended=("scale out",)), 63, False)],
)  # fmt: skip
def test_target_tracking_keeps_its_target_by_design(one: Scaled | None, level: float, *, design: bool) -> None:
    assert by_design(one, level) is design
