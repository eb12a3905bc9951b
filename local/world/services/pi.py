"""Performance Insights: database load by dimension, counters."""

from datetime import datetime
from typing import Any

from pydantic import Field

from local.world.answer import Call
from local.world.arns import identifier
from local.world.errors import AwsError
from local.world.model import Part
from local.world.series import Metric, Series
from local.world.service import Item, Section, Service


class Load(Part):
    """Average active sessions of one combination of dimensions."""

    dimensions: dict[str, str]
    series: Series


class Database(Part):
    """What Performance Insights knows about one instance; `identifier` is its DbiResourceId."""

    identifier: str
    load: list[Load] = Field(default=[])
    counters: dict[str, Series] = Field(default={})
    retention_days: int = Field(default=7, ge=1)


service = Service("pi", {"": Section(part=Database)}, body_is_list=True)


def _database(call: Call) -> Database:
    databases: list[Database] = call.world.body.get("pi", {}).get("", [])
    for database in databases:
        if database.identifier == call.params["Identifier"]:
            return database
    raise AwsError("NotAuthorizedException", f"Performance Insights is not enabled for {call.params['Identifier']}")


def _window(call: Call) -> tuple[datetime, datetime, int]:
    start, end = call.params["StartTime"], call.params["EndTime"]
    if start >= end:
        raise AwsError("InvalidArgumentException", "StartTime must be before EndTime")
    period = call.params.get("PeriodInSeconds", 60)
    if period not in {1, 60, 300, 3600, 86400}:
        raise AwsError("InvalidArgumentException", "PeriodInSeconds must be 1, 60, 300, 3600 or 86400")
    return start, end, max(period, 60)


def _metric(database: Database, name: str, series: Series) -> Metric:
    return Metric("pi", name, frozenset({("identifier", database.identifier)}), "None", series)


def _average(metric: Metric, start: datetime, end: datetime, now: datetime) -> float:
    """Mean over the whole window: minutes without data count as none, as PI's load does."""
    minutes = max(1.0, (min(end, now) - start).total_seconds() / 60)
    return sum(value for _, value in metric.minutes("Average", start, min(end, now))) / minutes


def _members(group: str, asked: list[str] | None, load: Load) -> dict[str, str]:
    """A load's dimensions in a group: `db.sql_tokenized` takes every `db.sql_tokenized.*`."""
    found = {key: value for key, value in load.dimensions.items() if key.startswith(f"{group}.")}
    if group in {"db.sql", "db.sql_tokenized"} and f"{group}.statement" in found:
        found.setdefault(f"{group}.id", identifier(found[f"{group}.statement"], 40).upper())
    return {key: value for key, value in found.items() if not asked or key in asked}


def _fits(load: Load, wanted: dict[str, str]) -> bool:
    for key, value in wanted.items():
        group = key.rpartition(".")[0]
        if _members(group, None, load).get(key) != value:
            return False
    return True


def _grouped(
    call: Call, database: Database, group: dict[str, Any], wanted: dict[str, str]
) -> list[tuple[dict[str, str], list[Load]]]:
    found: dict[tuple[tuple[str, str], ...], list[Load]] = {}
    for load in database.load:
        key = _members(group["Group"], group.get("Dimensions"), load)
        if key and _fits(load, wanted):
            found.setdefault(tuple(sorted(key.items())), []).append(load)
    start, end, _ = _window(call)
    order = sorted(found.items(), key=lambda one: -_total(call, database, one[1], start, end))
    return [(dict(key), loads) for key, loads in order[: group.get("Limit", 10)]]


def _total(call: Call, database: Database, loads: list[Load], start: datetime, end: datetime) -> float:
    return sum(
        _average(_metric(database, str(sorted(x.dimensions.items())), x.series), start, end, call.now) for x in loads
    )


