"""Databases: when connections and storage run out, and CPU that is high all week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.checks.rds import parameters
from lambdas.checks.rds.classes import GIB
from lambdas.checks.rds.instances import Instance, instance
from lambdas.diagnosis.timeseries import values
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity.runout import NoDate, RunOut, daily, run_out, since_break
from lambdas.reviews.capacity.sustained import LIMIT, Level, level
from lambdas.reviews.capacity.usage import HOUR, WEEK, hours
from lambdas.reviews.model import Action, Curve, Fact, Item, Line, Note, Table
from lambdas.reviews.series import Ask, within
from lambdas.reviews.words import many, number

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.diagnosis.timeseries import Point
    from lambdas.reviews.model import Weight

BACK = timedelta(days=28)
SOON, NEAR, AHEAD = timedelta(days=7), timedelta(days=30), timedelta(days=90)
LITTLE = 0.10  # of the storage free: little, trend or not
HIGH = 0.80  # of the most connections, on HIGH_DAYS of the week's days
HIGH_DAYS = 3
STEP = 0.05  # of the storage in one day, or AWS's smallest growth: storage was added, or much was deleted
ROWS, CURVES = 60, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseWeeks:
    """One instance with four weeks of hourly values. Storage in GiB."""

    of: Instance
    connections: tuple[Point, ...] = field(default=(), repr=False)  # maxima
    free: tuple[Point, ...] = field(default=(), repr=False)  # minima
    cpu: tuple[Point, ...] = field(default=(), repr=False)
    most: float | None = None  # connections

    @property
    def growable(self) -> float:
        """GiB that storage autoscaling may still add."""
        return max(0.0, float((self.of.max_allocated or 0) - (self.of.allocated or 0)))


@part(
    "weekly.databases",
    title="Databases: connections and storage",
    runbook="Weekly Capacity Planning Review, 1: Database connection and storage growth",
    place=20,
    allow=(
        *inventory.DATABASES,
        *series.ALLOW,
        Allow("rds:DescribeDBParameters", "arn:{partition}:rds:{region}:{account}:pg:*"),
    ),
)
def databases(tour: Tour) -> Iterator[Piece]:
    """Aurora's storage grows by itself; of its instances only connections and CPU are judged."""
    found = _read(tour)
    rows = []
    curves = 0
    for one in found:
        storage, items = _storage(one, tour.end)
        connections, more = _connections(one, tour)
        week = level(within(one.cpu, tour.end - WEEK, tour.end))
        items += [*more, *_cpu(one, week)]
        yield from items
        rows.append((one.of.id, one.of.cls, storage, connections, f"{week.sustained:.0f} %" if week else "no data"))
        if any("storage" in item.id for item in items) and curves < CURVES:
            curves += 1
            yield _curve(one)
    if rows:
        yield Table(
            title="Room that is left",
            columns=("Database", "Class", "Storage", "Connections", "CPU sustained"),
            rows=tuple(rows[:ROWS]),
            right=(4,),
            more=max(0, len(rows) - ROWS),
        )
    yield Note(text=f"{many(len(found), 'database')} looked at.", count=(("databases", len(found)),))


def _read(tour: Tour) -> list[DatabaseWeeks]:
    instances = [instance(raw, "subject", tour.aws.region) for raw in tour.inventory.databases()]
    end = hours(tour.end)
    asks = []
    for one in instances:
        named = {"DBInstanceIdentifier": one.id}
        asks += [
            Ask("AWS/RDS", "DatabaseConnections", named, "Maximum"),
            Ask("AWS/RDS", "FreeStorageSpace", named, "Minimum"),
            Ask("AWS/RDS", "CPUUtilization", named),
        ]
    points = series.read(tour.aws, asks, end - BACK, end, HOUR)
    return [
        DatabaseWeeks(
            of=one,
            connections=points[3 * n],
            free=tuple((at, value / GIB) for at, value in points[3 * n + 1]),
            cpu=points[3 * n + 2],
            most=_most(tour, one),
        )
        for n, one in enumerate(instances)
    ]


