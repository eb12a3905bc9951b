"""More requests than this hour usually brings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, level_fact, ruled_out
from lambdas.causes.alb.levels import Level, level, levels
from lambdas.causes.alb.scene import balancer_name, wards
from lambdas.causes.alb.symptoms import errors, onset
from lambdas.causes.base import Action, Fact, Fix, Judgement, cause
from lambdas.causes.wording import at, number, times
from lambdas.targets import TargetGroup

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

SURGE = 1.6
EARLY = timedelta(minutes=4)
TRAFFIC = (
    "RequestCount",
    "RequestCountPerTarget",
    "ActiveConnectionCount",
    "NewConnectionCount",
    "RejectedConnectionCount",
)


@cause(
    "alb.traffic_surge",
    title="A traffic surge",
    reads=("elbv2.metrics", "elbv2.metrics_baseline"),
    effects=(
        "alb.slow_targets",
        "alb.target_timeouts",
        "alb.target_resets",
        "ecs.traffic_surge",
        "ecs.undersized",
        "db.traffic_surge",
    ),
    depth=1,
    runbook=RUNBOOK,
)
def traffic_surge(evidence: Evidence) -> Judgement:
    """Requests well above the same hours of the days before, from before the symptom on. Retries follow a symptom."""
    requests = _requests(evidence)
    if requests is None:
        return blind(evidence, "elbv2.metrics", other="no request count")
    rejected = errors(evidence, "alb.rejected")
    full = rejected is not None and rejected.standing
    told = level_fact(
        requests, f"requests a minute: {number(requests.peak)}, {times(requests.ratio)} the usual", " a minute"
    )
    if not requests.raised(SURGE, max(20.0, 0.3 * requests.usual)):
        return ruled_out(told)
    symptom = onset(evidence)
    if symptom and requests.since and requests.since > symptom + EARLY:
        return ruled_out(
            told,
            level_fact(
                requests, f"requests rose at {at(requests.since)}, after the symptom at {at(symptom)}", " a minute"
            ),
        )
    if refused := _refused(evidence, requests):
        return Judgement(
            verdict="possible",
            summary=f"{balancer_name(evidence)} gets {times(requests.ratio)} its usual requests, mostly answered 4XX",
            evidence=(told, refused),
            since=requests.since,
            would_confirm="which clients and paths they are: the access log",
            score=0.2,
        )
    about = any(m.name in TRAFFIC for m in evidence.alert.metrics[:1])
    facts = [told]
    if full and rejected:
        facts.append(level_fact(rejected.level, f"{rejected.count} connections were rejected", " a minute"))
    for role, name in (("alb.new", "new connections"), ("alb.active", "active connections")):
        if (other := level(evidence, role)) and other.raised(1.3, 1):
            facts.append(level_fact(other, f"{name}: {times(other.ratio)} the usual", " a minute"))
    each = next((x for x in levels(evidence, "tg.per_target") if x.raised(1.3, 1)), None)
    if each:
        facts.append(level_fact(each, f"requests a minute for each target: {times(each.ratio)} the usual", " a minute"))
    summary = f"{balancer_name(evidence)} gets {times(requests.ratio)} its usual requests since {at(requests.since)}"
    if requests.over and not about:
        return Judgement(verdict="possible", summary=f"{summary}; it is over", evidence=tuple(facts), score=0.2)
    strong = requests.ratio >= 2 and requests.days >= 3 and symptom is not None
    verdict = "confirmed" if strong and (full or each) else "likely" if symptom or about or full else "possible"
    return Judgement(
        verdict=verdict,  # type: ignore[arg-type] # one of the verdicts above
        summary=summary,
        evidence=tuple(facts),
        actions=_actions(evidence),
        since=requests.since,
        would_confirm="where the requests come from: the access log by client and path",
        score=0.7 if requests.days else 0.4,
        missing=() if requests.days else ("elbv2.metrics_baseline: no week before to compare with",),
    )


def _refused(evidence: Evidence, requests: Level) -> Fact | None:
    """That the added requests are answered with 4XX: a scanner or a broken client, no load of its own."""
    more = requests.peak - requests.usual
    for role in ("tg.target_4xx", "alb.target_4xx", "alb.elb_4xx"):
        found = level(evidence, role)
        if found and found.peak - found.usual >= 0.5 * more:
            return level_fact(found, f"4XX answers rose by {number(found.peak - found.usual)} a minute", " a minute")
    return None


def _requests(evidence: Evidence) -> Level | None:
    """Of the group that the alarm names, else of the balancer."""
    if isinstance(evidence.target, TargetGroup):
        own = level(evidence, "tg.requests", evidence.target.name)
        if own:
            return own
    return level(evidence, "alb.requests") or level(evidence, "alb.new")


def _actions(evidence: Evidence) -> tuple[Action, ...]:
    for ward in wards(evidence):
        for service in ward.services:
            more = max(service.desired + 1, round(1.5 * service.desired))
            return (
                Action(
                    text=f"Scale target capacity: {service.name} from {service.desired} to {more} tasks",
                    command=f"aws ecs update-service --cluster {service.cluster} --service {service.name}"
                    f" --desired-count {more}",
                    link=service.link,
                    fix=Fix(remedy="scale_out", resource=service.resource, to={"desired": more}),
                ),
            )
    return (Action(text="Scale target capacity if traffic exceeds current capacity"),)
