"""What the lifecycle says in an incident's thread: short, for somebody who was just woken up.

Pure: an incident and its outbox row → a payload. The root message and the runbook's templates are in `messages.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.contacts import told
from lambdas.incidents.cadence import CADENCE, LAST_LEVEL
from lambdas.slack import gathered
from lambdas.slack.messages import LEVELS, Payload, confidence, contact, context, section
from lambdas.slack.text import clock, code, duration, escape, person

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident, Post
    from lambdas.settings import Settings

NAMED = 5  # alarms that are named when several join together
NOBODY = "nobody is configured for it"


def message(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    """The thread's message for one row."""
    if incident.kind != "incident" and post.kind in gathered.BUILDERS:
        return gathered.BUILDERS[post.kind](incident, settings)
    return BUILDERS[post.kind](incident, post, settings, now)


def _update(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    del post, settings
    age = duration(now - incident.opened_at)
    lead = f"🔄 *Update - Severity {incident.judged.severity}*, {age} in: {_where(incident)}"
    lines = [lead]
    if incident.headline:
        said = confidence(incident.headline.cause, incident.headline.verdict)
        lines.append(f"*{said}:* {escape(incident.headline.summary, 900)}")
        if incident.headline.action:
            lines.append(f"*Next:* {escape(incident.headline.action, 700)}")
    tail = [_who(incident)]
    if incident.next_update is not None:
        tail.append(f"Next update {clock(incident.next_update)}")
    return _thread(incident, "\n".join(lines), " · ".join(tail))


def _escalated(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    level, severity = post.n, incident.judged.severity
    names = " ".join(contact(known) for known in told(settings, level, severity, now)) or NOBODY
    age = duration(now - incident.clock_from)
    why = f"Severity {severity}, not resolved after {age}."
    lines = [
        f"⬆️ *Escalated to level {level}* ({LEVELS.get(level, 'next level')}): {names}",
        f"{escape(incident.judged.service, 300)}: {escape(incident.judged.impact, 900)}",
    ]
    if incident.headline:
        lines.append(escape(incident.headline.summary, 900))
    tail = [why, _who(incident)]
    if incident.next_escalation is not None and incident.level < LAST_LEVEL and incident.level == level:
        tail.append(f"Level {level + 1} is told {clock(incident.next_escalation, '{date_short_pretty} {time}')}")
    return _thread(incident, "\n".join(lines), " · ".join(tail)) | {"reply_broadcast": True}


def _acknowledged(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    del post, settings, now
    at = incident.acknowledged_at or incident.clock_from
    late = at - incident.clock_from - CADENCE[incident.judged.severity].response
    took = duration(at - incident.clock_from)
    target = f"{duration(late)} after its target" if late > 0 else "in time"
    text = f"👀 {person(incident.acknowledged_by)} is on it, after {took} ({target})."
    return _thread(incident, text, _escalates(incident))


def _regraded(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    del post, settings, now
    severity = incident.judged.severity
    who = person(incident.severity_by) if incident.severity_by else "Somebody"
    text = f"⚖️ {who} set this to *Severity {severity}*."
    period = CADENCE[severity].updates
    pace = f"Updates every {period // 60} minutes" if period else "The next post is the resolution"
    return _thread(incident, text, f"{pace} · {_escalates(incident)}")


def _snoozed(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    del post, settings, now
    if incident.snoozed_until is None:
        return _thread(incident, "🔔 The snooze is over.", _escalates(incident))
    text = f"🔕 {person(incident.snoozed_by)} wants no updates until {clock(incident.snoozed_until)}."
    return _thread(incident, text, f"What escalates still does. {_escalates(incident)}")


def _joined(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    del post, settings, now
    latest = sorted(incident.alarms.values(), key=lambda alarm: alarm.at)[-incident.joined :]
    names = ", ".join(code(alarm.name) for alarm in latest[-NAMED:])
    more = f" and {incident.joined - NAMED} more" if incident.joined > NAMED else ""
    text = f"➕ {names}{more} joined this incident. {escape(incident.judged.impact, 900)}"
    ringing = sum(alarm.state == "ALARM" for alarm in incident.alarms.values())
    return _thread(incident, text, f"Severity {incident.judged.severity} · {ringing} of {len(incident.alarms)} ringing")


def _where(incident: Incident) -> str:
    ringing = sum(alarm.state == "ALARM" for alarm in incident.alarms.values())
    if incident.status == "RECOVERING":
        if incident.unverified:
            return f"recovering, not verified ({escape(incident.unverified, 300)})"
        return "recovering; being verified"
    alarms = f"{ringing} alarms are" if ringing > 1 else "the alarm is"
    return f"{alarms} still ringing" if ringing else "not resolved"


def _who(incident: Incident) -> str:
    if incident.acknowledged_by:
        return f"{person(incident.acknowledged_by)} is on it"
    return "Nobody has acknowledged it yet"


def _escalates(incident: Incident) -> str:
    if incident.next_escalation is None:
        return "The last level has been told" if incident.level >= LAST_LEVEL else "Nothing escalates"
    at = clock(incident.next_escalation, "{date_short_pretty} {time}")
    return f"Level {incident.level + 1} is told {at} unless it is resolved"


def _thread(incident: Incident, text: str, small: str) -> Payload:
    blocks = [section(text), context([small])]
    return {
        "text": text[:3000],
        "blocks": [{**part, "block_id": f"{incident.id}.{incident.ver}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


BUILDERS = {
    "joined": _joined,
    "update": _update,
    "escalated": _escalated,
    "acknowledged": _acknowledged,
    "regraded": _regraded,
    "snoozed": _snoozed,
}
