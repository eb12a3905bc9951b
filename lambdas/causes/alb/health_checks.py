"""Health checks that are stricter than the targets' ordinary answers or start-up allow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, health_fact, level_fact, names, ruled_out, seconds
from lambdas.causes.alb.levels import level
from lambdas.causes.alb.scene import Ward, aside, wards
from lambdas.causes.alb.symptoms import errors
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import concerns, fact
from lambdas.causes.wording import at, count, number
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.ecs.tasks import RunningTask, StoppedTask
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

CLOSE = 0.75  # of the timeout: a usual 99th percentile beyond it fails checks now and then
FLAPS = 4  # crossings of zero by UnHealthyHostCount in the window
KILLED = re.compile(r"failed elb health checks", re.IGNORECASE)
STARTING = 90.0  # seconds that ECS takes between a failed check and the stop, and between start and registration


@cause(
    "alb.health_check_too_aggressive",
    title="The health check is stricter than the targets can meet",
    reads=("elbv2.targets", "elbv2.balancers", "elbv2.metrics", "ecs.services", "ecs.stopped_tasks"),
    effects=(
        "alb.targets_timeout",
        "alb.registration_flapping",
        "alb.no_healthy_targets",
        "alb.uneven_zones",
        "alb.target_resets",
        "ecs.elb_health_check_failed",
        "change.configuration",
    ),
    depth=2,
    runbook=RUNBOOK,
)
def health_check_too_aggressive(evidence: Evidence) -> Judgement:
    """Targets that serve requests as ever, but fail checks whose patience is within their ordinary response time."""
    found = wards(evidence)
    if not found:
        return blind(evidence, "elbv2.balancers", other="no target group was found")
    for ward in found:
        if judged := _start_up(evidence, ward):
            return aside(evidence, ward, judged)
    for ward in found:
        if judged := _patience(evidence, ward):
            return aside(evidence, ward, judged)
    seen = [w for w in found if w.asked or w.level(evidence, "tg.unhealthy")]
    if not seen:
        return blind(evidence, "elbv2.targets", "elbv2.metrics")
    return ruled_out(*(_settings(w) for w in seen), *(health_fact(w) for w in seen if w.asked))


def _patience(evidence: Evidence, ward: Ward) -> Judgement | None:
    """The check's timeout against what the targets' answers usually take."""
    timeout = ward.group.timeout
    failing = ward.failing("Target.Timeout")
    unhealthy = ward.level(evidence, "tg.unhealthy")
    flaps = ts.crossings(unhealthy.points, 0.5) if unhealthy else 0
    if not timeout or (ward.unhealthy and not failing) or not (failing or (flaps >= FLAPS and _now(evidence))):
        return None
    if ward.asked and not ward.healthy:
        return None  # nobody answers at all: that is no matter of patience
    tail = ward.level(evidence, "tg.latency_p99") or level(evidence, "alb.latency_p99")
    mean = ward.level(evidence, "tg.latency") or level(evidence, "alb.latency")
    changes = _tightened(evidence, ward)
    usual = max(tail.usual, tail.top) if tail else None
    if tail is None or usual is None or max(usual, tail.peak if changes else 0.0) < CLOSE * timeout:
        return None
    if mean and mean.peak >= timeout:
        return None
    if _failing_requests(evidence) or (not changes and tail.usual > 0 and tail.raised(1.5, 0.2)):
        return None
    facts = [
        level_fact(tail, f"99th percentile of the response time of {ward.name}: {seconds(tail.peak)}", " s"),
        _settings(ward),
        health_fact(ward),
    ]
    if unhealthy and flaps >= 2:
        facts.append(
            level_fact(unhealthy, f"UnHealthyHostCount of {ward.name} left and reached 0 {flaps} times in the window")
        )
    facts.extend(fact(evidence, c) for c in changes[:2])
    wider = max(10, round(2 * tail.peak))
    return Judgement(
        verdict="confirmed" if changes else "likely",
        summary=f"the health check of {ward.name} waits {timeout} s, its targets usually take up to"
        f" {seconds(max(usual, tail.peak))} (p99): {names(failing) or 'targets'} fail checks while requests succeed",
        evidence=tuple(facts),
        actions=(
            Action(
                text=f"Adjust health check parameters of {ward.name}: timeout {wider} s, interval {wider + 5} s,"
                f" {max(3, ward.group.unhealthy_after or 2)} failures",
                command=f"aws elbv2 modify-target-group --target-group-arn {ward.group.arn}"
                f" --health-check-timeout-seconds {wider} --health-check-interval-seconds {wider + 5}"
                f" --unhealthy-threshold-count {max(3, ward.group.unhealthy_after or 2)}",
                link=ward.group.link,
            ),
        ),
        since=changes[-1].at if changes else unhealthy.points[0][0] if unhealthy and flaps >= FLAPS else None,
        would_confirm="no failures with a longer timeout, the latency unchanged",
        score=0.7,
        missing=gaps(evidence, "elbv2.targets"),
    )


def _now(evidence: Evidence) -> bool:
    """Whether the alarm itself is about hosts: flapping alone is a reason only for that."""
    return any("HostCount" in m.name for m in evidence.alert.metrics)


def _failing_requests(evidence: Evidence) -> bool:
    """Whether requests fail too: then the checks are right."""
    found = (errors(evidence, role) for role in ("alb.elb_5xx", "alb.target_5xx"))
    return any(e is not None and e.standing and (e.share or 0) > 0.05 for e in found)


def _tightened(evidence: Evidence, ward: Ward) -> list[Change]:
    """Changes of the group's health check in the window before the alarm, oldest first."""
    fitting = [
        c
        for c in evidence.of(Change)
        if c.event == "ModifyTargetGroup"
        and not c.error
        and c.at
        and evidence.window.start <= c.at <= evidence.window.at
        and concerns(c, [ward.group.dimension, ward.name])
        and re.search(r"healthCheck(Timeout|Interval)|unhealthyThreshold", c.parameters, re.IGNORECASE)
    ]
    return sorted(fitting, key=lambda c: c.at or evidence.window.start)


