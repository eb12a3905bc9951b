"""Deterministic series: one value a minute from a few words (docs/worlds.md, Series)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise, repeat
from typing import Self
from zlib import crc32

from pydantic import Field, model_validator

from local.world.model import Part
from local.world.times import Moment, Span

_MASK = 0xFFFF_FFFF


class Step(Part):
    """One change of a series: a jump, a ramp, a burst, an end of data, or a return."""

    at: Moment
    to: float | None = None
    over: Span | None = None
    for_: Span | None = Field(default=None, alias="for")
    gone: bool = False
    back: bool = False
    every: Span | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if [self.to is not None, self.gone, self.back].count(True) != 1:
            raise ValueError("a step says exactly one of `to`, `gone: true`, `back: true`")
        if self.every and not self.for_:
            raise ValueError("`every` repeats a burst, so it needs `for`")
        if self.every and self.for_ and self.every < self.for_:
            raise ValueError("`every` must not be shorter than `for`")
        return self

    @cached_property
    def start(self) -> float:
        """`at` in minutes since 1970: a week of minutes is evaluated in milliseconds, not in datetimes."""
        return self.at.timestamp() / 60

    @cached_property
    def ramp(self) -> float:
        """`over` in minutes, 0 for a jump."""
        return self.over.total_seconds() / 60 if self.over else 0.0

    @cached_property
    def length(self) -> float:
        """`for` in minutes, 0 for a step that lasts."""
        return self.for_.total_seconds() / 60 if self.for_ else 0.0

    @cached_property
    def interval(self) -> float:
        """`every` in minutes, 0 for a burst that comes once."""
        return self.every.total_seconds() / 60 if self.every else 0.0

    def started(self, minute: float) -> float | None:
        """The start of the burst that covers a minute, or None."""
        start = self.start
        if self.interval:
            start += (minute - start) // self.interval * self.interval
        return start if start <= minute < start + self.length else None


class Series(Part):
    """What a metric did. Times are minutes; see docs/worlds.md for the words."""

    base: float = 0.0
    noise: float = 0.0
    daily: float = 0.0
    peak: float = 14.0
    steps: list[Step] = Field(default=[])
    counter: bool = False
    stats: dict[str, Series] = Field(default={})
    values: list[tuple[Moment, float]] | None = None
    samples: int = Field(default=1, ge=1)

    @cached_property
    def _lasting(self) -> list[Step]:
        return sorted((step for step in self.steps if not step.for_), key=lambda step: step.start)

    @cached_property
    def _bursts(self) -> list[Step]:
        return [step for step in self.steps if step.for_]

    @cached_property
    def _negative(self) -> bool:
        """Whether it may be below zero: metrics that never say a negative level never jitter there."""
        return min([self.base, *(step.to for step in self.steps if step.to is not None)]) < 0

    @cached_property
    def _points(self) -> dict[int, float] | None:
        if self.values is None:
            return None
        return {int(at.timestamp() // 60): value for at, value in self.values}

    def _rest(self, minute: float) -> float:
        if not self.daily:
            return self.base
        of_day = minute % 1440
        if of_day not in self._day:
            self._day[of_day] = self._swing(of_day)
        return self._day[of_day]

    @cached_property
    def _day(self) -> dict[float, float]:
        return {}

    def _swing(self, minute: float) -> float:
        return self.base + self.daily * math.cos((minute / 60 % 24 - self.peak) / 24 * 2 * math.pi)

    def _level(self, minute: float, steps: int) -> float | None:
        """The level at a minute after the first `steps` lasting steps; None while there is no data."""
        for index in range(steps - 1, -1, -1):
            step = self._lasting[index]
            if step.start > minute:
                continue
            if step.gone:
                return None
            if step.to is None:
                return self._rest(minute)
            if step.ramp and minute < step.start + step.ramp:
                before = self._level(step.start, index)
                start = self._rest(step.start) if before is None else before
                return start + (step.to - start) * (minute - step.start) / step.ramp
            return step.to
        return self._rest(minute)

    def value(self, minute: int, seed: int) -> float | None:
        """The value of a minute (counted since 1970), or None where there is no data."""
        if self._points is not None:
            return self._points.get(minute)
        level = self._calm(minute)
        return None if level is None else self._shaken(level, minute, seed)

    def run(self, first: int, end: int, seed: int) -> Iterator[tuple[int, float]]:
        """The minutes of [first, end) that have data: the same as `value` of each, evaluated once where it is level."""
        if self._points is not None:
            yield from ((m, self._points[m]) for m in range(first, end) if m in self._points)
            return
        edges = [first, *sorted(m for m in self._edges(first, end) if first < m < end), end]
        for begin, after in pairwise(edges):
            level = self._calm(begin)
            steady = not self.daily and not self._ramps(begin)
            if not steady:
                levels = ((minute, self._calm(minute)) for minute in range(begin, after))
                yield from ((m, self._shaken(calm, m, seed)) for m, calm in levels if calm is not None)
            elif level is not None and self.noise:
                yield from ((minute, self._shaken(level, minute, seed)) for minute in range(begin, after))
            elif level is not None:
                yield from zip(range(begin, after), repeat(self._shaken(level, begin, seed)), strict=False)

    def _calm(self, minute: int) -> float | None:
        """The level of a minute, bursts included, before noise."""
        level = self._level(minute, len(self._lasting))
        for step in self._bursts:
            start = step.started(minute)
            if start is None:
                continue
            if step.to is None:
                return None
            if level is not None and step.ramp and minute < start + step.ramp:
                level += (step.to - level) * (minute - start) / step.ramp
            else:
                level = step.to
        return level

    def _shaken(self, level: float, minute: int, seed: int) -> float:
        """The level with its noise: a number in -1 … 1 that depends on nothing but minute and seed."""
        value = level
        if self.noise:  # written out, for a world's week has a quarter of a million minutes
            x = (seed ^ (minute * 0x9E37_79B1)) & _MASK
            x = ((x ^ (x >> 16)) * 0x85EB_CA6B) & _MASK
            x = ((x ^ (x >> 13)) * 0xC2B2_AE35) & _MASK
            value += self.noise * (((x ^ (x >> 16)) & _MASK) / _MASK * 2 - 1)
            if value < 0 and not self._negative:
                value = 0.0
        return float(round(value)) if self.counter else value

    def _edges(self, first: int, end: int) -> set[int]:
        """The first minutes of all that a step changes: it begins, its ramp is over, it ends."""
        found: set[float] = set()
        for step in self.steps:
            start = step.start
            if step.interval:
                start += (first - start) // step.interval * step.interval
            while start < end:
                found |= {start, start + step.ramp, start + step.length}
                if not step.interval:
                    break
                start += step.interval
        return {math.ceil(edge) for edge in found}

    def _ramps(self, minute: int) -> bool:
        """Whether a ramp may be under way."""
        for step in self.steps:
            start = step.started(minute) if step.for_ else step.start
            if start is not None and step.ramp and start <= minute < start + step.ramp:
                return True
        return False


@dataclass(frozen=True)
class Metric:
    """A metric of the world: its identity, its unit and what it did."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    unit: str
    series: Series

    @cached_property
    def _seed(self) -> int:
        return crc32(f"{self.namespace}|{self.name}|{sorted(self.dimensions)}".encode())

    def minutes(self, statistic: str, start: datetime, end: datetime) -> Iterator[tuple[int, float]]:
        """The minutes (since 1970) of [start, end) with data, for a statistic that may have its own series."""
        series = self.series.stats.get(statistic, self.series)
        seed = self._seed if series is self.series else self._seed ^ crc32(statistic.encode())
        yield from series.run(int(start.timestamp() // 60), math.ceil(end.timestamp() / 60), seed)

    def points(
        self, statistic: str, period: int, start: datetime, end: datetime, now: datetime
    ) -> list[tuple[datetime, float]]:
        """Datapoints as CloudWatch keeps them, oldest first.

        Args:
            statistic: Average, Sum, Minimum, Maximum, SampleCount or pNN.
            period: seconds, a multiple of 60; points are aligned to it.
            start: inclusive, rounded down to the period.
            end: exclusive.
            now: nothing after it exists; one-minute data is kept for 15 days, five-minute for 63, hourly for 455.
        """
        kept = timedelta(days=15 if period % 300 else 63 if period % 3600 else 455)
        first = datetime.fromtimestamp(max(start, now - kept).timestamp() // period * period, UTC)
        wide = period // 60
        buckets: dict[int, list[float]] = {}
        for minute, value in self.minutes(statistic, first, min(end, now)):
            buckets.setdefault(minute // wide, []).append(value)
        own = statistic in self.series.stats
        samples = self.series.samples
        return [
            (datetime.fromtimestamp(at * period, UTC), aggregate(statistic, values, own=own, samples=samples))
            for at, values in buckets.items()
        ]


def aggregate(statistic: str, values: list[float], *, own: bool, samples: int) -> float:
    """One datapoint from the minutes of its period. `own`: the minutes already are this statistic."""
    match statistic:
        case "Average":
            return sum(values) / len(values)
        case "Sum":
            return sum(values)
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case "SampleCount":
            return sum(values) if own else float(len(values) * samples)
        case _:
            return sum(values) / len(values) if own else percentile(values, float(statistic.lstrip("p")))


def percentile(values: list[float], rank: float) -> float:
    """Linear interpolation between the closest ranks."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * rank / 100
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


class MetricSpec(Part):
    """One entry of `cloudwatch.metrics`."""

    namespace: str
    metric: str
    dimensions: dict[str, str] = Field(default={})
    unit: str = "None"
    series: Series
