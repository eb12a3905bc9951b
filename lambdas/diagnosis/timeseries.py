"""Time series: levels, baselines, change points, trends. Pure; standard library only.

A series is a sequence of (time, value), oldest first, as CloudWatch gives it: gaps are absent points, never zeros.
Every function answers None where there is too little data to say anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median, pstdev

type Point = tuple[datetime, float]
type Points = Sequence[Point]

DAY = timedelta(days=1)


def values(points: Points) -> list[float]:
    """The values alone."""
    return [value for _, value in points]


def between(points: Points, start: datetime, end: datetime) -> list[Point]:
    """The points of [start, end]."""
    return [p for p in points if start <= p[0] <= end]


def mean(points: Points) -> float | None:
    """The mean value."""
    return fmean(values(points)) if points else None


def middle(points: Points) -> float | None:
    """The median value: one burst does not move it."""
    return median(values(points)) if points else None


def percentile(points: Points, rank: float) -> float | None:
    """The value below which `rank` % of the points lie (nearest rank)."""
    if not points:
        return None
    ordered = sorted(values(points))
    return ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)]


def same_hours(past: Points, start: datetime, end: datetime) -> list[Point]:
    """Those points of `past` that lie in the same hours of previous days as [start, end], which are at most a day."""
    return [p for p in past if p[0] < start and (p[0] - start) % DAY <= end - start]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a metric does at this time of day: over the previous days, and a week ago."""

    typical: float  # median over the same hours
    low: float  # 5th percentile
    high: float  # 95th percentile
    points: int
    days: int
    week_ago: float | None = None  # median of the same hours seven days ago

    def within(self, value: float, *, slack: float = 0.1) -> bool:
        """Whether a value is nothing new for this hour; `slack` widens the band by a share of its top."""
        return self.low - slack * abs(self.low) <= value <= self.high + slack * abs(self.high)


