"""A deployment after which each request costs more, or memory stands higher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.image_pull import roll_back
from lambdas.causes.ecs.load import LOOK_BACK, Load, absent_why, load_of
from lambdas.causes.ecs.traffic_surge import surges
from lambdas.causes.wording import at, count, day, number, percent, some, times
from lambdas.checks.ecs.task_definitions import RevisionDiff
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

AROUND = timedelta(hours=1)
ROLLS = timedelta(minutes=10)  # how long a deployment takes to replace most tasks
STEP = 1.3  # per request; memory
FELT = 0.02  # seconds of response time
FEW = 4  # points on either side


@cause(
    "ecs.regression_after_deploy",
    title="The new revision costs more",
    depth=2,
    reads=("ecs.metrics", "ecs.services", "ecs.metrics_baseline", "ecs.task_definitions"),
    runbook="Critical Alert Response: ECS High Utilization",
    effects=(
        "ecs.autoscaling_at_max",
        "ecs.undersized",
        "ecs.elb_health_check_failed",
        "ecs.bad_deployment",
        "change.configuration",
        "ecs.autoscaling_failing",
        "alb.slow_targets",
        "none.noise",
    ),
)
def regression_after_deploy(evidence: Evidence) -> Judgement:
    """CPU or memory per request steps up at a deployment."""
    load = load_of(evidence)
    if load is None:
        return Judgement(verdict="could_not_check", missing=(f"ecs.metrics: {absent_why(evidence)}",))
    primary = load.service.primary
    deployed = primary.created_at if primary else None
    if (
        primary is None
        or deployed is None
        or deployed < evidence.window.at - LOOK_BACK
        or deployed > evidence.window.at
    ):
        text = f"{load.service.name} was last deployed {f'at {day(deployed)}' if deployed else 'at an unknown time'}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="ecs:DescribeServices", at=deployed),))
    facts = [
        Fact(
            text=f"{primary.task_definition} was deployed at {at(deployed)}",
            source="ecs:DescribeServices",
            at=deployed,
            link=load.service.link,
        )
    ]
    for diff in evidence.of(RevisionDiff):
        if diff.current == primary.task_definition:
            many = count(len(diff.differences), "difference")
            facts.append(
                Fact(text=f"{diff.former} → {diff.current}: {some(diff.differences)} ({many})", source=diff.source)
            )
    steps = [s for s in (_cpu(load, deployed), _memory(load, deployed)) if s is not None]
    if not steps:
        return Judgement(
            verdict="could_not_check", evidence=tuple(facts), missing=("too few data around the deployment",)
        )
    up = [s for s in steps if s[1] >= STEP and s[3]]
    if not up:
        told = "; ".join(f"{name} {times(ratio)} of before" for name, ratio, _, _ in steps)
        facts.append(Fact(text=f"since the deployment {told}", source="cloudwatch:GetMetricData"))
        return Judgement(verdict="ruled_out", evidence=tuple(facts))
    name, ratio, text, _ = max(up, key=lambda s: s[1])
    facts.insert(0, Fact(text=text, source="cloudwatch:GetMetricData", at=deployed))
    traffic = load.traffic
    if traffic:
        facts.append(traffic.fact("requests a minute"))
    summary = (
        f"since {primary.task_definition} was deployed at {at(deployed)},"
        f" {name} of {load.service.name} is {times(ratio)}"
    )
    known = tuple(roll_back(evidence))
    actions = known or (Action(text=f"Compare {primary.task_definition} with the revision before it, and roll back"),)
    blind = name == "CPU" and (traffic is None or surges(traffic))
    if blind:
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=tuple(facts),
            since=deployed,
            score=0.3,
            missing=() if traffic else ("RequestCount",),
            would_confirm="CPU per request",
        )
    return Judgement(
        verdict="likely",
        summary=summary,
        evidence=tuple(facts),
        actions=actions,
        since=deployed,
        score=min(0.9, 0.4 + 0.1 * ratio),
        would_confirm="a profile of both revisions, or a rollback",
    )


type _Step = tuple[str, float, str, bool]  # name, ratio, sentence, whether it matters


def _cpu(load: Load, deployed: datetime) -> _Step | None:
    """CPU per request across the deployment; CPU alone where there are no requests."""
    if load.cpu is None:
        return None
    cpu = load.cpu.metric
    points: list[Point] = [*_fives(cpu.past), *ts.bucket(cpu.points, 300)]
    name = "CPU"
    if load.traffic is not None:
        metric = load.traffic.metric
        requests = [*((t, v / 5) for t, v in metric.past), *ts.bucket(metric.points, 300)]
        points, name = ts.ratio(_floor(points), _floor(requests)), "CPU per request"
        if load.requests and load.tasks:
            tasks = dict(_floor([*load.tasks.metric.past, *ts.bucket(load.tasks.metric.points, 300)]))
            points = [(t, v * tasks[t]) for t, v in points if t in tasks]
    before, after = _sides(points, deployed)
    if before is None or after is None or not before:
        return None
    text = f"{name} went from {number(before)} to {number(after)} ({times(after / before)}) at the deployment"
    if name != "CPU":
        text = f"CPU per request is {times(after / before)} what it was before the deployment"
    return name, after / before, text, load.cpu.now >= 55 or _slower(load, deployed)


def _slower(load: Load, deployed: datetime) -> bool:
    """Whether users felt it: response times stepped up with the deployment."""
    if load.latency is None:
        return False
    metric = load.latency.metric
    before, after = _sides([*_fives(metric.past), *ts.bucket(metric.points, 300)], deployed)
    return bool(before and after and after / before >= STEP and after - before >= FELT)


def _memory(load: Load, deployed: datetime) -> _Step | None:
    """Memory across the deployment: a step, not a climb."""
    if load.memory is None:
        return None
    metric = load.memory.metric
    before, after = _sides([*_fives(metric.past), *ts.bucket(metric.points, 300)], deployed)
    if before is None or after is None or not before:
        return None
    text = f"memory went from {percent(before)} to {percent(after)} within an hour of the deployment"
    return "memory", after / before, text, load.memory.now >= 70


def _sides(points: list[Point], deployed: datetime) -> tuple[float | None, float | None]:
    """The levels of the hour before a deployment and of the hour after it has rolled out."""
    before = ts.between(points, deployed - AROUND, deployed)
    after = ts.between(points, deployed + ROLLS, deployed + ROLLS + AROUND)
    if len(after) < FEW:
        after = ts.between(points, deployed + timedelta(minutes=3), deployed + ROLLS + AROUND)
    if len(before) < FEW or len(after) < 2:
        return None, None
    return ts.middle(before), ts.middle(after)


def _fives(points: tuple[Point, ...]) -> list[Point]:
    return list(points)


def _floor(points: list[Point]) -> list[Point]:
    """Times on whole five minutes, so that series of two origins meet."""
    return [(moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0), value) for moment, value in points]
