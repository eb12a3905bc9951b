"""What the tables and indexes of an incident do: reads and writes apart, against what they may. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact, Judgement
from lambdas.causes.measured import HOUR, Measured, every, measured
from lambdas.causes.wording import at, number
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.dynamodb.metrics import READS, REASONS, WRITES
from lambdas.checks.dynamodb.tables import TableMissing, TableState
from lambdas.diagnosis import timeseries as ts
from lambdas.targets import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.causes.base import Evidence
    from lambdas.checks.dynamodb.tables import Kind
    from lambdas.diagnosis.timeseries import Point, Points

# What a service that uses the table feels of it.
FELT = (
    "app.dependency_failing",
    "app.exception_signature",
    "ecs.dependency_unreachable",
    "alb.slow_targets",
    "alb.target_timeouts",
)
RUNBOOK = "Scenario 4: DynamoDB Performance Issues"
METRICS = "cloudwatch:GetMetricData"
BREAK = timedelta(minutes=10)  # without a throttle: what comes after is another burst
OVER = timedelta(minutes=4)  # of data without a throttle
MATERIAL = 0.005  # of the requests: the SDKs' retries absorb less (Developer Guide, "Error retries")
FULL = 0.85  # of what is provisioned: throttles here are of the whole, not of one partition
ROOM = 0.75  # of what is provisioned: throttles below it are not of the whole


@dataclass(frozen=True, kw_only=True)
class Side:
    """Reads or writes of a table or an index. Rates are units a second."""

    subject: str  # "table" or "table/index"
    kind: Kind
    table: TableState | None
    evidence: Evidence = field(repr=False)

    @property
    def name(self) -> str:
        """As people say it."""
        table, _, index = self.subject.partition("/")
        return f"{self.kind}s of index {index} of {table}" if index else f"{self.kind}s of {table}"

    @property
    def index(self) -> str:
        """The index; empty for the table itself."""
        return self.subject.partition("/")[2]

    @property
    def unit(self) -> str:
        """As AWS abbreviates it."""
        return "RCU/s" if self.kind == "read" else "WCU/s"

    def metric(self, what: str) -> Measured | None:
        """One of its series."""
        return measured(self.evidence, f"ddb.{self.kind}.{what}", self.subject)

    @cached_property
    def consumed(self) -> list[Point]:
        """Units a second, minute by minute."""
        found = self.metric("consumed")
        return [(t, v / found.series.period) for t, v in found.points] if found else []

    @cached_property
    def past(self) -> list[Point]:
        """Units a second over the week before: its points are sums over their own period."""
        found = self.metric("consumed")
        return [(t, v / found.series.period) for t, v in found.past] if found else []

    @property
    def watched(self) -> float:
        """What a score gains if the alarm itself is about this side: 0.2, else 0."""
        for metric in self.evidence.alert.metrics[:1]:
            operations = READS if self.kind == "read" else WRITES
            if self.kind.capitalize() in metric.name or metric.dimensions.get("Operation") in operations:
                return 0.2
        return 0.0

    @cached_property
    def throttles(self) -> list[Point]:
        """Events a minute, of the burst that the alarm belongs to; by operation where AWS counts no finer."""
        points = self._events()
        return _burst([p for p in points if p[1] > 0], self.evidence.window.at)

    def _events(self) -> Points:
        if found := self.metric("throttles"):
            return found.points
        if parts := [m.points for reason in REASONS if (m := self.metric(f"by_{reason}"))]:
            return _added(parts)
        others = [s for s in self.evidence.of(Series) if s.role == f"ddb.{self.kind}.throttles" and s.points]
        if self.index or any(s.of.startswith(f"{self.subject}/") for s in others):
            return []  # the operations' throttles are the index's
        operations = READS if self.kind == "read" else WRITES
        series = [measured(self.evidence, "ddb.throttled", f"{self.subject}#{name}") for name in operations]
        return _added([m.points for m in series if m])

    @property
    def onset(self) -> datetime | None:
        """When the burst began."""
        return self.throttles[0][0] if self.throttles else None

    @property
    def events(self) -> float:
        """Throttled events of the burst."""
        return sum(v for _, v in self.throttles)

    @cached_property
    def over_since(self) -> datetime | None:
        """When throttling ended; None while it goes on."""
        if not self.throttles or not self.consumed:
            return None
        last, seen = self.throttles[-1][0], self.consumed[-1][0]
        return last if seen - last >= OVER else None

    @cached_property
    def share(self) -> float | None:
        """Throttled events of all requests while it throttled, 0–1."""
        if not self.throttles:
            return 0.0
        start, end = self.throttles[0][0], self.throttles[-1][0]
        operations = READS if self.kind == "read" else WRITES
        table = self.subject.partition("/")[0]
        series = [measured(self.evidence, "ddb.requests", f"{table}#{name}") for name in operations]
        done = sum(v for m in series if m for t, v in m.points if start <= t <= end)
        return self.events / (self.events + done) if done else None

    @property
    def throttled(self) -> bool:
        """Whether it throttles enough to matter."""
        if not self.throttles:
            return False
        return self.events >= 50 if self.share is None else self.share >= MATERIAL

    @cached_property
    def allowed(self) -> float | None:
        """What was provisioned when it throttled; None on demand, or where nobody knows."""
        if self.table and self.table.on_demand:
            return None
        found = self.metric("provisioned")
        if found and self.onset:
            near = [p for p in found.points if p[0] <= self.onset + timedelta(minutes=1)]
            return (near or found.points)[-1][1] or None
        if found:
            return found.points[-1][1] or None
        return self.table.capacity_of(self.index).provisioned(self.kind) if self.table else None

    @cached_property
    def used(self) -> float | None:
        """Consumption while it throttled (the median minute); now, where it does not."""
        if not self.consumed:
            return None
        if self.throttles:
            during = ts.between(self.consumed, self.throttles[0][0], self.throttles[-1][0])
            if during:
                return ts.middle(during)
        return ts.middle(self.consumed[-5:])

    @property
    def peak(self) -> float:
        """The busiest minute since half an hour before the alarm."""
        start = self.evidence.window.at - HOUR / 2
        return max((v for t, v in self.consumed if t >= start), default=0.0)

    @property
    def use(self) -> float | None:
        """Share of what was provisioned that was consumed, while it throttled."""
        return self.used / self.allowed if self.used is not None and self.allowed else None

    @cached_property
    def reasons(self) -> dict[str, float] | None:
        """AWS's own reasons, as shares of all that it gave; None where it gave none (older regions and tools)."""
        if not self.throttles:
            return None
        start, end = self.throttles[0][0], self.throttles[-1][0]
        counts = {
            reason: sum(v for t, v in m.points if start <= t <= end)
            for reason in REASONS
            if (m := self.metric(f"by_{reason}"))
        }
        total = sum(counts.values())
        return {reason: counts.get(reason, 0.0) / total for reason in REASONS} if total else None

    def because(self, reason: str) -> float | None:
        """The share of a reason; None where AWS gave none at all."""
        return None if self.reasons is None else self.reasons[reason]

    def facts(self) -> list[Fact]:
        """What was throttled, and what was consumed of what is provisioned."""
        link = self.table.link if self.table else ""
        facts = []
        if self.throttles:
            part = f", {self.share:.1%} of its requests" if self.share else ""
            ended = f" until {at(self.over_since)}" if self.over_since else ""
            why = "".join(
                f"; AWS gives {_WORDS[r]} as the reason of {s:.0%}"
                for r, s in (self.reasons or {}).items()
                if s >= 0.01
            )
            facts.append(
                Fact(
                    text=f"{number(self.events)} throttled {self.name} since {at(self.onset)}{ended}{part}{why}",
                    source=METRICS,
                    at=self.onset,
                    value=number(self.events),
                    link=link,
                )
            )
        window = self.evidence.window
        if self.used is not None:
            of = f" of {number(self.allowed)} provisioned ({self.use:.0%})" if self.allowed and self.use else ""
            usual = ts.baseline(self.past, max(window.start, window.end - HOUR), window.end)
            facts.append(
                Fact(
                    text=f"{self.name} consume {number(self.used)} {self.unit}{of}",
                    source=METRICS,
                    value=f"{number(self.used)} {self.unit}",
                    baseline=f"{number(usual.typical)} {self.unit}" if usual else "",
                    link=link,
                )
            )
        return facts


