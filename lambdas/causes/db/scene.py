"""The incident as the causes of databases see it: subject, onset, each metric against its own past. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact, Judgement
from lambdas.causes.db import words
from lambdas.causes.db.memo import once
from lambdas.causes.measured import Measured, every, measured
from lambdas.checks.pi.load import InsightsOff, LoadSeries, LoadTotal
from lambdas.checks.rds.instances import DatabaseMissing, Instance
from lambdas.diagnosis import timeseries as ts
from lambdas.targets import Database

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Baseline, Point

SETTLED = timedelta(minutes=2)
SHORTEST = timedelta(minutes=10)  # of the trouble's time, where its beginning shows in no series
LONG_ENOUGH = timedelta(minutes=25)  # of the time before, to be trusted as normal
AFTER = timedelta(minutes=15)  # past the state change the trouble may be over


def subject(evidence: Evidence) -> Instance | None:
    """The instance that the alert is about."""
    return evidence.first(Instance)


def name(evidence: Evidence) -> str:
    """Its identifier, also where RDS would not describe it."""
    found = subject(evidence)
    if found:
        return found.id
    return evidence.target.identifier if isinstance(evidence.target, Database) else str(evidence.target)


def peers(evidence: Evidence) -> list[Instance]:
    """Those it stands with."""
    return evidence.of(Instance)[1:]


def replicas(evidence: Evidence) -> list[Instance]:
    """Every replica in sight, the subject first if it is one."""
    return [i for i in evidence.of(Instance) if i.is_replica]


def upstream(evidence: Evidence, replica: Instance) -> Instance | None:
    """What a replica follows, where it is in sight."""
    found = evidence.of(Instance)
    if replica.follows:
        return next((i for i in found if i.id == replica.follows), None)
    return next((i for i in found if i.cluster == replica.cluster and i.writer), None) if replica.cluster else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One metric: during the trouble, before it, and usually at this hour."""

    name: str
    now: float  # median of the trouble's time
    peak: float
    lowest: float
    before: float | None  # median of the window before the trouble
    usual: Baseline | None
    metric: Measured

    @property
    def reference(self) -> float | None:
        """What it is compared with: the same hours of other days, else the hours before."""
        return self.usual.typical if self.usual else self.before

    @property
    def ratio(self) -> float | None:
        """Now over the higher of what was before and what is usual; None without either."""
        refs = [r for r in (self.before, self.usual.typical if self.usual else None) if r is not None]
        if not refs:
            return None
        highest = max(refs)
        return self.now / highest if highest > 1e-9 else (None if self.now < 1e-9 else 999.0)

    def up(self, factor: float) -> bool:
        """Whether it departs upwards by this factor, beyond what this hour knows."""
        ratio = self.ratio
        return ratio is not None and ratio >= factor and not (self.usual and self.usual.within(self.now, slack=0.1))

    def flat(self, factor: float = 1.3) -> bool:
        """Whether it is about what it was, or usual at this hour."""
        ratio = self.ratio
        return ratio is not None and (ratio < factor or bool(self.usual and self.usual.within(self.now, slack=0.1)))

    def fact(self, text: str = "", *, value: float | None = None) -> Fact:
        """As a line of evidence."""
        reference = self.reference
        shown = words.amount(self.name, self.now if value is None else value)
        base = words.amount(self.name, reference) if reference is not None else ""
        kind = "usual at this hour" if self.usual else "before"
        of = f" of {self.metric.series.of}" if self.metric.series.of else ""
        return Fact(
            text=text or f"{self.name}{of} {shown}" + (f" ({kind}: {base})" if base else ""),
            source="cloudwatch:GetMetricData",
            at=self.metric.points[-1][0],
            value=shown,
            baseline=f"{base} {kind}" if base else "",
            link=self.metric.series.link,
        )


def metric(evidence: Evidence, role: str, of: str | None = None) -> Measured | None:
    """A metric of the subject, or of the instance named; None where it has no points."""
    return measured(evidence, f"db.{role}", of or name(evidence))


@once
def level(evidence: Evidence, role: str, of: str | None = None) -> Level | None:
    """A metric against its past; None where it has no points in the trouble's time."""
    found = metric(evidence, role, of)
    if found is None:
        return None
    start, end = trouble(evidence)
    during = ts.between(found.points, start, end) or _nearest(found.points, start, end)
    if not during:
        return None
    values = ts.values(during)
    earlier = ts.between(found.points, evidence.window.start, start - SETTLED)
    before = ts.middle(earlier) if tells(earlier, values) else None
    return Level(
        name=role,
        now=ts.middle(during) or 0.0,
        peak=max(values),
        lowest=min(values),
        before=before,
        usual=found.usual(start, max(end, start + SHORTEST)),
        metric=found,
    )


