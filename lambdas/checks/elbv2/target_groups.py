"""Target groups: their settings, and the health of each target with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.state import TargetGroupState, TargetHealth

__all__ = ["TargetGroupState", "TargetHealth", "target_groups", "target_health"]

GROUPS = 6


@check(
    "elbv2.target_groups",
    title="Target group and health check settings",
    yields=(TargetGroupState,),
    needs=(ServiceState,),
    # Describe actions of Elastic Load Balancing take no resource (Service Authorization Reference).
    allow=(Allow("elasticloadbalancing:DescribeTargetGroups"),),
    calls=1,
)
def target_groups(look: Look) -> Iterator[Finding]:
    """The target groups of the services."""
    if not (arns := _arns(look)):
        return
    answer: Any = look.aws.elbv2.describe_target_groups(TargetGroupArns=arns)
    for raw in answer.get("TargetGroups") or ():
        arn = raw.get("TargetGroupArn", "")
        yield TargetGroupState(
            arn=arn,
            name=raw.get("TargetGroupName") or arn,
            load_balancer=next(iter(raw.get("LoadBalancerArns") or ()), "").partition(":loadbalancer/")[2],
            protocol=raw.get("Protocol", ""),
            port=raw.get("Port"),
            target_type=raw.get("TargetType", ""),
            path=raw.get("HealthCheckPath", ""),
            check_port=raw.get("HealthCheckPort", ""),
            interval=raw.get("HealthCheckIntervalSeconds"),
            timeout=raw.get("HealthCheckTimeoutSeconds"),
            healthy_after=raw.get("HealthyThresholdCount"),
            unhealthy_after=raw.get("UnhealthyThresholdCount"),
            codes=(raw.get("Matcher") or {}).get("HttpCode") or (raw.get("Matcher") or {}).get("GrpcCode", ""),
            source="elasticloadbalancing:DescribeTargetGroups",
            link=links.target_group(look.aws.region, arn),
        )


@check(
    "elbv2.target_health",
    title="Load balancer health check status of each target",
    yields=(TargetHealth,),
    needs=(ServiceState,),
    allow=(Allow("elasticloadbalancing:DescribeTargetHealth"),),
    calls=6,
)
def target_health(look: Look) -> Iterator[Finding]:
    """Every target of the services' target groups."""
    for arn in _arns(look):
        answer: Any = look.aws.elbv2.describe_target_health(TargetGroupArn=arn)
        for raw in answer.get("TargetHealthDescriptions") or ():
            target, health = raw.get("Target") or {}, raw.get("TargetHealth") or {}
            yield TargetHealth(
                group=arn.split("/")[1] if arn.count("/") >= 2 else arn,
                group_arn=arn,
                target=target.get("Id", ""),
                port=target.get("Port"),
                zone=target.get("AvailabilityZone", ""),
                state=health.get("State", ""),
                reason=health.get("Reason", ""),
                description=health.get("Description", ""),
                source="elasticloadbalancing:DescribeTargetHealth",
                link=links.target_group(look.aws.region, arn),
            )


def _arns(look: Look) -> list[str]:
    return list(dict.fromkeys(arn for s in look.found.of(ServiceState) for arn in s.target_groups))[:GROUPS]