def _most(tour: Tour, one: Instance) -> float | None:
    """The most connections: one call for each parameter group, however many databases share it."""
    group = next((name for name, _ in one.groups), "")
    parameter = None
    if group:

        def read() -> parameters.Parameter | None:
            ask: Any = partial(tour.aws.rds.describe_db_parameters, DBParameterGroupName=group)
            read_ = parameters.read(group, tour.aws.region, ask, "rds:DescribeDBParameters")
            return next((p for p in read_ if p.name == "max_connections"), None)

        parameter = tour.inventory.once(("max_connections", group), read)
    found = parameters.limit(one, parameter, tour.aws.region)
    return found.value if found else None


# storage --------------------------------------------------------------------------------------------------------------


def _storage(one: DatabaseWeeks, end: datetime) -> tuple[str, list[Item]]:
    """What the table says, and the findings."""
    if one.of.aurora:
        return "grows by itself", []
    points = daily(one.free, "min")
    if not points or not one.of.allocated:
        return "no data", []
    free, growable = values(one.free)[-1], one.growable
    size = float(one.of.max_allocated or one.of.allocated)
    said = f"{number(free)} of {one.of.allocated} GiB free" + (f", may grow to {size:g}" if growable else "")
    same = since_break(points, max(10.0, STEP * one.of.allocated), rising=False)
    going = run_out([(at, value + growable) for at, value in same], 0.0, rising=False)
    if isinstance(going, RunOut) and going.day - end <= AHEAD:
        return f"{said}; full about {going.day:%d %b %Y}", [_full(one, going, end, free)]
    why = f"; no date: {going.why}" if isinstance(going, NoDate) else ""
    if (free + growable) / size < LITTLE:
        item = Item(
            id="weekly.databases.storage_low",
            weight="warning",
            subject=one.of.id,
            text=f"Only {number(free)} GiB of {one.of.allocated} are free ({free / one.of.allocated:.0%})"
            + (f", and storage autoscaling may add {growable:.0f}" if growable else ", and nothing may grow")
            + (f". There is no date: {going.why}." if isinstance(going, NoDate) else "."),
            actions=(_grow(one),),
            level=size - free,
        )
        return said + why, [item]
    return said + why, []


def _full(one: DatabaseWeeks, going: RunOut, end: datetime, free: float) -> Item:
    left = going.earliest - end
    weight: Weight = "critical" if left <= SOON else "warning" if left <= NEAR else "advice"
    autoscaling = (
        f" Storage autoscaling may still add {one.growable:.0f} GiB, which is counted."
        if one.growable
        else " Storage autoscaling is at its maximum."
        if one.of.max_allocated
        else " Storage autoscaling is off."
    )
    return Item(
        id="weekly.databases.storage_full",
        weight=weight,
        subject=one.of.id,
        text=f"Storage is full about {_span(going)}: {number(free)} GiB of {one.of.allocated} are free, and "
        f"{number(going.a_day)} GiB go each day.{autoscaling}",
        facts=(_fact(going, "GiB", "AWS/RDS FreeStorageSpace, daily minima"),),
        actions=(_grow(one),),
        level=-float((going.day - end).days),
    )


def _grow(one: DatabaseWeeks) -> Action:
    allocated = one.of.allocated or 0
    if one.of.max_allocated is None or one.of.max_allocated <= allocated:
        wanted = int(allocated * 1.5)
        return Action(
            text=f"Let storage autoscaling grow it to {wanted} GiB (it never shrinks again), or delete what is old.",
            command=f"aws rds modify-db-instance --db-instance-identifier {one.of.id} --max-allocated-storage {wanted} "
            "--apply-immediately",
            link=one.of.link,
        )
    return Action(text="Raise the maximum of storage autoscaling, or delete what is old.", link=one.of.link)


