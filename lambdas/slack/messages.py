"""The messages on the path to the first post: the runbook's templates as Slack blocks (Communication Templates).

Pure: an incident → a payload for chat.postMessage or chat.update. Outside text goes through `text.py`; mrkdwn objects
are `verbatim`, so that Slack links nothing by itself. The diagnosis has a file of its own, `report.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas import console
from lambdas.incidents.cadence import CADENCE, FLAPS, HOLD, LAST_LEVEL, MINUTE, REOPEN
from lambdas.oncall import on_call
from lambdas.slack.buttons import actions, button, confirm, select
from lambdas.slack.text import block, clean, clock, code, duration, escape, link, person, shortened

if TYPE_CHECKING:
    from lambdas.incidents.model import Alarm, Headline, Incident
    from lambdas.settings import Contact, Settings

type Payload = dict[str, Any]

CONFIDENCE = {
    "confirmed": "Confirmed",
    "likely": "Likely",
    "possible": "Possible, one of several that fit",
    "ruled_out": "Ruled out",
    "could_not_check": "Could not be checked",
}


def confidence(cause: str, verdict: str) -> str:
    """A verdict in words. `unknown` is no cause: nothing fits it, however it was judged."""
    return "Cause not found" if cause == "unknown" else CONFIDENCE.get(verdict, verdict)


LEVELS = {1: "operations team", 2: "senior engineer", 3: "engineering manager and customer success"}  # the runbook's
SNOOZES = (("30 minutes", "30"), ("1 hour", "60"), ("4 hours", "240"))


def root(incident: Incident, settings: Settings, trouble: str = "") -> Payload:
    """The root message as it must stand now: an alert while the incident lasts, the resolution once it is over.

    `trouble`: why the external on-call schedule could not be asked.
    """
    if incident.status == "NOTED":
        return _noted(incident, settings)
    if incident.status == "RESOLVED":
        return resolved(incident, settings)
    judged = incident.judged
    title = f"🚨 INCIDENT ALERT - Severity {judged.severity}"
    fields = [
        ("Service", escape(judged.service, 300)),
        ("Impact", escape(judged.impact, 900)),
        ("Status", _status(incident)),
        ("ETA for Update", _eta(incident)),
    ]
    blocks = [_header(title), _fields(fields)]
    if incident.headline:
        blocks.append(section(_headline(incident.headline)))
    if incident.shares:
        blocks.append(
            context([f"🔗 It concerns what {code(incident.shares)} concerns too: probably one and the same."])
        )
    blocks += [actions(decisions(incident)), context([_people(incident, settings, trouble)])]
    blocks += [context([_why(incident)]), context([_links(incident, settings)])]
    return _message(incident, f"{title}: {judged.service}. {judged.impact}", blocks)


def resolved(incident: Incident, settings: Settings) -> Payload:
    """The resolution notification, with exactly the runbook's fields."""
    title = f"✅ INCIDENT RESOLVED - Severity {incident.judged.severity}"
    over = incident.cleared_at or incident.resolved_at or incident.opened_at
    length = duration(over - incident.opened_at)
    form = "{time}" if over - incident.opened_at < 12 * 60 * MINUTE else "{date_short} {time}"
    span = f"{clock(incident.opened_at, form)} - {clock(over, form)} ({length})"
    fields = [
        ("Service", escape(incident.judged.service, 300)),
        ("Duration", span),
        ("Root Cause", escape(incident.root_cause, 1900) or _root_cause(incident.headline)),
        ("Prevention", escape(incident.prevention, 1900) or _prevention(incident.headline)),
    ]
    blocks = [_header(title), _fields(fields)]
    if incident.forced:
        blocks.append(section("⚠️ *An alarm was still ringing when this was resolved by hand.*"))
    if people := _closed_by(incident):
        blocks.append(context([people]))
    blocks.append(context([_links(incident, settings)]))
    return _message(incident, f"{title}: {incident.judged.service}, after {length}", blocks)


