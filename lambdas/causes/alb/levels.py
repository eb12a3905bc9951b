"""A balancer's metric around the alarm, against what is usual at this hour. Pure.

Counters of Elastic Load Balancing have a datapoint only in a minute with an event ("Reporting criteria: there is a
nonzero value", CloudWatch metrics for your Application Load Balancer). So their gaps count as zeros, but only where the
same balancer reported anything at all: a metric of a balancer that is silent is absent, and evidence of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

LEAD = timedelta(minutes=20)  # before the alarm: it rings some minutes after its trouble began
RECENT = timedelta(minutes=5)
SMOOTH = 3  # minutes
CLEAR = 2.5  # strength of a step that is one
DIFFERENT = 1.3  # the ratio of its sides
FAILED = ("elb_5", "target_5", "4xx", "error", "rejected", "resets", "unhealthy")  # roles that are usually at zero
UNCOUNTED = ("latency", "healthy", "unhealthy", "cpu")  # roles whose gaps are no zeros


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One series: what it does in the trouble, what it does now, what it usually does. Counters are per minute."""

    role: str
    of: str
    points: tuple[Point, ...] = field(default=(), repr=False)  # the window's
    peak: float  # highest 3-minute mean, from a little before the alarm on
    low: float  # lowest 3-minute mean of the same time
    now: float  # mean of the last five minutes
    usual: float  # median of the same hours of the days before
    top: float  # 95th percentile of the same
    bottom: float  # 5th percentile of the same
    week: float | None = None  # median of the same hours a week ago: a habit of the weekday
    days: int  # that the usual was learnt from; 0: only from the window's own beginning
    since: datetime | None = None  # when it left the usual
    total: float = 0.0  # sum over the trouble's time; of counters
    source: str = ""
    link: str = ""

    @property
    def ratio(self) -> float:
        """The peak over the usual; infinite from zero."""
        return self.peak / self.usual if self.usual else float("inf") if self.peak else 1.0

    def raised(self, ratio: float, least: float) -> bool:
        """Whether it stands out: above its usual by a factor and by an amount, and above what it often reaches."""
        known = max(1.15 * self.top, 1.2 * (self.week or 0.0))
        return self.peak >= ratio * self.usual and self.peak - self.usual >= least and self.peak > known

    @property
    def over(self) -> bool:
        """Whether it has come back to its usual since."""
        return self.now <= max(1.1 * self.top, self.usual + 0.2 * (self.peak - self.usual))


def level(evidence: Evidence, role: str, of: str | None = None) -> Level | None:
    """The level of a role (of one subject, or the first that has data); None where there is no data."""
    for series in evidence.of(Series):
        if series.role != role or (of is not None and series.of != of):
            continue
        points = _filled(evidence, series)
        if points:
            return _level(evidence, series, points)
    return None


def levels(evidence: Evidence, role: str) -> list[Level]:
    """Every subject's level of a role."""
    subjects = dict.fromkeys(s.of for s in evidence.of(Series) if s.role == role)
    return [found for of in subjects if (found := level(evidence, role, of))]


def _counter(role: str) -> bool:
    return not any(word in role for word in UNCOUNTED)


def _filled(evidence: Evidence, series: Series) -> tuple[Point, ...]:
    """The series' points; of a counter every minute for which its subject reported anything."""
    if not _counter(series.role):
        return series.points
    family = series.role.partition(".")[0]
    moments = [
        at
        for s in evidence.of(Series)
        if s.of == series.of and s.role.partition(".")[0] == family and _counter(s.role)
        for at, _ in s.points
    ]
    if not moments:
        return ()
    first, last, step = min(moments), max(moments), timedelta(seconds=series.period)
    known = dict(series.points)
    return tuple((first + i * step, known.get(first + i * step, 0.0)) for i in range((last - first) // step + 1))


def _past(evidence: Evidence, series: Series) -> list[Point]:
    """The week before on the window's scale: a sum over five minutes becomes one over a minute."""
    own = next((p for p in evidence.of(Past) if p.role == series.role and p.of == series.of), None)
    if own is None:
        return []
    known = dict(own.points)
    if _counter(series.role):
        family = series.role.partition(".")[0]
        others = (
            at
            for p in evidence.of(Past)
            if p.of == series.of and p.role.partition(".")[0] == family and _counter(p.role)
            for at, _ in p.points
        )
        known = dict.fromkeys(others, 0.0) | known
    scale = series.period / own.period if series.stat in ("Sum", "SampleCount") and own.period else 1.0
    return sorted((at, value * scale) for at, value in known.items())


def _level(evidence: Evidence, series: Series, points: tuple[Point, ...]) -> Level:
    window = evidence.window
    start = max(window.start, window.at - LEAD)
    trouble = ts.between(points, start, window.end) or list(points[-1:])
    past = _past(evidence, series)
    usual = ts.baseline(past, max(window.start, window.at - timedelta(minutes=45)), window.end)
    before = (
        ts.between(points, window.start, window.at - timedelta(hours=1))
        or ts.between(points, window.start, window.at - LEAD)
        or _before_the_step(series.role, points)
    )
    typical = usual.typical if usual else ts.middle(before) or 0.0
    top = usual.high if usual else ts.percentile(before, 95) or 0.0
    bottom = usual.low if usual else ts.percentile(before, 5) or 0.0
    smooth = _smooth(trouble)
    peak, low = max(smooth), min(smooth)
    return Level(
        role=series.role,
        of=series.of,
        points=points,
        peak=peak,
        low=low,
        now=ts.mean([p for p in points if points[-1][0] - p[0] < RECENT]) or 0.0,
        usual=typical,
        top=top,
        bottom=bottom,
        week=usual.week_ago if usual else None,
        days=usual.days if usual else 0,
        since=_since(points, typical, peak, start),
        total=sum(ts.values(trouble)),
        source=series.source,
        link=series.link,
    )


def _before_the_step(role: str, points: tuple[Point, ...]) -> list[Point]:
    """Where all that is kept lies close to the alarm: what came before its step.

    Without a step it is all the same. Then errors count against none at all; anything else has not changed.
    """
    step = ts.change(points)
    if step and step.strength >= CLEAR and not 1 / DIFFERENT < step.ratio < DIFFERENT:
        return [p for p in points if p[0] < step.at]
    return [] if any(word in role for word in FAILED) else list(points)


def _smooth(points: list[Point]) -> list[float]:
    values = ts.values(points)
    if len(values) <= SMOOTH:
        return [sum(values) / len(values)]
    return [sum(values[i : i + SMOOTH]) / SMOOTH for i in range(len(values) - SMOOTH + 1)]


def _since(points: tuple[Point, ...], usual: float, peak: float, start: datetime) -> datetime | None:
    """The first minute of the stretch, with at most three quiet minutes in it, that holds the trouble's high."""
    if peak <= usual:
        return None
    bound = usual + 0.3 * (peak - usual)
    since, quiet = None, 0
    for at, value in points:
        if value > bound:
            since, quiet = since or at, 0
            continue
        quiet += 1
        if quiet > 3 and at < start:
            since = None
    return since


def fell_since(level: Level, bound: float) -> datetime | None:
    """Since when a series has been below a bound for good; None if it is not now."""
    return ts.onset(level.points, bound, above=False)
