"""Obeys what people decide in Slack: may this person? does it still fit? then the event, once, and a clear answer.

The write is conditional on what the person saw: of two clicks one counts, and a stale button changes nothing.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from lambdas.errors import SlackError
from lambdas.incidents.cadence import CADENCE, LAST_LEVEL
from lambdas.incidents.model import (
    Acknowledged,
    Closed,
    Decided,
    Escalated,
    NoticeDecided,
    Regraded,
    Snoozed,
)
from lambdas.incidents.orders import RIGHTS, SELF, stamp
from lambdas.incidents.rules.remedies import approvals
from lambdas.incidents.store import Timeline
from lambdas.slack.messages import section
from lambdas.slack.text import clock, code, escape, person

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Event, Incident
    from lambdas.incidents.orders import Order

LIVE = frozenset({"OPEN", "RECOVERING"})
SNOOZE = (5, 24 * 60)  # minutes
REMEDY_WORDS = {
    "PROPOSED": "it waits for another person's approval",
    "APPROVED": "it is approved already and being done",
    "APPLIED": "it is done already; its effect is being verified",
    "VERIFIED": "it is done already, and it helped",
    "NOT_VERIFIED": "it is done already; its effect could not be seen",
    "FAILED": "it was tried and failed",
    "UNDO_APPROVED": "it is being undone",
    "UNDONE": "it was undone",
    "DECLINED": "it was declined",
}
NOTICE_WORDS = {
    "DRAFTED": "it still waits for approval",
    "APPROVED": "it is approved already and being sent",
    "SENT": "it was sent already",
    "FAILED": "it could not be sent",
    "DECLINED": "it was declined",
}

log = logging.getLogger("tocsin")


def obey(order: Order, house: House) -> None:
    """Do what one person asked, or tell that person why not. Safe to repeat: the timeline knows the order's id."""
    if order.verb == "command":
        from lambdas.commands import run  # noqa: PLC0415 — a pressed button needs no commands

        run(order, house)
        return
    if RIGHTS[order.verb] == SELF:
        from lambdas.reviews.confirm import confirm  # noqa: PLC0415 — once a month

        tell(order, house, confirm(order, house))
        return
    if why := house.authority.refusal(order.by, RIGHTS[order.verb]):
        log.warning("refused", extra={"by": order.by, "verb": order.verb, "incident": order.incident, "why": why})
        tell(order, house, f"🚫 Nothing was changed: {why}.")
        return
    if trouble := decide(order, house):
        tell(order, house, trouble)


def decide(order: Order, house: House) -> str:
    """Write a permitted decision and deliver what follows. Returns what to tell the person; empty: they will see it."""
    incident = house.store.incident(order.incident)
    if incident is None:
        return f"I know no incident {code(order.incident, 60)}."
    if order.verb == "resolve" and not order.root_cause:
        return "Slack did not open the dialog in time. Please press *Resolve…* again."
    event = _event(order, incident, house.desk.now)
    if event is None:
        return "This choice is not known here."
    seen = order.stamp
    row = Timeline(
        at=order.at * 1000,
        id=f"{order.verb}-{order.id}",
        kind=f"person.{order.verb}",
        body=json.dumps({"by": order.by, "argument": order.argument} | _words(order)),
    )
    posts = house.desk.record(
        order.incident, event, row, when=lambda now: not seen or stamp(now, order.verb, order.argument) == seen
    )
    if posts:
        log.info("decided", extra={"by": order.by, "verb": order.verb, "incident": order.incident})
        house.deliver(order.incident, posts)
        return ""
    return _why_not(order, house.store.incident(order.incident) or incident)


def tell(order: Order, house: House, text: str) -> None:
    """Answer one person, in private. What fails here is logged: the decision itself stands."""
    payload = {"text": text, "blocks": [section(part) for part in _parts(text)]}
    try:
        if order.response_url:
            house.slack.respond(order.response_url, payload | {"response_type": "ephemeral", "replace_original": False})
            return
    except SlackError as error:
        log.warning("not answered at its response_url", extra={"by": order.by, "why": str(error)})
    where = {"channel": order.channel or house.settings.slack_channel, "user": order.by}
    if order.thread:
        where["thread_ts"] = order.thread
    try:
        house.slack.call("chat.postEphemeral", payload | where)
    except SlackError as error:
        log.warning("not answered", extra={"by": order.by, "verb": order.verb, "why": str(error)})


def _parts(text: str, limit: int = 2900) -> list[str]:
    """Whole lines, as many in each as a section takes."""
    parts = [""]
    for line in text.split("\n"):
        if len(parts[-1]) + len(line) > limit:
            parts.append("")
        parts[-1] += f"{line}\n"
    return [part.strip("\n") or " " for part in parts[:50]]