# connections ----------------------------------------------------------------------------------------------------------


def _connections(one: DatabaseWeeks, tour: Tour) -> tuple[str, list[Item]]:
    points = daily(one.connections, "max")
    if not points:
        return "no data", []
    recent = [value for at, value in points if at >= tour.end - WEEK]
    top = max(recent, default=points[-1][1])
    if one.most is None:
        return f"{top:.0f} at most; maximum unknown", []
    said = f"{top:.0f} of {one.most:,.0f} at most"
    high = sum(value >= HIGH * one.most for value in recent)
    if high >= HIGH_DAYS:
        return said, [_high(one, top, high, one.most)]
    going = run_out(since_break(points, 0.2 * one.most, rising=True), one.most)
    if isinstance(going, RunOut) and going.day - tour.end <= AHEAD:
        return f"{said}; full about {going.day:%d %b %Y}", [_exhausted(one, going, tour.end, one.most)]
    return said, []


def _high(one: DatabaseWeeks, top: float, days: int, most: float) -> Item:
    return Item(
        id="weekly.databases.connections_high",
        weight="warning",
        subject=one.of.id,
        text=f"Connections reached {HIGH:.0%} of the maximum of {most:,.0f} on {many(days, 'day')} of the week, "
        f"{top:.0f} at most.",
        actions=(_pool(one),),
        level=top,
    )


def _exhausted(one: DatabaseWeeks, going: RunOut, end: datetime, most: float) -> Item:
    left = going.earliest - end
    return Item(
        id="weekly.databases.connections_full",
        weight="critical" if left <= SOON else "warning" if left <= NEAR else "advice",
        subject=one.of.id,
        text=f"Connections reach their maximum of {most:,.0f} about {_span(going)}: the daily highest is "
        f"{going.now:.0f}, and {number(going.a_day)} are added each day.",
        facts=(_fact(going, "connections", "AWS/RDS DatabaseConnections, daily maxima"),),
        actions=(_pool(one),),
        level=-float((going.day - end).days),
    )


def _pool(one: DatabaseWeeks) -> Action:
    return Action(
        text="Review the applications' pools (Scenario 2: Adjust connection pool settings), or put RDS Proxy in front; "
        "a larger class takes more connections.",
        link=one.of.link,
    )


def _cpu(one: DatabaseWeeks, week: Level | None) -> Iterator[Item]:
    if week and week.sustained >= LIMIT:
        yield Item(
            id="weekly.databases.cpu",
            weight="warning",
            subject=one.of.id,
            text=f"CPU is sustained at {week.sustained:.0f} % (median {week.usual:.0f} %, highest hour "
            f"{week.peak:.0f} %).",
            actions=(
                Action(text="Look at the top statements, then at a larger class or a read replica.", link=one.of.link),
            ),
            level=week.sustained,
        )


# words ----------------------------------------------------------------------------------------------------------------


def _span(going: RunOut) -> str:
    """The date with its uncertainty."""
    until = f"{going.latest:%d %b %Y}" if going.latest else "much later"
    if going.latest and (going.latest - going.earliest).days <= 1:
        return f"{going.day:%d %b %Y}"
    return f"{going.day:%d %b %Y} (between {going.earliest:%d %b} and {until})"


def _fact(going: RunOut, unit: str, source: str) -> Fact:
    return Fact(
        text=f"{number(going.a_day)} {unit} a day (90 % interval {number(going.low)} to {number(going.high)}) over "
        f"{many(going.days, 'day')}",
        source=source,
    )


def _curve(one: DatabaseWeeks) -> Curve:
    return Curve(
        title=f"{one.of.id}: free storage",
        unit="GiB",
        lines=(Line(label="free", points=tuple(daily(one.free, "min"))),),
        about="The lowest free storage of each day over four weeks.",
    )
