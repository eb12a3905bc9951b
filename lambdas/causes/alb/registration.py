"""Targets that are registered and deregistered again and again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, level_fact, ruled_out
from lambdas.causes.alb.scene import Ward, aside, wards
from lambdas.causes.alb.waiting import dying
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import concerns
from lambdas.causes.wording import at, count
from lambdas.checks.application_autoscaling.scaling import ScalingActivity
from lambdas.checks.cloudtrail.changes import Change
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

SPAN = timedelta(minutes=90)
TURNS = 4  # in and out and in and out: a rolling deployment goes up once and down once
SAID = re.compile(r"\b(de)?registered \d+ targets?", re.IGNORECASE)

type Move = tuple[datetime, bool]  # when, and whether a target came (or went)


@cause(
    "alb.registration_flapping",
    title="Targets come and go",
    reads=("elbv2.metrics", "ecs.services", "cloudtrail.changes", "application_autoscaling.activities"),
    effects=("alb.target_resets", "alb.slow_targets", "alb.uneven_zones", "ecs.autoscaling_failing"),
    depth=1,
    runbook=RUNBOOK,
)
def registration_flapping(evidence: Evidence) -> Judgement:
    """Registrations and deregistrations in turn, by ECS's events or CloudTrail; else by the count of hosts."""
    found = wards(evidence)
    if not found:
        return blind(evidence, "elbv2.balancers", other="no target group was found")
    seen: list[Fact] = []
    for ward in found:
        moves = sorted({*_events(evidence, ward), *_trail(evidence, ward), *_scaled(evidence, ward)})
        hosts = _hosts(evidence, ward)
        turns, swings = _turns(moves), _swings(hosts)
        if turns >= TURNS or swings >= TURNS:
            return aside(evidence, ward, _flapping(evidence, ward, moves, hosts, turns=turns, swings=swings))
        if hosts or moves:
            text = f"{ward.name}: {count(len(moves), 'registration event')}, its number of hosts turned {swings} times"
            seen.append(Fact(text=text, source="cloudwatch:GetMetricData", link=ward.group.link))
    if not seen and evidence.gap("elbv2.metrics"):
        return blind(evidence, "elbv2.metrics", "ecs.services")
    return ruled_out(*seen or [Fact(text="no registration or deregistration in the window")])


def _flapping(
    evidence: Evidence, ward: Ward, moves: list[Move], hosts: list[Point], *, turns: int, swings: int
) -> Judgement:
    facts = []
    if moves:
        came = sum(new for _, new in moves)
        text = f"{ward.name}: {count(came, 'registration')} and {count(len(moves) - came, 'deregistration')} in turn"
        text += f" between {at(moves[0][0])} and {at(moves[-1][0])}"
        facts.append(
            Fact(
                text=text,
                source="ecs:DescribeServices",
                at=moves[0][0],
                value=str(turns),
                baseline="2 turns in a deployment",
            )
        )
    level = ward.level(evidence, "tg.healthy")
    if level and swings:
        low, high = min(v for _, v in hosts), max(v for _, v in hosts)
        facts.append(
            level_fact(level, f"hosts of {ward.name} went {swings} times between {low:g} and {high:g}", value=level.now)
        )
    activities = _activities(evidence, ward)
    both = {a.description.partition("from")[0] for a in activities}
    if len(activities) >= 2:
        first = activities[0]
        last = first.description or first.cause
        text = f"auto scaling changed the service {count(len(activities), 'time')}, last: {last}"
        facts.append(Fact(text=text[:240], source=first.source, at=first.at, link=first.link))
    delay = ward.attributes.deregistration_delay if ward.attributes else None
    if delay is not None:
        facts.append(
            Fact(
                text=f"deregistration delay of {ward.name}: {delay:g} s",
                source=ward.attributes.source if ward.attributes else "",
            )
        )
    dead = [t for t in dying(evidence) if t.service in {s.name for s in ward.services}]
    if dead:
        text = f"{count(len(dead), 'task')} ended by themselves: their targets go with them"
        facts.append(Fact(text=text, source=dead[0].source, at=dead[0].at, link=dead[0].link))
    policy = len(activities) >= TURNS - 1 and bool(both)
    why = "; its scaling policy takes back what it gave" if policy else ""
    return Judgement(
        verdict="possible" if dead else "confirmed" if turns >= TURNS and (swings >= TURNS or policy) else "likely",
        summary=f"targets of {ward.name} come and go: {max(turns, swings)} turns in {SPAN.seconds // 60} minutes{why}",
        evidence=tuple(facts),
        actions=(_action(ward, policy=policy),),
        since=moves[0][0] if moves else hosts[0][0],
        would_confirm="register and deregister events of the group",
        score=0.6,
        missing=gaps(evidence, "cloudtrail.changes", "application_autoscaling.activities"),
    )


