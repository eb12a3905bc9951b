"""The clocks of an incident: when it must be looked at again, and why. Pure."""

from __future__ import annotations

import zlib
from dataclasses import replace

from lambdas.incidents.cadence import CADENCE, LAST_LEVEL, QUIET, REOPEN
from lambdas.incidents.model import Alarm, Incident, Judged, Post

UNRESOLVED = frozenset({"ALARM", "INSUFFICIENT_DATA"})  # an event source (EVENT) never says that it is over
LIVE = frozenset({"OPEN", "RECOVERING"})

type Step = tuple[Incident | None, tuple[Post, ...]]


def starts_anew(incident: Incident | None, at: int) -> bool:
    """Whether an ALARM at `at` opens a new incident rather than continuing this one."""
    if incident is None or incident.status == "NOTED":
        return True
    return incident.status == "RESOLVED" and at - (incident.resolved_at or 0) > REOPEN


def fresh(incident: Incident, now: int) -> Incident:
    """The incident as if it had just begun: when it opens, and when it reopens. Nobody has seen this one yet."""
    begun = replace(
        incident,
        clock_from=now,
        graded_at=None,
        level=1,
        escalated_at=None,
        acknowledged_by="",
        acknowledged_at=None,
        snoozed_until=None,
        snoozed_by="",
    )
    begun = replace(begun, next_update=_promised(begun, now), next_escalation=escalation(begun))
    return replace(begun, told=says(begun))


def speak(incident: Incident, now: int) -> Step:
    """What was only recorded so far is announced, as if it had begun now; in its own thread, if it has one."""
    first = "reopened" if incident.spoken else "initial"
    told = fresh(replace(incident, parent="", spoken=True), now)
    return told, (Post(first, told.reopen), Post("diagnosis", told.reopen))


def regraded(incident: Incident, judged: Judged, now: int) -> Incident:
    """The incident as judged now; another severity promises its updates and its escalation at another pace.

    What has become worse counts from now, but is never looked at later than it would have been.
    """
    if judged.severity == incident.judged.severity or incident.status not in LIVE:
        return replace(incident, judged=judged)
    worse = judged.severity < incident.judged.severity
    graded = replace(incident, judged=judged, graded_at=now if worse else None)
    graded = replace(graded, next_update=_promised(graded, now))
    then = escalation(graded)
    if worse and then is not None and incident.next_escalation is not None:
        then = min(then, incident.next_escalation)
    return replace(graded, next_escalation=then)


def _promised(incident: Incident, now: int) -> int | None:
    """When people are to hear the next time. Who is gathered is spoken for; who was snoozed is heard after it."""
    period = CADENCE[incident.judged.severity].updates
    if period is None or incident.parent or incident.status not in LIVE:
        return None
    return max(now + period, incident.snoozed_until or 0)


def escalation(incident: Incident) -> int | None:
    """When the next level must be told, if it is not resolved by then; None at the last level.

    Severity 1: not resolved in 15 minutes, and every 15 minutes after. 2 and 3: when a target is missed, that is not
    acknowledged within the response time, not resolved within the resolution target, and at each such length after.
    Acknowledging stops only the response clock: the runbook says 'not resolved'. A gathered incident escalates with
    the storm that gathers it.
    """
    if incident.level >= LAST_LEVEL or incident.status not in LIVE or incident.parent:
        return None
    cadence = CADENCE[incident.judged.severity]
    begun = incident.graded_at or incident.clock_from
    last = incident.escalated_at
    if cadence.escalate is None and last is None and incident.level == 1 and incident.acknowledged_at is None:
        return begun + cadence.response
    step = cadence.escalate or cadence.target
    first = incident.level if cadence.escalate else 1  # Severity 1: level 2 after one step, level 3 after two
    done = 0 if last is None or last < begun else (last - begun) // step
    return begun + step * max(first, done + 1)


def quiet_until(alarms: dict[str, Alarm], now: int) -> int | None:
    """Events have no OK: they count as over after a quiet time; an alarm among them must say so itself."""
    return now + QUIET if all(alarm.state == "EVENT" for alarm in alarms.values()) else None


def says(incident: Incident) -> str:
    """What an update would say, as a short mark: an update that says nothing new is not posted."""
    said = (
        incident.status,
        incident.unverified,
        incident.judged.severity,
        incident.judged.impact,
        incident.headline,
        incident.level,
        incident.acknowledged_by,
        sorted((key, alarm.state) for key, alarm in incident.alarms.items()),
        sorted((key, remedy.state) for key, remedy in incident.remedies.items()),
        incident.tally and (incident.tally.total, incident.tally.ringing, sorted(incident.tally.severities.items())),
        sorted((key, notice.state, notice.status) for key, notice in incident.notices.items()),
    )
    return f"{zlib.crc32(repr(said).encode()):08x}"


def over(incident: Incident, now: int) -> Incident:
    """The incident resolved: no clock runs any more."""
    return replace(
        incident,
        status="RESOLVED",
        resolved_at=now,
        next_update=None,
        next_escalation=None,
        recover_at=None,
        snoozed_until=None,
        gather_at=None,
        waiting=0,
        unverified="",
    )


def ringing(incident: Incident) -> bool:
    """Whether any of its alarms is not known to be over."""
    return any(alarm.state in UNRESOLVED for alarm in incident.alarms.values())


def edit(incident: Incident) -> Post:
    """The root must be shown anew. The version makes it a row of its own."""
    return Post("edit", incident.reopen, incident.ver + 1)
