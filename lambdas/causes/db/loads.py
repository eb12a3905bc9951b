"""Database load as the causes read it: by wait, statement, user, host; in the trouble, before, usually. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.db import scene, waits, words
from lambdas.causes.db.memo import once
from lambdas.checks.pi.load import LoadSeries, LoadTotal
from lambdas.checks.pi.statements import kind as statement_kind
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.causes.base import Evidence
    from lambdas.causes.db.waits import Wait
    from lambdas.checks.pi.load import Group
    from lambdas.checks.pi.statements import Kind

UPKEEP: tuple[Kind, ...] = ("vacuum", "checkpoint", "purge")
UPKEEP_WAITS: tuple[Wait, ...] = ("vacuum", "checkpoint", "purge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Average active sessions of one key. `before` and `usual` are None where nothing is known of them."""

    key: str
    now: float
    before: float | None = None
    usual: float | None = None
    wait_type: str = ""
    digest: str = ""
    days: tuple[tuple[int, float], ...] = ()  # what it was at this hour so many days ago
    waits: tuple[tuple[str, float], ...] = ()
    since: datetime | None = None
    link: str = ""
    source: str = ""

    @property
    def reference(self) -> float | None:
        """The higher of before and usual."""
        known = [v for v in (self.before, self.usual) if v is not None]
        return max(known) if known else None

    @property
    def rise(self) -> float:
        """How much of it is new; all of it where nothing is known of before."""
        return self.now - (self.reference or 0.0)

    @property
    def wait(self) -> Wait:
        """Of a wait event: what is waited for."""
        return waits.kind(self.key, self.wait_type)

    @property
    def kind(self) -> Kind:
        """Of a statement: what it does."""
        return statement_kind(self.key)

    def waiting(self, *kinds: Wait) -> float:
        """Of a statement: the load of it that waits for these, by its split of the trouble's time."""
        whole = sum(v for _, v in self.waits)
        if not whole:
            return 0.0
        return self.now * sum(v for key, v in self.waits if waits.kind(key) in kinds) / whole

    @property
    def new(self) -> bool:
        """Whether it departs from what was before and from what is usual at this hour."""
        reference = self.reference
        return reference is not None and self.now >= 0.3 and self.now >= 1.5 * reference + 0.1

    @property
    def creeping(self) -> bool:
        """Whether it grew over the days, so that yesterday looks almost as heavy."""
        if len(self.days) < 2 or self.now < 1.0:
            return False
        (_, yesterday), (_, longest) = min(self.days), max(self.days)
        return longest * 1.4 <= self.now and longest < yesterday and 0.6 * self.now <= yesterday <= 1.15 * self.now

    @property
    def habitual(self) -> bool:
        """Whether it is as heavy at this hour of other days, or was all the time."""
        if self.usual is not None and self.usual >= 0.7 * self.now:
            return True
        return self.before is not None and self.before >= 0.8 * self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """The load of one instance. `total.now` is 0 where nothing is known."""

    total: Load
    waits: tuple[Load, ...]
    statements: tuple[Load, ...]
    users: tuple[Load, ...]
    hosts: tuple[Load, ...]

    def __bool__(self) -> bool:
        return bool(self.waits or self.statements or self.total.now > 0)

    def by_wait(self, *kinds: Wait) -> Load:
        """All waits of these kinds together."""
        return together([w for w in self.waits if w.wait in kinds])

    def share(self, load: Load) -> float:
        """A load's part of the whole, 0–1."""
        return min(1.0, load.now / self.total.now) if self.total.now > 0 else 0.0

    def upkeep(self) -> Load:
        """Vacuum, checkpoint and purge together: by their waits or by their statements, whichever shows more.

        Where both show about as much, the one of which it is known how much it was before.
        """
        by_waits = self.by_wait(*UPKEEP_WAITS)
        by_statements = together([s for s in self.statements if s.kind in UPKEEP])
        more, less = sorted((by_waits, by_statements), key=lambda x: -x.now)
        return less if more.reference is None and less.reference is not None and less.now >= 0.8 * more.now else more


@once
def of(evidence: Evidence, database: str | None = None) -> Loads:
    """The load of the subject, or of the instance named."""
    name = database or scene.name(evidence)
    found = {group: _group(evidence, name, group) for group in _GROUPS}
    total = next(iter(_group(evidence, name, "total")), None)
    parts = together(list(max(found["wait"], found["statement"], key=lambda g: sum(x.now for x in g))))
    if total is None or total.now < 0.8 * parts.now:  # parts are never more than their whole
        total = parts
    return Loads(
        total=total,
        waits=found["wait"],
        statements=found["statement"],
        users=found["user"],
        hosts=found["host"],
    )


_GROUPS: tuple[Group, ...] = ("wait", "statement", "user", "host")


