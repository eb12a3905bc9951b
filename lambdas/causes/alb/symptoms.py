"""Which symptoms the balancer shows: gateway errors, slow answers; and since when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.alb.levels import LEAD, Level, level, levels

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence

LEAST_ERRORS = 10  # fewer in the trouble's time are noise at any rate of requests
LEAST_MINUTES = 3
SLOWER = 0.1  # seconds; what grows by less harms nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """One kind of error of the balancer."""

    level: Level
    share: float | None  # of the requests, 0–1
    standing: bool  # whether it stands out from the usual

    @property
    def count(self) -> int:
        """How many in the trouble's time."""
        return round(self.level.total)


def errors(evidence: Evidence, role: str) -> Errors | None:
    """A counter of errors; None where the balancer's metrics are absent altogether."""
    found = level(evidence, role)
    if found is None:
        return None
    requests = level(evidence, "alb.requests")
    answered = (requests.total if requests else 0.0) or 0.0
    total = answered + (found.total if role.startswith("alb.elb") else 0.0)
    busy = sum(value > 0 for at, value in found.points if at >= evidence.window.at - LEAD)
    standing = found.total >= LEAST_ERRORS and busy >= LEAST_MINUTES and found.raised(2, 0.5)
    return Errors(level=found, share=found.total / total if total else None, standing=standing)


def latency(evidence: Evidence) -> list[Level]:
    """Response times that stand out from their usual, the group's before the balancer's, the worst first."""
    standing: list[Level] = []
    for role in ("tg.latency", "alb.latency", "tg.latency_p99", "alb.latency_p99"):
        standing += sorted((x for x in levels(evidence, role) if slow(evidence, x)), key=lambda x: -x.ratio)
    return standing


def slow(evidence: Evidence, found: Level) -> bool:
    """Whether a response time is a symptom: half as much again as usual, and by an amount that is felt."""
    about = any(m.name == "TargetResponseTime" for m in evidence.alert.metrics)
    tail = found.role.endswith("p99")
    return found.raised(1.4 if about else 1.6, SLOWER * (0.5 if about else 1) * (3 if tail else 1))


def onset(evidence: Evidence) -> datetime | None:
    """When the first symptom of requests began; None where there is none."""
    times = [x.since for x in latency(evidence) if x.since]
    for role in ("alb.elb_502", "alb.elb_503", "alb.elb_504", "alb.elb_5xx", "alb.target_5xx", "alb.rejected"):
        found = errors(evidence, role)
        if found and found.standing and found.level.since:
            times.append(found.level.since)
    return min(times, default=None)
