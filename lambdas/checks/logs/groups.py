"""The log groups that the task definition names: do they exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition

GROUPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup(Finding):
    """A log group that a container logs to."""

    name: str
    service: str
    exists: bool
    retention: int | None = None  # days


def named(look: Look) -> dict[str, str]:
    """Log group → service: of the task definitions, and of the environment's hints."""
    groups = {
        container.log_group: definition.service
        for definition in look.found.of(TaskDefinition)
        for container in definition.containers
        if container.log_group and container.log_options.get("awslogs-region", look.aws.region) == look.aws.region
    }
    services = {d.service for d in look.found.of(TaskDefinition)}
    for hint in look.settings.workloads:
        if hint.ecs_service in services:
            groups |= dict.fromkeys(hint.log_groups, hint.ecs_service)
    return dict(list(groups.items())[:GROUPS])


@check(
    "logs.groups",
    title="Log groups of the task definition",
    yields=(LogGroup,),
    needs=(TaskDefinition,),
    allow=(Allow("logs:DescribeLogGroups", "arn:{partition}:logs:{region}:{account}:log-group:*"),),
    calls=3,
)
def groups(look: Look) -> Iterator[Finding]:
    """A group that does not exist is a finding: tasks with the awslogs driver do not start without it."""
    for name, service in named(look).items():
        listed = look.aws.logs.describe_log_groups(logGroupNamePrefix=name).get("logGroups") or []
        group = next((g for g in listed if g.get("logGroupName") == name), None)
        yield LogGroup(
            name=name,
            service=service,
            exists=group is not None,
            retention=group.get("retentionInDays") if group else None,
            source="logs:DescribeLogGroups",
            link=links.log_group(look.aws.region, name),
        )
