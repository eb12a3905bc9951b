"""Sticky sessions that keep the load on a few targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, ruled_out
from lambdas.causes.alb.levels import level, levels
from lambdas.causes.alb.scene import Ward, aside, wards
from lambdas.causes.alb.symptoms import latency
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.measured import every, measured
from lambdas.causes.wording import number, percent, span, times
from lambdas.checks.ecs.tasks import RunningTask

if TYPE_CHECKING:
    from datetime import timedelta

    from lambdas.causes.base import Evidence

HOT = 1.6  # the busiest target over the mean of all
BUSY = 50.0  # percent CPU: below it nobody suffers


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """How unevenly the targets of a group are loaded, by one source."""

    ratio: float
    highest: float
    mean: float
    fact: Fact


@cause(
    "alb.sticky_skew",
    title="Sticky sessions keep the load on a few targets",
    reads=("elbv2.group_attributes", "elbv2.metrics", "ecs.metrics"),
    effects=("alb.slow_targets", "ecs.uneven_load", "alb.uneven_zones", "change.configuration"),
    depth=2,
    runbook=RUNBOOK,
)
def sticky_skew(evidence: Evidence) -> Judgement:
    """Stickiness on, and one target far busier than the others."""
    found = wards(evidence)
    if not found:
        return blind(evidence, "elbv2.balancers", other="no target group was found")
    known = [w for w in found if w.attributes and w.attributes.sticky is not None]
    sticky = [w for w in known if w.attributes and w.attributes.sticky]
    if not known:
        return blind(evidence, "elbv2.group_attributes", other="the stickiness attribute is not known")
    if not sticky:
        return ruled_out(*(_setting(w) for w in known))
    unsure: list[Ward] = []
    even: list[Fact] = []
    for ward in sticky:
        skews = list(_skews(evidence, ward))
        hot = [s for s in skews if s.ratio >= HOT and (s.highest >= BUSY or latency(evidence))]
        if hot and len(ward.registered) != 1:
            return aside(evidence, ward, _skewed(evidence, ward, max(hot, key=lambda s: s.ratio)))
        even += [s.fact for s in skews]
        if not skews:
            unsure.append(ward)
    if not unsure:
        return ruled_out(*even)
    if latency(evidence):
        return Judgement(
            verdict="possible",
            summary=f"{unsure[0].name} binds clients to targets, and its answers are slow",
            evidence=(_setting(unsure[0]),),
            would_confirm="the load of each target",
            missing=("the load of single targets is not measured", *gaps(evidence, "elbv2.metrics", "ecs.metrics")),
            score=0.3,
        )
    return blind(evidence, "elbv2.metrics", "ecs.metrics", other="the load of single targets is not measured")


def _skewed(evidence: Evidence, ward: Ward, skew: Skew) -> Judgement:
    changes = tuple(changes_of(evidence, ward.name))
    turned_on = [c for c in changes if c.at and "Attributes" in c.text]
    worst = next(iter(latency(evidence)), None)
    young = _young(evidence, ward)
    facts = [_setting(ward), skew.fact, *young, *changes]
    arn = ward.group.arn
    return Judgement(
        verdict="likely",
        summary=f"sticky sessions keep the load of {ward.name} on a few targets: the busiest carries"
        f" {times(skew.ratio)} the mean",
        evidence=tuple(facts),
        actions=(
            Action(
                text=f"Check for sticky session configuration issues: shorten or turn off stickiness of {ward.name}",
                command=f"aws elbv2 modify-target-group-attributes --target-group-arn {arn}"
                " --attributes Key=stickiness.enabled,Value=false",
                link=ward.group.link,
            ),
        ),
        since=worst.since if worst else turned_on[-1].at if turned_on else None,
        would_confirm="requests by target from the balancer's access log",
        score=0.7,
    )


def _skews(evidence: Evidence, ward: Ward) -> Iterator[Skew]:
    """By each source that tells targets apart: CPU of instances and tasks, requests by zone."""
    ids = {t.target for t in ward.healthy}
    instances = {x.of: x.now for x in levels(evidence, "target.cpu") if x.of in ids}
    if len(instances) > 1:
        yield _of_cpu(ward, instances, "instance", "cloudwatch:GetMetricData")
    for service in ward.services:
        tasks = {
            m.series.of: value
            for m in every(evidence, "ecs.task_cpu")
            if _of_service(evidence, m.series.of, service.name) and (value := m.last()) is not None
        }
        mean, highest = measured(evidence, "ecs.cpu", service.name), measured(evidence, "ecs.cpu_max", service.name)
        if len(tasks) > 1:
            yield _of_cpu(ward, tasks, "task", "cloudwatch:GetMetricData")
        elif mean and highest and (usual := mean.last()) and (most := highest.last()) is not None:
            text = f"CPU of {service.name}: the busiest task {percent(most)}, the mean {percent(usual)}"
            fact = Fact(
                text=text,
                source="cloudwatch:GetMetricData",
                value=percent(most),
                baseline=percent(usual),
                link=service.link,
            )
            yield Skew(ratio=most / max(usual, 1.0), highest=most, mean=usual, fact=fact)
    zones = _by_zone(evidence, ward)
    if len(zones) > 1 and (mean_load := sum(zones.values()) / len(zones)):
        told = ", ".join(f"{number(v)} in {k}" for k, v in zones.items())
        text = f"requests a minute for each healthy target of {ward.name}: {told}"
        top = max(zones.values())
        fact = Fact(text=text, source="cloudwatch:GetMetricData", value=number(top), baseline=number(mean_load))
        yield Skew(ratio=top / mean_load, highest=0.0, mean=mean_load, fact=fact)


def _of_cpu(ward: Ward, loads: dict[str, float], what: str, source: str) -> Skew:
    busiest = max(loads, key=lambda k: loads[k])
    mean = sum(loads.values()) / len(loads)
    text = f"CPU of {len(loads)} {what}s of {ward.name}: {busiest} {percent(loads[busiest])}, the mean {percent(mean)}"
    fact = Fact(
        text=text, source=source, value=percent(loads[busiest]), baseline=f"{percent(mean)} mean", link=ward.group.link
    )
    return Skew(ratio=loads[busiest] / max(mean, 1.0), highest=loads[busiest], mean=mean, fact=fact)


def _of_service(evidence: Evidence, task: str, service: str) -> bool:
    return any(t.id == task and t.service == service for t in evidence.of(RunningTask))


def _by_zone(evidence: Evidence, ward: Ward) -> dict[str, float]:
    found = {}
    for zone in dict.fromkeys(t.zone for t in ward.healthy if t.zone):
        requests = level(evidence, "az.requests", f"{ward.group.dimension}@{zone}")
        if requests:
            found[zone] = requests.now / sum(t.zone == zone for t in ward.healthy)
    return found


def _young(evidence: Evidence, ward: Ward) -> Iterator[Fact]:
    """Targets that were added within the cookie's life get only new clients."""
    life = ward.attributes.sticky_seconds if ward.attributes else None
    names = {s.name for s in ward.services}
    tasks = [t for t in evidence.of(RunningTask) if t.service in names and t.started_at]
    fresh = [t for t in tasks if t.started_at and life and (evidence.window.end - t.started_at).total_seconds() < life]
    if fresh and len(fresh) < len(tasks):
        age: timedelta = evidence.window.end - max(t.started_at for t in fresh if t.started_at)
        yield Fact(
            text=f"{len(fresh)} of {len(tasks)} tasks are younger than the cookie (the youngest {span(age)}): clients"
            " stay with the older ones",
            source="ecs:DescribeTasks",
            link=fresh[0].link,
        )


def _setting(ward: Ward) -> Fact:
    own = ward.attributes
    on = bool(own and own.sticky)
    life = (
        f", {own.sticky_kind or 'cookie'} of {number(own.sticky_seconds)} s"
        if own and on and own.sticky_seconds
        else ""
    )
    return Fact(
        text=f"stickiness of {ward.name} is {'on' if on else 'off'}{life}",
        source="elasticloadbalancing:DescribeTargetGroupAttributes",
        link=ward.group.link,
    )
