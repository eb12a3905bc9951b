"""Database load by Performance Insights: by wait, statement, user and host; over time and in total.

Two forms of the same truth are read, because either may be refused: `DescribeDimensionKeys` gives totals of the
trouble's time with statements split by wait; `GetResourceMetrics` gives each over time, so that what rose with the
symptom is told from what is always there. Days before say what is usual at this hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.pi.statements import normalised
from lambdas.checks.rds import links
from lambdas.checks.rds.instances import Instance

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Point

ALLOW_KEYS = Allow("pi:DescribeDimensionKeys", "arn:{partition}:pi:{region}:{account}:metrics/rds/*")
ALLOW_METRICS = Allow("pi:GetResourceMetrics", "arn:{partition}:pi:{region}:{account}:metrics/rds/*")

LOAD = "db.load.avg"
BEFORE = timedelta(minutes=30)  # totals are over the trouble's time: from a little before the alarm
PAGES = 3

type Group = Literal["total", "wait", "statement", "user", "host"]
PLAIN = "db.sql"  # statements as they were sent: where an engine, or who stands in for AWS, digests none
GROUPS: Mapping[Group, tuple[str, tuple[str, ...]]] = {
    # our word → PI's group, and the dimension that names one of it, the better first
    "wait": ("db.wait_event", ("db.wait_event.name",)),
    "statement": ("db.sql_tokenized", ("db.sql_tokenized.statement", "db.sql.statement", "db.sql_tokenized.id")),
    "user": ("db.user", ("db.user.name", "db.user.id")),
    "host": ("db.host", ("db.host.name", "db.host.id")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsOff(Finding):
    """Performance Insights cannot be asked about an instance, and why."""

    of: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTotal(Finding):
    """Average active sessions of one key over the trouble's time. `waits` splits a statement's by wait event."""

    of: str  # the instance
    group: Group
    key: str
    wait_type: str = ""
    digest: str = ""
    load: float
    waits: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSeries(Finding):
    """Average active sessions of one key over time, oldest first. `days` back: 0 is the incident itself."""

    of: str
    group: Group
    key: str = ""  # empty for the total
    wait_type: str = ""
    digest: str = ""
    days: int = 0
    points: tuple[Point, ...] = field(default=(), repr=False)


@check(
    "pi.totals",
    title="Performance Insights: top waits, statements by wait, users, hosts",
    yields=(LoadTotal, InsightsOff),
    needs=(Instance,),
    allow=(ALLOW_KEYS,),
    calls=8,
)
def totals(look: Look) -> Iterator[Finding]:
    """Of the subject, and of the one it follows, whose writes it may suffer from."""
    for i, database in enumerate(observed(look)):
        if off := refused(database):
            yield off
            continue
        for group in GROUPS if i == 0 else ("wait", "statement"):
            yield from _statement_keys(look, database) if group == "statement" else _keys(look, database, group)


@check(
    "pi.load",
    title="Performance Insights: load by wait over time",
    yields=(LoadSeries,),
    needs=(Instance,),
    allow=(ALLOW_METRICS,),
    calls=4,
)
def load(look: Look) -> Iterator[Finding]:
    """Whole and by wait, minute by minute."""
    for database in observed(look):
        if not refused(database):
            yield from _series(look, database, ("wait",), look.window.start, look.window.end, 60, 0)


@check(
    "pi.statements",
    title="Performance Insights: load by statement, user and host over time",
    yields=(LoadSeries,),
    needs=(Instance,),
    allow=(ALLOW_METRICS,),
    calls=6,
)
def statements(look: Look) -> Iterator[Finding]:
    """Which statement rose with the symptom."""
    for i, database in enumerate(observed(look)):
        if not refused(database):
            groups: tuple[Group, ...] = ("statement", "user", "host") if i == 0 else ("statement",)
            yield from _with_statements(look, database, groups, look.window.start, look.window.end, 60, 0)


@check(
    "pi.history",
    title="Performance Insights: the same hours on days before",
    yields=(LoadSeries,),
    needs=(Instance,),
    allow=(ALLOW_METRICS,),
    calls=6,
    optional=True,
)
def history(look: Look) -> Iterator[Finding]:
    """Yesterday, and a week ago where it is kept so long: the free retention is seven days to the minute."""
    for database in observed(look)[:1]:
        if refused(database):
            continue
        for days in (1, 7 if (database.insights_days or 7) > 7 else 6):
            back = timedelta(days=days)
            yield from _with_statements(
                look, database, ("wait", "statement"), look.window.start - back, look.window.end - back, 300, days
            )


def observed(look: Look) -> list[Instance]:
    """The subject first, then the one it follows."""
    found = look.found.of(Instance)
    return found[:1] + [i for i in found[1:] if i.role == "source"][:1]


def refused(database: Instance) -> InsightsOff | None:
    """Why Performance Insights need not be asked; None where it can be."""
    why = ""
    if database.insights is False:
        why = f"Performance Insights is off for {database.id}"
    elif not database.resource_id:
        why = f"RDS gave no resource id for {database.id}"
    return InsightsOff(of=database.id, why=why, source="rds:DescribeDBInstances", link=database.link) if why else None


def _statement_keys(look: Look, database: Instance) -> Iterator[LoadTotal]:
    """By digest; as they were sent where there are no digests."""
    try:
        told = list(_keys(look, database, "statement"))
    except ClientError as error:
        if "InvalidArgument" not in str(error.response.get("Error", {}).get("Code", "")):
            raise
        told = []
    yield from told or _keys(look, database, "statement", PLAIN)


def _with_statements(  # noqa: PLR0917 — the parts of one request
    look: Look, database: Instance, groups: tuple[Group, ...], start: datetime, end: datetime, period: int, days: int
) -> Iterator[LoadSeries]:
    """By digest; as they were sent where there is none."""
    told = list(_series(look, database, groups, start, end, period, days))
    yield from told
    if not any(one.group == "statement" for one in told):
        plain = _series(look, database, ("statement",), start, end, period, days, PLAIN)
        yield from (one for one in plain if one.group == "statement")


def _keys(look: Look, database: Instance, group: Group, by: str = "") -> Iterator[LoadTotal]:
    start = max(look.window.start, look.window.at - BEFORE)
    more: dict[str, Any] = {"PartitionBy": {"Group": "db.wait_event", "Limit": 10}} if group == "statement" else {}
    answer: Any = look.aws.pi.describe_dimension_keys(
        ServiceType="RDS",
        Identifier=database.resource_id,
        StartTime=start,
        EndTime=look.window.end,
        Metric=LOAD,
        GroupBy={"Group": by or GROUPS[group][0], "Limit": 10},
        **more,
    )
    partitions = [p.get("Dimensions") or {} for p in answer.get("PartitionKeys") or ()]
    for raw in answer.get("Keys") or ():
        key, digest, wait_type = _named(group, raw.get("Dimensions") or {})
        if not key or raw.get("Total") is None:
            continue
        parts = zip(partitions, raw.get("Partitions") or (), strict=False)
        yield LoadTotal(
            at=start,
            of=database.id,
            group=group,
            key=key,
            wait_type=wait_type,
            digest=digest,
            load=float(raw["Total"]),
            waits=tuple((_named("wait", p)[0], float(v)) for p, v in parts if v is not None),
            source="pi:DescribeDimensionKeys",
            link=links.insights(look.aws.region, database.resource_id, database.id),
        )


def _series(  # noqa: PLR0917 — the parts of one request
    look: Look,
    database: Instance,
    groups: tuple[Group, ...],
    start: datetime,
    end: datetime,
    period: int,
    days: int,
    by: str = "",
) -> Iterator[LoadSeries]:
    queries = [
        {"Metric": LOAD, "GroupBy": {"Group": by or GROUPS[g][0], "Limit": 10 if g != "host" else 5}} for g in groups
    ]
    told: set[tuple[str, str]] = set()
    for raw in metrics(look, database, queries, start, end, period):
        dimensions = (raw.get("Key") or {}).get("Dimensions") or {}
        group = _group(dimensions)
        key, digest, wait_type = _named(group, dimensions)
        if (group, key) in told or (group != "total" and not key):
            continue  # each query answers the whole again
        told.add((group, key))
        yield LoadSeries(
            of=database.id,
            group=group,
            key=key,
            wait_type=wait_type,
            digest=digest,
            days=days,
            points=points(raw),
            source="pi:GetResourceMetrics",
            link=links.insights(look.aws.region, database.resource_id, database.id),
        )


def metrics(  # noqa: PLR0917 — the parts of one request
    look: Look, database: Instance, queries: list[dict[str, Any]], start: datetime, end: datetime, period: int
) -> Iterator[Mapping[str, Any]]:
    """The answers to some queries of GetResourceMetrics, each with its key and datapoints."""
    token: dict[str, str] = {}
    for _ in range(PAGES):
        answer: Any = look.aws.pi.get_resource_metrics(
            ServiceType="RDS",
            Identifier=database.resource_id,
            MetricQueries=queries,  # type: ignore[arg-type] # built above, checked by botocore
            StartTime=start,
            EndTime=end,
            PeriodInSeconds=period,
            **token,  # type: ignore[arg-type] # absent on the first page
        )
        yield from answer.get("MetricList") or ()
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def points(raw: Mapping[str, Any]) -> tuple[Point, ...]:
    """The datapoints of one metric, oldest first; PI gives null where it has none."""
    listed = raw.get("DataPoints") or ()
    return tuple(
        sorted((p["Timestamp"], float(p["Value"])) for p in listed if p.get("Timestamp") and p.get("Value") is not None)
    )


def _group(dimensions: Mapping[str, str]) -> Group:
    for group, (prefix, _) in GROUPS.items():
        if any(name.startswith(f"{prefix}.") for name in dimensions):
            return group
    return "statement" if any(name.startswith("db.sql.") for name in dimensions) else "total"


def _named(group: Group, dimensions: Mapping[str, str]) -> tuple[str, str, str]:
    """(key, digest, wait type) of one combination of dimensions. Statements are kept normalised only."""
    if group == "total":
        return "", "", ""
    key = next((dimensions[name] for name in GROUPS[group][1] if dimensions.get(name)), "")
    if group == "statement":
        digest = dimensions.get("db.sql_tokenized.id") or dimensions.get("db.sql.tokenized_id") or ""
        return normalised(key), digest, ""
    return key, "", dimensions.get("db.wait_event.type", "")
