"""Statistics over incidents: who acted, how fast, what comes again. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from lambdas.incidents.cadence import CADENCE

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident

TREATED = frozenset(
    {"APPLIED", "VERIFIED", "NOT_VERIFIED", "UNDO_APPROVED", "UNDONE"}
)  # remedies that changed something
UNKNOWN = "cause not found"


def counted(incidents: Iterable[Incident]) -> list[Incident]:
    """The incidents that count: not noted events, not those that fell into a silence, nor a storm's children."""
    return [i for i in incidents if i.status not in {"NOTED", "SILENCED"} and not i.parent and not i.silence]


def cause_of(incident: Incident) -> str:
    """What it came from: the diagnosis' cause where it is more than possible, else 'cause not found'."""
    found = incident.headline
    if found is None or found.verdict not in {"confirmed", "likely"} or found.cause.startswith("unknown"):
        return UNKNOWN
    return found.cause


def treated(incident: Incident) -> bool:
    """Whether somebody did something about it: changed something, resolved it or wrote down what it was."""
    changed = any(remedy.state in TREATED for remedy in incident.remedies.values())
    return changed or bool(incident.resolved_by or incident.root_cause or incident.prevention)


def real(incident: Incident) -> bool:
    """Whether people treated it as real: acted on it, or acknowledged one that reached a higher level or severity 1."""
    serious = incident.judged.severity == 1 or incident.level > 1
    return treated(incident) or (incident.acknowledged_at is not None and serious)


def spell(incident: Incident) -> tuple[datetime, datetime]:
    """From its opening to its end, or to its last known moment."""
    ended = incident.cleared_at or incident.resolved_at or max(a.at for a in incident.alarms.values())
    return moment(incident.opened_at), moment(max(ended, incident.opened_at))


def moment(epoch: int) -> datetime:
    """Epoch seconds as a UTC time."""
    return datetime.fromtimestamp(epoch, UTC)


def by[K](incidents: Iterable[Incident], key: Callable[[Incident], K]) -> Mapping[K, list[Incident]]:
    """Incidents by a key, in their order."""
    groups: defaultdict[K, list[Incident]] = defaultdict(list)
    for incident in incidents:
        groups[key(incident)].append(incident)
    return groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How one severity's incidents were answered. Seconds; None where nothing is known."""

    severity: int
    incidents: int
    acknowledged: int
    acknowledge_median: float | None
    acknowledge_p90: float | None
    acknowledged_in_time: int
    resolved: int
    resolve_median: float | None
    resolve_p90: float | None
    resolved_in_time: int

    @property
    def acknowledge_target(self) -> int:
        """The runbook's, seconds."""
        return CADENCE[self.severity].response

    @property
    def resolve_target(self) -> int:
        """The runbook's, seconds."""
        return CADENCE[self.severity].target


def response(severity: int, incidents: Sequence[Incident]) -> Response:
    """Of the incidents of one severity. One that was never acknowledged missed its target, however short it was."""
    own = [i for i in incidents if i.judged.severity == severity]
    acknowledged = [float(max(0, i.acknowledged_at - i.opened_at)) for i in own if i.acknowledged_at is not None]
    resolved = [float(max(0, i.resolved_at - i.opened_at)) for i in own if i.resolved_at is not None]
    targets = CADENCE[severity]
    return Response(
        severity=severity,
        incidents=len(own),
        acknowledged=len(acknowledged),
        acknowledge_median=median(acknowledged) if acknowledged else None,
        acknowledge_p90=nearest(acknowledged, 0.9),
        acknowledged_in_time=sum(seconds <= targets.response for seconds in acknowledged),
        resolved=len(resolved),
        resolve_median=median(resolved) if resolved else None,
        resolve_p90=nearest(resolved, 0.9),
        resolved_in_time=sum(seconds <= targets.target for seconds in resolved),
    )


def nearest(found: Sequence[float], share: float) -> float | None:
    """The value that a share of them does not exceed (nearest rank)."""
    if not found:
        return None
    ordered = sorted(found)
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]


def length(seconds: float | None) -> str:
    """A length of time for people."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
