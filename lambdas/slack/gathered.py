"""What storms, silences, maintenance windows and the validation after them say. Pure.

One message a minute at most, the most severe first: people read it once and know where to look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lambdas.incidents.model import Tally
from lambdas.slack.buttons import actions
from lambdas.slack.messages import Payload, context, decisions, section
from lambdas.slack.text import clean, clock, code, duration, escape, person

if TYPE_CHECKING:
    from lambdas.incidents.model import Child, Incident, Quiet
    from lambdas.settings import Settings

NAMED = 10  # incidents of one digest
WHEN = "{date_short_pretty} {time}"


def root(incident: Incident, settings: Settings) -> Payload:
    """The root message as it must stand now."""
    return {"storm": _storm, "silence": _silence, "monitor": _monitor}[incident.kind](incident, settings)


def _storm(incident: Incident, settings: Settings) -> Payload:
    if incident.status == "RESOLVED":
        return _storm_over(incident, settings)
    severity = incident.judged.severity
    title = f"🚨 ALERT STORM - Severity {severity}"
    found = incident.tally
    if found is None:
        lead = f"{escape(incident.judged.impact, 500)}. They are gathered here; a digest follows each minute."
        return _decided(_message(incident, title, [lead], [_who(incident), _tail(incident, settings)]), incident)
    small = [_places(found), _who(incident), _tail(incident, settings)]
    return _decided(_message(incident, title, [_counts(found), _named(found)], small), incident)


def _decided(payload: Payload, incident: Incident) -> Payload:
    """The message with the buttons of an incident: what a person decides of a storm holds for all that it gathers."""
    held = actions(decisions(incident)) | {"block_id": f"{incident.id}.{incident.ver}.decisions"}
    return payload | {"blocks": [*payload["blocks"], held]}


def _who(incident: Incident) -> str:
    seen = (
        f"{person(incident.acknowledged_by)} is on it" if incident.acknowledged_by else "Nobody has acknowledged it yet"
    )
    if incident.next_escalation is None:
        return f"{seen} · Level {incident.level} has been told"
    return f"{seen} · Level {incident.level + 1} is told {clock(incident.next_escalation, WHEN)} unless it is resolved"


def _storm_over(incident: Incident, settings: Settings) -> Payload:
    found = incident.tally or Tally()
    end = incident.cleared_at or incident.resolved_at or incident.opened_at
    title = f"✅ ALERT STORM OVER - Severity {incident.judged.severity}"
    lead = (
        f"{_incidents(found.total)} in {found.services} services, from {clock(incident.opened_at)} to {clock(end)} "
        f"({duration(end - incident.opened_at)})."
    )
    if incident.resolved_by:
        left = f" {found.ringing} still rang; their alarms go on ringing." if found.ringing else ""
        lead += f" Closed by {person(incident.resolved_by)}.{left}"
    else:
        lead += " All of them are over."
    return _message(incident, title, [lead, _named(found)], [_places(found), _tail(incident, settings)])


def _digest(incident: Incident, settings: Settings) -> Payload:
    del settings
    found = incident.tally or Tally()
    return _message(incident, "", [f"⛈️ {_counts(found)}", _named(found)], [_places(found)])


def _resolved(incident: Incident, settings: Settings) -> Payload:
    return _storm_over(incident, settings) | {"reply_broadcast": True}


def _silence(incident: Incident, settings: Settings) -> Payload:
    quiet = incident.quiet
    if quiet is None or incident.status == "RESOLVED":
        return _summary(incident, settings)
    name = f"Maintenance window {escape(quiet.window, 100)}" if quiet.window else "Silence"
    breaks = "Severity 1 is kept quiet too." if quiet.severity_1 else "Severity 1 still pages."
    lead = (
        f"{'🔧' if quiet.window else '🔕'} *{name}* until {clock(quiet.end, WHEN)}: {_what(quiet)}. What rings inside "
        f"is recorded and told at the end. {breaks}"
    )
    if quiet.reason:
        lead += f"\n{escape(quiet.reason, 500)}"
    return _message(incident, "", [lead], [_tail(incident, settings)])


def _summary(incident: Incident, settings: Settings) -> Payload:
    quiet, found = incident.quiet, incident.tally or Tally()
    name = f"Maintenance window {escape(quiet.window, 100)}" if quiet and quiet.window else "Silence"
    what = _what(quiet) if quiet else "everything"
    lifted = f", ended early by {person(quiet.lifted_by)}" if quiet and quiet.lifted_by else ""
    lead = f"🔔 *{name} is over* ({what}{lifted})."
    if not found.total:
        lead += " Nothing rang inside."
    else:
        still = f"{found.ringing} still ringing, opened now as incidents" if found.ringing else "none is ringing now"
        lead += f" {_incidents(found.total)} recorded inside: {still}."
    if quiet and quiet.window:
        lead += " The next 30 minutes are watched."
    return _message(incident, "", [lead, _named(found)], [_tail(incident, settings)])


def _silenced(incident: Incident, settings: Settings) -> Payload:
    return _summary(incident, settings) | {"reply_broadcast": True}


def _monitor(incident: Incident, settings: Settings) -> Payload:
    found = incident.tally or Tally()
    window = escape(incident.quiet.window, 100) if incident.quiet else "maintenance"
    if not found.total:
        lead = f"✅ *30 minutes after {window}*: nothing is left over from it, and nothing new has opened."
    elif found.live:
        lead = f"⚠️ *30 minutes after {window}*: {_incidents(found.live)} not resolved, of {found.total} seen since."
    else:
        lead = f"✅ *30 minutes after {window}*: {_incidents(found.total)} seen since, all of them resolved."
    return _message(incident, "", [lead, _named(found)], [_tail(incident, settings)])


# parts ----------------------------------------------------------------------------------------------------------------


def _counts(found: Tally) -> str:
    levels = ", ".join(f"{n} Severity {level}" for level, n in found.severities.items())
    return f"*{_incidents(found.total)} in {found.services} services*, {found.ringing} still ringing: {levels}."


def _named(found: Tally) -> str:
    lines = [_line(child) for child in found.top[:NAMED]]
    if found.total > len(lines) and lines:
        lines.append(f"… and {found.total - len(lines)} more")
    return "\n".join(lines)


def _line(child: Child) -> str:
    mark = "🔴" if child.ringing else "🟢"
    return (
        f"{mark} *Sev {child.severity}* {escape(child.service, 60)}: {escape(child.impact, 110)} {code(child.id, 60)}"
    )


def _places(found: Tally) -> str:
    parts = [f"{escape(name, 60)} {n}" for name, n in found.places.items()]
    return "By environment: " + (" · ".join(parts) or "none")


def _what(quiet: Quiet) -> str:
    patterns = [code(pattern, 80) for pattern in (*quiet.services, *quiet.alarms)[:10]]
    who = f", by {person(quiet.by)}" if quiet.by else ""
    return (", ".join(patterns) or "everything") + who


def _incidents(n: int) -> str:
    return f"{n} incident" if n == 1 else f"{n} incidents"


def _tail(incident: Incident, settings: Settings) -> str:
    return f"{escape(f'{settings.customer} {settings.environment}', 150)} · {code(incident.id)}"


def _message(incident: Incident, title: str, texts: list[str], small: list[str]) -> Payload:
    blocks: list[Payload] = []
    if title:
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": clean(title, 150), "emoji": True}})
    blocks += [section(text) for text in texts if text]
    blocks += [context([text]) for text in small]
    spoken = " ".join(filter(None, (title, *texts[:1])))
    return {
        "text": spoken[:3000],
        "blocks": [{**part, "block_id": f"{incident.id}.{incident.ver}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


BUILDERS: dict[str, Callable[[Incident, Settings], Payload]] = {
    "digest": _digest,
    "silenced": _silenced,
    "resolved": _resolved,
}
