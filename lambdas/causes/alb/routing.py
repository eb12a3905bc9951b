"""Rules that send traffic to a target group in which nothing is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, health_fact, level_fact, ruled_out
from lambdas.causes.alb.scene import Ward, aside, wards
from lambdas.causes.alb.symptoms import errors
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import concerns, fact
from lambdas.causes.wording import number, percent
from lambdas.checks.cloudtrail.changes import Change
from lambdas.targets import TargetGroup

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

ROUTING = frozenset(
    {"CreateRule", "ModifyRule", "SetRulePriorities", "ModifyListener", "CreateListener", "DeregisterTargets"}
)
OURS = ("5XX", "503")  # metric names of alarms that an empty group can ring


@cause(
    "alb.empty_target_group",
    title="A rule sends traffic to a target group without targets",
    reads=("elbv2.targets", "elbv2.listeners", "elbv2.balancers", "elbv2.metrics", "cloudtrail.changes"),
    effects=("alb.no_healthy_targets", "alb.uneven_zones", "change.configuration"),
    depth=1,
    runbook=RUNBOOK,
)
def empty_target_group(evidence: Evidence) -> Judgement:
    """No registered target, a rule with a weight, and 503: "the target groups have no registered targets" (ELB)."""
    found = wards(evidence)
    asked = [w for w in found if w.asked]
    if not asked:
        return blind(evidence, "elbv2.targets", "elbv2.balancers", other="no target group was found")
    if not evidence.looked("elbv2.listeners"):
        if any(not w.registered for w in asked):
            return blind(evidence, "elbv2.listeners")
        return ruled_out(*(health_fact(w) for w in asked))
    empty = [w for w in asked if not w.registered and any(r.used for r in w.routes)]
    if not empty:
        return ruled_out(*(health_fact(w) for w in asked))
    return aside(evidence, empty[0], _empty(evidence, empty[0]))


def _empty(evidence: Evidence, ward: Ward) -> Judgement:
    rejected = errors(evidence, "alb.elb_503") or errors(evidence, "alb.elb_5xx")
    route = next(r for r in ward.routes if r.used)
    facts = [health_fact(ward), Fact(text=f"{route.text} → {ward.name}", source=route.source, link=route.link)]
    shown = rejected is not None and rejected.standing
    if rejected and rejected.count:
        share = f", {percent(100 * rejected.share)} of the requests" if rejected.share is not None else ""
        facts.append(level_fact(rejected.level, f"{number(rejected.count)} × 503{share}", " a minute"))
    changes = [
        c
        for c in evidence.of(Change)
        if not c.error
        and c.at
        and c.at <= evidence.window.at
        and (c.event in ROUTING or c.event in ("UpdateService", "DeleteService"))
        and concerns(c, [ward.name, ward.group.dimension, *(s.name for s in ward.services)])
    ]
    changes.sort(key=lambda c: c.at or evidence.window.start, reverse=True)
    facts.extend(fact(evidence, c) for c in changes[:2])
    wanted = next((s for s in ward.services), None)
    if wanted:
        facts.append(
            Fact(
                text=f"its ECS service {wanted.name} runs {wanted.running} of {wanted.desired} tasks",
                source=wanted.source,
                link=wanted.link,
            )
        )
    named = isinstance(evidence.target, TargetGroup) and evidence.target.name == ward.group.dimension
    about = named or any(word in m.name for m in evidence.alert.metrics for word in OURS)
    since = rejected.level.since if rejected and shown else changes[0].at if changes else None
    return Judgement(
        verdict="confirmed" if shown or named else "likely" if about else "possible",
        summary=f"{route.text} sends traffic to {ward.name}, in which no target is registered",
        evidence=tuple(facts),
        actions=_actions(ward),
        since=since,
        would_confirm="" if shown else "503 answers of the balancer",
        score=0.8 if shown else 0.4,
        missing=gaps(evidence, "elbv2.metrics", "cloudtrail.changes"),
    )


def _actions(ward: Ward) -> tuple[Action, ...]:
    service = next((s for s in ward.services if not s.desired), None)
    if service:
        return (
            Action(
                text=f"Scale target capacity: start tasks of {service.name} again",
                command=f"aws ecs update-service --cluster {service.cluster} --service {service.name}"
                " --desired-count 1",
                link=service.link,
            ),
        )
    return (
        Action(
            text=f"Register targets in {ward.name}, or point the rule to a group that has some",
            command=f"aws elbv2 register-targets --target-group-arn {ward.group.arn} --targets Id=…",
            link=ward.group.link,
        ),
    )
