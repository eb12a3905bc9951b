"""Targets that fail their health checks, told apart by the reason that the balancer itself gives."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, back_at, blind, gaps, healed, health_fact, level_fact, names, ruled_out
from lambdas.causes.alb.levels import fell_since
from lambdas.causes.alb.scene import Ward, aside, wards
from lambdas.causes.alb.waiting import deeper
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.wording import at, count, quote, some
from lambdas.checks.ecs.services import ServiceState

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence
    from lambdas.checks.elbv2.target_groups import TargetHealth

# What ECS writes into its events instead of the code ("Service event messages", Amazon ECS Developer Guide).
_SAID = {
    "Target.Timeout": re.compile(r"request timed out|connection timed out", re.IGNORECASE),
    "Target.ResponseCodeMismatch": re.compile(r"health checks failed with these codes", re.IGNORECASE),
}
STOPPED = ("Target.InvalidState", "Target.NotInUse")


@cause(
    "alb.no_healthy_targets",
    title="A target group has no healthy target",
    reads=("elbv2.targets", "elbv2.metrics", "elbv2.listeners"),
    effects=("alb.target_timeouts", "alb.target_resets", "alb.slow_targets", "alb.uneven_zones"),
    depth=0,
    runbook=RUNBOOK,
)
def no_healthy_targets(evidence: Evidence) -> Judgement:
    """No healthy target among those registered: by DescribeTargetHealth now, else by HealthyHostCount."""
    found = wards(evidence)
    asked = [w for w in found if w.asked]
    for ward in asked:
        failing = [t for t in ward.registered if t.state in ("unhealthy", "unused")]
        if failing and not ward.healthy:
            return aside(evidence, ward, _none_healthy(evidence, ward, failing))
    told = next((aside(evidence, w, j) for w in found if (j := _by_metric(evidence, w))), None)
    if told and (told.verdict != "confirmed" or len(asked) < len(found)):
        return told
    if not asked:
        return blind(evidence, "elbv2.targets", "elbv2.balancers", "elbv2.metrics", other="no target group was found")
    return ruled_out(*(health_fact(w) for w in asked))


def _none_healthy(evidence: Evidence, ward: Ward, failing: list[TargetHealth]) -> Judgement:
    hosts = ward.level(evidence, "tg.healthy")
    since = fell_since(hosts, 1) if hosts else None
    reasons = Counter(t.reason for t in failing if t.reason)
    why = ", ".join(f"{n} × {reason}" for reason, n in reasons.most_common(2))
    facts = [health_fact(ward)]
    if hosts:
        facts.append(level_fact(hosts, f"HealthyHostCount of {ward.name} fell to 0 at {at(since)}", value=hosts.now))
    stopped = [t for t in failing if t.reason in STOPPED or "stopped" in t.description.lower()]
    ids = [t.target for t in failing]
    facts.extend(changes_of(evidence, ward.name, *ids))
    if stopped and all(t.target.startswith("i-") for t in stopped):
        action = Action(
            text=f"Start {some(t.target for t in stopped)} again, or register other targets in {ward.name}",
            command=f"aws ec2 start-instances --instance-ids {' '.join(t.target for t in stopped[:10])}",
            link=ward.group.link,
        )
    else:
        action = Action(
            text=f"Check health check configuration and response codes of {ward.name}: {why or 'no reason given'}",
            command=f"aws elbv2 describe-target-health --target-group-arn {ward.group.arn}",
            link=ward.group.link,
        )
    return Judgement(
        verdict="confirmed",
        summary=f"{ward.name} has no healthy target: {count(len(failing), 'target')} out of service"
        f" ({why or 'no reason given'})",
        evidence=tuple(facts),
        actions=(action,),
        since=since or min((f.at for f in facts[1:] if f.at), default=None),
        score=0.7,
        missing=gaps(evidence, "elbv2.metrics"),
    )


def _by_metric(evidence: Evidence, ward: Ward) -> Judgement | None:
    """HealthyHostCount at 0 with UnHealthyHostCount above: for groups whose health could not be asked, or was over."""
    hosts, failing = ward.level(evidence, "tg.healthy"), ward.level(evidence, "tg.unhealthy")
    if hosts is None or failing is None or hosts.low >= 0.5 or failing.peak < 0.5:
        return None
    fact = level_fact(hosts, f"HealthyHostCount of {ward.name} was 0", value=hosts.low)
    summary = f"{ward.name} had no healthy target"
    if hosts.now >= 1:
        return healed(summary, (fact,), failing.since, hosts.points[-1][0])
    return Judgement(
        verdict="confirmed",
        summary=f"{ward.name} has no healthy target since {at(fell_since(hosts, 1))}",
        evidence=(fact, level_fact(failing, f"UnHealthyHostCount of {ward.name}")),
        actions=(Action(text=f"Review target group health of {ward.name} in the console", link=ward.group.link),),
        since=fell_since(hosts, 1),
        score=0.6,
        missing=gaps(evidence, "elbv2.targets"),
    )


@cause(
    "alb.targets_timeout",
    title="Targets do not answer their health checks in time",
    reads=("elbv2.targets", "elbv2.balancers", "elbv2.metrics", "ecs.services"),
    effects=(
        "alb.no_healthy_targets",
        "alb.target_timeouts",
        "alb.target_resets",
        "alb.slow_targets",
        "alb.registration_flapping",
        "alb.uneven_zones",
        "ecs.elb_health_check_failed",
    ),
    depth=1,
    runbook=RUNBOOK,
)
def targets_timeout(evidence: Evidence) -> Judgement:
    """Reason code Target.Timeout, or ECS's words for it where target health cannot be read."""
    told = _by_reason(evidence, "Target.Timeout")
    if not isinstance(told, tuple):
        return told
    ward, failing, facts, since = told
    limit = f" within {ward.group.timeout} s" if ward.group.timeout else ""
    path = f"{ward.group.check_protocol or 'HTTP'} {ward.group.path or '/'}"
    judged = Judgement(
        verdict="confirmed" if _matters(evidence, ward, failing) else "likely",
        summary=f"{len(failing)} of {count(len(ward.registered), 'target')} of {ward.name} "
        f"{'does' if len(failing) == 1 else 'do'} not answer {path}{limit}: {names(failing)}",
        evidence=tuple(facts),
        actions=(
            Action(
                text=f"Find what keeps {names(failing)} from answering {ward.group.path or '/'}: threads, CPU, a"
                " dependency that the health endpoint waits for; replace the targets if they hang",
                command=f"aws elbv2 describe-target-health --target-group-arn {ward.group.arn}",
                link=ward.group.link,
            ),
            Action(text=f"Review and optimize the application health check endpoint {ward.group.path or '/'}"),
        ),
        since=since,
        would_confirm="more targets with the same reason code",
        score=0.6,
        missing=gaps(evidence, "elbv2.metrics"),
    )
    return aside(evidence, ward, judged)


