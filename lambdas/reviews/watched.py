"""What the runbook's tables watch, for each kind of resource: the metric, its trigger, its unit.

The same list tells which series a review reads, which alarms a resource ought to have, and what the alarm's code is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lambdas.reviews.inventory import dimension
from lambdas.reviews.series import Ask
from lambdas.triage.thresholds import BY_ID, Trigger

if TYPE_CHECKING:
    from lambdas.checks.ecs.services import ServiceState
    from lambdas.reviews.inventory import Doc, Inventory

type What = Literal["service", "database", "balancer", "group", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One metric of one kind of resource. `scale`: from the metric's own unit to the trigger's."""

    what: What
    role: str  # for people, e.g. "CPU"
    namespace: str
    name: str
    stat: str
    trigger: Trigger
    scale: float = 1.0
    instead: tuple[str, ...] = ()  # names of metrics whose alarm does as well

    @property
    def unit(self) -> str:
        """The trigger's unit."""
        return self.trigger.unit

    def limit(self, overrides: Mapping[str, float]) -> float:
        """The environment's limit, in the trigger's unit."""
        return self.trigger.limit_of(overrides)


def _watched(
    what: What, role: str, metric: tuple[str, str, str], trigger: str, scale: float = 1.0, *instead: str
) -> Watched:
    namespace, name, stat = metric
    return Watched(
        what=what,
        role=role,
        namespace=namespace,
        name=name,
        stat=stat,
        trigger=BY_ID[trigger],
        scale=scale,
        instead=instead,
    )


CPU = _watched(
    "service",
    "CPU",
    ("AWS/ECS", "CPUUtilization", "Average"),
    "ecs.cpu.critical",
    1.0,
    "CpuUtilized",
    "TaskCpuUtilization",
)
MEMORY = _watched(
    "service",
    "memory",
    ("AWS/ECS", "MemoryUtilization", "Average"),
    "ecs.memory.critical",
    1.0,
    "MemoryUtilized",
    "TaskMemoryUtilization",
)
CONNECTIONS = _watched(
    "database", "connections", ("AWS/RDS", "DatabaseConnections", "Average"), "db.connections.critical"
)
READ = _watched(
    "database",
    "read latency",
    ("AWS/RDS", "ReadLatency", "Average"),
    "db.rw_latency.performance",
    1000.0,
    "VolumeReadLatency",
)
WRITE = _watched(
    "database",
    "write latency",
    ("AWS/RDS", "WriteLatency", "Average"),
    "db.rw_latency.performance",
    1000.0,
    "CommitLatency",
)
ERRORS = _watched(
    "balancer",
    "5XX errors",
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum"),
    "app.5xx.critical",
    1.0,
    "HTTPCode_ELB_5XX_Count",
)
REFUSED = _watched(
    "balancer",
    "4XX errors",
    ("AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", "Sum"),
    "app.4xx.warning",
    1.0,
    "HTTPCode_ELB_4XX_Count",
)
RESPONSE = _watched(
    "balancer",
    "target response time",
    ("AWS/ApplicationELB", "TargetResponseTime", "Average"),
    "alb.target_response.performance",
    1000.0,
)
UNHEALTHY = _watched(
    "group",
    "unhealthy targets",
    ("AWS/ApplicationELB", "UnHealthyHostCount", "Maximum"),
    "service.health.critical",
    1.0,
    "HealthyHostCount",
)
THROTTLES = _watched(
    "table",
    "throttled requests",
    ("AWS/DynamoDB", "ThrottledRequests", "Sum"),
    "ddb.throttle.warning",
    1.0,
    "ReadThrottleEvents",
    "WriteThrottleEvents",
)

ALL = (CPU, MEMORY, CONNECTIONS, READ, WRITE, ERRORS, REFUSED, RESPONSE, UNHEALTHY, THROTTLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource as CloudWatch knows it. `arn` and `document` are AWS's, where there is one."""

    what: What
    name: str  # for people
    dimensions: Mapping[str, str]
    document: Mapping[str, object] | None = None

    def ask(self, watched: Watched, stat: str = "") -> Ask:
        """The series of a metric of this resource."""
        return Ask(watched.namespace, watched.name, self.dimensions, stat or watched.stat)


def services(found: Sequence[ServiceState]) -> Iterator[Resource]:
    """ECS services. One that is told to run nothing is not watched."""
    for one in found:
        if one.desired or one.running:
            yield Resource(
                what="service", name=one.name, dimensions={"ClusterName": one.cluster, "ServiceName": one.name}
            )


def databases(found: Sequence[Doc]) -> Iterator[Resource]:
    """DB instances that run."""
    for one in found:
        if one.get("DBInstanceStatus", "available") not in {"stopped", "stopping", "deleting", "creating"}:
            id_ = one["DBInstanceIdentifier"]
            yield Resource(what="database", name=id_, dimensions={"DBInstanceIdentifier": id_}, document=one)


def balancers(found: Sequence[Doc]) -> Iterator[Resource]:
    """Application load balancers."""
    for one in found:
        if one.get("Type", "application") == "application":
            at = {"LoadBalancer": dimension(one["LoadBalancerArn"])}
            yield Resource(what="balancer", name=one["LoadBalancerName"], dimensions=at, document=one)


def groups(found: Sequence[Doc]) -> Iterator[Resource]:
    """Target groups that an application load balancer sends to."""
    for one in found:
        arns = [arn for arn in one.get("LoadBalancerArns") or () if ":loadbalancer/app/" in arn]
        if arns:
            at = {"TargetGroup": dimension(one["TargetGroupArn"]), "LoadBalancer": dimension(arns[0])}
            yield Resource(what="group", name=one["TargetGroupName"], dimensions=at, document=one)


def tables(names: Sequence[str], own: str) -> Iterator[Resource]:
    """DynamoDB tables, but our own."""
    for name in names:
        if name != own:
            yield Resource(what="table", name=name, dimensions={"TableName": name})


def everything(inventory: Inventory, own: str) -> list[Resource]:
    """All resources that the runbook watches. Needs all the inventory's permissions."""
    return [
        *services(inventory.services()),
        *databases(inventory.databases()),
        *balancers(inventory.balancers()),
        *groups(inventory.target_groups()),
        *tables(inventory.tables(), own),
    ]
