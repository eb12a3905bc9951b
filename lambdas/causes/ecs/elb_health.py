"""Tasks that the load balancer finds unhealthy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import Failure, failures
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import stated, who
from lambdas.causes.wording import count, number, some
from lambdas.checks.ec2.network import SecurityGroup
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetGroupState, TargetHealth
from lambdas.checks.logs.lines import ErrorLine, LastWord

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

ID = "ecs.elb_health_check_failed"
_REASON = re.compile(r"\(reason ([^)]+)\)")
_STARTED = re.compile(
    r"(?:started|ready|listening|startup)[^\n]{0,60}? (?:in|after|took) ([\d.]+) ?(ms|s\b|sec|seconds)", re.IGNORECASE
)


@cause(
    ID,
    title="Tasks fail the load balancer's health check",
    reads=("elbv2.target_health", "ecs.stopped_tasks", "ecs.services", "elbv2.target_groups"),
    depth=1,
    runbook=RUNBOOK,
    effects=("ecs.bad_deployment", "change.configuration"),
)
def elb_health_check_failed(evidence: Evidence) -> Judgement:
    """Task failed ELB health checks; the reason code; the grace period against the start-up time."""
    mine = [f for f in failures(evidence) if f.kind == ID]
    sick = [t for t in evidence.of(TargetHealth) if t.state == "unhealthy"]
    if not mine and sick:
        return Judgement(
            verdict="likely",
            summary=f"{count(len(sick), 'target')} of {sick[0].group} unhealthy: {_why(sick, mine)}",
            evidence=tuple(_health(sick)),
            score=0.4,
            actions=tuple(_actions(evidence, sick, mine)),
            would_confirm="a task that ECS stops for it",
        )
    return stated(
        evidence,
        ID,
        summary=(
            f"{who(evidence, mine)}: tasks fail the load balancer's"
            f" health check, {_why(sick, mine)}{_grace(evidence, mine)}"
        ),
        support=(*_health(sick), *_settings(evidence), *_start(evidence, mine), *_port(evidence), *_changed(evidence)),
        actions=_actions(evidence, sick, mine),
        against=[
            Fact(
                text=f"every target of {g.name} that should be is healthy",
                source="elasticloadbalancing:DescribeTargetHealth",
            )
            for g in evidence.of(TargetGroupState)[:1]
            if evidence.looked("elbv2.target_health")
        ],
    )


def _why(sick: list[TargetHealth], mine: list[Failure]) -> str:
    if sick:
        return some(f"{t.reason}{f' ({t.description})' if t.description else ''}" for t in sick)
    said = [m[1] for f in reversed(mine) if (m := _REASON.search(f.text))]
    return said[0] if said else "reason not given"


def _health(sick: list[TargetHealth]) -> Iterator[Fact]:
    for target in sick[:3]:
        text = f"{target.target}:{target.port or '?'} is unhealthy: {target.reason} {target.description}".strip()
        yield Fact(text=text, source=target.source, link=target.link)


def _settings(evidence: Evidence) -> Iterator[Fact]:
    for group in evidence.of(TargetGroupState):
        text = (
            f"{group.name} asks {group.protocol} {group.path or ''} every {group.interval} s, waits {group.timeout} s,"
            f" unhealthy after {group.unhealthy_after}, accepts {group.codes or 'any'}"
        )
        yield Fact(text=text, source=group.source, link=group.link)


def _lived(mine: list[Failure]) -> float | None:
    lived = sorted(f.lived for f in mine if f.lived is not None)
    return lived[len(lived) // 2] if lived else None


def _startup(evidence: Evidence) -> float | None:
    """Seconds that the application says it took to start; the longest it tells of."""
    lines = (*evidence.of(LastWord), *evidence.of(ErrorLine))
    said = [found for line in lines if (found := _STARTED.search(line.text))]
    return max((float(s[1]) / (1000 if s[2].lower() == "ms" else 1) for s in said), default=None)


def _start(evidence: Evidence, mine: list[Failure]) -> Iterator[Fact]:
    lived, took = _lived(mine), _startup(evidence)
    grace = next((s.grace_period for s in evidence.of(ServiceState) if s.grace_period is not None), None)
    if lived is not None:
        text = f"tasks were stopped {number(lived)} s after their start; the grace period is {grace or 0} s"
        yield Fact(text=text, source="ecs:DescribeTasks")
    if took is not None:
        yield Fact(text=f"the application says that it takes {number(took)} s to start", source="logs")


def _grace(evidence: Evidence, mine: list[Failure]) -> str:
    """Whether ECS stops tasks before they have had the time to start."""
    lived, took = _lived(mine), _startup(evidence)
    grace = next((s.grace_period for s in evidence.of(ServiceState) if s.grace_period is not None), 0) or 0
    if took is not None and grace < took:
        return f"; the grace period of {grace} s is shorter than the start-up of {number(took)} s"
    group = next(iter(evidence.of(TargetGroupState)), None)
    if lived is None or group is None or not group.interval or not group.unhealthy_after:
        return ""
    patience = grace + group.interval * (group.unhealthy_after + 2)
    return (
        f"; stopped {number(lived)} s after their start, with a grace period of {grace} s" if lived <= patience else ""
    )


def _port(evidence: Evidence) -> Iterator[Fact]:
    """A security group of the tasks that lets nothing in on their port."""
    for service in evidence.of(ServiceState):
        groups = [g for g in evidence.of(SecurityGroup) if g.id in service.security_groups]
        if service.port and groups and not any(r.covers(service.port) for g in groups for r in g.inbound):
            text = f"the tasks' security groups let nothing in on port {service.port}"
            yield Fact(text=text, source=groups[0].source, link=groups[0].link)


def _changed(evidence: Evidence) -> Iterator[Fact]:
    names = [g.name for g in evidence.of(TargetGroupState)]
    yield from changes_of(evidence, *names, *(g for s in evidence.of(ServiceState) for g in s.security_groups))


def _actions(evidence: Evidence, sick: list[TargetHealth], mine: list[Failure]) -> Iterator[Action]:
    group = next(iter(evidence.of(TargetGroupState)), None)
    where = f"{group.path or '/'} on {group.name}" if group else "the health check endpoint"
    yield Action(text=f"Review the health check endpoint: {where}", link=group.link if group else "")
    if _grace(evidence, mine):
        for service in evidence.of(ServiceState)[:1]:
            took = _startup(evidence)
            longer = int(max(2 * took if took else 0, 2 * (service.grace_period or 0), 120))
            yield Action(
                text=f"Raise the health check grace period of {service.name} to {longer} s",
                command=(
                    f"aws ecs update-service --cluster {service.cluster} --service {service.name}"
                    f" --health-check-grace-period-seconds {longer}"
                ),
                link=service.link,
            )
    if any("Timeout" in t.reason for t in sick):
        yield Action(text="Verify security group and network ACL configurations between load balancer and tasks")
    yield from roll_back(evidence)