_WORDS = {
    "provisioned": "the provisioned throughput",
    "key_range": "the throughput of one partition",
    "maximum": "the maximum on-demand throughput",
    "account": "an account quota",
}


def _burst(points: list[Point], alarm: datetime) -> list[Point]:
    """The run of points that was going on at the alarm, or the last one near it; earlier bursts are another story."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] <= BREAK:
            runs[-1].append(point)
        else:
            runs.append([point])
    near = [run for run in runs if run[0][0] <= alarm + BREAK and run[-1][0] >= alarm - 3 * BREAK]
    return near[-1] if near else []


def _added(parts: Sequence[Points]) -> list[Point]:
    """Series added up, where any has a point."""
    total: dict[datetime, float] = {}
    for points in parts:
        for moment, value in points:
            total[moment] = total.get(moment, 0.0) + value
    return sorted(total.items())


def sides(evidence: Evidence) -> list[Side]:
    """Reads and writes of every table and index that was looked at, those throttled most first."""
    tables = {t.name: t for t in evidence.of(TableState)}
    subjects = [s for t in tables.values() for s in (t.name, *(f"{t.name}/{i.name}" for i in t.indexes))]
    subjects += [s.of for s in evidence.of(Series) if s.role == "ddb.read.consumed"]
    found = [
        Side(subject=subject, kind=kind, table=tables.get(subject.partition("/")[0]), evidence=evidence)
        for subject in dict.fromkeys(subjects)
        for kind in ("read", "write")
    ]
    return sorted(found, key=lambda side: -side.events)


def throttled(evidence: Evidence) -> list[Side]:
    """The sides that throttle enough to matter, also those where it is over."""
    return [side for side in sides(evidence) if side.throttled]


def active(found: list[Side]) -> list[Side]:
    """Those that still throttle."""
    return [side for side in found if side.over_since is None]


def blind(evidence: Evidence, *checks: str) -> Judgement | None:
    """What could not be looked at, if anything of it; also where there is no table, or no data of any."""
    if missing := [f"{c}: {gap}" for c in checks if (gap := evidence.gap(c))]:
        return Judgement(verdict="could_not_check", missing=tuple(missing))
    if gone := evidence.of(TableMissing):
        return Judgement(verdict="could_not_check", missing=(f"DynamoDB has no table {gone[0].name} here",))
    if not isinstance(evidence.target, Table) and not evidence.of(TableState):
        return Judgement(verdict="could_not_check", missing=("no table of this service is known",))
    if not any(s.points for s in evidence.of(Series) if s.role.startswith("ddb.") and s.of):
        return Judgement(verdict="could_not_check", missing=("CloudWatch has no data of the table",))
    return None


def quiet(evidence: Evidence) -> Judgement:
    """Ruled out: nothing throttles, or so little that retries absorb it, or something else does."""
    if other := throttled(evidence):
        return out(*other[0].facts()[:1], Fact(text="nothing else of it throttles", source=METRICS))
    slight = [side for side in sides(evidence) if side.throttles]
    if not slight:
        return out(Fact(text="no throttled events around the alarm", source=METRICS))
    facts = slight[0].facts()[:1]
    return out(*facts, Fact(text="so few that the SDK's retries absorb them", source=METRICS))


def out(*facts: Fact) -> Judgement:
    """Ruled out, with what excludes it."""
    return Judgement(verdict="ruled_out", evidence=facts)


def ended(side: Side, summary: str) -> Judgement:
    """It fitted while it lasted; it is over, so it is no headline."""
    return Judgement(
        verdict="possible",
        summary=f"until {at(side.over_since)}: {summary}",
        evidence=tuple(side.facts()),
        since=side.onset,
        would_confirm="throttles coming back",
    )


def operations(evidence: Evidence, role: str, table: str = "") -> list[tuple[str, Measured]]:
    """(operation, series) of a role, for one table or all."""
    return [
        (m.series.of.partition("#")[2], m)
        for m in every(evidence, role)
        if "#" in m.series.of and (not table or m.series.of.startswith(f"{table}#"))
    ]
