"""What follows from the time alone: recoveries, escalations, updates, the end of a snooze."""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import CADENCE, LAST_LEVEL, VERIFY_AGAIN
from lambdas.incidents.clocks import LIVE, Step, edit, escalation, over, ringing, says
from lambdas.incidents.model import Incident, Post, Tick


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:
    if incident is None or incident.status not in LIVE or incident.kind != "incident":
        return incident, ()
    posts: tuple[Post, ...] = ()
    for due in (_recovery, escalate, unsnooze, _join, _update):
        incident, more = due(incident, event, now)
        posts += more
        if incident.status not in LIVE:
            break  # it is over: nobody is told of anything else
    return incident, posts


type Looked = tuple[Incident, tuple[Post, ...]]


def _recovery(incident: Incident, event: Tick, now: int) -> Looked:
    if incident.recover_at is None or incident.recover_at > now:
        return incident, ()
    alarms = {
        key: replace(alarm, state=event.states.get(key, alarm.state)) if alarm.arn else alarm
        for key, alarm in incident.alarms.items()
    }
    if event.unverified:
        waiting = replace(incident, recover_at=now + VERIFY_AGAIN, unverified=event.unverified)
        return waiting, () if incident.unverified else (edit(waiting),)
    looked = replace(incident, alarms=alarms)
    if ringing(looked):
        back = replace(looked, status="OPEN", recover_at=None, cleared_at=None, unverified="")
        return back, (edit(back),)
    return over(looked, now), (Post("resolved", looked.reopen),)


def escalate(incident: Incident, event: Tick, now: int) -> Looked:  # noqa: ARG001 — one signature for all of them
    """The next level, once: after a standstill of the clock the level after it is told at its next moment."""
    if incident.next_escalation is None or incident.next_escalation > now:
        return incident, ()
    higher = replace(incident, level=min(incident.level + 1, LAST_LEVEL), escalated_at=now)
    higher = replace(higher, next_escalation=escalation(higher))
    return higher, (Post("escalated", higher.reopen, higher.level), edit(higher))


def unsnooze(incident: Incident, event: Tick, now: int) -> Looked:  # noqa: ARG001 — one signature for all of them
    """Updates are heard again."""
    if incident.snoozed_until is None or incident.snoozed_until > now:
        return incident, ()
    return replace(incident, snoozed_until=None, snoozed_by=""), ()


def _join(incident: Incident, event: Tick, now: int) -> Looked:  # noqa: ARG001 — one signature for all of them
    """Alarms that joined in numbers, told together."""
    if incident.gather_at is None or incident.gather_at > now:
        return incident, ()
    joined = replace(incident, gather_at=None, waiting=0, joined=incident.waiting)
    if not incident.waiting:
        return joined, ()
    return joined, (Post("joined", joined.reopen, len(joined.alarms)), edit(joined))


def _update(incident: Incident, event: Tick, now: int) -> Looked:  # noqa: ARG001 — one signature for all of them
    if incident.next_update is None or incident.next_update > now:
        return incident, ()
    period = CADENCE[incident.judged.severity].updates or CADENCE[incident.judged.severity].target
    missed = (now - incident.next_update) // period + 1  # missed updates coalesce into one
    later = replace(incident, next_update=incident.next_update + missed * period, told=says(incident))
    news = (Post("update", later.reopen, later.ver + 1),) if later.told != incident.told else ()
    return later, (*news, edit(later))


RULES = {Tick: _tick}
