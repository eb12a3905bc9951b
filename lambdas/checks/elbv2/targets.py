"""Health of the targets of each group behind the balancer, with AWS's reason codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.balancers import ASKED, Group
from lambdas.checks.elbv2.target_groups import TargetHealth


@check(
    "elbv2.targets",
    title="Load balancer health check status: each target's state, reason and zone",
    yields=(TargetHealth,),
    needs=(Group,),
    allow=(Allow("elasticloadbalancing:DescribeTargetHealth"),),
    calls=3,
)
def targets(look: Look) -> Iterator[Finding]:
    """One call for each of the first groups. A group that yields nothing here has no registered targets."""
    for group in look.found.of(Group)[:ASKED]:
        answer: Any = look.aws.elbv2.describe_target_health(TargetGroupArn=group.arn)
        for raw in answer.get("TargetHealthDescriptions") or ():
            target, health = raw.get("Target") or {}, raw.get("TargetHealth") or {}
            yield TargetHealth(
                group=group.name,
                group_arn=group.arn,
                target=target.get("Id", ""),
                port=target.get("Port"),
                zone=target.get("AvailabilityZone", ""),
                state=health.get("State", ""),
                reason=health.get("Reason", ""),
                description=health.get("Description", ""),
                source="elasticloadbalancing:DescribeTargetHealth",
                link=group.link,
            )
