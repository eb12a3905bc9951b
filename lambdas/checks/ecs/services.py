"""The ECS services that an alert is about: counts, deployments, events, configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.balancers import Group
from lambdas.targets import EcsCluster, EcsService, LoadBalancer, TargetGroup

BATCH = 10  # services of one DescribeServices call
SERVICES = 40  # looked through at most, to find those behind a load balancer or in a cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One entry of a service's `deployments`."""

    id: str
    status: str  # PRIMARY | ACTIVE | INACTIVE
    task_definition: str  # "family:revision"
    desired: int
    running: int
    pending: int
    failed: int
    created_at: datetime | None
    updated_at: datetime | None
    rollout: str = ""  # COMPLETED | IN_PROGRESS | FAILED
    rollout_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """One line of a service's Events tab."""

    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState(Finding):
    """An ECS service as it is now."""

    cluster: str
    name: str
    arn: str = ""
    status: str = "ACTIVE"
    desired: int
    running: int
    pending: int
    task_definition: str  # "family:revision"
    launch_type: str = ""  # FARGATE | EC2 | EXTERNAL; empty with a capacity provider strategy
    capacity_providers: tuple[str, ...] = ()
    grace_period: int | None = None  # seconds
    circuit_breaker: bool = False
    rollback: bool = False
    minimum_healthy: int | None = None  # percent
    target_groups: tuple[str, ...] = ()  # ARNs
    port: int | None = None  # that the load balancer sends to
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    public_ip: bool = False
    placement: tuple[str, ...] = ()  # constraints and strategies in AWS's words
    scheduling: str = "REPLICA"
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = field(default=(), repr=False)  # newest first
    created_at: datetime | None = None

    @property
    def resource(self) -> str:
        """As Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.name}"

    @property
    def short(self) -> bool:
        """Whether fewer tasks run than are wanted."""
        return self.running < self.desired

    @property
    def primary(self) -> Deployment | None:
        """The newest deployment."""
        return next((d for d in self.deployments if d.status == "PRIMARY"), None)

    @property
    def settled(self) -> bool:
        """Whether it runs what is wanted and nothing is being rolled out."""
        rolling = any(d.rollout == "IN_PROGRESS" for d in self.deployments) or len(self.deployments) > 1
        return not self.short and not self.pending and not rolling

    @property
    def fargate(self) -> bool:
        """Whether AWS provides the instances."""
        return self.launch_type == "FARGATE" or any(c.startswith("FARGATE") for c in self.capacity_providers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMissing(Finding):
    """ECS has no such service, or it was deleted."""

    cluster: str
    name: str
    reason: str


@check(
    "ecs.services",
    title="ECS service: desired, pending and running tasks, deployments, events",
    yields=(ServiceState, ServiceMissing),
    uses=(Group,),
    allow=(
        Allow("ecs:DescribeServices", "arn:{partition}:ecs:{region}:{account}:service/*"),
        Allow("ecs:ListServices"),
        Allow("ecs:ListClusters"),
        Allow("elasticloadbalancing:DescribeTargetGroups"),
        Allow("elasticloadbalancing:DescribeLoadBalancers"),
    ),
    calls=12,
)
def services(look: Look) -> Iterator[Finding]:
    """For an ECS target the service itself; for a balancer's target the services registered with it."""
    match look.target:
        case EcsService(cluster, name):
            yield from _describe(look, cluster, [name])
        case EcsCluster(cluster):
            for found in _of_cluster(look, cluster):
                if isinstance(found, ServiceState):
                    yield found
        case TargetGroup() | LoadBalancer():
            yield from _behind(look, look.target)
        case _:
            return


def _behind(look: Look, target: TargetGroup | LoadBalancer) -> Iterator[Finding]:
    """Services by their `loadBalancers`. A hint of the environment saves the search through the clusters."""
    groups = _target_groups(look, target)
    hinted = {
        hint.cluster
        for hint in look.settings.workloads
        if hint.cluster and any(name in str(target) for name in (hint.load_balancer, *hint.target_groups) if name)
    }
    clusters = sorted(hinted) or [short(arn) for arn in look.aws.ecs.list_clusters().get("clusterArns", [])]
    for cluster in clusters[:4]:
        for found in _of_cluster(look, cluster):
            if isinstance(found, ServiceState) and any(_name(arn) in groups for arn in found.target_groups):
                yield found


