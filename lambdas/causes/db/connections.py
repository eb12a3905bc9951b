"""Sessions of the database against its maximum: how many, how many work, since when they climb. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.db import loads, scene, words
from lambdas.causes.db.memo import once
from lambdas.checks.pi.counters import Counter
from lambdas.checks.rds.parameters import ConnectionLimit
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.causes.db.scene import Level
    from lambdas.diagnosis.timeseries import Point

_COUNTS = ("db.User.numbackends", "db.Users.Threads_connected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """`points` are open connections; `level` is the metric's where CloudWatch has it."""

    points: tuple[Point, ...]
    level: Level | None
    now: float
    peak: float
    before: float | None
    limit: ConnectionLimit | None
    active: float | None  # sessions that work, during the trouble
    active_before: float | None
    idle_in_transaction: float | None

    @property
    def used(self) -> float | None:
        """The peak's share of the maximum, 0–1."""
        return self.peak / self.limit.value if self.limit else None

    @property
    def plateau(self) -> bool:
        """Whether it climbed and then stands still to the session at its highest: something holds it there."""
        top = [v for _, v in self.points if v >= 0.985 * self.peak]
        return len(top) >= 4 and self.before is not None and self.peak >= 1.3 * self.before

    def text(self) -> str:
        """How many of how many."""
        if self.limit is None:
            return f"{words.number(self.peak)} connections"
        about = "" if self.limit.exact else "about "
        return (
            f"{words.number(self.peak)} of {about}{words.number(self.limit.value)} connections ({self.used or 0:.0%})"
        )

    def fact(self) -> Fact:
        """As a line of evidence."""
        return Fact(
            text=self.text() + (f"; {words.number(self.before)} before" if self.before is not None else ""),
            source="cloudwatch:GetMetricData" if self.level else "pi:GetResourceMetrics",
            at=self.points[-1][0],
            value=words.number(self.peak),
            baseline=words.number(self.before) if self.before is not None else "",
            link=self.level.metric.series.link if self.level else "",
        )

    def limit_fact(self) -> tuple[Fact, ...]:
        """Where the maximum comes from."""
        if self.limit is None:
            return ()
        return (
            Fact(
                text=f"max_connections is {words.number(self.limit.value)}"
                + ("" if self.limit.exact else f" by `{self.limit.expression}`, a little less in truth"),
                source=self.limit.source,
                link=self.limit.link,
            ),
        )

    def activity(self) -> tuple[Fact, ...]:
        """Idle against active."""
        if self.active is None:
            return ()
        idle = max(0.0, self.now - self.active)
        more = (
            f", {words.number(self.idle_in_transaction)} idle in transaction"
            if self.idle_in_transaction and self.idle_in_transaction >= 1
            else ""
        )
        return (
            Fact(
                text=f"{words.number(self.active)} sessions work, about {words.number(idle)} are idle{more}",
                source="pi:GetResourceMetrics",
                value=words.number(self.active),
                baseline=words.number(self.active_before) if self.active_before is not None else "",
            ),
        )


@once
def sessions(evidence: Evidence) -> Sessions | None:
    """None where neither CloudWatch nor Performance Insights counts them."""
    level = scene.level(evidence, "DatabaseConnections")
    counter = next((c for c in evidence.of(Counter) if c.name in _COUNTS), None)
    points = level.metric.points if level else counter.points if counter else ()
    start, end = scene.trouble(evidence)
    during = ts.between(points, start, end) or list(points[-3:])
    if not during:
        return None
    earlier = [p for p in points if p[0] < start - scene.SETTLED]
    found = loads.of(evidence)
    load = scene.level(evidence, "DBLoad")
    active = found.total.now if found else load.now if load else _mean(evidence, "db.state.active_count", during=True)
    before = (
        found.total.before if found else load.before if load else _mean(evidence, "db.state.active_count", during=False)
    )
    name = scene.name(evidence)
    return Sessions(
        points=points,
        level=level,
        now=ts.middle(during) or 0.0,
        peak=max(ts.values(during)),
        before=level.before if level and level.before is not None else ts.middle(earlier[:60]),
        limit=next((x for x in evidence.of(ConnectionLimit) if x.of == name), None),
        active=active,
        active_before=before,
        idle_in_transaction=_mean(evidence, "db.state.idle_in_transaction_count", during=True),
    )


def _mean(evidence: Evidence, name: str, *, during: bool) -> float | None:
    counter = next((c for c in evidence.of(Counter) if c.name == name), None)
    if counter is None:
        return None
    start, end = scene.trouble(evidence)
    kept = [p for p in counter.points if (start <= p[0] <= end) == during]
    return ts.mean(kept)


def climbs(points: tuple[Point, ...]) -> ts.Trend | None:
    """The line of a slow climb; None where it is a step, a burst or level."""
    line, step = ts.trend(points), ts.change(points)
    if line is None or step is None or len(points) < 10:
        return None
    if points[-1][0] - points[0][0] < scene.SHORTEST * 3:
        return None
    if line.rise < 0.25 * max(abs(line.start), 1.0) or line.fit < 0.75:
        return None
    return line if line.fit >= _step_fit(points, step) - 0.02 else None


def _step_fit(points: tuple[Point, ...], step: ts.Change) -> float:
    """R² of two levels split at the step."""
    values = ts.values(points)
    mean = sum(values) / len(values)
    whole = sum((v - mean) ** 2 for v in values)
    left = 0.0
    for side in ([v for at, v in points if at < step.at], [v for at, v in points if at >= step.at]):
        if side:
            own = sum(side) / len(side)
            left += sum((v - own) ** 2 for v in side)
    return 1 - left / whole if whole else 0.0
