"""What there is in the account: each list read once for all parts, every page of it.

Parts run side by side; whoever asks first reads, the others wait for the answer, or for the error, which each of them
reports as its own gap. Items are AWS's own documents, but ECS services, which are `ServiceState`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.checks.ecs.services import ServiceState, short, state

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.aws import Aws

type Doc = dict[str, Any]

BATCH = 10  # services of one DescribeServices call
RECENT = "PT3H"  # ListMetrics: only what had data in the last three hours

ALARMS = (Allow("cloudwatch:DescribeAlarms"),)  # on everything: else composite alarms are left out (API Reference)
HISTORY = (Allow("cloudwatch:DescribeAlarmHistory", "arn:{partition}:cloudwatch:{region}:{account}:alarm:*"),)
SERVICES = (
    Allow("ecs:ListClusters"),
    Allow("ecs:ListServices"),
    Allow("ecs:DescribeServices", "arn:{partition}:ecs:{region}:{account}:service/*"),
)
DATABASES = (Allow("rds:DescribeDBInstances", "arn:{partition}:rds:{region}:{account}:db:*"),)
DB_CLUSTERS = (Allow("rds:DescribeDBClusters", "arn:{partition}:rds:{region}:{account}:cluster:*"),)
BALANCERS = (Allow("elasticloadbalancing:DescribeLoadBalancers"),)
TARGET_GROUPS = (Allow("elasticloadbalancing:DescribeTargetGroups"),)
TABLES = (Allow("dynamodb:ListTables"),)
TABLE = (Allow("dynamodb:DescribeTable", "arn:{partition}:dynamodb:{region}:{account}:table/*"),)
METRICS = (Allow("cloudwatch:ListMetrics"),)


@dataclass(slots=True)
class _Read:
    """One list: being read, read, or failed."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False
    value: Any = None
    error: Exception | None = None


