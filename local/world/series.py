"""Deterministic series: one value a minute from a few words (docs/worlds.md, Series)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Self
from zlib import crc32

from pydantic import Field, model_validator

from local.world.model import Part
from local.world.times import MINUTE, Moment, Span

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

    def started(self, at: datetime) -> datetime | None:
        """The start of the burst that covers `at`, or None."""
        assert self.for_ is not None
        start = self.at
        if self.every:
            start += math.floor((at - start) / self.every) * self.every
        return start if start <= at < start + self.for_ else None


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
        return sorted((step for step in self.steps if not step.for_), key=lambda step: step.at)

    @cached_property
    def _bursts(self) -> list[Step]:
        return [step for step in self.steps if step.for_]

    @cached_property
    def _floor(self) -> float:
        """Metrics that never say a negative level never jitter below zero."""
        levels = [self.base, *(step.to for step in self.steps if step.to is not None)]
        return 0.0 if min(levels) >= 0 else -math.inf

    @cached_property
    def _points(self) -> dict[datetime, float] | None:
        if self.values is None:
            return None
        return {at.replace(second=0, microsecond=0): value for at, value in self.values}

    def _rest(self, at: datetime) -> float:
        if not self.daily:
            return self.base
        hour = at.hour + at.minute / 60
        return self.base + self.daily * math.cos((hour - self.peak) / 24 * 2 * math.pi)

    def _level(self, at: datetime, steps: int) -> float | None:
        """The level at a time after the first `steps` lasting steps; None while there is no data."""
        for index in range(steps - 1, -1, -1):
            step = self._lasting[index]
            if step.at > at:
                continue
            if step.gone:
                return None
            if step.to is None:
                return self._rest(at)
            if step.over and at < step.at + step.over:
                before = self._level(step.at, index)
                start = self._rest(step.at) if before is None else before
                return start + (step.to - start) * ((at - step.at) / step.over)
            return step.to
        return self._rest(at)

    def at(self, at: datetime, seed: int) -> float | None:
        """The value of the minute that begins at `at`, or None where there is no data."""
        if self._points is not None:
            return self._points.get(at)
        level = self._level(at, len(self._lasting))
        for step in self._bursts:
            start = step.started(at)
            if start is None:
                continue
            if step.to is None:
                return None
            if level is not None and step.over and at < start + step.over:
                level += (step.to - level) * ((at - start) / step.over)
            else:
                level = step.to
        if level is None:
            return None
        value = max(self._floor, level + self.noise * _jitter(seed, int(at.timestamp()) // 60)) if self.noise else level
        return float(round(value)) if self.counter else value


def _jitter(seed: int, minute: int) -> float:
    """A number in -1 … 1 that depends on nothing but its arguments."""
    x = (seed ^ (minute * 0x9E37_79B1)) & _MASK
    x = ((x ^ (x >> 16)) * 0x85EB_CA6B) & _MASK
    x = ((x ^ (x >> 13)) * 0xC2B2_AE35) & _MASK
    return ((x ^ (x >> 16)) & _MASK) / _MASK * 2 - 1


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

    def minutes(self, statistic: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
        """The minutes of [start, end) that have data, for a statistic that may have its own series."""
        series = self.series.stats.get(statistic, self.series)
        seed = self._seed if series is self.series else self._seed ^ crc32(statistic.encode())
        at = start.replace(second=0, microsecond=0)
        while at < end:
            value = series.at(at, seed)
            if value is not None:
                yield at, value
            at += MINUTE

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
        buckets: dict[datetime, list[float]] = {}
        for at, value in self.minutes(statistic, first, min(end, now)):
            bucket = datetime.fromtimestamp(at.timestamp() // period * period, UTC)
            buckets.setdefault(bucket, []).append(value)
        own = statistic in self.series.stats
        return [
            (at, aggregate(statistic, values, own=own, samples=self.series.samples)) for at, values in buckets.items()
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