@service.answers("DescribeDimensionKeys")
def describe_dimension_keys(call: Call) -> Item:
    """The top values of a dimension group by average load, with partitions and a filter."""
    database, params = _database(call), call.params
    start, end, _ = _window(call)
    _load_metric(params["Metric"])
    rows = _grouped(call, database, params["GroupBy"], params.get("Filter", {}))
    answer: Item = {"AlignedStartTime": start, "AlignedEndTime": end}
    partitions: list[dict[str, str]] = []
    if partition := params.get("PartitionBy"):
        partitions = [key for key, _ in _grouped(call, database, partition, params.get("Filter", {}))]
        answer["PartitionKeys"] = [{"Dimensions": key} for key in partitions]
    answer["Keys"] = []
    for key, loads in rows:
        item: Item = {"Dimensions": key, "Total": _total(call, database, loads, start, end)}
        if partitions:
            item["Partitions"] = [
                _total(call, database, [load for load in loads if _fits(load, part)], start, end) for part in partitions
            ]
        answer["Keys"].append(item)
    return answer


def _load_metric(name: str) -> None:
    if name not in {"db.load.avg", "db.sampledload.avg"}:
        raise AwsError("InvalidArgumentException", f"Invalid metric {name}; valid: db.load.avg, db.sampledload.avg")


@service.answers("GetResourceMetrics")
def get_resource_metrics(call: Call) -> Item:
    """Load (whole, or by dimension group) and counters as datapoints."""
    database = _database(call)
    start, end, period = _window(call)
    found: list[Item] = []
    for query in call.params["MetricQueries"]:
        name, wanted = query["Metric"], query.get("Filter", {})
        if name in {"db.load.avg", "db.sampledload.avg"}:
            fitting = [load for load in database.load if _fits(load, wanted)]
            found.append({"Key": {"Metric": name}, "DataPoints": _points(call, database, fitting, period)})
            if group := query.get("GroupBy"):
                found.extend(
                    {"Key": {"Metric": name, "Dimensions": key}, "DataPoints": _points(call, database, loads, period)}
                    for key, loads in _grouped(call, database, group, wanted)
                )
        elif name in database.counters:
            points = _metric(database, name, database.counters[name]).points("Average", period, start, end, call.now)
            data = [{"Timestamp": at, "Value": value} for at, value in points]
            found.append({"Key": {"Metric": name}, "DataPoints": data})
        else:
            raise AwsError("InvalidArgumentException", f"Invalid metric {name}")
    return {"AlignedStartTime": start, "AlignedEndTime": end, "Identifier": database.identifier, "MetricList": found}


def _points(call: Call, database: Database, loads: list[Load], period: int) -> list[Item]:
    start, end, _ = _window(call)
    sums: dict[datetime, float] = {}
    for load in loads:
        metric = _metric(database, str(sorted(load.dimensions.items())), load.series)
        for at, value in metric.points("Average", period, start, end, call.now):
            sums[at] = sums.get(at, 0.0) + value
    return [{"Timestamp": at, "Value": sums[at]} for at in sorted(sums)]


@service.answers("GetDimensionKeyDetails")
def get_dimension_key_details(call: Call) -> Item:
    """The full statement behind a `db.sql.id` or `db.sql_tokenized.id`."""
    group, wanted = call.params["Group"], call.params["GroupIdentifier"]
    for load in _database(call).load:
        members = _members(group, None, load)
        if members.get(f"{group}.id") == wanted and f"{group}.statement" in members:
            detail = {"Dimension": f"{group}.statement", "Value": members[f"{group}.statement"], "Status": "AVAILABLE"}
            return {"Dimensions": [detail]}
    raise AwsError("InvalidArgumentException", f"No such {group}: {wanted}")


@service.answers("ListAvailableResourceMetrics")
def list_available_resource_metrics(call: Call) -> Item:
    """Load and the counters of an instance."""
    database = _database(call)
    names = ["db.load.avg", *database.counters]
    kept = [
        n for n in names if any(n.startswith("db.load" if t == "db" else f"{t}.") for t in call.params["MetricTypes"])
    ]
    page, more = call.page([{"Metric": n} for n in kept], size=25, limit="MaxResults", marker="NextToken")
    return {"Metrics": page, **more}