def _event(order: Order, incident: Incident, now: int) -> Event | None:
    """What happens to the incident; None for an argument that no button of ours has."""
    by, chosen = order.by, order.argument
    match order.verb:
        case "acknowledge":
            return Acknowledged(by=by)
        case "escalate":
            return Escalated(by=by)
        case "severity" if chosen in {str(severity) for severity in CADENCE}:
            return Regraded(by=by, severity=int(chosen))
        case "snooze" if chosen.isascii() and chosen.isdigit() and SNOOZE[0] <= int(chosen) <= SNOOZE[1]:
            return Snoozed(by=by, until=now + int(chosen) * 60)
        case "resolve":
            ringing = any(alarm.state == "ALARM" for alarm in incident.alarms.values())
            return Closed(by=by, root_cause=order.root_cause, prevention=order.prevention, ringing=ringing)
        case "remedy.approve" | "remedy.decline" | "remedy.undo":
            decision = order.verb.partition(".")[2]
            return Decided(by=by, remedy=chosen, decision=decision)  # type: ignore[arg-type] # one of the three above
        case "notice.approve" | "notice.decline":
            decision = order.verb.partition(".")[2]
            return NoticeDecided(by=by, kind=chosen, decision=decision)  # type: ignore[arg-type] # the same
        case _:
            return None


def _words(order: Order) -> dict[str, str]:
    return {"root_cause": order.root_cause, "prevention": order.prevention} if order.verb == "resolve" else {}


def _why_not(order: Order, incident: Incident) -> str:
    """Why a decision changed nothing, from how the incident stands now."""
    if order.verb.startswith("remedy."):
        return _why_no_remedy(order, incident)
    if order.verb.startswith("notice."):
        return _why_no_notice(order, incident)
    if incident.status == "RESOLVED":
        who = f" by {_you(incident.resolved_by, order)}" if incident.resolved_by else ", by the alarm's own recovery"
        return f"{code(incident.id)} was resolved {clock(incident.resolved_at or 0)} already{who}."
    if incident.status not in LIVE:
        return f"{code(incident.id)} is no incident that anybody could work on."
    if order.verb == "escalate":
        if incident.level >= LAST_LEVEL:
            return f"{code(incident.id)} is at the last level already; everybody was told."
        return f"{code(incident.id)} was escalated to level {incident.level} already."
    if order.stamp and order.stamp != stamp(incident, order.verb, order.argument):
        return f"{code(incident.id)} was reopened since you saw this; please look at its message again."
    if order.verb == "acknowledge":
        at = clock(incident.acknowledged_at or 0)
        return (
            f"{_you(incident.acknowledged_by, order, capital=True)} acknowledged {code(incident.id)} already, at {at}."
        )
    if order.verb == "severity":
        return f"{code(incident.id)} is Severity {incident.judged.severity} already."
    return f"Nothing changed at {code(incident.id)}."


def _why_no_remedy(order: Order, incident: Incident) -> str:
    remedy = incident.remedies.get(order.argument)
    if remedy is None:
        return f"{code(incident.id)} has no such proposal any more."
    if order.stamp and order.stamp != stamp(incident, order.verb, order.argument):
        return "Nothing was changed: the proposal is another one by now. Please look at its newest message."
    if remedy.state == "PROPOSED" and order.by in remedy.approvals:
        wanted = approvals(incident, remedy)
        return f"You approved this already; {REMEDY_WORDS['PROPOSED']} ({len(remedy.approvals)} of {wanted})."
    if incident.status not in LIVE and remedy.state == "PROPOSED":
        return f"Nothing was changed: {code(incident.id)} is over."
    return f"Nothing was changed at “{escape(remedy.title, 300)}”: {REMEDY_WORDS[remedy.state]}."


def _why_no_notice(order: Order, incident: Incident) -> str:
    notice = incident.notices.get(order.argument)
    if notice is None:
        return f"{code(incident.id)} has no such draft any more."
    if order.stamp and order.stamp != stamp(incident, order.verb, order.argument):
        return "Nothing was sent: the draft is another one by now. Please look at its newest message."
    by = f" by {_you(notice.by, order)}" if notice.by else ""
    return f"Nothing was changed at “{escape(notice.subject, 300)}”: {NOTICE_WORDS[notice.state]}{by}."


def _you(user: str, order: Order, *, capital: bool = False) -> str:
    if user == order.by:
        return "You" if capital else "you"
    return person(user)
