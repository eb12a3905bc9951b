"""What the thread says about other channels: drafts to decide on, what went out, and who could not be told. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.slack.buttons import actions, button, confirm
from lambdas.slack.messages import Payload, context, section
from lambdas.slack.text import block, code, escape

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident, Notice, Post
    from lambdas.settings import Settings

WAYS = {
    "email": "by e-mail",
    "sms": "by text message",
    "call": "by telephone",
    "bus": "on the event bus",
    "customer": "at the customer's",
}


def message(incident: Incident, post: Post, settings: Settings, now: int) -> Payload:
    """The thread's message for one `notice` row."""
    del now
    said = json.loads(post.body)
    if undelivered := said.get("undelivered"):
        return _undelivered(incident, post, undelivered)
    notice = incident.notices[said["notice"]]
    if notice.state == "DRAFTED" and said["state"] == "DRAFTED":
        return _draft(incident, post, notice, settings)
    return _told(incident, post, notice, said["state"])


def edits(incident: Incident, post: Post) -> str:
    """The key of the row whose message this row edits; empty where it posts one.

    What was decided takes the draft's place, buttons and all; what could not be sent needs somebody, and is new.
    """
    said = json.loads(post.body)
    notice = incident.notices.get(said.get("notice", ""))
    if notice is None or said["state"] == "FAILED" or notice.message == post.key:
        return ""
    return notice.message


def _draft(incident: Incident, post: Post, notice: Notice, settings: Settings) -> Payload:
    to = "AWS Support" if notice.kind == "case" else "the customer"
    lead = f"✉️ *Draft to {to}* - nothing is sent before somebody approves it."
    whom = ", ".join(escape(address, 80) for address in settings.channels.customers[:10])
    reach = "It opens a case with AWS Support." if notice.kind == "case" else f"It goes to {whom}."
    ask = confirm("Send this?", f"{notice.subject}\n{reach}", "Send", style="primary")
    return _message(
        incident,
        post,
        f"Draft to {to}: {notice.subject}",
        [
            section(lead),
            section(f"*{escape(notice.subject, 300)}*\n{block(notice.text, 2500)}"),
            context([reach]),
            actions(
                [
                    button("Approve and send", "notice.approve", incident, notice.kind, style="primary", confirm=ask),
                    button("Decline", "notice.decline", incident, notice.kind),
                ]
            ),
        ],
    )


def _told(incident: Incident, post: Post, notice: Notice, state: str) -> Payload:
    what = "AWS Support case" if notice.kind == "case" else "Notice to the customer"
    subject = escape(notice.subject, 300)
    reference = f" {code(notice.reference, 100)}" if notice.kind == "case" and notice.reference else ""
    status = f" {escape(notice.status[:1].upper() + notice.status[1:], 900)}." if notice.status else ""
    by = f" by {_person(notice.by)}" if notice.by else ""
    lines = {
        "DRAFTED": f"✉️ *{what}* was drafted, and was decided in the meantime: {subject}",
        "APPROVED": f"✉️ *{what}*, approved{by}, is on its way: {subject}",
        "SENT": f"✅ *{what}*{reference}, approved{by}: {subject}.{status}",
        "DECLINED": f"🚫 *{what}* is not sent, declined{by}: {subject}.{status}",
        "FAILED": f"⚠️ *{what}* could not be sent to everybody: {subject}.{status} Please reach who is missing by hand.",
    }
    if notice.kind == "case":  # its status says how to open it by hand
        lines["FAILED"] = f"⚠️ *{what}* was not opened: {subject}. {escape(notice.status, 900)}"
    text = lines.get(state, lines["SENT"])
    blocks = [section(text)]
    if state in {"APPROVED", "SENT", "FAILED"}:
        blocks.append(section(block(notice.text, 2500)))
    return _message(incident, post, f"{what}: {notice.subject} ({state.lower()})", blocks)


def _undelivered(incident: Incident, post: Post, said: dict[str, Any]) -> Payload:
    way = WAYS.get(str(said["way"]), str(said["way"]))
    to, why = str(said["to"]), str(said["why"])
    if said["way"] in {"email", "sms", "call"}:
        text = f"⚠️ *{escape(to, 100)} could not be told {way}:* {escape(why, 900)}. Please reach them in another way."
    else:
        text = f"⚠️ *{escape(to.replace('_', ' '), 100)} could not be told {way}:* {escape(why, 900)}."
    return _message(incident, post, f"{to} could not be told {way}: {why}", [section(text)])


def _person(user: str) -> str:
    """Mention a person by their Slack id; anything that is no id is shown as it is."""
    return f"<@{user}>" if user.isascii() and user.isalnum() and user[:1] in {"U", "W"} else escape(user, 80)


def _message(incident: Incident, post: Post, text: str, blocks: list[Payload]) -> Payload:
    return {
        "text": escape(text, 1500),
        "blocks": [{**part, "block_id": f"{incident.id}.{post.key}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }
