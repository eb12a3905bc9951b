"""The incident's life as a pure reducer: (incident, event, now) → (incident, posts).

It grows by rules: one function for each event, registered below. No I/O, no clock (`lifecycle.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lambdas.incidents.cadence import CADENCE, FLAPS, HOLD, QUIET, REOPEN, VERIFY_AGAIN
from lambdas.incidents.model import (
    Alarm,
    Cleared,
    Diagnosed,
    Event,
    Incident,
    Judged,
    Linked,
    Noted,
    Post,
    Raised,
    Silent,
    Tick,
)

UNRESOLVED = frozenset({"ALARM", "INSUFFICIENT_DATA"})  # an event source (EVENT) never says that it is over

type Step = tuple[Incident | None, tuple[Post, ...]]


def reduce(incident: Incident | None, event: Event, now: int) -> Step:
    """Apply one event. Returns the same incident and no posts where nothing follows from it."""
    return RULES[type(event)](incident, event, now)


def starts_anew(incident: Incident | None, at: int) -> bool:
    """Whether an ALARM at `at` opens a new incident rather than continuing this one."""
    if incident is None or incident.status == "NOTED":
        return True
    return incident.status == "RESOLVED" and at - (incident.resolved_at or 0) > REOPEN


def _raised(incident: Incident | None, event: Raised, now: int) -> Step:
    if incident is None or starts_anew(incident, event.alarm.at):
        return _open(event, now)
    known = event.key in incident.alarms
    joined = replace(
        incident,
        alarms={**incident.alarms, event.key: event.alarm},
        recover_at=_quiet_until({**incident.alarms, event.key: event.alarm}, now),
        cleared_at=None,
        unverified="",
    )
    if event.judged.severity < incident.judged.severity:
        # A second alarm can make an incident worse, never better: what the first one saw still holds.
        joined = _regraded(joined, event.judged, now)
    if incident.status == "RESOLVED":
        joined = _fresh_clock(replace(joined, status="OPEN", reopen=incident.reopen + 1, resolved_at=None), now)
        return joined, (Post("reopened", joined.reopen), Post("diagnosis", joined.reopen))
    if incident.status == "RECOVERING" and known:
        joined = replace(joined, status="OPEN", flaps=incident.flaps + 1)
        notice = (Post("flapping", joined.reopen),) if joined.flaps == FLAPS else ()
        return joined, (*notice, _edit(joined))
    if known:
        return joined, ()
    joined = replace(joined, status="OPEN")
    return joined, (Post("joined", joined.reopen, len(joined.alarms)), _edit(joined))


def _open(event: Raised, now: int) -> Step:
    incident = Incident(
        id=event.incident_id,
        status="OPEN",
        judged=event.judged,
        alarms={event.key: event.alarm},
        opened_at=event.alarm.at,
        detected_at=now,
        clock_from=now,
        recover_at=_quiet_until({event.key: event.alarm}, now),
        previous=event.previous,
    )
    return _fresh_clock(incident, now), (Post("initial"), Post("diagnosis"))


def _cleared(incident: Incident | None, event: Cleared, now: int) -> Step:
    if incident is None or event.key not in incident.alarms:
        return incident, ()
    alarms = {**incident.alarms, event.key: replace(incident.alarms[event.key], state="OK", at=event.at)}
    cleared = replace(incident, alarms=alarms)
    if incident.status != "OPEN" or any(alarm.state in UNRESOLVED for alarm in alarms.values()):
        return cleared, ()
    hold = HOLD * (2 if incident.flaps >= FLAPS else 1)
    cleared = replace(cleared, status="RECOVERING", recover_at=now + hold, cleared_at=event.at)
    return cleared, (_edit(cleared),)


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
    diagnosed = _regraded(replace(incident, headline=event.headline), event.judged, now)
    if not event.charted or diagnosed.charted == diagnosed.reopen:  # a diagnosis that was done again has its chart
        return diagnosed, (_edit(diagnosed),)
    diagnosed = replace(diagnosed, charted=diagnosed.reopen)
    return diagnosed, (_edit(diagnosed), Post("chart", diagnosed.reopen))


def _linked(incident: Incident | None, event: Linked, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or incident.shares == event.other:
        return incident, ()
    linked = replace(incident, shares=event.other)
    return linked, (_edit(linked),)


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:
    if incident is None or incident.status in {"RESOLVED", "NOTED"}:
        return incident, ()
    if incident.recover_at is not None and incident.recover_at <= now:
        return _verify(incident, event, now)
    if incident.next_update is None or incident.next_update > now:
        return incident, ()
    period = CADENCE[incident.judged.severity].updates or CADENCE[incident.judged.severity].target
    missed = (now - incident.next_update) // period + 1  # missed updates coalesce into one
    later = replace(incident, next_update=incident.next_update + missed * period)
    return later, (_edit(later),)


def _verify(incident: Incident, event: Tick, now: int) -> Step:
    alarms = {
        key: replace(alarm, state=event.states.get(key, alarm.state)) if alarm.arn else alarm
        for key, alarm in incident.alarms.items()
    }
    if event.unverified:
        waiting = replace(incident, recover_at=now + VERIFY_AGAIN, unverified=event.unverified)
        return waiting, () if incident.unverified else (_edit(waiting),)
    if any(alarm.state in UNRESOLVED for alarm in alarms.values()):
        back = replace(incident, status="OPEN", alarms=alarms, recover_at=None, cleared_at=None, unverified="")
        return back, (_edit(back),)
    resolved = replace(
        incident,
        status="RESOLVED",
        alarms=alarms,
        resolved_at=now,
        next_update=None,
        recover_at=None,
        unverified="",
    )
    return resolved, (Post("resolved", resolved.reopen),)


def _fresh_clock(incident: Incident, now: int) -> Incident:
    period = CADENCE[incident.judged.severity].updates
    return replace(incident, clock_from=now, next_update=now + period if period else None)


def _regraded(incident: Incident, judged: Judged, now: int) -> Incident:
    """The incident as judged now; another severity promises its updates at another pace."""
    same = judged.severity == incident.judged.severity or incident.status == "RESOLVED"
    period = CADENCE[judged.severity].updates
    next_update = incident.next_update if same else now + period if period else None
    return replace(incident, judged=judged, next_update=next_update)


def _quiet_until(alarms: dict[str, Alarm], now: int) -> int | None:
    """Events have no OK: they count as over after a quiet time; an alarm among them must say so itself."""
    return now + QUIET if all(alarm.state == "EVENT" for alarm in alarms.values()) else None


def _edit(incident: Incident) -> Post:
    return Post("edit", incident.reopen, incident.ver + 1)


RULES: dict[type, Callable[[Incident | None, Any, int], Step]] = {
    Raised: _raised,
    Cleared: _cleared,
    Silent: _silent,
    Noted: _noted,
    Diagnosed: _diagnosed,
    Linked: _linked,
    Tick: _tick,
}
