"""What is said of a remedy: its dry run and who must approve it, then what became of it. One message, edited.

Pure: an incident and its outbox row → a payload. Numbers before adjectives: what is, what will be, what it costs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.incidents.clocks import LIVE
from lambdas.incidents.rules.remedies import DONE, approvals
from lambdas.slack import buttons
from lambdas.slack.messages import context, mrkdwn, section
from lambdas.slack.text import clock, escape, person

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident, Post, Remedy
    from lambdas.settings import Settings
    from lambdas.slack.messages import Payload

HEADS = {
    "PROPOSED": "🔧 *A change is proposed*",
    "APPROVED": "⏳ *Approved; being done*",
    "APPLIED": "✅ *Done*",
    "VERIFIED": "✅ *Done, and it helped*",
    "NOT_VERIFIED": "⚠️ *Done; it has not shown to help*",
    "FAILED": "❌ *Failed*",
    "UNDO_APPROVED": "⏳ *Being taken back*",
    "UNDONE": "↩️ *Taken back*",
    "DECLINED": "🚫 *Not done*",
}


def message(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    """The remedy's own message as it must stand now ("remedy"), or how it ended ("remedied")."""
    del settings, now
    row = json.loads(post.body)
    remedy = incident.remedies[row["remedy"]]
    if post.kind == "remedied":
        return _ended(incident, remedy, row)
    blocks = [section(f"{HEADS[remedy.state]}: {escape(remedy.title, 500)}"), _dry_run(remedy)]
    if said := _said(incident, remedy):
        blocks.append(context([said]))
    if shown := _buttons(incident, remedy):
        blocks.append(buttons.actions(shown))
    return _message(incident, f"{HEADS[remedy.state].replace('*', '')}: {remedy.title}", blocks)


def edits(incident: Incident, post: Post) -> str:
    """The key of the row whose message this row edits; empty where it posts one."""
    if post.kind != "remedy":
        return ""
    first = incident.remedies[json.loads(post.body)["remedy"]].message
    return "" if first == post.key else first


def cost(remedy: Remedy) -> str:
    """What it costs more a day, for people."""
    if remedy.cost_a_day is None:
        return "not known"
    if remedy.cost_a_day == 0:
        return "nothing more"
    most = "at most " if remedy.cost_most else ""
    amount = f"{abs(remedy.cost_a_day):,.2f} USD a day"
    return f"{most}{amount} more, at list prices" if remedy.cost_a_day > 0 else f"{most}{amount} less, at list prices"


def _dry_run(remedy: Remedy) -> Payload:
    undo = f"by a button; it {escape(remedy.undo, 300)}" if remedy.undo else "nothing to take back"
    fields = [
        ("Now", escape(remedy.now, 600)),
        ("Then", escape(remedy.then, 600)),
        ("Cost", cost(remedy)),
        ("Undo", undo),
    ]
    return {"type": "section", "fields": [mrkdwn(f"*{name}:*\n{value}") for name, value in fields]}


def _said(incident: Incident, remedy: Remedy) -> str:
    """Who approved, what happened, what comes next."""
    parts = []
    if remedy.approvals:
        parts.append(f"Approved by {' and '.join(person(user) for user in remedy.approvals)}.")
    if remedy.state == "PROPOSED":
        if incident.status not in LIVE:
            return "The incident was over before anybody decided. Nothing was changed."
        parts.append(_wanted(approvals(incident, remedy) - len(remedy.approvals), first=not remedy.approvals))
    if remedy.state == "DECLINED":
        parts.append(f"Declined by {person(remedy.decided_by)}." if remedy.decided_by else escape(remedy.note, 300))
    elif remedy.decided_by:
        parts.append(f"Taking it back was approved by {person(remedy.decided_by)}.")
    if remedy.state in DONE | {"FAILED", "UNDONE"} and remedy.note:
        parts.append(escape(remedy.note, 900))
    if remedy.state == "APPLIED" and remedy.verify_at:
        parts.append(f"Whether it helps is looked at {clock(remedy.verify_at)}.")
    return " ".join(parts)


def _wanted(left: int, *, first: bool) -> str:
    if not first:
        return "One more person must approve it." if left == 1 else f"{left} more people must approve it."
    who = "An authorised person" if left == 1 else f"{left} different authorised people"
    return f"{who} must approve it; nothing is changed before."


def _buttons(incident: Incident, remedy: Remedy) -> list[dict[str, Any]]:
    if remedy.state == "PROPOSED" and incident.status in LIVE:
        ask = buttons.confirm(
            "Approve this change?",
            f"{remedy.title}. Now: {remedy.now}. Then: {remedy.then}. Cost: {cost(remedy)}.",
            "Approve",
        )
        return [
            buttons.button("Approve", "remedy.approve", incident, remedy.id, style="primary", confirm=ask),
            buttons.button("Decline", "remedy.decline", incident, remedy.id),
        ]
    if remedy.state in DONE and remedy.undo and remedy.before:
        ask = buttons.confirm("Take it back?", f"{remedy.title}: it {remedy.undo}.", "Take it back", style="danger")
        return [buttons.button("Undo", "remedy.undo", incident, remedy.id, style="danger", confirm=ask)]
    return []


def _ended(incident: Incident, remedy: Remedy, row: dict[str, str]) -> Payload:
    """A short message of its own: an edit alone rings for nobody."""
    text = f"{HEADS[row['state']]}: {escape(remedy.title, 500)}\n{escape(row['note'], 900)}"
    return _message(incident, f"{HEADS[row['state']].replace('*', '')}: {remedy.title}. {row['note']}", [section(text)])


def _message(incident: Incident, text: str, blocks: list[Payload]) -> Payload:
    return {
        "text": escape(text, 3000),
        "blocks": [{**part, "block_id": f"{incident.id}.{incident.ver}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }
