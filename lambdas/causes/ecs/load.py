"""How loaded a service is: CPU and memory, requests, and the work that each request costs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lambdas.causes.base import Fact
from lambdas.causes.measured import Measured, measured
from lambdas.causes.wording import number, percent, times
from lambdas.checks.ecs.services import ServiceState
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

HOT = {"cpu": 70.0, "memory": 75.0}  # percent: the runbook's warning for CPU; memory is kept higher by design
HOUR = timedelta(hours=1)
LOOK_BACK = timedelta(hours=24)  # how far back a deployment may have made a lasting step


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One metric up to the alarm: how high, how high it usually is at this hour, how high it was before."""

    metric: Measured
    now: float
    usual: float | None  # median of the same hours of the days before
    high: float | None  # their 95th percentile
    before: float | None  # median of the window's first hour

    @property
    def reference(self) -> float | None:
        """What it is compared with: its baseline, else what it was before."""
        return self.usual if self.usual is not None else self.before

    @property
    def ratio(self) -> float | None:
        """Now over the reference."""
        return self.now / self.reference if self.reference else None

    def fact(self, name: str, unit: str = "") -> Fact:
        """As one line of evidence."""
        usual = (
            f"; at this hour it usually is {number(self.usual)}{unit}" if self.usual is not None else "; no baseline"
        )
        ratio = f" ({times(self.ratio)})" if self.ratio and self.usual is not None else ""
        return Fact(
            text=f"{name} is {number(self.now)}{unit}{usual}{ratio}",
            source=f"{self.metric.series.namespace} {self.metric.series.name}",
            at=self.metric.window.at,
            value=f"{number(self.now)}{unit}",
            baseline=f"{number(self.usual)}{unit}" if self.usual is not None else "",
            link=self.metric.series.link,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load of one service. A metric that has no data is None."""

    service: ServiceState
    cpu: Level | None
    memory: Level | None
    requests: Level | None
    per_target: Level | None
    tasks: Level | None
    latency: Level | None

    def hot(self, resource: Literal["cpu", "memory"]) -> bool:
        """Whether a resource is near its limit."""
        level = self.cpu if resource == "cpu" else self.memory
        return level is not None and level.now >= HOT[resource]

    @property
    def saturated(self) -> Literal["cpu", "memory", ""]:
        """The resource that is near its limit; CPU first, as its surplus shows in response times."""
        return "cpu" if self.hot("cpu") else "memory" if self.hot("memory") else ""

    @property
    def traffic(self) -> Level | None:
        """The service's requests: all of them, else those of one target."""
        return self.requests or self.per_target

    @property
    def per_request(self) -> Level | None:
        """CPU work for a thousand requests a minute: CPU of all tasks over requests, else of one task over its own."""
        if self.cpu is None or self.traffic is None:
            return None
        return _ratio_level(self.cpu, self.traffic, self.tasks if self.requests else None, per_task=not self.requests)


def load_of(evidence: Evidence) -> Load | None:
    """The load of the first service that has any metric; None without one."""
    for service in evidence.of(ServiceState):
        load = Load(
            service=service,
            cpu=_level(evidence, "ecs.cpu", service.name),
            memory=_level(evidence, "ecs.memory", service.name),
            requests=_level(evidence, "elb.requests", service.name),
            per_target=_level(evidence, "elb.requests_per_target", service.name),
            tasks=_level(evidence, "ecs.tasks", service.name),
            latency=_level(evidence, "elb.latency", service.name),
        )
        if load.cpu or load.memory or load.traffic:
            return load
    return None


def absent_why(evidence: Evidence) -> str:
    """Why there is no load to judge."""
    return evidence.gap("ecs.metrics") or "no CPU, memory or request metrics of the service"


def _level(evidence: Evidence, role: str, of: str) -> Level | None:
    metric = measured(evidence, role, of)
    return level(metric, metric.points, metric.past) if metric else None


def level(metric: Measured, points: Sequence[Point], past: Sequence[Point]) -> Level | None:
    """Read a series: the minutes up to the alarm against the same hour of the days before, per its own period."""
    window = metric.window
    recent = ts.between(points, window.at - timedelta(minutes=8), window.at)
    if not recent:
        recent = ts.between(points, window.at - timedelta(minutes=30), window.end)[-5:]
    now = ts.middle(recent[-6:])
    if now is None:
        return None
    usual = ts.baseline(past, window.at - HOUR, window.at)
    return Level(
        metric=metric,
        now=now,
        usual=usual.typical if usual else None,
        high=usual.high if usual else None,
        before=ts.middle(ts.between(points, window.start, window.start + HOUR)),
    )


def _ratio_level(cpu: Level, traffic: Level, tasks: Level | None, *, per_task: bool) -> Level | None:
    def work(c: Sequence[Point], r: Sequence[Point], t: Sequence[Point], scale: float) -> list[Point]:
        counts = dict(t)
        return [
            (moment, value * (1.0 if per_task else counts.get(moment, 1.0 if not counts else 0.0)) * 1000 * scale)
            for moment, value in ts.ratio(c, r)
            if per_task or not counts or moment in counts
        ]

    now = work(cpu.metric.points, traffic.metric.points, tasks.metric.points if tasks else (), 1.0)
    past = work(cpu.metric.past, traffic.metric.past, tasks.metric.past if tasks else (), 5.0)
    if not now:
        return None
    return level(cpu.metric, now, past)


def series_of(load: Load, resource: str) -> tuple[list[Point], Level | None]:
    """A resource's points, the last day before the window included (in 5-minute points)."""
    chosen = load.cpu if resource == "cpu" else load.memory
    if chosen is None:
        return [], None
    start = chosen.metric.window.at - LOOK_BACK
    return [*(p for p in chosen.metric.past if p[0] >= start), *ts.bucket(chosen.metric.points, 300)], chosen


def since_when(points: Sequence[Point], threshold: float) -> datetime | None:
    """Since when a series has been over a level, by its 5-minute means."""
    return ts.onset(ts.bucket(points, 300), threshold)


def quiet(load: Load) -> Fact:
    """That nothing is saturated."""
    parts = [
        f"{name} {percent(level.now)}"
        for name, level in (("CPU", load.cpu), ("memory", load.memory))
        if level is not None
    ]
    return Fact(
        text=f"{load.service.name} is not saturated: {', '.join(parts) or 'no data'}",
        source="cloudwatch:GetMetricData",
    )