def _group(evidence: Evidence, name: str, group: Group) -> tuple[Load, ...]:
    """All keys of a group, heaviest first: from the series, else from the totals of the trouble's time."""
    series = {s.key: s for s in evidence.of(LoadSeries) if s.of == name and s.group == group and not s.days}
    totals = {t.key: t for t in evidence.of(LoadTotal) if t.of == name and t.group == group}
    return tuple(sorted(_built(evidence, name, group, series, totals), key=lambda x: -x.now))


def _built(
    evidence: Evidence, name: str, group: Group, series: Mapping[str, LoadSeries], totals: Mapping[str, LoadTotal]
) -> list[Load]:
    start, end = scene.trouble(evidence)
    whole = next((s for s in evidence.of(LoadSeries) if s.of == name and s.group == "total" and not s.days), None)
    past = _past(evidence, name, group, start, end)
    built = []
    for key in dict.fromkeys((*series, *totals)):
        one, total = series.get(key), totals.get(key)
        points = one.points if one else ()
        during = ts.mean(ts.between(points, start, end))
        if during is None:
            during = total.load if total else None
        if during is None:
            continue
        shown = one or total
        built.append(
            Load(
                key=key,
                now=during,
                before=_before(evidence, points, whole) if one else None,
                usual=max((load for _, load in past(key)), default=None),
                days=past(key),
                wait_type=shown.wait_type if shown else "",
                digest=(one.digest if one else "") or (total.digest if total else ""),
                waits=total.waits if total else (),
                since=_since(points, start, end),
                link=shown.link if shown else "",
                source=shown.source if shown else "",
            )
        )
    return built


def _before(evidence: Evidence, points: tuple[ts.Point, ...], whole: LoadSeries | None) -> float | None:
    """The mean before the trouble. PI leaves out what had no load: that is zero where the whole was measured."""
    start, end = scene.trouble(evidence)
    upto = start - scene.SETTLED
    told = whole.points if whole else points
    all_of_it = ts.between(told, evidence.window.start, upto)
    if not scene.tells(all_of_it, ts.values(ts.between(told, start, end))):
        return None
    earlier = ts.between(points, evidence.window.start, upto)
    return sum(ts.values(earlier)) / max(len(all_of_it), len(earlier))


def _past(
    evidence: Evidence, name: str, group: Group, start: datetime, end: datetime
) -> Callable[[str], tuple[tuple[int, float], ...]]:
    """What a key's load was in the trouble's hours of other days: the most of them. Days without data are unknown."""
    days: dict[int, dict[str, float]] = {}
    for s in evidence.of(LoadSeries):
        if s.of != name or not s.days:
            continue
        back = timedelta(days=s.days)
        found = ts.mean(ts.between(s.points, start - back - timedelta(minutes=5), end - back + timedelta(minutes=5)))
        if s.group == "total" and found is not None:
            days.setdefault(s.days, {})
        if s.group == group and found is not None:
            days.setdefault(s.days, {})[s.key] = found

    def usual(key: str) -> tuple[tuple[int, float], ...]:
        return tuple((back, day.get(key, 0.0)) for back, day in sorted(days.items()))

    return usual


def _since(points: tuple[ts.Point, ...], start: datetime, end: datetime) -> datetime | None:
    step = ts.change([p for p in points if p[0] <= end])
    if step is None or step.strength < 2 or step.ratio < 1.3:
        return None
    return min(step.at, end) if step.at >= start - timedelta(hours=2) else step.at


def together(loads: list[Load]) -> Load:
    """Several keys as one."""
    if not loads:
        return Load(key="", now=0.0, before=None, usual=None)

    def add(values: list[float | None]) -> float | None:
        known = [v for v in values if v is not None]
        return sum(known) if known else None

    heaviest = max(loads, key=lambda x: x.now)
    return Load(
        key=heaviest.key,
        now=sum(x.now for x in loads),
        before=add([x.before for x in loads]),
        usual=add([x.usual for x in loads]),
        wait_type=heaviest.wait_type,
        since=heaviest.since,
        link=heaviest.link,
        source=heaviest.source,
    )


def fact(load: Load, loads: Loads, text: str) -> Fact:
    """A load as a line of evidence."""
    reference = load.usual if load.usual is not None else load.before
    of = "at this hour of other days" if load.usual is not None else "before"
    return Fact(
        text=f"{text}: {words.number(load.now)} of {words.number(loads.total.now)} active sessions",
        source=load.source or "pi:DescribeDimensionKeys",
        at=load.since,
        value=f"{words.number(load.now)} AAS ({loads.share(load) * 100:.0f} %)",
        baseline=f"{words.number(reference)} {of}" if reference is not None else "",
        link=load.link,
    )
