"""What an alarm is about: dimensions, ARNs or an event's detail → a resource. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert, Metric
    from lambdas.settings import Hint


@dataclass(frozen=True, slots=True)
class EcsService:
    """One ECS service (dimensions ClusterName, ServiceName; or an ECS event's `group`)."""

    cluster: str
    name: str

    def __str__(self) -> str:
        return f"ecs:{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True)
class EcsCluster:
    """A whole ECS cluster (dimension ClusterName alone, or a container instance's event)."""

    name: str

    def __str__(self) -> str:
        return f"ecs:{self.name}"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """`name` is the dimension's form, `targetgroup/<name>/<id>`; `load_balancer` as in LoadBalancer, or empty."""

    name: str
    load_balancer: str = ""

    def __str__(self) -> str:
        return f"elb:{self.name}"


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """`name` is the dimension's form, `app/<name>/<id>` or `net/<name>/<id>`."""

    name: str

    def __str__(self) -> str:
        return f"elb:{self.name}"


@dataclass(frozen=True, slots=True)
class Database:
    """An RDS instance, or an Aurora cluster (`cluster` True)."""

    identifier: str
    cluster: bool = False

    def __str__(self) -> str:
        return f"rds:{self.identifier}"


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table, or one of its indexes."""

    name: str
    index: str = ""

    def __str__(self) -> str:
        return f"dynamodb:{self.name}" + (f"/{self.index}" if self.index else "")


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function."""

    name: str

    def __str__(self) -> str:
        return f"lambda:{self.name}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of Certificate Manager."""

    arn: str

    def __str__(self) -> str:
        return f"acm:{self.arn.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Nothing we have a playbook for; `text` is what the alert names."""

    text: str = ""

    def __str__(self) -> str:
        return self.text or "unrecognised"


_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[\w/:.-]*[\w]")
_SERVICE = re.compile(r"\becs service:? ([\w-]{1,255})/([\w-]{1,255})", re.IGNORECASE)

type Target = (
    EcsService | EcsCluster | TargetGroup | LoadBalancer | Database | Table | Function | Certificate | Unrecognised
)


def resolve(alert: Alert) -> Target:
    """Find what an alert is about.

    Metrics are asked in their order, the headline first. A composite alarm names only its children: their metrics, once
    known, go through `of_metrics`.
    """
    match alert.kind:
        case "alarm":
            found = of_metrics(alert.metrics) or of_text(alert.description)
            return found or Unrecognised(_described(alert))
        case "ecs":
            return _of_ecs_event(alert)
        case "rds":
            return _of_rds(alert.detail, alert.arn) or Unrecognised(alert.name)
        case "health":
            return next((t for t in map(of_arn, alert.resources) if t), None) or Unrecognised(alert.name)
        case _:
            return Unrecognised(alert.name)


def of_metrics(metrics: Iterable[Metric]) -> Target | None:
    """Find the resource that the first telling metric is about."""
    return next((t for metric in metrics if (t := _of_dimensions(metric.namespace, metric.dimensions))), None)


def _of_dimensions(namespace: str, dimensions: Mapping[str, str]) -> Target | None:
    get = dimensions.get
    cluster, service = get("ClusterName", ""), get("ServiceName", "")
    if cluster and service:
        return EcsService(cluster, service)  # in every namespace: custom metrics use the same names
    if cluster and namespace.startswith(("AWS/ECS", "ECS/")):
        return EcsCluster(cluster)
    if namespace in {"AWS/ApplicationELB", "AWS/NetworkELB", "AWS/GatewayELB"}:
        if group := get("TargetGroup"):
            return TargetGroup(group, get("LoadBalancer", ""))
        return LoadBalancer(get("LoadBalancer", "")) if get("LoadBalancer") else None
    own = not namespace.startswith("AWS/") and "DBInstanceIdentifier" in dimensions  # custom metrics use the same name
    if namespace == "AWS/RDS" or own:
        if instance := get("DBInstanceIdentifier"):
            return Database(instance)
        return Database(get("DBClusterIdentifier", ""), cluster=True) if get("DBClusterIdentifier") else None
    if namespace == "AWS/CertificateManager" and get("CertificateArn"):
        return Certificate(get("CertificateArn", ""))
    if namespace == "AWS/DynamoDB" and (table := get("TableName")):
        return Table(table, get("GlobalSecondaryIndexName", ""))
    if namespace in {"AWS/Lambda", "LambdaInsights"} and (function := get("FunctionName") or get("function_name")):
        return Function(function)
    return None


def of_arn(arn: str) -> Target | None:
    """Find the resource that an ARN names; None where it is of another kind."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return None
    service, resource = parts[2], parts[5]
    match service, re.split(r"[/:]", resource):
        case "ecs", ["service", cluster, name]:
            return EcsService(cluster, name)
        case "ecs", ["cluster", cluster] | ["container-instance" | "task", cluster, _]:
            return EcsCluster(cluster)
        case "rds", ["db", name]:
            return Database(name)
        case "rds", ["cluster", name]:
            return Database(name, cluster=True)
        case "elasticloadbalancing", ["loadbalancer", kind, name, key]:
            return LoadBalancer(f"{kind}/{name}/{key}")
        case "elasticloadbalancing", ["targetgroup", _, _]:
            return TargetGroup(resource)
        case "dynamodb", ["table", name, "index", index]:
            return Table(name, index)
        case "dynamodb", ["table", name, *_]:
            return Table(name)
        case "lambda", ["function", name, *_]:
            return Function(name)
        case _:
            return None


def of_text(text: str) -> Target | None:
    """Find what an alarm's description says that it is about: an ARN, or an ECS service with its cluster.

    For alarms whose metric is of something else, such as the queue that a service works off.
    """
    if found := next((t for arn in _ARN.findall(text) if (t := of_arn(arn))), None):
        return found
    said = _SERVICE.search(text)
    return EcsService(said[1], said[2]) if said else None


def _of_ecs_event(alert: Alert) -> Target:
    """Prefer the service: its ARN, or the task's `group` with the cluster; else the cluster."""
    service = next((t for t in map(of_arn, (alert.arn, *alert.resources)) if isinstance(t, EcsService)), None)
    if service:
        return service
    cluster = _text(alert.detail, "clusterArn").rpartition("/")[2]
    group = _text(alert.detail, "group")
    if cluster and group.startswith("service:"):
        return EcsService(cluster, group.removeprefix("service:"))
    old = next((a for a in (alert.arn, *alert.resources) if ":service/" in a), "")  # the older ARN lacks the cluster
    if cluster and old:
        return EcsService(cluster, old.rpartition("/")[2])
    return EcsCluster(cluster) if cluster else Unrecognised(alert.name)


def _of_rds(detail: Mapping[str, Any], arn: str) -> Target | None:
    if found := of_arn(arn):
        return found
    name = _text(detail, "SourceIdentifier")
    match _text(detail, "SourceType"):
        case "DB_INSTANCE" if name:
            return Database(name)
        case "CLUSTER" | "DB_CLUSTER" if name:
            return Database(name, cluster=True)
        case _:
            return None


def _described(alert: Alert) -> str:
    """Say what an alert names, where nothing of it is known."""
    for metric in alert.metrics:
        pairs = ", ".join(f"{name}={value}" for name, value in metric.dimensions.items())
        return f"{metric.namespace} {metric.name}" + (f" ({pairs})" if pairs else "")
    if alert.children:
        return "composite of " + ", ".join(child.name for child in alert.children)
    return alert.expression[:300] or alert.name


def service_name(alert: Alert, target: Target, hints: Iterable[Hint] = ()) -> str:
    """Name what is affected as people do: by a hint that claims it, else by the resource's own short name."""
    hints = tuple(hints)
    claimed = next((hint.service for hint in hints if _claims(hint, target)), "")
    if claimed:
        return claimed
    match target:
        case EcsService(name=name) | EcsCluster(name=name) | Function(name=name) | Table(name=name):
            return name
        case TargetGroup(name=name) | LoadBalancer(name=name):
            return _short(name)
        case Database(identifier=identifier):
            return identifier
        case Certificate(arn=arn):
            return arn.rpartition("/")[2]
        case Unrecognised():
            words = set(re.split(r"[^a-z0-9]+", alert.name.lower()))
            named = next((hint.service for hint in hints if hint.service.lower() in words), "")
            return named or alert.name


def _claims(hint: Hint, target: Target) -> bool:
    match target:
        case EcsService(cluster=cluster, name=name):
            return name == (hint.ecs_service or hint.service) and hint.cluster in {"", cluster}
        case TargetGroup(name=name):
            return _short(name) in {_short(group) for group in hint.target_groups}
        case LoadBalancer(name=name):
            return bool(hint.load_balancer) and _short(hint.load_balancer) == _short(name)
        case Database(identifier=identifier):
            return identifier in hint.databases
        case Table(name=name):
            return name in hint.tables
        case _:
            return False


def _short(name: str) -> str:
    """Reduce an ARN or a dimension (`app/<name>/<id>`, `targetgroup/<name>/<id>`) to its name."""
    parts = name.rpartition(":")[2].split("/")
    return parts[-2] if len(parts) > 2 else parts[-1]


def _text(detail: Mapping[str, Any], key: str) -> str:
    value = detail.get(key)
    return value if isinstance(value, str) else ""
