"""Traffic and targets that are spread unevenly over the Availability Zones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, level_fact, ruled_out, seconds
from lambdas.causes.alb.levels import level
from lambdas.causes.alb.scene import Ward, aside, cross_zone, wards
from lambdas.causes.alb.symptoms import errors, latency
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.wording import number, some, times

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

UNEVEN = 1.6  # a target's load in one zone over that in another


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone as one target group sees it; None where it was not seen."""

    name: str
    healthy: float | None
    requests: float | None  # a minute
    latency: float | None  # seconds

    @property
    def load(self) -> float | None:
        """Requests a minute for each healthy target."""
        return self.requests / self.healthy if self.requests is not None and self.healthy else None


@cause(
    "alb.uneven_zones",
    title="The zones are served unevenly",
    reads=("elbv2.group_attributes", "elbv2.targets", "elbv2.balancers", "elbv2.metrics"),
    effects=(
        "alb.slow_targets",
        "alb.target_timeouts",
        "alb.target_resets",
        "ecs.uneven_load",
        "change.configuration",
    ),
    depth=1,
    runbook=RUNBOOK,
)
def uneven_zones(evidence: Evidence) -> Judgement:
    """Cross-zone balancing off, and a zone without healthy targets or with far fewer than its share of the traffic."""
    found = wards(evidence)
    if not found:
        return blind(evidence, "elbv2.balancers", other="no target group was found")
    against: list[Fact] = []
    unsure = False
    for ward in found:
        zones = _zones(evidence, ward)
        crossing = cross_zone(ward, evidence)
        if misplaced := _misplaced(ward):
            return aside(evidence, ward, misplaced)
        if crossing is False and len(zones) > 1:
            judged = _without_targets(evidence, ward, zones) or _uneven(evidence, ward, zones)
            if judged:
                return aside(evidence, ward, judged)
        if crossing is None and _spread(zones) > 1:
            unsure = True
        if zones:
            against.append(_fact(ward, zones, crossing=crossing))
    if unsure:
        return blind(evidence, "elbv2.group_attributes", other="the cross-zone attribute is not known")
    if not against:
        return blind(evidence, "elbv2.targets", "elbv2.metrics")
    return ruled_out(*against)


def _zones(evidence: Evidence, ward: Ward) -> list[Zone]:
    counted = Counter(t.zone for t in ward.healthy if t.zone)
    enabled = list(ward.balancer.zones) if ward.balancer else []
    told = ward.asked and all(t.zone for t in ward.registered)
    zones = []
    for name in dict.fromkeys((*enabled, *counted)):
        of = f"{ward.group.dimension}@{name}"
        hosts, requests = level(evidence, "az.healthy", of), level(evidence, "az.requests", of)
        slow = level(evidence, "az.latency", of)
        zones.append(
            Zone(
                name=name,
                healthy=float(counted[name]) if told else hosts.now if hosts else None,
                requests=requests.now if requests else None,
                latency=slow.now if slow else None,
            )
        )
    return zones


def _spread(zones: list[Zone]) -> float:
    counts = [z.healthy for z in zones if z.healthy is not None]
    return max(counts) / max(min(counts), 0.5) if counts else 1.0


def _misplaced(ward: Ward) -> Judgement | None:
    """Targets in a zone that the balancer does not serve are never used ("Target.NotInUse")."""
    if not ward.balancer or not ward.balancer.zones:
        return None
    lost = [t for t in ward.unused if t.reason == "Target.NotInUse" and t.zone and t.zone not in ward.balancer.zones]
    if not lost or not ward.healthy:
        return None
    zones = some(dict.fromkeys(t.zone for t in lost))
    return Judgement(
        verdict="likely",
        summary=f"{len(lost)} of {len(ward.registered)} targets of {ward.name} are in {zones},"
        f" which {ward.balancer.name} does not serve",
        evidence=(
            Fact(
                text=f"{len(lost)} × Target.NotInUse in {zones}; enabled are {some(ward.balancer.zones)}",
                source="elasticloadbalancing:DescribeTargetHealth",
                link=ward.group.link,
            ),
        ),
        actions=(
            Action(
                text=f"Enable {zones} on {ward.balancer.name}, or move the targets",
                command=f"aws elbv2 set-subnets --load-balancer-arn {ward.balancer.arn} --subnets …",
                link=ward.balancer.link,
            ),
        ),
        would_confirm="the load on the remaining targets falling once the zone is enabled",
        score=0.4,
    )