class Inventory:
    """The account's alarms, services, databases, load balancers, tables and metrics."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._reads: dict[object, _Read] = {}

    def once[T](self, key: object, read: Callable[[], T]) -> T:
        """Read something once for all parts: for lists that are not here. An error is everybody's."""
        with self._lock:
            one = self._reads.setdefault(key, _Read())
        with one.lock:
            if not one.done:
                try:
                    one.value = read()
                except Exception as error:  # noqa: BLE001 — raised again below, for each who asks
                    one.error = error
                one.done = True
        if one.error is not None:
            raise one.error
        value: T = one.value
        return value

    def alarms(self) -> list[Doc]:
        """All metric alarms. Needs ALARMS."""
        return self._alarms()[0]

    def composites(self) -> list[Doc]:
        """All composite alarms. Needs ALARMS."""
        return self._alarms()[1]

    def _alarms(self) -> tuple[list[Doc], list[Doc]]:
        def read() -> tuple[list[Doc], list[Doc]]:
            metric: list[Doc] = []
            composite: list[Doc] = []
            pages: Any = self._aws.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"], PaginationConfig={"PageSize": 100}
            )
            for page in pages:
                metric += page.get("MetricAlarms") or ()
                composite += page.get("CompositeAlarms") or ()
            return metric, composite

        return self.once("alarms", read)

    def history(self, start: datetime, end: datetime) -> list[Doc]:
        """All alarms' changes of state in a time, oldest first. Needs HISTORY."""

        def read() -> list[Doc]:
            pages: Any = self._aws.cloudwatch.get_paginator("describe_alarm_history").paginate(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                HistoryItemType="StateUpdate",
                StartDate=start,
                EndDate=end,
                ScanBy="TimestampAscending",
                PaginationConfig={"PageSize": 100},
            )
            return [item for page in pages for item in page.get("AlarmHistoryItems") or ()]

        return self.once(("history", start, end), read)

    def services(self) -> list[ServiceState]:
        """All ECS services of all clusters. Needs SERVICES."""

        def read() -> list[ServiceState]:
            return [found for cluster in self.ecs_clusters() for found in self._services(cluster)]

        return self.once("services", read)

    def ecs_clusters(self) -> list[str]:
        """The names of all ECS clusters. Needs SERVICES."""

        def read() -> list[str]:
            pages = self._aws.ecs.get_paginator("list_clusters").paginate()
            return sorted(short(arn) for page in pages for arn in page.get("clusterArns") or ())

        return self.once("clusters", read)

    def _services(self, cluster: str) -> Iterator[ServiceState]:
        pages = self._aws.ecs.get_paginator("list_services").paginate(
            cluster=cluster, PaginationConfig={"PageSize": 100}
        )
        arns = sorted(arn for page in pages for arn in page.get("serviceArns") or ())
        for first in range(0, len(arns), BATCH):
            answer: Any = self._aws.ecs.describe_services(cluster=cluster, services=arns[first : first + BATCH])
            for raw in answer.get("services") or ():
                found = state(raw, cluster, self._aws.region)
                if found.status != "INACTIVE":
                    yield found

    def databases(self) -> list[Doc]:
        """All DB instances (DescribeDBInstances). Needs DATABASES."""

        def read() -> list[Doc]:
            pages: Any = self._aws.rds.get_paginator("describe_db_instances").paginate()
            return [one for page in pages for one in page.get("DBInstances") or ()]

        return self.once("databases", read)

    def db_clusters(self) -> list[Doc]:
        """All DB clusters (DescribeDBClusters). Needs DB_CLUSTERS."""

        def read() -> list[Doc]:
            pages: Any = self._aws.rds.get_paginator("describe_db_clusters").paginate()
            return [one for page in pages for one in page.get("DBClusters") or ()]

        return self.once("db clusters", read)

    def balancers(self) -> list[Doc]:
        """All load balancers (DescribeLoadBalancers), of every type. Needs BALANCERS."""

        def read() -> list[Doc]:
            pages: Any = self._aws.elbv2.get_paginator("describe_load_balancers").paginate()
            return [one for page in pages for one in page.get("LoadBalancers") or ()]

        return self.once("balancers", read)

    def target_groups(self) -> list[Doc]:
        """All target groups (DescribeTargetGroups). Needs TARGET_GROUPS."""

        def read() -> list[Doc]:
            pages: Any = self._aws.elbv2.get_paginator("describe_target_groups").paginate()
            return [one for page in pages for one in page.get("TargetGroups") or ()]

        return self.once("target groups", read)

    def tables(self) -> list[str]:
        """The names of all DynamoDB tables but our own. Needs TABLES."""

        def read() -> list[str]:
            pages = self._aws.dynamodb.get_paginator("list_tables").paginate()
            return [name for page in pages for name in page.get("TableNames") or ()]

        return self.once("tables", read)

    def table(self, name: str) -> Doc:
        """One table (DescribeTable): a call for each, so ask only for what is needed. Needs TABLE."""

        def read() -> Doc:
            answer: Any = self._aws.dynamodb.describe_table(TableName=name)
            found: Doc = answer.get("Table") or {}
            return found

        return self.once(("table", name), read)

    def metrics(self, namespace: str, name: str = "") -> list[Doc]:
        """The metrics of a namespace that had data in the last two weeks (ListMetrics). Needs METRICS."""

        def read() -> list[Doc]:
            asked: Any = {"Namespace": namespace} | ({"MetricName": name} if name else {})
            pages: Any = self._aws.cloudwatch.get_paginator("list_metrics").paginate(**asked)
            return [one for page in pages for one in page.get("Metrics") or ()]

        return self.once(("metrics", namespace, name), read)

    def named(self, name: str) -> list[Doc]:
        """The metrics of that name in every namespace (ListMetrics). Needs METRICS."""

        def read() -> list[Doc]:
            pages: Any = self._aws.cloudwatch.get_paginator("list_metrics").paginate(MetricName=name)
            return [one for page in pages for one in page.get("Metrics") or ()]

        return self.once(("named", name), read)


def dimension(arn: str) -> str:
    """A load balancer's or target group's ARN as CloudWatch's dimension: `app/public/50dc…`, `targetgroup/web/6d…`."""
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")
