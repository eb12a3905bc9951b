"""Judgements and lines of evidence that the balancer's causes share. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact, Judgement
from lambdas.causes.wording import at, count, number, some

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.alb.levels import Level
    from lambdas.causes.alb.scene import Ward
    from lambdas.causes.base import Evidence
    from lambdas.checks.elbv2.target_groups import TargetHealth

RUNBOOK = "Scenario 3: Application Load Balancer Issues"
QUIET = timedelta(minutes=3)


def blind(evidence: Evidence, *checks: str, other: str = "") -> Judgement:
    """Could not check, with each source's reason."""
    why = tuple(f"{check}: {gap}" for check in checks if (gap := evidence.gap(check)))
    return Judgement(verdict="could_not_check", missing=why or (other or "no data",))


def gaps(evidence: Evidence, *checks: str) -> tuple[str, ...]:
    """Sources that were absent, for a judgement that stands without them."""
    return tuple(f"{check}: {gap}" for check in checks if (gap := evidence.gap(check)))


def ruled_out(*facts: Fact) -> Judgement:
    """Excluded, and by what."""
    return Judgement(verdict="ruled_out", evidence=facts)


def health_fact(ward: Ward) -> Fact:
    """How a group's targets stand, in AWS's own codes."""
    states = Counter(t.state for t in ward.registered)
    told = ", ".join(f"{n} {state}" for state, n in states.most_common())
    codes = Counter(f"{t.reason}: {t.description}".strip(": ") for t in ward.registered if t.reason)
    why = "; ".join(f"{n} × {code}" for code, n in codes.most_common(3))
    return Fact(
        text=f"target group {ward.name}: {told or 'no registered target'}" + (f" ({why})" if why else ""),
        source="elasticloadbalancing:DescribeTargetHealth",
        value=str(len(ward.healthy)),
        baseline=f"of {len(ward.registered)} registered",
        link=ward.group.link,
    )


def level_fact(level: Level, text: str, unit: str = "", *, value: float | None = None) -> Fact:
    """A metric with its baseline."""
    days = f"usual at this hour, {count(level.days, 'day')}" if level.days else "earlier in the window"
    return Fact(
        text=text,
        source="cloudwatch:GetMetricData",
        at=level.since,
        value=f"{number(level.peak if value is None else value)}{unit}",
        baseline=f"{number(level.usual)}{unit} ({days})",
        link=level.link,
    )


def seconds(value: float) -> str:
    """A response time as people say it."""
    return f"{number(value * 1000)} ms" if value < 1 else f"{number(value)} s"


def names(targets: Iterable[TargetHealth]) -> str:
    """A few targets, with their ports."""
    return some(f"{t.target}:{t.port}" if t.port else t.target for t in targets)


def back_at(ward: Ward, evidence: Evidence) -> datetime | None:
    """Since when all registered targets of a group pass again, after some did not; None while any fails."""
    if ward.asked and (ward.unhealthy or not ward.healthy):
        return None
    failing = ward.level(evidence, "tg.unhealthy")
    if failing is None or not failing.points:
        return None
    last_bad = max((moment for moment, value in failing.points if value >= 1), default=None)
    end = failing.points[-1][0]
    if last_bad is None or end - last_bad < QUIET:
        return None
    return last_bad


def healed(summary: str, facts: Iterable[Fact], since: datetime | None, moment: datetime) -> Judgement:
    """It fitted, and it is over."""
    return Judgement(
        verdict="possible",
        summary=f"{summary}; over since {at(moment)}",
        evidence=tuple(facts),
        since=since,
        would_confirm="the same again",
        score=0.2,
    )
