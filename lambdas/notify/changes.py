"""What happened to an incident between two versions of it, in the words of the event bus. Pure.

Standard library only: on the path to the first post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.incidents.model import Incident

DETAIL_TYPES = {
    "opened": "Incident Opened",
    "noted": "Event Noted",
    "silenced": "Incident Silenced",
    "reopened": "Incident Reopened",
    "severity_changed": "Incident Severity Changed",
    "escalated": "Incident Escalated",
    "acknowledged": "Incident Acknowledged",
    "diagnosed": "Incident Diagnosed",
    "recovering": "Incident Recovering",
    "relapsed": "Incident Relapsed",
    "snoozed": "Incident Snoozed",
    "attached": "Incident Attached",
    "remedied": "Incident Remedy Changed",
    "resolved": "Incident Resolved",
}
"""By change: the detail-type of its bus event, public names (`docs/integration.md`). In the order of telling."""

_LIVE = frozenset({"OPEN", "RECOVERING"})
_BORN = {"NOTED": "noted", "SILENCED": "silenced"}


def changes(before: Incident | None, after: Incident) -> tuple[str, ...]:
    """The transitions of one commit, each a key of DETAIL_TYPES; none where nothing that others follow changed."""
    found = set(_found(before, after))
    return tuple(change for change in DETAIL_TYPES if change in found)


def marks(before: Incident | None, after: Incident) -> tuple[str, ...]:
    """The same, as the timeline keeps them: with what was reached, e.g. `escalated=2`, `severity_changed=1`."""
    reached = {"escalated": after.level, "severity_changed": after.judged.severity}
    return tuple(f"{change}={reached[change]}" if change in reached else change for change in changes(before, after))


def _found(before: Incident | None, after: Incident) -> Iterator[str]:
    if before is None:
        yield _BORN.get(after.status, "opened")
        return
    if after.status != before.status:
        yield from _moved(before, after)
    if after.reopen > before.reopen:
        yield "reopened"
    if after.judged.severity != before.judged.severity:
        yield "severity_changed"
    if after.level > before.level:
        yield "escalated"
    if after.acknowledged_at is not None and after.acknowledged_at != before.acknowledged_at:
        yield "acknowledged"
    if after.headline is not None and after.headline != before.headline:
        yield "diagnosed"
    if after.snoozed_until is not None and after.snoozed_until != before.snoozed_until:
        yield "snoozed"
    if after.parent and after.parent != before.parent:
        yield "attached"
    if before.parent and not after.parent and after.status in _LIVE:
        yield "opened"  # the storm is over, and it is not
    if any(_state(before, id_) != remedy.state for id_, remedy in after.remedies.items()):
        yield "remedied"


def _moved(before: Incident, after: Incident) -> Iterator[str]:
    if after.status == "RESOLVED":
        yield "resolved"
    elif after.status in {"SILENCED", "NOTED"}:
        yield _BORN[after.status]
    elif before.status == "SILENCED":
        yield "opened"  # its silence is over, and it is not
    elif after.status == "RECOVERING":
        yield "recovering"
    elif before.status == "RECOVERING" and after.reopen == before.reopen:
        yield "relapsed"


def _state(incident: Incident, id_: str) -> str:
    return incident.remedies[id_].state if id_ in incident.remedies else ""


def live(incident: Incident | None) -> bool:
    """Whether people are to be told of it: it is under way, and no part of a storm that has its own incident."""
    return incident is not None and incident.status in _LIVE and not incident.parent