def thread(incident: Incident, kind: str, settings: Settings) -> Payload:
    """The shorter posts of an incident's thread."""
    if kind == "resolved":
        return resolved(incident, settings) | {"reply_broadcast": True}
    if kind == "reopened":
        text = (
            f"🚨 *Reopened - Severity {incident.judged.severity}*: the alarm fired again within "
            f"{REOPEN // MINUTE} minutes of the resolution. {escape(incident.judged.impact, 900)}"
        )
        return _message(incident, text, [section(text), context([_why(incident)])]) | {"reply_broadcast": True}
    if kind == "flapping":
        text = (
            f"↔️ The alarm has gone back and forth {FLAPS} times. From now on recovery is held for "
            f"{2 * HOLD // MINUTE} minutes before it counts."
        )
        return _message(incident, text, [section(text)])
    latest = max(incident.alarms.values(), key=lambda alarm: alarm.at)
    text = f"➕ {code(latest.name)} joined this incident. {escape(incident.judged.impact, 900)}"
    return _message(incident, text, [section(text), context([_why(incident)])])


def plain(payload: Payload) -> Payload:
    """The same message without blocks, for when Slack refuses them: ugly is better than silent."""
    lines = [payload["text"]]
    for part in payload["blocks"]:
        if part["type"] == "actions":
            continue  # a text has no buttons; the slash command does the same
        texts = [part.get("text"), *part.get("fields", []), *part.get("elements", [])]
        lines += [text["text"] for text in texts if isinstance(text, dict) and "text" in text]
    kept = {name: value for name, value in payload.items() if name != "blocks"}
    return kept | {"text": shortened(clean("\n".join(lines), 20000), 3900)}


# parts ----------------------------------------------------------------------------------------------------------------


def section(text: str) -> Payload:
    """A section of mrkdwn, at most 3,000 characters."""
    return {"type": "section", "text": mrkdwn(text)}


def context(texts: list[str]) -> Payload:
    """Small grey text."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def mrkdwn(text: str) -> Payload:
    """`verbatim`: Slack makes no links or mentions of its own from what the text says."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _header(text: str) -> Payload:
    return {"type": "header", "text": {"type": "plain_text", "text": clean(text, 150), "emoji": True}}


def _fields(fields: list[tuple[str, str]]) -> Payload:
    return {"type": "section", "fields": [mrkdwn(f"*{name}:*\n{value}") for name, value in fields]}


