"""Many metrics at once: GetMetricData in batches of 500 series, side by side, every page of each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.errors import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from lambdas.aws import Aws
    from lambdas.diagnosis.timeseries import Point

ALLOW = (Allow("cloudwatch:GetMetricData"),)  # takes no resource (Service Authorization Reference, CloudWatch)
QUERIES = 500  # of one call
POINTS = 100_800  # of one answer
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """One metric series. `account`: another account's, through cross-account observability."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    stat: str = "Average"
    account: str = ""


def read(
    aws: Aws, asks: Sequence[Ask], start: datetime, end: datetime, period: int, *, region: str = ""
) -> list[tuple[Point, ...]]:
    """The points of each ask, oldest first; none where the metric has no data. `period` in seconds.

    A batch is as large as one answer can hold, so that most batches are one call.
    """
    whole, until = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    each = max(1, int((until - whole).total_seconds() // period))
    size = max(1, min(QUERIES, POINTS // each))
    batches = [(first, asks[first : first + size]) for first in range(0, len(asks), size)]
    points: list[dict[datetime, float]] = [{} for _ in asks]

    def fetch(batch: tuple[int, Sequence[Ask]]) -> None:
        first, wanted = batch
        queries = [_query(f"q{first + number}", ask, period) for number, ask in enumerate(wanted)]
        for result in data(aws, queries, whole, until, region=region):
            index = int(str(result.get("Id", ""))[1:] or -1)
            if 0 <= index < len(points):
                points[index].update(zip(result.get("Timestamps") or (), result.get("Values") or (), strict=False))

    if len(batches) == 1:
        fetch(batches[0])
    elif batches:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(fetch, batches))
    return [tuple(sorted(series.items())) for series in points]


def data(
    aws: Aws, queries: list[dict[str, Any]], start: datetime, end: datetime, *, region: str = ""
) -> list[dict[str, Any]]:
    """All pages of one GetMetricData call, for queries that are not plain metrics too."""
    client = aws.cloudwatch_in(region)
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer: Any = client.get_metric_data(
            MetricDataQueries=queries,  # type: ignore[arg-type] # checked by botocore
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampAscending",
            **token,  # type: ignore[arg-type] # absent on the first page
        )
        found += (_answered(result) for result in answer.get("MetricDataResults") or ())
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": answer["NextToken"]}


def _answered(result: dict[str, Any]) -> dict[str, Any]:
    """A series that CloudWatch did answer for: an inner error's lack of points is no lack of data.

    `Forbidden` is another account's series that this one may not see: it is told where such series are asked for.
    """
    if result.get("StatusCode") == "InternalError":
        raise NoAnswer(f"CloudWatch could not answer for {str(result.get('Label', 'a series'))[:80]}: InternalError")
    return result


def within(points: Sequence[Point], start: datetime, end: datetime) -> tuple[Point, ...]:
    """The points of [start, end)."""
    return tuple(point for point in points if start <= point[0] < end)


def shifted(points: Sequence[Point], by: timedelta) -> tuple[Point, ...]:
    """The same points at another time: last week's, laid over this week's."""
    return tuple((at + by, value) for at, value in points)


def _query(id_: str, ask: Ask, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(ask.dimensions.items())]
    metric = {"Namespace": ask.namespace, "MetricName": ask.name, "Dimensions": dimensions}
    query: dict[str, Any] = {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": ask.stat}}
    return query | ({"AccountId": ask.account} if ask.account else {})
