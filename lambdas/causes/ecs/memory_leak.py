"""Memory that climbs with the age of the tasks."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, Verdict, cause
from lambdas.causes.ecs.image_pull import roll_back
from lambdas.causes.ecs.load import absent_why, load_of
from lambdas.causes.wording import day, number, percent, span
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

LEAST = timedelta(hours=2)  # of climbing
RISE = 10.0  # percentage points
FIT = 0.8
FALLS = 0.8  # of its level: a restart empties memory


@cause(
    "ecs.memory_leak",
    title="Memory climbs with the age of the tasks",
    depth=2,
    reads=("ecs.metrics", "ecs.metrics_baseline"),
    runbook="Critical Alert Response: ECS High Utilization",
    effects=("ecs.container_oom", "ecs.undersized", "ecs.app_crash", "ecs.elb_health_check_failed"),
)
def memory_leak(evidence: Evidence) -> Judgement:
    """A line upwards since the tasks started, that does not follow traffic."""
    load = load_of(evidence)
    if load is None or load.memory is None:
        return Judgement(verdict="could_not_check", missing=(f"MemoryUtilization: {absent_why(evidence)}",))
    metric = load.memory.metric
    points = [*metric.past, *ts.bucket(metric.points, 300)]
    climb = _since_last_fall(points)
    line = ts.trend(ts.bucket(climb, 1800)) if climb else None
    if line is None or climb[-1][0] - climb[0][0] < LEAST:
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text="memory has not climbed for hours", source="AWS/ECS"),)
        )
    length = climb[-1][0] - climb[0][0]
    text = (
        f"memory went from {percent(line.start)} to {percent(line.end)} in {span(length)},"
        f" {number(line.per_hour)} points an hour (R² {number(line.fit)})"
    )
    fact = Fact(text=text, source="AWS/ECS MemoryUtilization", at=climb[0][0])
    traffic = None
    if load.traffic:
        metric_ = load.traffic.metric
        requests = [*((t, v / 5) for t, v in metric_.past), *ts.bucket(metric_.points, 300)]
        traffic = ts.correlation(
            ts.bucket(climb, 1800), [(t, v) for t, v in ts.bucket(requests, 1800) if t >= climb[0][0]]
        )
    if line.rise < RISE or line.fit < FIT:
        return Judgement(verdict="ruled_out", evidence=(fact,))
    if traffic is not None and abs(traffic) > 0.8:
        also = Fact(text=f"memory follows the requests (r = {number(traffic)})", source="cloudwatch:GetMetricData")
        return Judgement(verdict="ruled_out", evidence=(fact, also))
    facts = [fact]
    if traffic is not None:
        facts.append(
            Fact(text=f"memory does not follow the requests (r = {number(traffic)})", source="cloudwatch:GetMetricData")
        )
    left = (100 - line.end) / line.per_hour if line.per_hour > 0 else 0.0
    name = load.service.name
    actions = (
        Action(
            text=f"Restart the tasks of {name} before memory is full (in about {number(left)} h), and find the leak",
            command=f"aws ecs update-service --cluster {load.service.cluster} --service {name} --force-new-deployment",
            link=load.service.link,
            fix=Fix(remedy="force_new_deployment", resource=load.service.resource),
        ),
        *roll_back(evidence),
    )
    summary = (
        f"memory of {name} has climbed steadily since {day(climb[0][0])},"
        f" from {percent(line.start)} to {percent(line.end)}"
    )
    verdict: Verdict = "likely" if load.memory.now >= 60 else "possible"
    return Judgement(
        verdict=verdict,
        summary=summary,
        evidence=tuple(facts),
        actions=actions,
        since=climb[0][0],
        score=0.6,
        would_confirm="a heap dump of an old task against one of a young task",
    )


def _since_last_fall(points: list[Point]) -> list[Point]:
    """The points since memory was last emptied: by a restart, a deployment or a kill."""
    start: datetime | None = points[0][0] if points else None
    smooth = ts.bucket(points, 900)
    for (_, before), (moment, after) in itertools.pairwise(smooth):
        if before > 0 and after < before * FALLS:
            start = moment
    return [p for p in points if start is not None and p[0] >= start]
