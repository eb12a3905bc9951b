"""Databases: connections and how long they take, against the runbook's limits and the week before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks.pi.load import ALLOW_KEYS
from lambdas.checks.rds import links
from lambdas.diagnosis import timeseries as ts
from lambdas.reviews import inventory, limits, series, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Curve, Fact, Item, Line, Note, Table
from lambdas.reviews.words import many, number

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points
    from lambdas.reviews.watched import Resource

SPAN = timedelta(hours=12)
WEEK = timedelta(days=7)
PERIOD = 900
NEAR = 75.0  # % of all connections: from here the next deployment may need the rest
MORE = 1.5  # times the same hours of last week
SLOWER = 2.0
LEAST_MS = 5.0  # below that twice as slow is still fast
QUARTERS = 2  # of an hour beyond a limit: one is a burst
STATEMENTS = 3
SLOW = (watched.READ, watched.WRITE)


@part(
    "daily.databases",
    title="Databases: connections and query performance",
    runbook="Morning Health Check, 3: Check connection count trends and query performance",
    place=60,
    allow=(*inventory.DATABASES, *series.ALLOW, *limits.ALLOW, ALLOW_KEYS),
)
def databases(tour: Tour) -> Iterator[Piece]:
    """All instances with one read; the statements behind it only of those with something to say."""
    found = list(watched.databases(tour.inventory.databases()))
    asks = [one.ask(metric) for one in found for metric in (watched.CONNECTIONS, *SLOW)]
    now = series.read(tour.aws, asks, tour.end - SPAN, tour.end, PERIOD)
    before = series.read(tour.aws, asks, tour.end - SPAN - WEEK, tour.end - WEEK, PERIOD)
    rows = []
    for n, one in enumerate(found):
        three = slice(3 * n, 3 * n + 3)
        pieces = [*_connections(tour, one, now[3 * n], before[3 * n])]
        for metric, here, there in zip(SLOW, now[three][1:], before[three][1:], strict=True):
            pieces += _latency(tour, one, metric, here, there)
        yield from pieces
        rows.append(_row(one, now[three], limits.connections(tour, one.document or {})))
    if rows:
        columns = ("Database", "Connections", "of at most", "Read, ms", "Write, ms")
        yield Table(title="Last 12 hours, medians", columns=columns, rows=tuple(rows), right=(1, 2, 3, 4))
    yield Note(text=f"{many(len(found), 'database')} looked at.", count=(("databases", len(found)),))


def _connections(tour: Tour, one: Resource, now: Points, before: Points) -> Iterator[Piece]:
    if not now:
        return
    most = limits.connections(tour, one.document or {})
    peak = max(value for _, value in now)
    link = _link(tour, one)
    critical = watched.CONNECTIONS.limit(tour.settings.thresholds)
    if most and peak / most * 100 >= min(NEAR, critical):
        share = peak / most * 100
        yield Item(
            id="daily.databases.connections_near_limit",
            weight="critical" if share >= critical else "warning",
            subject=one.name,
            text=f"Up to {number(peak)} of {number(most)} connections ({number(share)} %) in the last 12 hours.",
            facts=(Fact(text="Most connections", value=number(most), source="rds:DescribeDBParameters", link=link),),
            actions=(Action(text="Adjust the connection pools, or scale the instance (Scenario 2)."),),
        )
        yield _curve(f"{one.name}: connections", "", now, before, most * critical / 100)
        return
    usual, present = ts.middle(before), ts.middle(now)
    if usual and present and present > MORE * usual and present - usual >= 20:
        yield Item(
            id="daily.databases.more_connections",
            weight="warning",
            subject=one.name,
            text=f"{number(present)} connections, where {number(usual)} were open at these hours last week.",
            facts=(Fact(text="AWS/RDS DatabaseConnections, median of 12 hours", link=link),),
            actions=(Action(text="Check for connection leaks in the application's logs (Scenario 2)."),),
        )
        yield _curve(f"{one.name}: connections", "", now, before, None)


def _latency(tour: Tour, one: Resource, metric: watched.Watched, now: Points, before: Points) -> Iterator[Piece]:
    here = [(at, value * metric.scale) for at, value in now]
    there = [(at, value * metric.scale) for at, value in before]
    limit = metric.limit(tour.settings.thresholds)
    beyond = sum(value > limit for _, value in here)
    present, usual = ts.middle(here), ts.middle(there)
    slower = present is not None and usual and present > SLOWER * usual and present >= LEAST_MS
    if beyond < QUARTERS and not slower:
        return
    if beyond >= QUARTERS:
        what, worst, minutes = "slow", max(value for _, value in here), beyond * PERIOD // 60
        text = f"Its {metric.role} was above {number(limit)} ms for {minutes} minutes, up to {number(worst)} ms."
    else:
        what = "slower"
        text = (
            f"Its {metric.role} is {number(present or 0)} ms; it was {number(usual or 0)} ms at these hours last week."
        )
    yield Item(
        id=f"daily.databases.{what}",
        weight="warning",
        subject=f"{one.name} {metric.role}",
        text=text,
        facts=(
            Fact(text=f"AWS/RDS {metric.name}", link=_link(tour, one)),
            *_statements(tour, one),
        ),
        actions=(Action(text="Optimise the slowest statements, or add a read replica (Scenario 2)."),),
    )
    yield _curve(f"{one.name}: {metric.role}", "ms", here, there, limit)


def _statements(tour: Tour, one: Resource) -> Iterator[Fact]:
    """The statements that loaded it most, by Performance Insights, where that is on."""
    document: Any = one.document or {}
    if not document.get("PerformanceInsightsEnabled") or not document.get("DbiResourceId"):
        return
    answer = tour.aws.pi.describe_dimension_keys(
        ServiceType="RDS",
        Identifier=document["DbiResourceId"],
        StartTime=tour.end - SPAN,
        EndTime=tour.end,
        Metric="db.load.avg",
        GroupBy={"Group": "db.sql_tokenized", "Limit": STATEMENTS},
    )
    for key in answer.get("Keys") or ():
        text = (key.get("Dimensions") or {}).get("db.sql_tokenized.statement", "")
        if text:
            load = f"{number(float(key.get('Total') or 0))} sessions on average"
            yield Fact(text=f"Statement: {text[:200]}", value=load, source="pi:DescribeDimensionKeys")


def _curve(title: str, unit: str, now: Points, before: Points, threshold: float | None) -> Curve:
    lines = (
        Line(label="last 12 hours", points=tuple(now)),
        Line(label="a week before", points=series.shifted(before, WEEK), faint=True),
    )
    return Curve(title=title, unit=unit, lines=lines, threshold=threshold)


def _row(one: Resource, three: list[tuple[Any, ...]], most: float | None) -> tuple[str, ...]:
    connections, read, write = (ts.middle(points) for points in three)
    return (
        one.name,
        "" if connections is None else number(connections),
        number(most) if most else "",
        "" if read is None else number(read * 1000),
        "" if write is None else number(write * 1000),
    )


def _link(tour: Tour, one: Resource) -> str:
    return links.database(tour.aws.region, one.name)
