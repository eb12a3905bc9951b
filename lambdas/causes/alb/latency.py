"""Targets that answer slowly, and what they wait for as far as their logs say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, healed, level_fact, ruled_out, seconds
from lambdas.causes.alb.levels import levels
from lambdas.causes.alb.scene import balancer_name, wards
from lambdas.causes.alb.symptoms import latency
from lambdas.causes.alb.waiting import waits_for
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, times
from lambdas.checks.elbv2.dependencies import Dependency

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

ROLES = ("tg.latency", "alb.latency", "tg.latency_p99", "alb.latency_p99")


@cause(
    "alb.slow_targets",
    title="The targets answer slowly",
    reads=("elbv2.metrics", "elbv2.metrics_baseline", "logs.errors", "elbv2.dependencies"),
    effects=("alb.target_timeouts",),
    depth=0,
    runbook=RUNBOOK,
)
def slow_targets(evidence: Evidence) -> Judgement:
    """TargetResponseTime above its usual: the time is spent behind the balancer. Logs may name where."""
    measured = [x for role in ROLES for x in levels(evidence, role)]
    if not measured:
        return blind(evidence, "elbv2.metrics", other="no response time was reported")
    standing = latency(evidence)
    if not standing:
        worst = max(measured, key=lambda x: x.ratio)
        return ruled_out(
            level_fact(worst, f"response time {seconds(worst.peak)}, {times(worst.ratio)} the usual", " s")
        )
    first = standing[0]
    group = next((w.name for w in wards(evidence) if w.group.dimension == first.of), balancer_name(evidence))
    tail = " (p99)" if first.role.endswith("p99") else ""
    facts = [
        level_fact(x, f"response time of {_short(x.of)}{_tail(x.role)} {seconds(x.peak)}", " s") for x in standing[:2]
    ]
    where, lines = waits_for(evidence)
    facts += lines
    facts += [
        Fact(text=f"{d.service} depends on {d.name} ({d.kind}): {d.evidence}", source=d.source, link=d.link)
        for d in evidence.of(Dependency)[:2]
    ]
    usual = f"usually {seconds(first.usual)}"
    summary = f"the targets of {group} take {seconds(first.peak)}{tail}, {usual}, since {at(first.since)}"
    if all(x.over for x in standing):
        return healed(summary, facts, first.since, first.points[-1][0])
    return Judgement(
        verdict="likely",
        summary=summary + (f"; they wait for {where}" if where else ""),
        evidence=tuple(facts),
        actions=_actions(evidence, where),
        since=first.since,
        would_confirm="traces, or logs with the time that each dependency takes",
        score=0.6 if where else 0.5,
        missing=gaps(evidence, "logs.errors", "elbv2.dependencies", "pi.totals"),
    )


def _tail(role: str) -> str:
    return " (p99)" if role.endswith("p99") else " (mean)"


def _short(dimension: str) -> str:
    parts = dimension.split("/")
    return parts[1] if len(parts) > 1 else dimension


def _actions(evidence: Evidence, where: str) -> tuple[Action, ...]:
    if where:
        return (Action(text=f"Check external service dependencies: {where}"),)
    found = evidence.first(Dependency)
    if found:
        return (Action(text=f"Review database query performance of {found.name}", link=found.link),)
    return (
        Action(text="Analyze CloudWatch Logs for application bottlenecks: what do the slow requests have in common?"),
        Action(text="Scale target capacity if traffic exceeds current capacity"),
    )
