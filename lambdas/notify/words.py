"""What is said to a person outside Slack: the runbook's templates as e-mail, and as short as a text message. Pure.

E-mails are plain text and simple HTML with the same words. Values come from alarms and logs and are hostile input:
control characters go, HTML is escaped, and a subject is one line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lambdas import console
from lambdas.incidents.cadence import CADENCE
from lambdas.incidents.past import HELPED
from lambdas.notify.moments import clock, local
from lambdas.slack.text import clean, duration

if TYPE_CHECKING:
    from lambdas.incidents.model import Alarm, Headline, Incident
    from lambdas.notify.rows import Page
    from lambdas.settings import Settings

SMS = 140  # characters: one text message of the plain alphabet has 160, and some networks add words of their own
SUBJECT = 150
LEVELS = {1: "operations", 2: "senior engineer", 3: "management and customer success"}
VERDICTS = {
    "confirmed": "Confirmed",
    "likely": "Likely",
    "possible": "Possible, one of several that fit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail, in both forms."""

    subject: str
    text: str
    html: str


def mail(incident: Incident, page: Page, settings: Settings) -> Mail:
    """The e-mail for one person: why they are told, then the runbook's template, then where to go."""
    over = page.change == "resolved"
    title = _title(incident, page)
    where = f"{settings.customer} {settings.environment}"
    fields = _resolution(incident, settings) if over else _alert(incident, settings)
    lead = _lead(incident, page)
    links = [
        (f"Alarm {alarm.name}", console.alarm(alarm.region, alarm.name)) for alarm in _alarms(incident) if alarm.arn
    ]
    if settings.dashboard:
        links.append(("Dashboard", console.dashboard(settings.region, settings.dashboard)))
    if incident.channel:
        links.append(("Slack", f"https://slack.com/app_redirect?channel={incident.channel}"))
    foot = f"{incident.id} · {where} · details and buttons are in Slack, {settings.slack_channel}"
    return Mail(
        subject=_line(f"{title}: {incident.judged.service} ({where})", SUBJECT),
        text=_text(title, lead, fields, links, foot),
        html=_html(title, lead, fields, links, foot, colour="#2e7d32" if over else "#b71c1c"),
    )


def sms(incident: Incident, page: Page, settings: Settings) -> str:
    """The text message: 140 characters of plain alphabet, for one outside it makes the whole message twice as long."""
    head = {"resolved": "RESOLVED", "escalated": f"ESCALATED to level {page.level}", "reopened": "AGAIN"}.get(
        page.change
    )
    lead = f"SEV{page.severity} {f'{head} ' if head else ''}{settings.customer}-{settings.environment}"
    tail = f" {incident.id}"
    service = _plain(incident.judged.service)
    if page.change == "resolved":
        said = f"{service} after {duration(_over(incident) - incident.opened_at)}"
    else:
        said = f"{service}: {_plain(_cause(incident.headline) or incident.judged.impact)}"
    room = SMS - len(lead) - len(tail) - 1
    return f"{_plain(lead)} {said if len(said) <= room else said[: room - 2].rstrip() + '..'}{tail}"


def spoken(incident: Incident, page: Page, settings: Settings) -> str:
    """What a voice reads out: whole sentences, no signs, no identifiers."""
    who = f"{settings.customer} {settings.environment}"
    reason = {
        "escalated": f"It was escalated to you, level {page.level}, because it is not resolved.",
        "reopened": "It had been resolved and has come back.",
        "severity_changed": "Its severity was raised.",
    }.get(page.change, "")
    since = clock(incident.opened_at, settings.time_zone)
    parts = (
        f"Severity {page.severity} incident at {who}, since {since}.",
        f"Affected: {_plain(incident.judged.service)}.",
        _plain(incident.judged.impact),
        reason,
        "Details are in Slack.",
    )
    return clean(" ".join(part for part in parts if part), 600)


# the runbook's fields -------------------------------------------------------------------------------------------------


def _title(incident: Incident, page: Page) -> str:
    if page.change == "resolved":
        return f"✅ INCIDENT RESOLVED - Severity {incident.judged.severity}"
    return f"🚨 INCIDENT ALERT - Severity {incident.judged.severity}"


def _lead(incident: Incident, page: Page) -> str:
    severity = incident.judged.severity
    told = f"You are told as level {page.level} ({LEVELS.get(page.level, 'escalation')})."
    match page.change:
        case "escalated":
            age = "It is not resolved yet"
            return f"Escalated to level {page.level} ({LEVELS.get(page.level, 'escalation')}). {age}."
        case "reopened":
            return f"The alarm fired again soon after the resolution: the incident is open again. {told}"
        case "severity_changed":
            return f"The severity was raised to {severity}. {told}"
        case "resolved":
            return "It is over."
        case _:
            return told