def _without_targets(evidence: Evidence, ward: Ward, zones: list[Zone]) -> Judgement | None:
    """A node in a zone without targets answers 503 when it may not send to other zones."""
    empty = [z.name for z in zones if z.healthy == 0]
    if not empty or len(empty) == len(zones):
        return None
    rejected = [
        e
        for name in empty
        if ward.balancer and (e := level(evidence, "az.elb_5xx", f"{ward.balancer.dimension}@{name}")) and e.total >= 10
    ]
    unavailable = errors(evidence, "alb.elb_503")
    standing = unavailable is not None and unavailable.standing
    facts = [_fact(ward, zones, crossing=False)]
    facts += [level_fact(e, f"5XX of the balancer's nodes in {e.of.partition('@')[2]}", " a minute") for e in rejected]
    if unavailable and standing:
        facts.append(level_fact(unavailable.level, f"{number(unavailable.count)} × 503", " a minute"))
    facts.extend(changes_of(evidence, ward.name, ward.balancer.name if ward.balancer else ""))
    levels = [*rejected, *([unavailable.level] if unavailable and standing else ())]
    since = min((e.since for e in levels if e.since), default=None)
    return Judgement(
        verdict="confirmed"
        if (rejected or standing) and ward.asked
        else "likely"
        if rejected or standing
        else "possible",
        summary=f"{some(empty)} of {ward.balancer.name if ward.balancer else 'the balancer'} has no healthy target of"
        f" {ward.name}, and cross-zone balancing is off",
        evidence=tuple(facts),
        actions=_actions(ward),
        since=since,
        would_confirm="5XX of the nodes in that zone alone",
        score=0.75,
        missing=gaps(evidence, "elbv2.metrics"),
    )


def _uneven(evidence: Evidence, ward: Ward, zones: list[Zone]) -> Judgement | None:
    """Each zone gets its share of the traffic, however few targets it has."""
    loads = {z.name: z.load for z in zones if z.load is not None}
    measured = len(loads) > 1
    ratio = max(loads.values()) / max(min(loads.values()), 1e-9) if measured else _spread(zones)
    if ratio < UNEVEN:
        return None
    hot = max(loads, key=lambda n: loads[n] or 0) if measured else min(zones, key=lambda z: z.healthy or 0).name
    slower = _slower(zones, hot)
    symptom = bool(latency(evidence)) or slower
    facts = [_fact(ward, zones, crossing=False)]
    if measured:
        told = ", ".join(f"{number(value)} in {name}" for name, value in loads.items() if value is not None)
        text = f"requests a minute for each healthy target of {ward.name}: {told}"
        facts.append(Fact(text=text, source="cloudwatch:GetMetricData", value=times(ratio), link=ward.group.link))
    if slower:
        told = ", ".join(f"{seconds(z.latency)} in {z.name}" for z in zones if z.latency is not None)
        facts.append(
            Fact(text=f"response time by zone: {told}", source="cloudwatch:GetMetricData", link=ward.group.link)
        )
    facts.extend(changes_of(evidence, ward.name))
    worst = next(iter(latency(evidence)), None)
    return Judgement(
        verdict="confirmed" if measured and slower else "likely" if symptom else "possible",
        summary=f"targets of {ward.name} in {hot} carry {times(ratio)} the load of those elsewhere: cross-zone"
        " balancing is off and the zones have different numbers of targets",
        evidence=tuple(facts),
        actions=_actions(ward),
        since=worst.since if worst else None,
        would_confirm="slower answers in that zone alone",
        score=0.7 if measured else 0.4,
        missing=gaps(evidence, "elbv2.metrics"),
    )


def _slower(zones: list[Zone], hot: str) -> bool:
    own = next((z.latency for z in zones if z.name == hot), None)
    others = [z.latency for z in zones if z.name != hot and z.latency is not None]
    return own is not None and bool(others) and own >= 1.5 * min(others)


def _fact(ward: Ward, zones: list[Zone], *, crossing: bool | None) -> Fact:
    told = ", ".join(f"{z.name} {z.healthy:g}" if z.healthy is not None else f"{z.name} ?" for z in zones)
    word = {True: "on", False: "off", None: "not known"}[crossing]
    return Fact(
        text=f"healthy targets of {ward.name} by zone: {told}; cross-zone balancing is {word}",
        source="elasticloadbalancing:DescribeTargetGroupAttributes",
        link=ward.group.link,
    )


def _actions(ward: Ward) -> tuple[Action, ...]:
    return (
        Action(
            text=f"Update target group configuration of {ward.name} for better distribution: cross-zone balancing on,"
            " or as many targets in each zone",
            command=f"aws elbv2 modify-target-group-attributes --target-group-arn {ward.group.arn}"
            " --attributes Key=load_balancing.cross_zone.enabled,Value=true",
            link=ward.group.link,
        ),
    )
