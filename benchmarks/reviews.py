"""A large account through the morning health check: how many calls, and how they grow.

    python -m benchmarks.reviews [SIZE…]      # default: 25 50 100 (per cent of 300 services, 50 databases, …)

AWS is a stub that answers in AWS's page sizes and in no time; the rates of `lambdas.reviews.pace` are kept by a virtual
clock, so that what is printed as seconds is what the account's quotas alone would take.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.reviews.base import Tour, parts_of
from lambdas.reviews.inventory import Inventory
from lambdas.reviews.pace import RATES, Pace
from lambdas.reviews.runner import run
from lambdas.reviews.slots import slot_of
from lambdas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lambdas.reviews.model import Kind, Section

NOW = datetime(2026, 11, 24, 9, 0, 20, tzinfo=UTC)
ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the account is."""

    services: int = 300
    databases: int = 50
    alarms: int = 2000
    tables: int = 500
    balancers: int = 40

    def part(self, share: float) -> Size:
        """The same account, smaller."""
        values = (self.services, self.databases, self.alarms, self.tables, self.balancers)
        return Size(*(max(1, round(value * share)) for value in values))


@dataclass
class Measured:
    """What one run took."""

    sections: list[Section]
    calls: Counter[str]
    seconds: float  # that the rates alone would take, if every operation had to wait for itself


def measure(kind: Kind, size: Size) -> Measured:
    """Run one review over the stub."""
    calls: Counter[str] = Counter()
    aws: Any = Account(size, calls)
    settings = Settings(
        customer="acme",
        environment="large",
        account=ACCOUNT,
        region="eu-west-1",
        slack_channel="#alerts",
        table="incidents",
        slack_secret="s",  # noqa: S106 — a name
        dashboard="ops",
    )
    slot = slot_of(kind, NOW, "UTC")
    tour = Tour(aws=aws, settings=settings, slot=slot, now=NOW, inventory=Inventory(aws))
    sections, complete = run(tour, parts_of(kind), deadline=600)
    assert complete
    seconds = max((count / RATES[name] for name, count in calls.items() if name in RATES), default=0.0)
    return Measured(sections, calls, seconds)


class Account:
    """Answers as AWS does, page by page, for an account of a given size."""

    region = "eu-west-1"

    def __init__(self, size: Size, calls: Counter[str]) -> None:
        self.size, self.calls, self.pace = size, calls, Pace({})

    def __getattr__(self, service: str) -> Any:
        return Client(self, service)

    def cloudwatch_in(self, region: str) -> Any:
        """One region is as the other."""
        del region
        return Client(self, "cloudwatch")