@cause(
    "alb.targets_wrong_code",
    title="Targets answer their health checks with the wrong code",
    reads=("elbv2.targets", "elbv2.balancers", "elbv2.metrics", "ecs.services", "cloudtrail.changes"),
    effects=(
        "alb.no_healthy_targets",
        "alb.registration_flapping",
        "alb.uneven_zones",
        "alb.target_resets",
        "ecs.elb_health_check_failed",
    ),
    depth=1,
    runbook=RUNBOOK,
)
def targets_wrong_code(evidence: Evidence) -> Judgement:
    """Reason code Target.ResponseCodeMismatch, with the code that the targets gave."""
    found = _by_reason(evidence, "Target.ResponseCodeMismatch")
    if not isinstance(found, tuple):
        return found
    ward, failing, facts, since = found
    told = " ".join(t.description for t in failing) or " ".join(f.text for f in facts)
    codes = some(dict.fromkeys(re.findall(r"\b[1-5]\d\d\b", told.partition("these codes")[2] or told)))
    path, wanted = ward.group.path or "/", ward.group.codes or "200"
    facts.append(
        Fact(
            text=f"{ward.name} checks {path} and accepts {wanted}",
            source="elasticloadbalancing:DescribeTargetGroups",
            link=ward.group.link,
        )
    )
    broken = codes.startswith("5")
    advice = (
        f"The health endpoint {path} itself fails with {codes}: read the targets' logs for its error"
        if broken
        else f"Point the health check of {ward.name} to a path that answers {wanted}, or accept {codes or 'its code'}"
    )
    command = (
        "" if broken else f"aws elbv2 modify-target-group --target-group-arn {ward.group.arn} --health-check-path …"
    )
    judged = Judgement(
        verdict="confirmed" if _matters(evidence, ward, failing) and not (broken and deeper(evidence)) else "likely",
        summary=f"{len(failing)} of {count(len(ward.registered), 'target')} of {ward.name} "
        f"answer{'s' if len(failing) == 1 else ''} {path} with {codes or 'another code'}, {wanted} is expected",
        evidence=tuple(facts),
        actions=(Action(text=advice, command=command, link=ward.group.link),),
        since=since,
        would_confirm="more targets with the same reason code",
        score=0.65,
        missing=gaps(evidence, "elbv2.metrics"),
    )
    return aside(evidence, ward, judged)


