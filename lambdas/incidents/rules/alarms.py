"""What alarms and events of the workload bring, and what the diagnosis finds about them."""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import DIGEST, FLAPS, HOLD, SOCIABLE
from lambdas.incidents.clocks import (
    LIVE,
    Step,
    edit,
    fresh,
    quiet_until,
    regraded,
    ringing,
    speak,
    starts_anew,
)
from lambdas.incidents.model import Cleared, Diagnosed, Incident, Linked, Noted, Post, Raised, Silent


def _raised(incident: Incident | None, event: Raised, now: int) -> Step:
    if incident is None or starts_anew(incident, event.alarm.at):
        return _open(event, now)
    known = event.key in incident.alarms
    alarms = {**incident.alarms, event.key: event.alarm}
    joined = replace(
        incident, alarms=alarms, recover_at=quiet_until(alarms, now), cleared_at=None, unverified="", forced=False
    )
    if incident.status == "SILENCED":
        return _in_silence(joined, event, now)
    if incident.status == "RESOLVED":
        return _reopened(joined, event, now)
    if event.judged.severity < incident.judged.severity and not (known and incident.severity_by):
        # A second alarm can make an incident worse, never better: what the first one saw still holds.
        joined = regraded(joined, event.judged, now)
    if incident.parent and not event.parent:  # the storm that spoke for it is over
        return speak(replace(joined, status="OPEN"), now)
    if incident.status == "RECOVERING" and known:
        joined = replace(joined, status="OPEN", flaps=incident.flaps + 1)
        notice = (Post("flapping", joined.reopen),) if joined.flaps == FLAPS else ()
        return joined, (*notice, edit(joined))
    if known:
        return joined, ()
    joined = replace(joined, status="OPEN")
    worse = joined.judged.severity < incident.judged.severity
    if len(alarms) > SOCIABLE and not worse:  # in numbers they are told together
        at = now + DIGEST if incident.gather_at is None else incident.gather_at
        return replace(joined, waiting=incident.waiting + 1, gather_at=at), ()
    joined = replace(joined, waiting=0, joined=incident.waiting + 1, gather_at=None)
    return joined, (Post("joined", joined.reopen, len(joined.alarms)), edit(joined))


def _in_silence(incident: Incident, event: Raised, now: int) -> Step:
    """What rings inside a silence is recorded, however often; Severity 1 may break through."""
    worst = min(event.judged, incident.judged, key=lambda judged: judged.severity)
    incident = replace(incident, judged=worst, recover_at=None)
    if event.silence:
        return incident, ()
    return speak(replace(incident, status="OPEN"), now)


def _reopened(incident: Incident, event: Raised, now: int) -> Step:
    worse = event.judged.severity < incident.judged.severity
    again = replace(
        incident,
        reopen=incident.reopen + 1,
        resolved_at=None,
        resolved_by="",
        judged=event.judged if worse else incident.judged,
        parent=event.parent,
        silence=event.silence,
        flaps=0,
    )
    if event.silence:
        return replace(again, status="SILENCED", recover_at=None), ()
    again = replace(again, status="OPEN")
    return (fresh(again, now), ()) if event.parent else speak(again, now)


def _open(event: Raised, now: int) -> Step:
    incident = Incident(
        id=event.incident_id,
        status="SILENCED" if event.silence else "OPEN",
        judged=event.judged,
        alarms={event.key: event.alarm},
        opened_at=event.alarm.at,
        detected_at=now,
        clock_from=now,
        recover_at=None if event.silence else quiet_until({event.key: event.alarm}, now),
        previous=event.previous,
        parent=event.parent,
        silence=event.silence,
        spoken=False,
    )
    if event.silence:
        return incident, ()
    return (fresh(incident, now), ()) if event.parent else speak(incident, now)


def _cleared(incident: Incident | None, event: Cleared, now: int) -> Step:
    if incident is None or event.key not in incident.alarms:
        return incident, ()
    alarms = {**incident.alarms, event.key: replace(incident.alarms[event.key], state="OK", at=event.at)}
    cleared = replace(incident, alarms=alarms)
    if incident.status != "OPEN" or ringing(cleared):
        return cleared, ()
    hold = HOLD * (2 if incident.flaps >= FLAPS else 1)
    cleared = replace(cleared, status="RECOVERING", recover_at=now + hold, cleared_at=event.at)
    return cleared, (edit(cleared),)


def _silent(incident: Incident | None, event: Silent, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or event.key not in incident.alarms:
        return incident, ()
    alarm = replace(incident.alarms[event.key], state="INSUFFICIENT_DATA", at=event.at)
    return replace(incident, alarms={**incident.alarms, event.key: alarm}), ()


def _noted(incident: Incident | None, event: Noted, now: int) -> Step:
    if incident is not None:
        return incident, ()
    noted = Incident(
        id=event.incident_id,
        status="NOTED",
        judged=event.judged,
        alarms={},
        opened_at=event.at,
        detected_at=now,
        clock_from=now,
        text=event.text,
    )
    return noted, (Post("noted"),)


def _diagnosed(incident: Incident | None, event: Diagnosed, now: int) -> Step:
    if incident is None or incident.status == "NOTED":
        return incident, ()
    # A person's severity stands: what was measured changes the rest of the judgement only.
    severity = incident.judged.severity if incident.severity_by else event.judged.severity
    diagnosed = replace(incident, headline=event.headline)
    diagnosed = regraded(diagnosed, replace(event.judged, severity=severity), now)
    if not event.charted or diagnosed.charted == diagnosed.reopen:  # a diagnosis that was done again has its chart
        return diagnosed, (edit(diagnosed),)
    diagnosed = replace(diagnosed, charted=diagnosed.reopen)
    return diagnosed, (edit(diagnosed), Post("chart", diagnosed.reopen))


def _linked(incident: Incident | None, event: Linked, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or incident.shares == event.other or incident.status not in LIVE:
        return incident, ()
    linked = replace(incident, shares=event.other)
    return linked, (edit(linked),)


RULES = {
    Raised: _raised,
    Cleared: _cleared,
    Silent: _silent,
    Noted: _noted,
    Diagnosed: _diagnosed,
    Linked: _linked,
}
