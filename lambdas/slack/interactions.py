"""What a person did in Slack, from a verified request's body to an order or a dialog. Pure.

Shapes: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lambdas.errors import PayloadError
from lambdas.incidents.orders import Order
from lambdas.slack import modals
from lambdas.slack.buttons import read

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND_TEXT = 1000  # characters kept of what stood after a slash command


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What follows from one request. With none of them set it is answered and forgotten.

    Attributes:
        order: to be queued.
        dialog: to be opened with `trigger`; if that fails, `order` says so to the person.
        errors: by the dialog's block_id: what is wrong with the answers; nothing is queued then.
    """

    order: Order | None = None
    dialog: Mapping[str, Any] | None = None
    trigger: str = ""
    errors: Mapping[str, str] | None = None


def hear(body: bytes, at: int) -> Heard:
    """Read one verified body.

    Raises:
        PayloadError: it is no form, or holds nothing that we gave people to press.
    """
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError as error:
        raise PayloadError("this is no form") from error
    # the same signed request has the same id, however often and by whomever it is sent
    id_ = hashlib.sha256(str(at).encode() + b":" + body).hexdigest()[:16]
    if "command" in form:
        return Heard(order=_command(form, id_, at))
    if "payload" not in form:
        return Heard()  # Slack's own check of the certificate (ssl_check)
    try:
        payload = json.loads(form["payload"])
        kind = payload["type"]
    except (ValueError, TypeError, KeyError) as error:
        raise PayloadError("this is no interaction") from error
    if kind == "block_actions":
        return _pressed(payload, id_, at)
    if kind == "view_submission":
        return _submitted(payload, id_, at)
    return Heard()


def _command(form: Mapping[str, str], id_: str, at: int) -> Order:
    return Order(
        id=id_,
        at=at,
        verb="command",
        by=form.get("user_id", ""),
        text=form.get("text", "").strip()[:COMMAND_TEXT],
        channel=form.get("channel_id", ""),
        response_url=form.get("response_url", ""),
    )


def _pressed(payload: Mapping[str, Any], id_: str, at: int) -> Heard:
    try:
        action = payload["actions"][0]
        by = str(payload["user"]["id"])
        container = payload.get("container") or {}
        message = payload.get("message") or {}
        channel = str(container.get("channel_id") or (payload.get("channel") or {}).get("id") or "")
        thread = str(message.get("thread_ts") or container.get("message_ts") or "")
        if action.get("url"):
            return Heard()  # a link that looks like a button: Slack opens it and tells us
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise PayloadError("this is no pressed button") from error
    press = read(action)
    order = Order(
        id=id_,
        at=at,
        verb=press.verb,
        by=by,
        incident=press.incident,
        argument=press.argument,
        stamp=press.stamp,
        channel=channel,
        thread=thread,
        response_url=str(payload.get("response_url") or ""),
    )
    if press.verb == "resolve":
        dialog = modals.resolve(press, channel, thread)
        return Heard(order=order, dialog=dialog, trigger=str(payload.get("trigger_id") or ""))
    return Heard(order=order)


def _submitted(payload: Mapping[str, Any], id_: str, at: int) -> Heard:
    try:
        by, view = str(payload["user"]["id"]), dict(payload["view"])
    except (TypeError, KeyError, ValueError) as error:
        raise PayloadError("this is no submitted dialog") from error
    (incident, seen, channel, thread), cause, prevention = modals.answers(view)
    if not cause:
        return Heard(errors={modals.CAUSE: "One sentence, please: the resolution notification says it."})
    order = Order(
        id=id_,
        at=at,
        verb="resolve",
        by=by,
        incident=incident,
        stamp=seen,
        root_cause=cause,
        prevention=prevention,
        channel=channel,
        thread=thread,
    )
    return Heard(order=order)
