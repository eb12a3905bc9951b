"""What triage decides, and why. Standard library only: on the path to the first post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.targets import Target

type Tier = Literal["critical", "warning", "performance"]
type Severity = Literal[1, 2, 3]
type Scope = Literal["single service", "multiple services", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """An alert, judged by the runbook. `tier` and `severity` are two vocabularies and stay two types."""

    tier: Tier
    severity: Severity
    scope: Scope
    target: Target
    service: str  # the name people use for what is affected
    impact: str  # one sentence for the initial notification: what was observed, for whom
    trigger: str = ""  # the id of the runbook trigger that decided, e.g. "ecs.cpu.critical"; empty: outside the tables
    why: tuple[str, ...] = ()  # one sentence per decision, shown to people
    affected: float | None = None  # per cent of the requests that were seen to fail (0–100); None: not measured
