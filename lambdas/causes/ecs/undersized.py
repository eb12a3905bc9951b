"""A service that is simply too small, and has been for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, Verdict, cause
from lambdas.causes.ecs.load import HOT, absent_why, load_of, quiet
from lambdas.causes.ecs.regression import regression_after_deploy
from lambdas.causes.ecs.traffic_surge import surges
from lambdas.causes.wording import count, percent
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

LASTING = 0.5  # of the same hours of the last days
HARD = 80.0  # percent: kept up for days, this leaves no room


@cause(
    "ecs.undersized",
    title="The service is too small for its normal load",
    depth=0,
    reads=("ecs.metrics", "ecs.metrics_baseline", "ecs.services"),
    runbook="Weekly Capacity Planning Review",
)
def undersized(evidence: Evidence) -> Judgement:
    """Sustained utilization, no change, no surge."""
    load = load_of(evidence)
    if load is None:
        return Judgement(verdict="could_not_check", missing=(f"ecs.metrics: {absent_why(evidence)}",))
    resource = load.saturated
    level = load.cpu if resource == "cpu" else load.memory
    if not resource or level is None:
        return Judgement(verdict="ruled_out", evidence=(quiet(load),))
    window = evidence.window
    same = ts.same_hours(
        level.metric.past, max(window.start, window.at - 2 * (window.at - window.start) / 3), window.at
    )
    share = ts.share(same, HOT[resource])
    name = "CPU" if resource == "cpu" else "memory"
    facts = [level.fact(name, " %")]
    if share is None:
        return Judgement(
            verdict="possible",
            summary=f"{load.service.name} stands at {percent(level.now)} {name}",
            evidence=tuple(facts),
            missing=("the week before: no data",),
            score=0.2,
            would_confirm="the same level on the days before",
        )
    facts.append(
        Fact(text=f"over {HOT[resource]:g} % in {share:.0%} of these hours of the last days", source="AWS/ECS")
    )
    if surges(load.traffic) or share < LASTING:
        if load.traffic:
            facts.append(load.traffic.fact("requests a minute"))
        return Judgement(verdict="ruled_out", evidence=tuple(facts))
    if regression_after_deploy(evidence).verdict in ("likely", "possible"):
        facts.append(Fact(text="a deployment changed what a request costs", source="cloudwatch:GetMetricData"))
        return Judgement(verdict="ruled_out", evidence=tuple(facts))
    service = load.service
    wanted = max(service.desired + 1, round(service.desired * level.now / 60))
    summary = (
        f"{service.name} stands at {percent(level.now)} {name} with"
        f" {count(service.running, 'task')}, as at this hour of every day"
    )
    action = Action(
        text=f"Schedule a capacity review; run {wanted} tasks, or larger ones, to come down to 60 %",
        command=f"aws ecs update-service --cluster {service.cluster} --service {service.name} --desired-count {wanted}",
        link=service.link,
        fix=Fix(remedy="scale_out", resource=service.resource, to={"desired": wanted}),
    )
    verdict: Verdict = "likely" if level.now >= HARD and (level.usual or 0) >= HARD else "possible"
    return Judgement(
        verdict=verdict,
        summary=summary,
        evidence=tuple(facts),
        actions=(action,),
        score=0.4,
        would_confirm="response times that fall with more tasks",
    )
