"""What follows from the time alone: recoveries, escalations, updates, the end of a snooze."""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import CADENCE, LAST_LEVEL, VERIFY_AGAIN
from lambdas.incidents.clocks import LIVE, UNRESOLVED, Step, edit, escalation, says
from lambdas.incidents.model import Incident, Post, Tick


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:
    if incident is None or incident.status not in LIVE:
        return incident, ()
    posts: tuple[Post, ...] = ()
    for due in (_recovery, _escalation, _snooze, _update):
        incident, more = due(incident, event, now)
        posts += more
        if incident.status not in LIVE:
            break  # it is over: nobody is told of anything else
    return incident, posts


type _Looked = tuple[Incident, tuple[Post, ...]]


def _recovery(incident: Incident, event: Tick, now: int) -> _Looked:
    if incident.recover_at is None or incident.recover_at > now:
        return incident, ()
    alarms = {
        key: replace(alarm, state=event.states.get(key, alarm.state)) if alarm.arn else alarm
        for key, alarm in incident.alarms.items()
    }
    if event.unverified:
        waiting = replace(incident, recover_at=now + VERIFY_AGAIN, unverified=event.unverified)
        return waiting, () if incident.unverified else (edit(waiting),)
    if any(alarm.state in UNRESOLVED for alarm in alarms.values()):
        back = replace(incident, status="OPEN", alarms=alarms, recover_at=None, cleared_at=None, unverified="")
        return back, (edit(back),)
    over = replace(
        incident,
        status="RESOLVED",
        alarms=alarms,
        resolved_at=now,
        next_update=None,
        next_escalation=None,
        recover_at=None,
        snoozed_until=None,
        unverified="",
    )
    return over, (Post("resolved", over.reopen),)


def _escalation(incident: Incident, event: Tick, now: int) -> _Looked:  # noqa: ARG001 — one signature for all of them
    """The next level, once: after a standstill of the clock the level after it is told at its next moment."""
    if incident.next_escalation is None or incident.next_escalation > now:
        return incident, ()
    higher = replace(incident, level=min(incident.level + 1, LAST_LEVEL), escalated_at=now)
    higher = replace(higher, next_escalation=escalation(higher))
    return higher, (Post("escalated", higher.reopen, higher.level), edit(higher))


def _snooze(incident: Incident, event: Tick, now: int) -> _Looked:  # noqa: ARG001 — one signature for all of them
    if incident.snoozed_until is None or incident.snoozed_until > now:
        return incident, ()
    return replace(incident, snoozed_until=None, snoozed_by=""), ()


def _update(incident: Incident, event: Tick, now: int) -> _Looked:  # noqa: ARG001 — one signature for all of them
    if incident.next_update is None or incident.next_update > now:
        return incident, ()
    period = CADENCE[incident.judged.severity].updates or CADENCE[incident.judged.severity].target
    missed = (now - incident.next_update) // period + 1  # missed updates coalesce into one
    later = replace(incident, next_update=incident.next_update + missed * period, told=says(incident))
    news = (Post("update", later.reopen, later.ver + 1),) if later.told != incident.told else ()
    return later, (*news, edit(later))


RULES = {Tick: _tick}