def _action(ward: Ward, *, policy: bool) -> Action:
    service = next(iter(ward.services), None)
    if policy and service:
        return Action(
            text=f"Lengthen the scale-in cooldown of {service.name}, or move its scaling bounds further apart",
            link=service.link,
        )
    return Action(
        text=f"Verify target registration and deregistration patterns of {ward.name}: why do targets leave?",
        link=ward.group.link,
    )


def _events(evidence: Evidence, ward: Ward) -> set[Move]:
    """ECS's words: "(service x) registered 1 targets in (target-group …)"."""
    start = evidence.window.at - SPAN
    return {
        (event.at, not said[1])
        for service in ward.services
        for event in service.events
        if start <= event.at <= evidence.window.end
        and ("target-group" not in event.message or ward.name in event.message or ward.group.arn in event.message)
        and (said := SAID.search(event.message))
    }


def _trail(evidence: Evidence, ward: Ward) -> set[Move]:
    start = evidence.window.at - SPAN
    return {
        (c.at, c.event == "RegisterTargets")
        for c in evidence.of(Change)
        if c.event in ("RegisterTargets", "DeregisterTargets")
        and c.at
        and start <= c.at <= evidence.window.end
        and concerns(c, [ward.group.dimension, ward.name])
    }


def _activities(evidence: Evidence, ward: Ward) -> list[ScalingActivity]:
    """Scaling that happened near the alarm, newest first."""
    names = {s.name for s in ward.services}
    start = evidence.window.at - SPAN
    fitting = [
        a
        for a in evidence.of(ScalingActivity)
        if a.service in names and a.status == "Successful" and a.at and start <= a.at <= evidence.window.end
    ]
    return sorted(fitting, key=lambda a: a.at or start, reverse=True)


def _scaled(evidence: Evidence, ward: Ward) -> set[Move]:
    """Desired counts that auto scaling set, as moves: "Setting desired count to 10."."""
    counts = [
        (a.at, int(said[1]))
        for a in reversed(_activities(evidence, ward))
        if a.at and (said := re.search(r"desired count to (\d+)", f"{a.description} {a.message}"))
    ]
    return {(moment, now > before) for (_, before), (moment, now) in pairwise(counts) if now != before}


def _turns(moves: list[Move]) -> int:
    """How many runs of only registrations or only deregistrations there are."""
    return len([key for key, _ in groupby(moves, key=lambda m: m[1])])


def _hosts(evidence: Evidence, ward: Ward) -> list[Point]:
    """All registered hosts over time: healthy and unhealthy ones together."""
    well, ill = ward.level(evidence, "tg.healthy"), ward.level(evidence, "tg.unhealthy")
    if well is None or ill is None:
        return []
    start = evidence.window.at - SPAN
    return [(moment, a + b) for moment, a, b in ts.aligned(well.points, ill.points) if moment >= start]


def _swings(points: list[Point]) -> int:
    """How often a count of hosts changes its direction; a target that turns unhealthy changes nothing."""
    values = [v for v, _ in groupby(v for _, v in points)]
    ways = [b > a for a, b in pairwise(values)]
    return len([key for key, _ in groupby(ways)])
