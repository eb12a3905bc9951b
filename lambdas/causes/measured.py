"""How causes read metrics: one series with its own past. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence
    from lambdas.checks.base import Window
    from lambdas.diagnosis.timeseries import Baseline, Point


HOUR = timedelta(hours=1)
SUMMED = ("Sum", "SampleCount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A series over the window, and the week before it. Never empty: an absent metric is None instead."""

    series: Series
    window: Window
    past: tuple[Point, ...] = field(default=(), repr=False)
    past_period: int = 300  # seconds

    @property
    def points(self) -> tuple[Point, ...]:
        """The window's points, oldest first."""
        return self.series.points

    @property
    def baseline(self) -> Baseline | None:
        """The same hours of the previous days as the last hour of the window."""
        return self.usual(max(self.window.start, self.window.end - HOUR), self.window.end)

    def usual(self, start: datetime, end: datetime) -> Baseline | None:
        """The same hours of the previous days as [start, end]."""
        return ts.baseline(self.past, start, end)

    def last(self, minutes: float = 10) -> float | None:
        """The median of the last minutes that have data."""
        end = self.points[-1][0]
        return ts.middle([p for p in self.points if (end - p[0]).total_seconds() < minutes * 60])

    def around_alarm(self, minutes: float = 10) -> float | None:
        """The median of the minutes up to the alarm; of the last ones where there are none."""
        start = self.window.at.timestamp() - minutes * 60
        before = [p for p in self.points if start <= p[0].timestamp() <= self.window.at.timestamp()]
        return ts.middle(before) if before else self.last(minutes)


def measured(evidence: Evidence, role: str, of: str | None = None) -> Measured | None:
    """The series of a role (of one subject, or the first with data); None where the metric has no points."""
    for series in evidence.of(Series):
        if series.role != role or (of is not None and series.of != of) or not series.points:
            continue
        own = next((p for p in evidence.of(Past) if p.role == role and p.of == series.of), None)
        if own is None:
            return Measured(series=series, window=evidence.window)
        return Measured(
            series=series, window=evidence.window, past=_scaled(series, own), past_period=own.period or series.period
        )
    return None


def _scaled(series: Series, past: Past) -> tuple[Point, ...]:
    """The week before in the window's own period: a sum over five minutes is five times one over a minute."""
    if series.stat not in SUMMED or not past.period or past.period == series.period:
        return past.points
    return tuple((at, value * series.period / past.period) for at, value in past.points)


def every(evidence: Evidence, role: str) -> list[Measured]:
    """All series of a role that have data."""
    subjects = dict.fromkeys(s.of for s in evidence.of(Series) if s.role == role and s.points)
    return [m for of in subjects if (m := measured(evidence, role, of))]
