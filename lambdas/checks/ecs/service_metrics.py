"""What the service's own metrics say, and those of the target groups it stands behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetGroupState
from lambdas.targets import TargetGroup

if TYPE_CHECKING:
    from lambdas.checks.base import Look

SERVICES = 3


def wants(look: Look) -> Iterator[Want]:
    """CPU and memory, tasks by Container Insights where it is on, requests, latency, errors and hosts."""
    groups = {g.arn: g for g in look.found.of(TargetGroupState)}
    for service in look.found.of(ServiceState)[:SERVICES]:
        yield from _of_service(service)
        for arn in service.target_groups:
            balancer = groups[arn].load_balancer if arn in groups else _from_target(look, arn)
            yield from _of_target_group(service, arn.rpartition(":")[2], balancer)


def _of_service(service: ServiceState) -> Iterator[Want]:
    dimensions = {"ClusterName": service.cluster, "ServiceName": service.name}
    for role, name, stat in (
        ("ecs.cpu", "CPUUtilization", "Average"),
        ("ecs.memory", "MemoryUtilization", "Average"),
    ):
        yield Want(role, "AWS/ECS", name, dimensions, stat, of=service.name)
    for role, name, stat in (
        ("ecs.cpu_max", "CPUUtilization", "Maximum"),
        ("ecs.cpu_min", "CPUUtilization", "Minimum"),
        ("ecs.memory_max", "MemoryUtilization", "Maximum"),
    ):
        yield Want(role, "AWS/ECS", name, dimensions, stat, of=service.name, baseline=False)
    yield Want("ecs.tasks", "ECS/ContainerInsights", "RunningTaskCount", dimensions, of=service.name)
    yield Want(
        "ecs.tasks_wanted", "ECS/ContainerInsights", "DesiredTaskCount", dimensions, of=service.name, baseline=False
    )


def _of_target_group(service: ServiceState, group: str, balancer: str) -> Iterator[Want]:
    alone = {"TargetGroup": group}
    yield Want("elb.requests_per_target", "AWS/ApplicationELB", "RequestCountPerTarget", alone, "Sum", of=service.name)
    if not balancer:
        return
    both = {"TargetGroup": group, "LoadBalancer": balancer}
    for role, name, stat, baseline in (
        ("elb.requests", "RequestCount", "Sum", True),
        ("elb.latency", "TargetResponseTime", "Average", True),
        ("elb.errors", "HTTPCode_Target_5XX_Count", "Sum", True),
        ("elb.unhealthy", "UnHealthyHostCount", "Maximum", False),
        ("elb.healthy", "HealthyHostCount", "Minimum", False),
    ):
        yield Want(role, "AWS/ApplicationELB", name, both, stat, of=service.name, baseline=baseline)


def _from_target(look: Look, arn: str) -> str:
    """The balancer's dimension from the alarm itself, where the target group could not be described."""
    if isinstance(look.target, TargetGroup) and look.target.name == arn.rpartition(":")[2]:
        return look.target.load_balancer
    return ""


metric_checks(
    "ecs.metrics",
    title="CPU, memory, tasks, traffic, response time and errors of the service",
    wants=wants,
    needs=(ServiceState,),
    uses=(TargetGroupState,),
)