class Client:
    """One service."""

    def __init__(self, account: Account, service: str) -> None:
        self._account, self._service = account, service

    def get_paginator(self, operation: str) -> Any:
        """Pages of AWS's own size."""
        return Pages(self, operation)

    def __getattr__(self, operation: str) -> Any:
        def call(**params: Any) -> Any:
            return next(iter(self.pages(operation, params)))

        return call

    def pages(self, operation: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Count each page as the call that it is."""
        name = "".join(word.capitalize() for word in operation.split("_")).replace("Db", "DB")
        key, size, items = answer(self._account.size, self._service, operation, params)
        if size == 0:
            self._account.calls[f"{self._service}:{name}"] += 1
            yield items
            return
        for first in range(0, max(1, len(items)), size):
            self._account.calls[f"{self._service}:{name}"] += 1
            yield {key: items[first : first + size]}


class Pages:
    """A paginator."""

    def __init__(self, client: Client, operation: str) -> None:
        self._client, self._operation = client, operation

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        """All pages."""
        params.pop("PaginationConfig", None)
        return self._client.pages(self._operation, params)


def answer(size: Size, service: str, operation: str, params: dict[str, Any]) -> tuple[str, int, Any]:
    """(key of the list, items on a page, items); a page size of 0: the answer is whole."""
    match service, operation:
        case "cloudwatch", "describe_alarms":
            return "MetricAlarms", 100, [_alarm(n) for n in range(size.alarms)]
        case "cloudwatch", "describe_alarm_history":
            return "AlarmHistoryItems", 100, []
        case "cloudwatch", "list_dashboards":
            return "DashboardEntries", 1000, [{"DashboardName": "ops"}]
        case "cloudwatch", "get_dashboard":
            return "", 0, {"DashboardBody": _dashboard(size)}
        case "cloudwatch", "list_metrics":
            return "Metrics", 500, []
        case "cloudwatch", "get_metric_data":
            return "", 0, _data(params)
        case "ecs", "list_clusters":
            return "clusterArns", 100, [_arn("ecs", "cluster/prod")]
        case "ecs", "list_services":
            return "serviceArns", 100, [_arn("ecs", f"service/prod/s{n}") for n in range(size.services)]
        case "ecs", "describe_services":
            return "", 0, {"services": [_service(arn) for arn in params["services"]]}
        case "rds", "describe_db_instances":
            return "DBInstances", 100, [_database(n) for n in range(size.databases)]
        case "rds", "describe_db_clusters":
            return "DBClusters", 100, []
        case "elbv2", "describe_load_balancers":
            return "LoadBalancers", 400, [_balancer(n) for n in range(size.balancers)]
        case "elbv2", "describe_target_groups":
            return "TargetGroups", 400, [_group(n, size) for n in range(size.services)]
        case "dynamodb", "list_tables":
            return "TableNames", 100, [f"t{n}" for n in range(size.tables)]
        case "logs", "describe_log_groups":
            return "logGroups", 50, [{"logGroupName": f"/ecs/s{n}", "storedBytes": n} for n in range(size.services)]
        case "logs", "start_query":
            return "", 0, {"queryId": "q"}
        case "logs", "get_query_results":
            return "", 0, {"status": "Complete", "results": []}
        case "sns", "list_subscriptions_by_topic":
            return "Subscriptions", 100, [{"SubscriptionArn": _arn("sns", "alerts:1")}]
    raise NotImplementedError(f"{service}:{operation}")


def _data(params: dict[str, Any]) -> dict[str, Any]:
    """A calm series for each query. More than an answer holds would be pages: batches are made so that it is not."""
    period = max(query["MetricStat"]["Period"] for query in params["MetricDataQueries"])
    count = int((params["EndTime"] - params["StartTime"]).total_seconds() // period)
    assert len(params["MetricDataQueries"]) <= 500
    assert len(params["MetricDataQueries"]) * count <= 100_800
    times = [params["StartTime"] + timedelta(seconds=period * n) for n in range(count)]
    values = [1.0 + n % 3 * 0.01 for n in range(count)]
    return {
        "MetricDataResults": [
            {"Id": query["Id"], "Timestamps": times, "Values": values} for query in params["MetricDataQueries"]
        ]
    }


def _alarm(n: int) -> dict[str, Any]:
    at = [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": f"s{n % 300}"}]
    return {
        "AlarmName": f"a{n}",
        "AlarmArn": _arn("cloudwatch", f"alarm:a{n}"),
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization" if n % 2 else "MemoryUtilization",
        "Dimensions": at,
        "Statistic": "Average",
        "Period": 60,
        "Threshold": 85.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": "OK",
        "AlarmActions": [_arn("sns", "alerts")],
        "OKActions": [_arn("sns", "alerts")],
        "StateUpdatedTimestamp": NOW,
    }


def _service(arn: str) -> dict[str, Any]:
    name = arn.rpartition("/")[2]
    return {"serviceName": name, "clusterArn": _arn("ecs", "cluster/prod"), "desiredCount": 2, "runningCount": 2}


def _database(n: int) -> dict[str, Any]:
    groups = [{"DBParameterGroupName": "default.postgres16"}]
    return {
        "DBInstanceIdentifier": f"db{n}",
        "DBInstanceClass": "db.r6g.large",
        "Engine": "postgres",
        "DBInstanceStatus": "available",
        "DBParameterGroups": groups,
    }


def _balancer(n: int) -> dict[str, Any]:
    zones = [{"ZoneName": f"eu-west-1{zone}"} for zone in "abc"]
    return {
        "LoadBalancerName": f"lb{n}",
        "LoadBalancerArn": _arn("elasticloadbalancing", f"loadbalancer/app/lb{n}/{n:016x}"),
        "Type": "application",
        "AvailabilityZones": zones,
    }


def _group(n: int, size: Size) -> dict[str, Any]:
    return {
        "TargetGroupName": f"tg{n}",
        "TargetGroupArn": _arn("elasticloadbalancing", f"targetgroup/tg{n}/{n:016x}"),
        "LoadBalancerArns": [_balancer(n % size.balancers)["LoadBalancerArn"]],
    }


def _dashboard(size: Size) -> str:
    rows = ", ".join(
        f'["AWS/ECS", "CPUUtilization", "ClusterName", "prod", "ServiceName", "s{n}"]' for n in range(size.services)
    )
    return f'{{"widgets": [{{"type": "metric", "properties": {{"metrics": [{rows}]}}}}]}}'


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{resource}"


def show(kinds: Iterable[Kind], through: Callable[[Kind, Size], Measured]) -> None:
    """Print the calls of each kind and size, and what could not be looked at."""
    shares = [float(word) / 100 for word in sys.argv[1:]] or [0.25, 0.5, 1.0]
    for kind in kinds:
        print(f"\n{kind}")
        for share in shares:
            size = Size().part(share)
            done = through(kind, size)
            print(
                f"  {size.services} services, {size.databases} databases, {size.alarms} alarms, {size.tables} tables: "
                f"{done.calls.total()} calls, {done.seconds:.0f} s at the allowed rates"
            )
            for name, count in done.calls.most_common(8):
                print(f"    {count:5}  {name}")
            for section in done.sections:
                for gap in section.gaps:
                    print(f"    gap {section.id}: {gap}")


if __name__ == "__main__":
    show(("daily", "hourly"), measure)
