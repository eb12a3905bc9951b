"""What an alarm's own metric does: back below its threshold, coming and going, within its baseline. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.measured import Measured, measured
from lambdas.checks.cloudwatch.alarm import AlarmState, AlarmTransition
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

ROLE, MATH = "alarm", "alarm.math"
BACK = 3  # datapoints on the good side before a metric counts as back


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """Spells beyond the threshold in the week before, like the present one."""

    times: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The alarm's metric against its own threshold."""

    threshold: float
    above: bool  # whether values above the threshold are the bad ones
    metric: Measured
    period: int = 60  # seconds, of the alarm
    points: tuple[Point, ...] = field(default=(), repr=False)  # by the alarm's period
    past: tuple[Point, ...] = field(default=(), repr=False)  # the week before, per alarm period

    def bad(self, value: float) -> bool:
        """Whether a value is on the alarm's side."""
        return value > self.threshold if self.above else value < self.threshold

    @property
    def share(self) -> float:
        """How much of the last hour up to the end was beyond the threshold, 0–1."""
        end = self.points[-1][0]
        return ts.share(ts.between(self.points, end - HOUR, end), self.threshold, above=self.above) or 0.0

    @property
    def habit(self) -> Habit | None:
        """How often it was beyond the threshold in the week before, where now is no longer and no worse than then."""
        wide = max(self.period, self.metric.past_period)
        spell = ts.spells(ts.bucket(self.points, wide), self.threshold, wide, above=self.above)
        before = ts.spells(ts.bucket(self.past, wide), self.threshold, wide, above=self.above)
        if not spell or not before:
            return None
        now, usual = spell[-1], sorted(before, key=lambda one: one.length)
        longest = usual[int(0.9 * (len(usual) - 1))].length
        far = max(abs(one.peak - self.threshold) for one in before)
        if now.length > max(2 * longest, timedelta(seconds=wide)) or abs(now.peak - self.threshold) > 1.25 * far:
            return None
        return Habit(times=len(before), days=len({one.start.date() for one in before}))

    @property
    def crossings(self) -> int:
        """How often it crossed the threshold in the window."""
        return ts.crossings(self.points, self.threshold)

    @property
    def onset(self) -> datetime | None:
        """Since when it has been beyond the threshold."""
        return ts.onset(self.points, self.threshold, above=self.above)

    @property
    def back_since(self) -> datetime | None:
        """Since when it has been good again, after the alarm; None if it is not."""
        good = [at for at, value in self.points if at >= self.metric.window.at - timedelta(seconds=self.period)]
        tail: list[datetime] = []
        for at, value in reversed(self.points):
            if self.bad(value):
                break
            tail.append(at)
        return tail[-1] if len(tail) >= BACK and len(good) >= 1 else None


HOUR = timedelta(hours=1)


def watched(evidence: Evidence) -> Watched | None:
    """What the alarm compares, a metric or metric math; None for queries, bands and composites."""
    alert = evidence.alert
    if alert.threshold is None or not (alert.expression or len(alert.metrics) == 1):
        return None
    metric = measured(evidence, MATH if alert.expression else ROLE)
    if metric is None:
        return None
    period = max(alert.metrics[0].period or 60, metric.series.period)
    statistic = "" if alert.expression else alert.metrics[0].statistic.lower()
    points = metric.points
    summed = statistic in ("sum", "samplecount")
    if period > metric.series.period:
        points = tuple(ts.bucket(points, period, total=summed))
    above = "Less" not in alert.comparison
    threshold = alert.threshold
    if "OrEqual" in alert.comparison:  # what equals the threshold is beyond it too
        threshold = math.nextafter(threshold, -math.inf if above else math.inf)
    if summed and alert.metrics[0].namespace.startswith("AWS/"):
        points = _filled(points, period, evidence)
    scale = period / metric.series.period if summed else 1.0
    past = tuple((at, value * scale) for at, value in metric.past)
    return Watched(threshold=threshold, above=above, metric=metric, period=period, points=points, past=past)


def _filled(points: tuple[Point, ...], period: int, evidence: Evidence) -> tuple[Point, ...]:
    """AWS publishes most counts only where there is something to count: a silent period is zero."""
    if not points or "Less" in evidence.alert.comparison:
        return points
    known, step = dict(points), timedelta(seconds=period)
    moment = points[0][0]
    while moment - step >= evidence.window.start:
        moment -= step
        known[moment] = 0.0
    moment = points[0][0]
    while (moment := moment + step) <= evidence.window.end - step:
        known.setdefault(moment, 0.0)
    return tuple(sorted(known.items()))


def state(evidence: Evidence) -> AlarmState | None:
    """The alarm as DescribeAlarms gives it."""
    return evidence.first(AlarmState)


def rings(evidence: Evidence, within: timedelta) -> int:
    """How often the alarm went to ALARM in a time up to its present state change, that change included."""
    start = evidence.window.at - within
    moments = {t.at for t in evidence.of(AlarmTransition) if t.after == "ALARM" and t.at and t.at >= start}
    return len(moments)
