"""What is kept of a resolved incident for those that come after it. Pure; on the path to the first post."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident

TEXT = 500
HELPED = frozenset({"VERIFIED", "APPLIED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One resolved incident, in short."""

    incident: str
    opened_at: int
    over_at: int
    severity: int
    service: str
    target: str
    cause: str  # empty where none was found, or none that recurs
    verdict: str
    said: str  # the root cause in a person's words, else the diagnosis'
    fixed: str  # what was done

    def to_json(self) -> str:
        """As the table keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Past:
        """Read it back."""
        return cls(**json.loads(text))


def recurs(cause: str) -> bool:
    """Whether a cause is one that can come again: not 'unknown', and not an alarm that had none."""
    return bool(cause) and cause != "unknown" and not cause.startswith("none.")


def past(incident: Incident) -> Past:
    """What is kept of an incident that is over."""
    head = incident.headline
    known = head is not None and head.verdict in {"confirmed", "likely"} and recurs(head.cause)
    return Past(
        incident=incident.id,
        opened_at=incident.opened_at,
        over_at=incident.cleared_at or incident.resolved_at or incident.opened_at,
        severity=incident.judged.severity,
        service=incident.judged.service[:TEXT],
        target=incident.judged.target,
        cause=head.cause if head and known else "",
        verdict=head.verdict if head else "",
        said=(incident.root_cause or (head.summary if head else ""))[:TEXT],
        fixed=fixed(incident)[:TEXT],
    )


def fixed(incident: Incident) -> str:
    """What ended it, as far as that is known: a remedy of ours, a person's words; else that nothing was recorded."""
    helped = [remedy.title for remedy in incident.remedies.values() if remedy.state in HELPED]
    if helped:
        return "; ".join(helped)
    if incident.prevention:
        return incident.prevention
    proposed = f" Proposed: {incident.headline.action}" if incident.headline and incident.headline.action else ""
    return f"Nothing was recorded; the alarm went back by itself or by other hands.{proposed}"