def _start_up(evidence: Evidence, ward: Ward) -> Judgement | None:
    """Tasks that are stopped for failed checks soon after their start, while older ones of the same revision serve."""
    for service in ward.services:
        allowed = (service.grace_period or 0) + (ward.group.interval or 30) * (ward.group.unhealthy_after or 2)
        killed = [
            t
            for t in evidence.of(StoppedTask)
            if t.service == service.name
            and KILLED.search(t.reason)
            and t.lived is not None
            and t.at
            and t.at in evidence.window
        ]
        young = [t for t in killed if t.lived is not None and t.lived <= allowed + STARTING]
        same = {t.task_definition for t in young}
        old = [
            t
            for t in evidence.of(RunningTask)
            if t.service == service.name
            and t.task_definition in same
            and t.started_at
            and (evidence.window.end - t.started_at).total_seconds() > 3 * (allowed + STARTING)
        ]
        if len(young) < 2 or len(young) < len(killed) or not old or not ward.healthy:
            continue
        lived = max(t.lived or 0.0 for t in young)
        return Judgement(
            verdict="likely",
            summary=f"tasks of {service.name} are stopped within {number(lived)} s of their start, before they are up:"
            f" the grace period is {service.grace_period or 0} s",
            evidence=(
                Fact(
                    text=f"{count(len(young), 'task')} of {young[0].task_definition} stopped for failed ELB health"
                    f" checks within {number(lived)} s, the last at {at(young[0].at)}",
                    source="ecs:DescribeTasks",
                    at=young[0].at,
                    value=f"{number(lived)} s",
                    baseline=f"{allowed} s allowed (grace period, then {ward.group.unhealthy_after or 2} failures)",
                    link=young[0].link,
                ),
                Fact(
                    text=f"{count(len(old), 'older task')} of the same revision serve{'s' if len(old) == 1 else ''}",
                    source="ecs:DescribeTasks",
                    link=old[0].link,
                ),
                _settings(ward),
            ),
            actions=(
                Action(
                    text=f"Give {service.name} a longer health check grace period than its start-up takes",
                    command=f"aws ecs update-service --cluster {service.cluster} --service {service.name}"
                    f" --health-check-grace-period-seconds {max(120, 2 * allowed)}",
                    link=service.link,
                ),
            ),
            since=min((t.at for t in young if t.at), default=None),
            would_confirm="the application's own start-up time in its log",
            score=0.5,
        )
    return None


def _settings(ward: Ward) -> Fact:
    group = ward.group
    return Fact(
        text=f"{ward.name} checks {group.path or '/'} every {group.interval or '?'} s, waits {group.timeout or '?'} s,"
        f" gives up after {group.unhealthy_after or '?'} failures",
        source="elasticloadbalancing:DescribeTargetGroups",
        link=group.link,
    )
