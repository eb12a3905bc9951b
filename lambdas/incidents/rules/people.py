"""What people do: acknowledge, escalate, set the severity, snooze, resolve.

Each of them once: what has no effect any more (a double click, a stale button) leaves the incident as it is, which the
caller can tell people.
"""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import CADENCE, LAST_LEVEL
from lambdas.incidents.clocks import LIVE, Step, edit, escalation, over, regraded
from lambdas.incidents.model import Acknowledged, Closed, Escalated, Incident, Post, Regraded, Snoozed


def _acknowledged(incident: Incident | None, event: Acknowledged, now: int) -> Step:
    """Somebody has seen it. It changes nothing of its state: what recovers goes on recovering."""
    if incident is None or incident.status not in LIVE or incident.acknowledged_by:
        return incident, ()
    seen = replace(incident, acknowledged_by=event.by, acknowledged_at=now)
    seen = replace(seen, next_escalation=escalation(seen))
    return seen, (Post("acknowledged", seen.reopen), edit(seen))


def _escalated(incident: Incident | None, event: Escalated, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or incident.status not in LIVE or incident.level >= LAST_LEVEL:
        return incident, ()
    higher = replace(incident, level=incident.level + 1, escalated_at=now)
    higher = replace(higher, next_escalation=escalation(higher))
    return higher, (Post("escalated", higher.reopen, higher.level), edit(higher))


def _regraded(incident: Incident | None, event: Regraded, now: int) -> Step:
    if incident is None or incident.status not in LIVE or event.severity not in CADENCE:
        return incident, ()
    if incident.judged.severity == event.severity:
        return incident, ()
    graded = regraded(incident, replace(incident.judged, severity=event.severity), now)
    graded = replace(graded, severity_by=event.by)
    return graded, (Post("regraded", graded.reopen, graded.ver + 1), edit(graded))


def _snoozed(incident: Incident | None, event: Snoozed, now: int) -> Step:
    """No updates until a time. Escalation goes on: a snooze is for reading, not for forgetting."""
    if incident is None or incident.status not in LIVE or event.until <= now:
        return incident, ()
    until = event.until
    quiet = replace(
        incident,
        snoozed_until=until,
        snoozed_by=event.by,
        next_update=max(incident.next_update, until) if incident.next_update is not None else None,
    )
    return quiet, (Post("snoozed", quiet.reopen, quiet.ver + 1), edit(quiet))


def _closed(incident: Incident | None, event: Closed, now: int) -> Step:
    """A person's word closes it at once; an alarm that still rings is kept in view by the flag."""
    if incident is None or incident.status not in LIVE or incident.kind not in {"incident", "storm"}:
        return incident, ()
    closed = replace(
        over(incident, now),
        resolved_by=event.by,
        forced=event.ringing,
        root_cause=event.root_cause,
        prevention=event.prevention,
    )
    if incident.kind == "storm":  # what it gathered is closed with it, at the next tick
        closed = replace(closed, gather_at=now)
    return closed, (Post("resolved", closed.reopen),)


RULES = {
    Acknowledged: _acknowledged,
    Escalated: _escalated,
    Regraded: _regraded,
    Snoozed: _snoozed,
    Closed: _closed,
}
