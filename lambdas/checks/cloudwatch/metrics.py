"""Metrics for any check: say which series you want, get them for the incident and for the week before.

    def wants(look: Look) -> Iterator[Want]:
        for db in look.found.of(Instance):
            yield Want("db.cpu", "AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": db.id}, of=db.id)

    metric_checks("rds.metrics", title="Database metrics", wants=wants, needs=(Instance,))

registers two checks that run in parallel: `rds.metrics` (minute by minute over the window, yields `Series`) and
`rds.metrics_baseline` (the seven days before, yields `Past`). Causes read both through `lambdas.causes.measured`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Point

# Both actions take no resource (Service Authorization Reference, Amazon CloudWatch).
ALLOW = (Allow("cloudwatch:GetMetricData"),)
DAYS = 7
QUERIES = 500  # of one GetMetricData call
_WORD = re.compile(r"[A-Za-z]\w*")
PAGES = 4  # of one call: 100,800 datapoints each


@dataclass(frozen=True, slots=True)
class Want:
    """One series. `role` is what causes ask for; `of` tells several of the same role apart (a task, an instance)."""

    role: str  # e.g. "ecs.cpu"
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    stat: str = "Average"
    of: str = ""
    baseline: bool = True  # whether the week before is wanted too
    expression: str = ""  # metric math or SEARCH instead of a metric; the rest then only describes it
    parts: Mapping[str, Want] = field(default_factory=dict)  # what the expression names, by id
    period: int = 0  # seconds, where it must be this one, also in the past


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Finding):
    """A metric over the window, oldest point first. No points: the metric is absent, which is evidence of nothing."""

    role: str
    of: str = ""
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    stat: str
    period: int  # seconds
    label: str = ""
    points: tuple[Point, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past(Finding):
    """The same metric over the seven days before the window, in 5-minute points."""

    role: str
    of: str = ""
    period: int
    points: tuple[Point, ...] = field(default=(), repr=False)


type Wants = Callable[[Look], Iterable[Want]]


def recent(look: Look, wants: Iterable[Want], *, period: int = 60) -> Iterator[Series]:
    """Each wanted series over the window."""
    listed = list(wants)
    end = look.window.end + timedelta(seconds=period)
    fetched = _fetch(look, listed, look.window.start, end, period)
    for want, points in zip(listed, fetched, strict=True):
        yield Series(
            role=want.role,
            of=want.of,
            namespace=want.namespace,
            name=want.name,
            dimensions=tuple(sorted(want.dimensions.items())),
            stat=want.stat,
            period=want.period or period,
            points=points,
            source="cloudwatch:GetMetricData",
            link=links.metrics(look.aws.region, want.namespace),
        )


def past(look: Look, wants: Iterable[Want], *, period: int = 300, days: int = DAYS) -> Iterator[Past]:
    """Each wanted series over the days before the window."""
    listed = [want for want in wants if want.baseline]
    fetched = _fetch(look, listed, look.window.start - timedelta(days=days), look.window.start, period)
    for want, points in zip(listed, fetched, strict=True):
        yield Past(
            role=want.role, of=want.of, period=want.period or period, points=points, source="cloudwatch:GetMetricData"
        )


def metric_checks(
    id: str,  # noqa: A002 — as in `check`
    *,
    title: str,
    wants: Wants,
    needs: tuple[type[Finding], ...] = (),
    uses: tuple[type[Finding], ...] = (),
) -> None:
    """Register `<id>` and `<id>_baseline` for a set of series."""

    def now(look: Look) -> Iterator[Finding]:
        yield from recent(look, wants(look))

    def before(look: Look) -> Iterator[Finding]:
        yield from past(look, wants(look))

    check(id, title=title, yields=(Series,), needs=needs, uses=uses, allow=ALLOW, calls=2)(now)
    check(f"{id}_baseline", title=f"{title}: the week before", yields=(Past,), needs=needs, uses=uses, allow=ALLOW)(
        before
    )


def _fetch(look: Look, wants: list[Want], start: datetime, end: datetime, period: int) -> list[tuple[Point, ...]]:
    """The points of each want, oldest first."""
    points: list[dict[datetime, float]] = [{} for _ in wants]
    for first in range(0, len(wants), QUERIES):
        batch = wants[first : first + QUERIES]
        queries = [query for i, want in enumerate(batch) for query in _queries(f"q{first + i}", want, period)]
        for result in _results(look, queries, start, end):
            index = int(str(result.get("Id", "q-1"))[1:])
            if 0 <= index < len(points):
                points[index].update(zip(result.get("Timestamps") or (), result.get("Values") or (), strict=False))
    return [tuple(sorted(series.items())) for series in points]


def _results(look: Look, queries: list[dict[str, Any]], start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    for _ in range(PAGES):
        answer: Any = look.aws.cloudwatch.get_metric_data(
            MetricDataQueries=queries,  # type: ignore[arg-type] # built above, checked by botocore
            StartTime=_whole(start),
            EndTime=_whole(end),
            ScanBy="TimestampAscending",
            **token,  # type: ignore[arg-type] # absent on the first page
        )
        yield from answer.get("MetricDataResults") or ()
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _queries(id_: str, want: Want, period: int) -> Iterator[dict[str, Any]]:
    """A want's own query, and before it those of the metrics that its expression names, under names of its own."""
    period = want.period or period
    for name, part in want.parts.items():
        yield {**_query(f"{id_}_{name}", part, period), "ReturnData": False}
    if want.expression:
        named = _WORD.sub(lambda word: f"{id_}_{word[0]}" if word[0] in want.parts else word[0], want.expression)
        yield {"Id": id_, "Expression": named, "Period": period}
    else:
        yield _query(id_, want, period)


def _query(id_: str, want: Want, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(want.dimensions.items())]
    metric = {"Namespace": want.namespace, "MetricName": want.name, "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": want.stat}}


def _whole(moment: datetime) -> datetime:
    """GetMetricData answers fastest, and aligns points, on whole five minutes (its API reference)."""
    return moment.replace(second=0, microsecond=0)
