"""One task is hot while its sisters are idle."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.load import absent_why, load_of
from lambdas.causes.measured import measured
from lambdas.causes.wording import percent
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

HOT = 75.0
APART = 1.8  # the hottest over the average
LONG = timedelta(minutes=10)


@cause(
    "ecs.uneven_load",
    title="One task carries the load",
    reads=("ecs.metrics", "elbv2.target_health"),
    depth=2,
    runbook="Critical Alert Response: ECS High Utilization",
    effects=("ecs.undersized", "ecs.elb_health_check_failed"),
)
def uneven_load(evidence: Evidence) -> Judgement:
    """The maximum over the tasks far above their average, for minutes."""
    load = load_of(evidence)
    if load is None:
        return Judgement(verdict="could_not_check", missing=(f"ecs.metrics: {absent_why(evidence)}",))
    name = load.service.name
    for what, average, highest in (("CPU", "ecs.cpu", "ecs.cpu_max"), ("memory", "ecs.memory", "ecs.memory_max")):
        mean, top = measured(evidence, average, name), measured(evidence, highest, name)
        if mean is None or top is None or load.service.running < 2:
            continue
        start = evidence.window.at - LONG
        hot = ts.middle(ts.between(top.points, start, evidence.window.at))
        usual = ts.middle(ts.between(mean.points, start, evidence.window.at))
        if hot is None or usual is None:
            continue
        text = f"the hottest task of {name} stands at {percent(hot)} {what}, the average at {percent(usual)}"
        fact = Fact(text=text, source=f"AWS/ECS {top.series.name}", value=percent(hot), baseline=percent(usual))
        if hot >= HOT and hot >= usual * APART:
            since = ts.onset(ts.bucket(top.points, 300), max(HOT, usual * APART))
            lowest = measured(evidence, "ecs.cpu_min", name) if what == "CPU" else None
            low = ts.middle(ts.between(lowest.points, start, evidence.window.at)) if lowest else None
            facts = [
                fact,
                *([Fact(text=f"the coolest task stands at {percent(low)}", source="AWS/ECS")] if low else []),
            ]
            if load.traffic:
                facts.append(load.traffic.fact("requests a minute"))
            return Judgement(
                verdict="likely",
                summary=text,
                evidence=tuple(facts),
                since=since,
                score=0.6,
                would_confirm="CPU by task (Container Insights with enhanced observability), or requests by target",
                actions=(
                    Action(
                        text=f"Check stickiness and long-lived connections of {name}'s target group; stop the hot task",
                        link=load.service.link,
                    ),
                ),
            )
    if measured(evidence, "ecs.cpu_max", name) is None:
        return Judgement(verdict="could_not_check", missing=("CPUUtilization Maximum: no data",))
    return Judgement(
        verdict="ruled_out", evidence=(Fact(text=f"the tasks of {name} are loaded alike", source="AWS/ECS"),)
    )
