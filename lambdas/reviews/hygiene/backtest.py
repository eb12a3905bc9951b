"""What an alarm would have done with another threshold: the last weeks played through it again. Pure.

CloudWatch's own rule (User Guide, "Evaluating an alarm"): ALARM while at least M of the last N datapoints breach; a
missing datapoint counts by the alarm's `TreatMissingData`. Minutes are kept for 15 days and five-minute values for 63
(User Guide, "Metrics retention"), so that four weeks are played at periods of five minutes or more: an alarm of a
shorter period is played with N and M scaled down, and its counts are close rather than exact. The caller says which.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points

FINE = 300  # seconds: what four weeks are kept at

type Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alarm's rule: M of N datapoints of `period` seconds."""

    comparison: str
    threshold: float
    period: int
    of: int
    needed: int
    missing: Missing = "missing"

    @property
    def above(self) -> bool:
        """Whether it fires upwards."""
        return self.comparison.startswith("Greater")


@dataclass(frozen=True, slots=True)
class Firing:
    """One time in ALARM. `end` is None where it lasts to the end of the data."""

    start: datetime
    end: datetime | None

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether it was in ALARM at any time of [start, end]."""
        return self.start <= end and (self.end is None or self.end >= start)


def coarse(rule: Rule) -> Rule:
    """The rule at FINE seconds, where its own period is shorter: the same time, in fewer datapoints."""
    if rule.period >= FINE:
        return rule
    of = max(1, math.ceil(rule.of * rule.period / FINE))
    needed = min(of, max(1, math.ceil(rule.needed * rule.period / FINE)))
    return Rule(
        comparison=rule.comparison,
        threshold=rule.threshold,
        period=FINE,
        of=of,
        needed=needed,
        missing=rule.missing,
    )


def play(points: Points, rule: Rule) -> list[Firing]:
    """Every time that the alarm would have been in ALARM, oldest first."""
    breaches = BREACHES[rule.comparison]
    step = timedelta(seconds=rule.period)
    window: list[bool | None] = []
    found: list[Firing] = []
    since: datetime | None = None
    expected: datetime | None = None
    for at, value in points:
        gap = 0 if expected is None else min(rule.of, max(0, round((at - expected) / step)))
        # after N missing datapoints nothing changes any more
        rows = [(expected + step * n, _absent(rule)) for n in range(gap)] if expected else []
        for when, breaching in [*rows, (at, breaches(value, rule.threshold))]:
            window.append(breaching)
            del window[: -rule.of]
            known = [one for one in window if one is not None]
            state = sum(known) >= rule.needed if known else since is not None
            if state and since is None:
                since = when + step
            elif not state and since is not None:
                found.append(Firing(since, when + step))
                since = None
        expected = at + step
    if since is not None:
        found.append(Firing(since, None))
    return found


def _absent(rule: Rule) -> bool | None:
    """How a missing datapoint counts; None: not at all."""
    return {"breaching": True, "notBreaching": False}.get(rule.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A rule played through the weeks: how often it fired, and which real incidents it caught."""

    rule: Rule
    firings: int
    caught: int
    late: timedelta = timedelta()  # how much later than the present rule it saw the real incidents, at the worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The present rule, and a better one."""

    now: Tried
    then: Tried
    real: int  # incidents that people treated as real


def propose(
    points: Points, rule: Rule, real: Sequence[tuple[datetime, datetime]], *, at_least: float = 0.5
) -> Proposal | None:
    """The smallest change that spares at least that share of the firings and still catches every real incident.

    Tried are longer evaluation (half more, twice, three times the datapoints) and thresholds further out, to the 25th,
    50th, 75th and 90th percentile of the firings' own worst values; a longer evaluation is preferred, for it keeps the
    runbook's number. None where nothing does, or where the alarm did not fire.
    """
    if rule.comparison not in BREACHES:
        return None
    now = _tried(points, rule, real, None)
    if not now.firings:
        return None
    first = {spell: _first(play(points, rule), *spell) for spell in real}
    best: Tried | None = None
    for changed in _candidates(points, rule):
        tried = _tried(points, changed, real, first)
        if tried.caught < now.caught or tried.firings > now.firings * (1 - at_least):
            continue
        if best is None or (tried.firings, tried.late) < (best.firings * 0.6, best.late):
            best = tried
    return Proposal(now=now, then=best, real=len(real)) if best else None


def _candidates(points: Points, rule: Rule) -> list[Rule]:
    longer = [
        _changed(rule, of=math.ceil(rule.of * factor), needed=math.ceil(rule.needed * factor))
        for factor in (1.5, 2.0, 3.0)
        if math.ceil(rule.of * factor) > rule.of and rule.of * factor * rule.period <= 86_400
    ]
    worst = []
    for firing in play(points, rule):
        inside = [v for at, v in points if firing.start - timedelta(seconds=rule.period * rule.of) <= at
                  and (firing.end is None or at <= firing.end)]  # fmt: skip
        if inside:
            worst.append(max(inside) if rule.above else min(inside))
    ordered = sorted(worst, reverse=not rule.above)
    marks = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.25, 0.5, 0.75, 0.9)]
    moved = [_changed(rule, threshold=rounded(mark, up=rule.above)) for mark in dict.fromkeys(marks)]
    return longer + [m for m in moved if (m.threshold > rule.threshold) == rule.above and m.threshold != rule.threshold]


def _changed(rule: Rule, *, threshold: float | None = None, of: int = 0, needed: int = 0) -> Rule:
    return Rule(
        comparison=rule.comparison,
        threshold=rule.threshold if threshold is None else threshold,
        period=rule.period,
        of=of or rule.of,
        needed=needed or rule.needed,
        missing=rule.missing,
    )


def _tried(
    points: Points,
    rule: Rule,
    real: Sequence[tuple[datetime, datetime]],
    first: Mapping[tuple[datetime, datetime], datetime | None] | None,
) -> Tried:
    firings = play(points, rule)
    seen = {spell: _first(firings, *spell) for spell in real}
    late = max(
        (at - (first or {}).get(spell, at) for spell, at in seen.items() if at and (first or {}).get(spell)),  # type: ignore[operator] # checked
        default=timedelta(),
    )
    return Tried(rule=rule, firings=len(firings), caught=sum(at is not None for at in seen.values()), late=late)


def _first(firings: Sequence[Firing], start: datetime, end: datetime) -> datetime | None:
    """When an incident was first seen; a firing that began shortly before it is its own."""
    before = timedelta(minutes=10)
    return next((max(f.start, start - before) for f in firings if f.covers(start - before, end)), None)


def rounded(value: float, *, up: bool) -> float:
    """Two significant digits, away from the noise: people set 85, not 84.73."""
    if not value:
        return 0.0
    digits = math.floor(math.log10(abs(value))) - 1
    unit = 10.0**digits
    steps = math.ceil(value / unit - 1e-9) if up else math.floor(value / unit + 1e-9)
    return round(steps * unit, max(0, -digits))