def _alert(incident: Incident, settings: Settings) -> list[tuple[str, str]]:
    judged, zone = incident.judged, settings.time_zone
    if incident.next_update is not None:
        eta = local(incident.next_update, zone)
    else:
        eta = f"With the resolution (target {local(incident.clock_from + CADENCE[judged.severity].target, zone)})"
    fields = [
        ("Service", judged.service),
        ("Impact", judged.impact),
        ("Status", _status(incident)),
        ("ETA for Update", eta),
        ("Since", local(incident.opened_at, zone)),
    ]
    if said := _cause(incident.headline):
        fields.append(("Cause", said))
    if incident.headline and incident.headline.action:
        fields.append(("Next", incident.headline.action))
    if judged.why:
        fields.append(("Why", " ".join(judged.why)))
    return fields


def _resolution(incident: Incident, settings: Settings) -> list[tuple[str, str]]:
    zone, over = settings.time_zone, _over(incident)
    length = duration(over - incident.opened_at)
    return [
        ("Service", incident.judged.service),
        ("Duration", f"{local(incident.opened_at, zone)} - {local(over, zone)} ({length})"),
        ("Root Cause", incident.root_cause or _cause(incident.headline) or "Not found; the evidence is in the thread"),
        ("Prevention", _prevention(incident)),
    ]


def _prevention(incident: Incident) -> str:
    done = "; ".join(remedy.title for remedy in incident.remedies.values() if remedy.state in HELPED)
    if incident.prevention or done:
        return incident.prevention or f"Done: {done}"
    head = incident.headline
    return f"Proposed, not yet done: {head.action}" if head and head.action else "None recorded"


def _status(incident: Incident) -> str:
    if incident.status == "RECOVERING":
        return "Recovering, not verified yet"
    by = "Acknowledged, investigating" if incident.acknowledged_at else "Investigating"
    verdict = incident.headline.verdict if incident.headline else ""
    return {"confirmed": "Cause identified", "likely": "Probable cause found"}.get(verdict, by)


def _cause(headline: Headline | None) -> str:
    if headline is None or headline.verdict not in VERDICTS or headline.cause == "unknown":
        return ""
    return f"{VERDICTS[headline.verdict]}: {headline.summary}"


def _over(incident: Incident) -> int:
    return incident.cleared_at or incident.resolved_at or incident.opened_at


def _alarms(incident: Incident) -> list[Alarm]:
    return sorted(incident.alarms.values(), key=lambda alarm: alarm.at)[:3]


# forms ----------------------------------------------------------------------------------------------------------------


def _line(text: str, limit: int) -> str:
    return clean(" ".join(text.split()), limit)


def _plain(text: str) -> str:
    """In letters that every network knows: signs become words or their nearest letters."""
    for sign, letters in (
        ("→", "->"),
        ("≥", ">="),
        ("≤", "<="),
        ("–", "-"),
        ("—", "-"),
        ("…", ".."),
        ("’", "'"),
        ("µ", "u"),
    ):
        text = text.replace(sign, letters)
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in folded).split())


def _text(title: str, lead: str, fields: list[tuple[str, str]], links: list[tuple[str, str]], foot: str) -> str:
    rows = "\n".join(f"{name}: {clean(value, 2000)}" for name, value in fields)
    go = "\n".join(f"{_line(label, 120)}: {url}" for label, url in links)
    return "\n\n".join(part for part in (title, clean(lead, 500), rows, go, foot) if part) + "\n"


def _html(
    title: str, lead: str, fields: list[tuple[str, str]], links: list[tuple[str, str]], foot: str, *, colour: str
) -> str:
    """Tables and inline styles only: mail programs know little else."""
    rows = "".join(
        f'<tr><td style="padding:6px 16px 6px 0;color:#555;vertical-align:top;white-space:nowrap">{escape(name)}</td>'
        f'<td style="padding:6px 0;vertical-align:top">{_shown(value)}</td></tr>'
        for name, value in fields
    )
    go = " · ".join(
        f'<a href="{escape(url)}" style="color:#1565c0">{escape(_line(label, 120))}</a>' for label, url in links
    )
    return (
        '<!doctype html><html><body style="margin:0;padding:24px;background:#f5f5f5;'
        "font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.45;"
        'color:#222">'
        '<table role="presentation" width="100%" style="max-width:640px;margin:0 auto;background:#fff;border-collapse:'
        f'collapse;border-top:6px solid {colour}"><tr><td style="padding:20px 24px">'
        f'<h1 style="font-size:19px;margin:0 0 8px">{escape(title)}</h1>'
        f'<p style="margin:0 0 14px">{_shown(lead)}</p>'
        f'<table role="presentation" style="border-collapse:collapse">{rows}</table>'
        + (f'<p style="margin:16px 0 0">{go}</p>' if go else "")
        + f'<p style="margin:16px 0 0;color:#777;font-size:13px">{escape(foot)}</p>'
        "</td></tr></table></body></html>"
    )


def _shown(value: str) -> str:
    return escape(clean(value, 2000)).replace("\n", "<br>")
