"""The cluster's capacity: its state, its container instances and what is free on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState, short

INSTANCES = 100  # of one DescribeContainerInstances call


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState(Finding):
    """An ECS cluster."""

    name: str
    status: str = "ACTIVE"
    instances: int = 0
    running: int = 0
    pending: int = 0
    capacity_providers: tuple[str, ...] = ()
    container_insights: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstance(Finding):
    """One EC2 instance of a cluster, with what is free on it. `at` is when it joined."""

    id: str
    cluster: str
    ec2: str
    status: str
    agent_connected: bool
    running: int
    cpu_free: int | None = None
    memory_free: int | None = None  # MiB
    cpu: int | None = None
    memory: int | None = None
    ports: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """As the instance reports it: x86_64 or arm64."""
        return self.attributes.get("ecs.cpu-architecture", "")


@check(
    "ecs.cluster",
    title="Cluster capacity and container instances",
    yields=(ClusterState, ContainerInstance),
    needs=(ServiceState,),
    allow=(
        Allow("ecs:DescribeClusters", "arn:{partition}:ecs:{region}:{account}:cluster/*"),
        Allow("ecs:ListContainerInstances", "arn:{partition}:ecs:{region}:{account}:cluster/*"),
        Allow("ecs:DescribeContainerInstances", "arn:{partition}:ecs:{region}:{account}:container-instance/*"),
    ),
    calls=6,
)
def cluster(look: Look) -> Iterator[Finding]:
    """Container instances are read only where the cluster has some: Fargate has none to look at."""
    for name in dict.fromkeys(s.cluster for s in look.found.of(ServiceState)):
        answer: Any = look.aws.ecs.describe_clusters(clusters=[name], include=["SETTINGS"])
        for raw in answer.get("clusters") or ():
            yield (state := _state(raw, name, look.aws.region))
            if state.instances:
                yield from _instances(look, name)


def _state(raw: dict[str, Any], name: str, region: str) -> ClusterState:
    settings = {s.get("name"): s.get("value") for s in raw.get("settings") or ()}
    return ClusterState(
        name=raw.get("clusterName") or name,
        status=raw.get("status", "ACTIVE"),
        instances=raw.get("registeredContainerInstancesCount") or 0,
        running=raw.get("runningTasksCount") or 0,
        pending=raw.get("pendingTasksCount") or 0,
        capacity_providers=tuple(raw.get("capacityProviders") or ()),
        container_insights=settings.get("containerInsights") in ("enabled", "enhanced"),
        source="ecs:DescribeClusters",
        link=links.cluster(region, name),
    )


def _instances(look: Look, name: str) -> Iterator[Finding]:
    arns = look.aws.ecs.list_container_instances(cluster=name, maxResults=INSTANCES).get("containerInstanceArns") or []
    if not arns:
        return
    answer: Any = look.aws.ecs.describe_container_instances(cluster=name, containerInstances=arns)
    for raw in answer.get("containerInstances") or ():
        free = {r.get("name"): r for r in raw.get("remainingResources") or ()}
        whole = {r.get("name"): r for r in raw.get("registeredResources") or ()}
        yield ContainerInstance(
            at=raw.get("registeredAt"),
            id=short(raw.get("containerInstanceArn", "")),
            cluster=name,
            ec2=raw.get("ec2InstanceId", ""),
            status=raw.get("status", ""),
            agent_connected=raw.get("agentConnected", True),
            running=raw.get("runningTasksCount") or 0,
            cpu_free=(free.get("CPU") or {}).get("integerValue"),
            memory_free=(free.get("MEMORY") or {}).get("integerValue"),
            cpu=(whole.get("CPU") or {}).get("integerValue"),
            memory=(whole.get("MEMORY") or {}).get("integerValue"),
            ports=tuple((free.get("PORTS") or {}).get("stringSetValue") or ()),
            attributes={a.get("name", ""): a.get("value", "") for a in raw.get("attributes") or ()},
            source="ecs:DescribeContainerInstances",
            link=links.cluster(look.aws.region, name),
        )