def baseline(past: Points, start: datetime, end: datetime) -> Baseline | None:
    """The baseline of [start, end] from `past`; None with fewer than four points."""
    same = same_hours(past, start, end)
    if len(same) < 4:
        return None
    week = [p for p in same if start - 7 * DAY <= p[0] <= end - 7 * DAY]
    return Baseline(
        typical=median(values(same)),
        low=percentile(same, 5) or 0.0,
        high=percentile(same, 95) or 0.0,
        points=len(same),
        days=len({(start - p[0]) // DAY for p in same}),
        week_ago=middle(week),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The strongest step in a series."""

    at: datetime  # the first point of the new level
    before: float
    after: float
    strength: float  # step over the noise on both sides; under about 3 it is noise

    @property
    def ratio(self) -> float:
        """After over before; infinite from zero."""
        return self.after / self.before if self.before else math.inf if self.after else 1.0

    @property
    def size(self) -> float:
        """After minus before, in the series' unit."""
        return self.after - self.before


def change(points: Points, *, least: int = 3) -> Change | None:
    """Where a series splits best into two levels, by least squares; None with fewer than 2 × `least` points.

    Always finds the best split: it is `strength` and `ratio` that say whether it is a change at all.
    """
    n = len(points)
    if n < 2 * least:
        return None
    ys = values(points)
    total, head, best, where = sum(ys), 0.0, -1.0, least
    for i in range(1, n - least + 1):
        head += ys[i - 1]
        if i < least:
            continue
        gain = head * head / i + (total - head) ** 2 / (n - i)
        if gain > best + 1e-12:
            best, where = gain, i
    before, after = ys[:where], ys[where:]
    noise = math.sqrt((pstdev(before) ** 2 * len(before) + pstdev(after) ** 2 * len(after)) / n)
    step = abs(fmean(after) - fmean(before))
    floor = 1e-3 * max(abs(fmean(before)), abs(fmean(after)), 1e-9)
    return Change(at=points[where][0], before=median(before), after=median(after), strength=step / max(noise, floor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A straight line through a series."""

    per_hour: float
    start: float  # the line's value at the first point
    end: float
    fit: float  # R², 0–1

    @property
    def rise(self) -> float:
        """How far the line goes over the series."""
        return self.end - self.start


def trend(points: Points) -> Trend | None:
    """Least squares; None with fewer than four points."""
    if len(points) < 4:
        return None
    origin = points[0][0]
    xs = [(at - origin).total_seconds() / 3600 for at, _ in points]
    ys = values(points)
    mx, my = fmean(xs), fmean(ys)
    sxx = sum((x - mx) ** 2 for x in xs)
    if not sxx:
        return None
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / sxx
    syy = sum((y - my) ** 2 for y in ys)
    left = sum((y - my - slope * (x - mx)) ** 2 for x, y in zip(xs, ys, strict=True))
    return Trend(
        per_hour=slope,
        start=my + slope * (xs[0] - mx),
        end=my + slope * (xs[-1] - mx),
        fit=1 - left / syy if syy else 0.0,
    )


def aligned(a: Points, b: Points) -> list[tuple[datetime, float, float]]:
    """The times that both series have."""
    other = dict(b)
    return [(at, value, other[at]) for at, value in a if at in other]


def ratio(over: Points, under: Points) -> list[Point]:
    """One series divided by another where both have data and the divisor is not zero."""
    return [(at, x / y) for at, x, y in aligned(over, under) if y]


def correlation(a: Points, b: Points) -> float | None:
    """Pearson's r of the times that both have; None with fewer than six, or if one is constant."""
    both = aligned(a, b)
    if len(both) < 6:
        return None
    xs, ys = [x for _, x, _ in both], [y for _, _, y in both]
    mx, my = fmean(xs), fmean(ys)
    sx, sy = math.sqrt(sum((x - mx) ** 2 for x in xs)), math.sqrt(sum((y - my) ** 2 for y in ys))
    if sx < 1e-9 * max(1.0, abs(mx)) or sy < 1e-9 * max(1.0, abs(my)):
        return None
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / (sx * sy)


def bucket(points: Points, seconds: int, *, total: bool = False) -> list[Point]:
    """Means (or totals: what a count has no point for is zero) over periods of `seconds`, aligned to the epoch."""
    buckets: dict[float, list[Point]] = {}
    for point in points:
        buckets.setdefault(point[0].timestamp() // seconds, []).append(point)
    merge = sum if total else fmean
    return [(group[0][0], merge(values(group))) for _, group in sorted(buckets.items())]


def share(points: Points, level: float, *, above: bool = True) -> float | None:
    """The share of points beyond a level, 0–1."""
    if not points:
        return None
    return sum((v > level) if above else (v < level) for v in values(points)) / len(points)


def crossings(points: Points, level: float) -> int:
    """How often a series crosses a level: an oscillation crosses it again and again, a step once."""
    sides = [value > level for value in values(points)]
    return sum(a != b for a, b in pairwise(sides))


def onset(points: Points, level: float, *, above: bool = True) -> datetime | None:
    """Since when the last stretch beyond a level has lasted; None if the last point is not beyond it."""
    since: datetime | None = None
    for at, value in points:
        beyond = value > level if above else value < level
        since = (since or at) if beyond else None
    return since


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch beyond a level."""

    start: datetime
    length: timedelta
    peak: float  # its value farthest beyond


def spells(points: Points, level: float, seconds: float, *, above: bool = True) -> list[Spell]:
    """The stretches beyond a level, oldest first. A gap of more than two periods of `seconds` ends one."""
    step, found, run = timedelta(seconds=seconds), list[Spell](), list[Point]()

    def close() -> None:
        if run:
            peak = (max if above else min)(values(run))
            found.append(Spell(start=run[0][0], length=run[-1][0] - run[0][0] + step, peak=peak))
            run.clear()

    for point in points:
        if run and point[0] - run[-1][0] > 2 * step:
            close()
        if (point[1] > level) if above else (point[1] < level):
            run.append(point)
        else:
            close()
    close()
    return found


def elevated_but_usual(points: Points, usual: Baseline | None, *, slack: float = 0.1) -> bool:
    """Whether a series that looks high is within its own baseline for this hour."""
    now = middle(points)
    return usual is not None and now is not None and now > usual.low and usual.within(now, slack=slack)