def _by_reason(
    evidence: Evidence, reason: str
) -> Judgement | tuple[Ward, list[TargetHealth], list[Fact], datetime | None]:
    """The group whose targets fail for a reason; or the judgement where none does."""
    found = wards(evidence)
    asked = [w for w in found if w.asked]
    fitting = [(w, w.failing(reason)) for w in asked if w.failing(reason)]
    said = _said(evidence, reason)
    if fitting:
        ward, failing = max(fitting, key=lambda pair: (pair[0].named, len(pair[1]) / max(1, len(pair[0].registered))))
        facts = [health_fact(ward)]
        level = ward.level(evidence, "tg.unhealthy")
        if level:
            facts.append(level_fact(level, f"UnHealthyHostCount of {ward.name}", value=level.now))
        facts.extend(said[:1])
        facts.extend(changes_of(evidence, ward.name))
        return ward, failing, facts, level.since if level else min((f.at for f in said if f.at), default=None)
    if said and len(asked) < len(found or [0]):
        return Judgement(
            verdict="likely",
            summary=f"ECS reports {reason} for targets of {some(_services(evidence))}",
            evidence=tuple(said[:3]),
            since=min((f.at for f in said if f.at), default=None),
            would_confirm="the targets' health reason codes",
            missing=gaps(evidence, "elbv2.targets", "elbv2.balancers"),
            score=0.4,
        )
    if not asked:
        return blind(evidence, "elbv2.targets", "elbv2.balancers", other="no target group was found")
    for ward in asked:
        if said and (moment := back_at(ward, evidence)):
            return healed(f"targets of {ward.name} failed with {reason}", (*said[:2], health_fact(ward)), None, moment)
    return ruled_out(*(health_fact(w) for w in asked))


def _said(evidence: Evidence, reason: str) -> list[Fact]:
    """ECS's service events in the window with the words for a reason, newest first."""
    pattern = _SAID[reason]
    return [
        Fact(text=f"ECS: {quote(event.message)}", source=service.source, at=event.at, link=service.link)
        for service in evidence.of(ServiceState)
        for event in service.events
        if event.at in evidence.window and "unhealthy" in event.message and pattern.search(event.message)
    ]


def _services(evidence: Evidence) -> list[str]:
    return [s.name for s in evidence.of(ServiceState)]


def _matters(evidence: Evidence, ward: Ward, failing: list[TargetHealth]) -> bool:
    """Whether so many fail that it explains the alarm, or the alarm is about them."""
    about_hosts = any("HostCount" in m.name for m in evidence.alert.metrics)
    return about_hosts or 3 * len(failing) >= len(ward.registered)
