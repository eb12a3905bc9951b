"""Auto scaling that is not there, stands at its maximum, or fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, cause
from lambdas.causes.ecs.load import Load, absent_why, load_of, quiet
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.traffic_surge import surges
from lambdas.causes.wording import at, count, percent, quote
from lambdas.checks.application_autoscaling.scaling import ScalableTarget, ScalingActivity, ScalingPolicy
from lambdas.checks.ecs.services import ServiceState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

RUNBOOK = "Critical Alert Response: ECS High Utilization"
TARGETS, ACTIVITIES = "application_autoscaling.targets", "application_autoscaling.activities"
BEFORE = timedelta(hours=1)


def _service(evidence: Evidence) -> ServiceState | None:
    return evidence.first(ServiceState)


def _target(evidence: Evidence, service: ServiceState) -> ScalableTarget | None:
    return next((t for t in evidence.of(ScalableTarget) if t.service == service.name), None)


def _activities(evidence: Evidence, service: ServiceState) -> list[ScalingActivity]:
    start = evidence.window.at - BEFORE
    mine = [a for a in evidence.of(ScalingActivity) if a.service == service.name and a.at and a.at >= start]
    return sorted(mine, key=lambda a: a.at or start)


def _could_not(evidence: Evidence) -> Judgement | None:
    for check in (TARGETS, "ecs.services"):
        if gap := evidence.gap(check):
            return Judgement(verdict="could_not_check", missing=(f"{check}: {gap}",))
    if _service(evidence) is None:
        return Judgement(verdict="could_not_check", missing=("ecs.services: no service found",))
    return None


def _needed(load: Load | None) -> bool:
    """Whether more tasks would help: something is saturated, or the alarm is about what scaling is for."""
    return load is not None and (bool(load.saturated) or surges(load.traffic))


def _policies(evidence: Evidence, service: ServiceState) -> list[Fact]:
    facts = []
    for policy in evidence.of(ScalingPolicy):
        if policy.service == service.name:
            aim = f" at {policy.target:g}" if policy.target is not None else ""
            facts.append(Fact(text=f"policy {policy.name}: {policy.kind} {policy.metric}{aim}", source=policy.source))
    return facts


def _scale(service: ServiceState, to: int, text: str) -> Action:
    return Action(
        text=text,
        command=f"aws ecs update-service --cluster {service.cluster} --service {service.name} --desired-count {to}",
        link=service.link,
        fix=Fix(remedy="scale_out", resource=service.resource, to={"desired": to}),
    )


@cause(
    "ecs.autoscaling_off",
    title="Auto scaling is off",
    reads=(TARGETS, "ecs.services", "ecs.metrics"),
    depth=1,
    runbook=RUNBOOK,
    effects=("ecs.undersized", "ecs.elb_health_check_failed"),
)
def autoscaling_off(evidence: Evidence) -> Judgement:
    """The service is not registered, or has no policy that would act."""
    if could_not := _could_not(evidence):
        return could_not
    service, load = _service(evidence), load_of(evidence)
    assert service is not None
    target = _target(evidence, service)
    policies = _policies(evidence, service)
    if target and policies:
        text = f"{service.name} is registered for scaling between {target.lowest} and {target.highest} tasks"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=text, source=target.source, link=target.link), *policies)
        )
    what = "has no scaling policy" if target else "is not registered for auto scaling"
    facts = [
        Fact(text=f"{service.name} {what}", source="application-autoscaling:DescribeScalableTargets", link=service.link)
    ]
    facts += changes_of(evidence, f"service/{service.cluster}/{service.name}")
    if load is None:
        return Judgement(
            verdict="possible",
            summary=f"{service.name} {what}",
            evidence=tuple(facts),
            score=0.1,
            missing=(absent_why(evidence),),
            would_confirm="load that scaling would have met",
        )
    if not load.saturated:
        return Judgement(verdict="ruled_out", evidence=(quiet(load), *facts))
    level = load.cpu if load.saturated == "cpu" else load.memory
    assert level is not None
    facts.insert(0, level.fact("CPU" if load.saturated == "cpu" else "memory", " %"))
    summary = (
        f"{service.name} {what} and stands at {percent(level.now)}"
        f" {load.saturated} with {count(service.desired, 'task')}"
    )
    wanted = service.desired + max(1, service.desired // 2)
    action = _scale(
        service, wanted, f"Manually increase the desired task count of {service.name} to {wanted}, then register it"
    )
    if surges(load.traffic) and load.saturated == "cpu":
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=tuple(facts),
            actions=(action,),
            score=0.5,
            would_confirm="utilization falling with more tasks",
        )
    return Judgement(
        verdict="possible",
        summary=summary,
        evidence=tuple(facts),
        actions=(action,),
        score=0.3,
        would_confirm="load that scaling would have met",
    )


@cause(
    "ecs.autoscaling_at_max",
    title="Auto scaling stands at its maximum",
    depth=1,
    runbook=RUNBOOK,
    reads=(TARGETS, ACTIVITIES, "ecs.services", "ecs.metrics"),
    effects=(
        "ecs.undersized",
        "ecs.elb_health_check_failed",
        "change.configuration",
        "alb.targets_timeout",
        "alb.no_healthy_targets",
        "alb.target_timeouts",
        "alb.slow_targets",
    ),
)
def autoscaling_at_max(evidence: Evidence) -> Judgement:
    """As many tasks as the scalable target allows, and still saturated."""
    if could_not := _could_not(evidence):
        return could_not
    service, load = _service(evidence), load_of(evidence)
    assert service is not None
    target = _target(evidence, service)
    if target is None:
        text = f"{service.name} is not registered for auto scaling"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=TARGETS),))
    limits = Fact(
        text=f"{service.name} wants {count(service.desired, 'task')}, scaling allows {target.lowest} to"
        f" {target.highest}",
        source=target.source,
        value=str(service.desired),
        baseline=str(target.highest),
        link=target.link,
    )
    stuck = [a for a in _activities(evidence, service) if "AlreadyAtMaxCapacity" in a.not_scaled]
    if service.desired < target.highest and not stuck:
        return Judgement(verdict="ruled_out", evidence=(limits,))
    facts = [limits, *(_activity(a) for a in stuck[-2:]), *_policies(evidence, service)]
    facts += changes_of(evidence, f"service/{service.cluster}/{service.name}")
    if not _needed(load) and not stuck:
        return Judgement(verdict="ruled_out", evidence=(limits, *((quiet(load),) if load else ())))
    summary = f"{service.name} runs {service.desired} tasks, the most that its scaling allows, and needs more"
    if load and load.saturated and (level := load.cpu if load.saturated == "cpu" else load.memory):
        facts.insert(1, level.fact("CPU" if load.saturated == "cpu" else "memory", " %"))
        summary += f" ({load.saturated} {percent(level.now)})"
    more = target.highest + max(2, target.highest // 2)
    action = Action(
        text=f"Raise the maximum of {service.name} from {target.highest} to {more}",
        command=f"aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension"
        f" ecs:service:DesiredCount --resource-id service/{service.cluster}/{service.name} --max-capacity {more}",
        link=target.link,
        fix=Fix(remedy="raise_max_capacity", resource=service.resource, to={"max": more}),
    )
    since = stuck[0].at if stuck else None
    return Judgement(
        verdict="confirmed", summary=summary, evidence=tuple(facts), actions=(action,), since=since, score=0.6
    )


@cause(
    "ecs.autoscaling_failing",
    title="Auto scaling fails",
    depth=1,
    runbook=RUNBOOK,
    reads=(ACTIVITIES, TARGETS, "ecs.services", "ecs.metrics"),
    effects=("ecs.undersized", "ecs.elb_health_check_failed", "change.configuration"),
)
def autoscaling_failing(evidence: Evidence) -> Judgement:
    """Activities that failed, scaling out suspended, tasks that scaling wants and nothing places."""
    if could_not := _could_not(evidence):
        return could_not
    service, load = _service(evidence), load_of(evidence)
    assert service is not None
    target = _target(evidence, service)
    failed = [a for a in _activities(evidence, service) if a.status in ("Failed", "Unfulfilled") and not _full(a)]
    suspended = target is not None and "scale out" in target.suspended
    facts = [_activity(a) for a in failed[-3:]]
    facts += changes_of(evidence, f"service/{service.cluster}/{service.name}")
    if suspended and target:
        text = f"scaling out of {service.name} is suspended ({', '.join(target.suspended)})"
        facts.insert(0, Fact(text=text, source=target.source, link=target.link))
        action = Action(
            text=f"Resume scaling out of {service.name}",
            command=f"aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension"
            f" ecs:service:DesiredCount --resource-id service/{service.cluster}/{service.name}"
            " --suspended-state DynamicScalingOutSuspended=false",
            link=target.link,
            fix=Fix(remedy="resume_scaling", resource=service.resource),
        )
        if _needed(load):
            return Judgement(
                verdict="confirmed",
                summary=text + ", and it needs more tasks",
                evidence=tuple(facts),
                actions=(action,),
                score=0.7,
            )
        return Judgement(
            verdict="possible",
            summary=text,
            evidence=tuple(facts),
            score=0.2,
            would_confirm="load that scaling out would have met",
        )
    if failed:
        last = failed[-1]
        summary = f"scaling of {service.name} fails: {quote(last.message or last.description, 160)}"
        wanted = service.desired + max(1, service.desired // 2)
        actions = (_scale(service, wanted, f"Manually increase the desired task count of {service.name} to {wanted}"),)
        after = [
            a
            for a in _activities(evidence, service)
            if a.status == "Successful" and a.at and last.at and a.at > last.at
        ]
        if after:
            facts.append(Fact(text=f"scaling succeeded again at {at(after[-1].at)}", source=after[-1].source))
            return Judgement(
                verdict="possible",
                summary=summary,
                evidence=tuple(facts),
                score=0.2,
                since=failed[0].at,
                would_confirm="another failed activity",
            )
        return Judgement(
            verdict="confirmed", summary=summary, evidence=tuple(facts), actions=actions, score=0.6, since=failed[0].at
        )
    if gap := evidence.gap(ACTIVITIES):
        return Judgement(verdict="could_not_check", missing=(f"{ACTIVITIES}: {gap}",))
    if target is None:
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"{service.name} has no auto scaling", source=TARGETS),)
        )
    text = f"no scaling activity of {service.name} has failed since {at(evidence.window.at - BEFORE)}"
    return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=target.source),))


def _full(activity: ScalingActivity) -> bool:
    """Whether an activity only says that the maximum is reached, which is no failure of scaling."""
    return "AlreadyAtMaxCapacity" in activity.not_scaled or "maximum" in activity.message.lower()


def _activity(activity: ScalingActivity) -> Fact:
    why = activity.message or ", ".join(activity.not_scaled) or activity.cause
    text = f"{activity.status} at {at(activity.at)}: {quote(activity.description, 100)} {quote(why, 200)}"
    return Fact(text=text, source=activity.source, at=activity.at, link=activity.link)