def tells(earlier: list[Point], during: list[float]) -> bool:
    """Whether what lies before the trouble says how things were: long enough, or clearly different.

    A few minutes that look the same may belong to the trouble already, of which too little is kept.
    """
    if len(earlier) < 3:
        return False
    if earlier[-1][0] - earlier[0][0] >= LONG_ENOUGH:
        return True
    before, now = ts.middle(earlier) or 0.0, sum(during) / max(1, len(during))
    return now >= 1.3 * before or now <= before / 1.3


def _nearest(points: tuple[Point, ...], start: datetime, end: datetime) -> list[Point]:
    """Metrics of five minutes may have no point inside a short trouble: the last one before its end stands."""
    last = [p for p in points if start - timedelta(minutes=6) <= p[0] <= end + timedelta(minutes=1)]
    return last[-1:]


def trouble(evidence: Evidence) -> tuple[datetime, datetime]:
    """The trouble's time: from its onset until now, or until a quarter of an hour after the state change."""
    began = onset(evidence)
    end = min(evidence.window.end, evidence.window.at + AFTER)
    return began, max(end, began + timedelta(minutes=1))


@once
def onset(evidence: Evidence) -> datetime:
    """When the trouble began: where the alarm's metric stepped; else where the load did; else before the alarm."""
    window = evidence.window
    latest = window.at + SETTLED
    alarm = next(iter(every(evidence, "alarm")), None)
    candidates = [alarm.points] if alarm else []
    load = next((s for s in evidence.of(LoadSeries) if s.group == "total" and not s.days), None)
    candidates += [load.points] if load and load.of == name(evidence) else []
    for points in candidates:
        upto = [p for p in points if p[0] <= window.at + AFTER]
        if (step := ts.change(upto)) and step.strength >= 2.5 and abs(step.size) > 0.2 * max(abs(step.before), 1e-6):
            began = _earliest(upto, step)
            if began <= latest:
                return max(window.start, began)
    fallback = window.at - SHORTEST
    if alarm and evidence.alert.threshold is not None:
        above = not evidence.alert.comparison.startswith("LessThan")
        upto = [p for p in alarm.points if p[0] <= latest]
        fallback = min(fallback, ts.onset(upto, evidence.alert.threshold, above=above) or fallback)
    return max(window.start, fallback)


def _earliest(points: list[Point], step: ts.Change) -> datetime:
    """Walk back from the split over a ramp: the first point that has left the old level."""
    margin = 0.15 * abs(step.size)
    began = step.at
    for at, value in reversed([p for p in points if p[0] < step.at]):
        if abs(value - step.before) <= margin:
            break
        began = at
    return began if step.at - began <= timedelta(minutes=30) else step.at


def insights_gap(evidence: Evidence) -> str:
    """Why Performance Insights says nothing; empty where it does."""
    if evidence.first(LoadTotal) or any(not s.days for s in evidence.of(LoadSeries)):
        return ""
    if off := evidence.first(InsightsOff):
        return off.why
    for check in ("pi.totals", "pi.load", "pi.statements"):
        if gap := evidence.gap(check):
            return f"Performance Insights: {gap}"
    return "Performance Insights has no data"


def metrics_gap(evidence: Evidence, *names: str) -> str:
    """Which metrics are absent, and why if that is known; empty where one is there."""
    if any(metric(evidence, n) for n in names):
        return ""
    gap = evidence.gap("rds.metrics")
    return f"{', '.join(names)}: {gap}" if gap else f"no data for {', '.join(names)}"


def unseen(evidence: Evidence, *why: str) -> Judgement:
    """Could not check."""
    gone = evidence.first(DatabaseMissing)
    told = [w for w in why if w]
    if gone and subject(evidence) is None:
        told.insert(0, f"{gone.id}: {gone.reason}")
    return Judgement(verdict="could_not_check", missing=tuple(dict.fromkeys(told)) or ("no data",))


def facts(levels: Iterable[Level | None]) -> tuple[Fact, ...]:
    """The levels that are there, as evidence."""
    return tuple(one.fact() for one in levels if one)
