"""What gathers incidents: storms, silences and maintenance windows, and the validation after maintenance.

Each of them is a document like an incident's, with a clock, a timeline and an outbox. What they gather stays an
incident of its own, which says nothing while it is gathered.
"""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import CALM, DIGEST, LINGER
from lambdas.incidents.clocks import LIVE, Step, edit, fresh, over, regraded, ringing, says, speak
from lambdas.incidents.model import Begun, Gathered, Incident, Lifted, Post, Released, Tally, Tick, Unheard
from lambdas.incidents.rules.clock import Looked, escalate, unsnooze


def _begun(incident: Incident | None, event: Begun, now: int) -> Step:
    if incident is not None:
        return incident, ()
    begun = Incident(
        id=event.incident_id,
        status="OPEN",
        kind=event.kind,
        judged=event.judged,
        alarms={},
        opened_at=event.at,
        detected_at=now,
        clock_from=now,
        quiet=event.quiet,
        gather_at=event.until,
    )
    if event.kind == "storm":
        storm = fresh(begun, now)
        return replace(storm, gather_at=now + DIGEST, gather_until=now + CALM, next_update=None), (Post("initial"),)
    # A window is announced; a person who silences is answered where they ask, and a validation speaks when it is done.
    announced = event.kind == "silence" and event.quiet is not None and bool(event.quiet.window)
    return begun, (Post("initial"),) if announced else ()


def _gathered(incident: Incident | None, event: Gathered, now: int) -> Step:
    """The worst so far does not wait for the next digest."""
    if incident is None or incident.status not in LIVE or event.judged.severity >= incident.judged.severity:
        return incident, ()
    worse = regraded(incident, replace(incident.judged, severity=event.judged.severity), now)
    return replace(worse, gather_at=now, next_update=None), ()


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:
    if incident is None or incident.kind == "incident":
        return incident, ()
    if incident.status == "RESOLVED":  # looked at once more, for what came late
        return replace(incident, gather_at=None, tally=event.tally or incident.tally), ()
    return {"storm": _storm, "silence": _silence, "monitor": _monitor}[incident.kind](incident, event, now)


def _storm(incident: Incident, event: Tick, now: int) -> Step:
    posts: tuple[Post, ...] = ()
    for due in (_digest, escalate, unsnooze):
        incident, more = due(incident, event, now)
        posts += more
        if incident.status not in LIVE:
            break
    return incident, posts


def _digest(incident: Incident, event: Tick, now: int) -> Looked:
    """One message a minute while there is news; over when all is over and nothing has come for long."""
    if event.tally is None or incident.gather_at is None or incident.gather_at > now:
        return incident, ()
    grown = event.tally.total > (incident.tally or Tally()).total
    looked = replace(incident, tally=event.tally, gather_at=now + DIGEST)
    if grown:
        looked = replace(looked, gather_until=now + CALM)
    if event.tally.ringing and event.tally.worst != looked.judged.severity and not looked.severity_by:
        looked = regraded(looked, replace(looked.judged, severity=event.tally.worst), now)
    looked = replace(looked, next_update=None)  # the digest is its update
    if event.tally.live == 0 and (looked.gather_until or 0) <= now:
        ended = replace(over(looked, now), gather_at=now + LINGER, cleared_at=now)
        return ended, (Post("resolved", ended.reopen),)
    if looked.snoozed_until is not None and looked.snoozed_until > now:
        return looked, ()
    mark = says(looked)
    if mark == looked.told:
        return looked, ()
    looked = replace(looked, told=mark)
    return looked, (Post("digest", looked.reopen, looked.ver + 1), edit(looked))


def _silence(incident: Incident, event: Tick, now: int) -> Step:
    """At its end it is told what rang inside, once; what still rings has been opened by then."""
    if incident.quiet is None or incident.quiet.end > now or event.tally is None:
        return incident, ()
    ended = replace(over(incident, now), tally=event.tally, gather_at=now + LINGER)
    # A silence that nothing fell into ends as it was kept: quietly. A window was announced, so its end is too.
    if incident.quiet.window:
        return ended, (Post("silenced"),)
    return ended, (Post("initial"),) if event.tally.total else ()


def _monitor(incident: Incident, event: Tick, now: int) -> Step:
    if incident.gather_at is None or incident.gather_at > now or event.tally is None:
        return incident, ()
    ended = replace(over(incident, now), tally=event.tally)
    return ended, (Post("initial"),)


def _lifted(incident: Incident | None, event: Lifted, now: int) -> Step:
    """It ends now; what it has gathered is looked at by the next tick."""
    if incident is None or incident.quiet is None or incident.status not in LIVE or incident.quiet.end <= now:
        return incident, ()
    return replace(incident, quiet=replace(incident.quiet, end=now, lifted_by=event.by), gather_at=now), ()


def _released(incident: Incident | None, event: Released, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None:
        return None, ()
    if incident.status == "SILENCED":
        if ringing(incident):
            return speak(replace(incident, status="OPEN"), now)
        return over(incident, now), ()
    if incident.parent and incident.status == "OPEN":
        return speak(incident, now)
    return incident, ()


def _unheard(incident: Incident | None, event: Unheard, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or event.page in incident.unheard:
        return incident, ()
    told = replace(incident, unheard=(*incident.unheard, event.page))
    return told, (Post("fallback", told.reopen, told.ver + 1, event.page),)


RULES = {
    Begun: _begun,
    Gathered: _gathered,
    Tick: _tick,
    Released: _released,
    Lifted: _lifted,
    Unheard: _unheard,
}