def _target_groups(look: Look, target: TargetGroup | LoadBalancer) -> set[str]:
    """In the dimension's form, `targetgroup/<name>/<id>`."""
    if isinstance(target, TargetGroup):
        return {target.name}
    name = target.name.split("/")[1] if target.name.count("/") >= 2 else target.name
    if known := {_name(group.arn) for group in look.found.of(Group)}:
        return known
    balancers = look.aws.elbv2.describe_load_balancers(Names=[name]).get("LoadBalancers", [])
    arns = [b.get("LoadBalancerArn", "") for b in balancers]
    answers = [look.aws.elbv2.describe_target_groups(LoadBalancerArn=arn) for arn in arns if arn]
    return {_name(g.get("TargetGroupArn", "")) for answer in answers for g in answer.get("TargetGroups", [])}


def _of_cluster(look: Look, cluster: str) -> Iterator[Finding]:
    listed = look.aws.ecs.list_services(cluster=cluster, maxResults=SERVICES)
    arns = listed.get("serviceArns", [])
    for first in range(0, len(arns), BATCH):
        yield from _describe(look, cluster, arns[first : first + BATCH])


def _describe(look: Look, cluster: str, names: list[str]) -> Iterator[Finding]:
    answer: Any = look.aws.ecs.describe_services(cluster=cluster, services=names)
    for raw in answer.get("services") or ():
        yield state(raw, cluster, look.aws.region)
    for failure in answer.get("failures") or ():
        yield ServiceMissing(
            cluster=cluster,
            name=short(failure.get("arn", "")),
            reason=failure.get("reason", ""),
            source="ecs:DescribeServices",
        )


def state(raw: dict[str, Any], cluster: str, region: str) -> ServiceState:
    """Read one service of DescribeServices; every field but the name may be absent."""
    vpc = (raw.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    configuration = raw.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    balancers = raw.get("loadBalancers") or ()
    name = raw.get("serviceName") or short(raw.get("serviceArn", ""))
    cluster = short(raw.get("clusterArn", "")) or cluster
    return ServiceState(
        cluster=cluster,
        name=name,
        arn=raw.get("serviceArn", ""),
        status=raw.get("status", "ACTIVE"),
        desired=raw.get("desiredCount") or 0,
        running=raw.get("runningCount") or 0,
        pending=raw.get("pendingCount") or 0,
        task_definition=short(raw.get("taskDefinition", "")),
        launch_type=raw.get("launchType", ""),
        capacity_providers=tuple(c.get("capacityProvider", "") for c in raw.get("capacityProviderStrategy") or ()),
        grace_period=raw.get("healthCheckGracePeriodSeconds"),
        circuit_breaker=bool(breaker.get("enable")),
        rollback=bool(breaker.get("rollback")),
        minimum_healthy=configuration.get("minimumHealthyPercent"),
        target_groups=tuple(b["targetGroupArn"] for b in balancers if b.get("targetGroupArn")),
        port=next((b["containerPort"] for b in balancers if b.get("containerPort")), None),
        subnets=tuple(vpc.get("subnets") or ()),
        security_groups=tuple(vpc.get("securityGroups") or ()),
        public_ip=vpc.get("assignPublicIp") == "ENABLED",
        placement=tuple(
            f"{c.get('type', '')} {c.get('expression', '')}".strip() for c in raw.get("placementConstraints") or ()
        ),
        scheduling=raw.get("schedulingStrategy", "REPLICA"),
        deployments=tuple(_deployment(d) for d in raw.get("deployments") or ()),
        events=tuple(
            ServiceEvent(at=e["createdAt"], message=e.get("message", ""))
            for e in sorted(
                (e for e in raw.get("events") or () if e.get("createdAt")), key=lambda e: e["createdAt"], reverse=True
            )
        ),
        created_at=raw.get("createdAt"),
        source="ecs:DescribeServices",
        link=links.service(region, cluster, name),
    )


def _deployment(raw: dict[str, Any]) -> Deployment:
    return Deployment(
        id=raw.get("id", ""),
        status=raw.get("status", ""),
        task_definition=short(raw.get("taskDefinition", "")),
        desired=raw.get("desiredCount") or 0,
        running=raw.get("runningCount") or 0,
        pending=raw.get("pendingCount") or 0,
        failed=raw.get("failedTasks") or 0,
        created_at=raw.get("createdAt"),
        updated_at=raw.get("updatedAt"),
        rollout=raw.get("rolloutState", ""),
        rollout_reason=raw.get("rolloutStateReason", ""),
    )


def short(arn: str) -> str:
    """The last part of an ECS ARN: a name, a task id, or "family:revision"."""
    return arn.rpartition("/")[2]


def _name(arn: str) -> str:
    """An ELB ARN in the form of CloudWatch's dimension."""
    return arn.rpartition(":")[2]
