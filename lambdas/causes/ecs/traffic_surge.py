"""More requests than usual, and each costs what it always did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, cause
from lambdas.causes.ecs.load import Level, Load, absent_why, load_of
from lambdas.causes.wording import number, times
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

MORE = 1.4  # requests over their baseline
FLAT = (0.55, 1.4)  # work per request over its baseline


@cause(
    "ecs.traffic_surge",
    title="More traffic than usual",
    reads=("ecs.metrics", "ecs.metrics_baseline"),
    depth=1,
    runbook="Critical Alert Response: ECS High Utilization",
    effects=(
        "ecs.elb_health_check_failed",
        "ecs.undersized",
        "alb.traffic_surge",
        "alb.slow_targets",
        "alb.targets_timeout",
        "alb.no_healthy_targets",
        "alb.target_timeouts",
    ),
)
def traffic_surge(evidence: Evidence) -> Judgement:
    """Requests well over the same hours of other days, CPU per request flat."""
    load = load_of(evidence)
    if load is None:
        return Judgement(verdict="could_not_check", missing=(f"ecs.metrics: {absent_why(evidence)}",))
    traffic = load.traffic
    if traffic is None or traffic.ratio is None:
        return Judgement(verdict="could_not_check", missing=("RequestCount: the service has no request metrics",))
    facts = [traffic.fact("requests a minute")]
    if not surges(traffic):
        return Judgement(verdict="ruled_out", evidence=tuple(facts))
    per = load.per_request
    since = ts.onset(ts.bucket(traffic.metric.points, 300), (traffic.reference or 0.0) * 1.25)
    since = since if since and since <= evidence.window.at else None
    facts += [level.fact(name, " %") for name, level in (("CPU", load.cpu), ("memory", load.memory)) if level]
    name = load.service.name
    summary = f"{name} gets {times(traffic.ratio)} its usual requests ({number(traffic.now)} a minute)"
    action = _more_tasks(load)
    if per is not None and per.ratio is not None:
        facts.append(per.fact("CPU work per 1,000 requests a minute"))
        if per.ratio > FLAT[1] and load.saturated:
            return Judgement(
                verdict="possible",
                summary=f"{summary}, and each costs {times(per.ratio)} what it did",
                evidence=tuple(facts),
                since=since,
                score=0.3,
                would_confirm="CPU per request as before",
            )
    if _back(traffic):
        return Judgement(
            verdict="possible",
            summary=f"{summary}; over by now",
            evidence=tuple(facts),
            since=since,
            score=0.2,
            would_confirm="requests staying up",
        )
    if not load.saturated and not _felt(load) and not load.service.short:
        facts.append(Fact(text="neither CPU nor memory is near its limit", source="AWS/ECS"))
        if not _about_traffic(evidence):
            return Judgement(
                verdict="possible",
                summary=summary,
                evidence=tuple(facts),
                since=since,
                score=0.2,
                would_confirm="a resource that it saturates",
            )
    flat = ", and each costs what it always did" if per is not None else ""
    return Judgement(
        verdict="likely",
        summary=summary + flat,
        evidence=tuple(facts),
        actions=(action,),
        since=since,
        score=min(0.9, 0.3 + 0.1 * traffic.ratio),
        would_confirm="who sends it (access logs), and utilization falling with it",
        missing=() if per is not None else ("CPU per request",),
    )


def surges(traffic: Level | None) -> bool:
    """Whether there are clearly more requests than at this hour of other days."""
    if traffic is None or traffic.ratio is None or traffic.ratio < MORE:
        return False
    return traffic.high is None or traffic.now > traffic.high * 1.1


def _back(traffic: Level) -> bool:
    """Whether the surge has ended by the end of the window."""
    last = traffic.metric.last(3)
    return last is not None and traffic.reference is not None and last < traffic.reference * 1.2


def _felt(load: Load) -> bool:
    latency = load.latency
    return latency is not None and latency.ratio is not None and latency.ratio > 1.5


def _about_traffic(evidence: Evidence) -> bool:
    names = {m.name for m in evidence.alert.metrics[:1]}  # of a rate the first says what is wrong
    return bool(
        names
        & {"RequestCount", "RequestCountPerTarget", "ActiveConnectionCount", "NewConnectionCount", "CPUUtilization"}
    )


def _more_tasks(load: Load) -> Action:
    service, ratio = load.service, (load.traffic.ratio if load.traffic else None) or 1.0
    wanted = max(service.desired + 1, round(service.desired * min(ratio, 4.0)))
    return Action(
        text=f"Manually increase the desired task count of {service.name} from {service.desired} to {wanted}"
        " if auto-scaling does not",
        command=f"aws ecs update-service --cluster {service.cluster} --service {service.name} --desired-count {wanted}",
        link=service.link,
        fix=Fix(remedy="scale_out", resource=service.resource, to={"desired": wanted}),
    )