def _message(incident: Incident, text: str, blocks: list[Payload]) -> Payload:
    return {
        "text": escape(text, 3000),
        "blocks": [{**part, "block_id": f"{incident.id}.{incident.ver}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def decisions(incident: Incident) -> list[Payload]:
    """What a person may do about it now, most wanted first. Whether *this* person may is asked when it is pressed."""
    shown = []
    severity, level = incident.judged.severity, incident.level
    if not incident.acknowledged_by:
        shown.append(button("Acknowledge", "acknowledge", incident, style="primary"))
    shown.append(button("Resolve…", "resolve", incident, extras=_prefilled(incident.headline)))
    if level < LAST_LEVEL:
        asked = confirm(
            f"Escalate to level {level + 1}?", f"The {LEVELS[level + 1]} will be told now.", "Escalate", style="danger"
        )
        shown.append(button("Escalate", "escalate", incident, confirm=asked))
    others = [(f"Severity {other}", str(other)) for other in CADENCE if other != severity]
    shown.append(select("Severity", "severity", incident, others))
    if incident.next_update is not None and incident.snoozed_until is None:
        shown.append(select("Snooze updates", "snooze", incident, SNOOZES))
    return shown


def _prefilled(headline: Headline | None) -> dict[str, str]:
    """What the diagnosis suggests for the resolution, as plain text for a person to correct."""
    if headline is None or headline.cause == "unknown":
        return {}
    sure = "" if headline.verdict == "confirmed" else f"{CONFIDENCE.get(headline.verdict, headline.verdict)}: "
    return {"cause": sure + headline.summary, "prevention": headline.action}


def _people(incident: Incident, settings: Settings, trouble: str) -> str:
    """Who was told, who holds it, and what people decided about it."""
    told = " ".join(contact(each) for each in on_call(settings, incident.clock_from, 1))
    parts = [f"📟 On call: {told or 'nobody is configured'}"]
    if trouble:
        parts[0] += f" ({escape(trouble, 200)})"
    if incident.acknowledged_by:
        parts.append(f"👀 {person(incident.acknowledged_by)} since {clock(incident.acknowledged_at or 0)}")
    if incident.level > 1:
        parts.append(f"⬆️ Level {incident.level} ({LEVELS.get(incident.level, 'last')})")
    if incident.severity_by:
        parts.append(f"⚖️ Severity set by {person(incident.severity_by)}")
    if incident.snoozed_until is not None:
        parts.append(f"🔕 No updates until {clock(incident.snoozed_until)}, by {person(incident.snoozed_by)}")
    return " · ".join(parts)


def contact(known: Contact) -> str:
    """A contact so that Slack tells them, where their id is known; else by name."""
    return person(known.slack) if known.slack else escape(known.name, 100)


def _closed_by(incident: Incident) -> str:
    parts = [f"👀 {person(incident.acknowledged_by)}"] if incident.acknowledged_by else []
    if incident.resolved_by:
        parts.append(f"Resolved by {person(incident.resolved_by)}")
    return " · ".join(parts)


def _status(incident: Incident) -> str:
    held = f"; {person(incident.acknowledged_by)} is on it" if incident.acknowledged_by else ""
    return _state(incident) + held


def _state(incident: Incident) -> str:
    if incident.status == "RECOVERING":
        if incident.unverified:
            return f"Recovering, not verified: {escape(incident.unverified, 300)}"
        return f"Recovering; verified at {clock(incident.recover_at or 0)}"
    if incident.headline is None:
        return "Investigating"
    return {"confirmed": "Cause identified", "likely": "Probable cause found"}.get(
        incident.headline.verdict, "Investigating"
    )


def _eta(incident: Incident) -> str:
    if incident.next_update is not None:
        return clock(incident.next_update)
    target = incident.clock_from + CADENCE[incident.judged.severity].target
    return f"With the resolution (target {clock(target, '{date_short_pretty} {time}')})"


def _headline(headline: Headline) -> str:
    lines = [f"*{confidence(headline.cause, headline.verdict)}:* {escape(headline.summary, 900)}"]
    lines += [f"*And also:* {escape(other, 500)}" for other in headline.also[:2]]
    if headline.action:
        lines.append(f"*Next:* {escape(headline.action, 700)}")
    return "\n".join(lines)


def _root_cause(headline: Headline | None) -> str:
    if headline is None:
        return "Not diagnosed before it was over"
    if headline.cause == "unknown":
        return "Not found; the evidence is in the thread"
    said = escape(headline.summary, 900)
    return said if headline.verdict == "confirmed" else f"{CONFIDENCE[headline.verdict]}, not confirmed: {said}"


def _prevention(headline: Headline | None) -> str:
    if headline is None or not headline.action:
        return "None recorded"
    return f"Proposed, not yet done: {escape(headline.action, 700)}"


def _why(incident: Incident) -> str:
    judged = incident.judged
    scope = {"single service": ", one service affected", "multiple services": ", several services affected"}
    head = f"Severity {judged.severity}, {judged.tier} alert{scope.get(judged.scope, '')}."
    return escape(" ".join((head, *judged.why)), 1900)


def _links(incident: Incident, settings: Settings) -> str:
    names = [_alarm(alarm) for alarm in sorted(incident.alarms.values(), key=lambda alarm: alarm.at)[:3]]
    if len(incident.alarms) > len(names):
        names.append(f"{len(incident.alarms) - len(names)} more")
    parts = [*names, escape(f"{settings.customer} {settings.environment}", 150), code(incident.id)]
    if settings.dashboard:
        parts.insert(-1, link(console.dashboard(settings.region, settings.dashboard), "dashboard"))
    return " · ".join(parts)


def _alarm(alarm: Alarm) -> str:
    if not alarm.arn:
        return code(alarm.name, 200)
    return link(console.alarm(alarm.region, alarm.name), alarm.name)


def _noted(incident: Incident, settings: Settings) -> Payload:
    title = "❔ Event not understood"
    lead = (
        f"An event reached {escape(settings.customer, 60)} {escape(settings.environment, 60)} that this responder does "
        "not understand. Nothing was diagnosed; please look at it. It is kept as it came:"
    )
    blocks = [_header(title), section(lead), section(block(incident.text, 2800)), context([code(incident.id)])]
    return _message(incident, f"{title}: {incident.text[:300]}", blocks)
