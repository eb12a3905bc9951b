"""Buttons and selects that say what they are about: `action_id` names the verb, `value` the incident and what was seen.

    action_id   tocsin.<verb>[.<argument>]                 e.g. tocsin.acknowledge, tocsin.remedy.approve.scale_out
    value       ["<incident>", "<argument>", "<stamp>"]    a select's options carry the same; a fourth item: extras

`stamp` (`lambdas.incidents.orders`) is what tells a stale button. Pure; on the path to the first post.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lambdas.errors import PayloadError
from lambdas.incidents.orders import RIGHTS, stamp
from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas.incidents.model import Incident

type Element = dict[str, Any]

PREFIX = "tocsin."
VALUE = 2000  # characters: Slack's limit of a button's value; an option's is 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What a pressed button or a chosen option says."""

    verb: str
    incident: str
    argument: str
    stamp: str
    extras: Mapping[str, str] = field(default_factory=dict)


def button(
    label: str,
    verb: str,
    incident: Incident,
    argument: str = "",
    *,
    style: str = "",
    confirm: Element | None = None,
    extras: Mapping[str, str] | None = None,
) -> Element:
    """A button. `style`: "", "primary" or "danger"; `extras`: short texts for the modal that it opens."""
    shown: Element = {
        "type": "button",
        "action_id": _action(verb, argument),
        "text": _plain(label, 75),
        "value": _value(verb, incident, argument, extras),
    }
    if style:
        shown["style"] = style
    if confirm:
        shown["confirm"] = confirm
    return shown


def select(
    label: str,
    verb: str,
    incident: Incident,
    options: Iterable[tuple[str, str]],
    *,
    confirm: Element | None = None,
) -> Element:
    """A menu of (text, argument); choosing one is as pressing a button with that argument."""
    shown: Element = {
        "type": "static_select",
        "action_id": _action(verb, ""),
        "placeholder": _plain(label, 150),
        "options": [
            {"text": _plain(text, 75), "value": _value(verb, incident, argument, None)} for text, argument in options
        ],
    }
    if confirm:
        shown["confirm"] = confirm
    return shown


def confirm(title: str, text: str, yes: str, *, style: str = "") -> Element:
    """The dialog that asks before a button counts. `text` is plain: nothing in it can become a link or a mention."""
    shown: Element = {
        "title": _plain(title, 100),
        "text": _plain(text, 300),
        "confirm": _plain(yes, 30),
        "deny": _plain("Cancel", 30),
    }
    if style:
        shown["style"] = style
    return shown


def actions(elements: Iterable[Element]) -> Element:
    """The block that holds them; at most 25."""
    return {"type": "actions", "elements": list(elements)}


def read(action: Mapping[str, Any]) -> Press:
    """What was pressed, from one of the `actions` of Slack's block_actions payload.

    Raises:
        PayloadError: it is none of ours.
    """
    chosen = action.get("selected_option") if action.get("type") == "static_select" else action
    try:
        incident, argument, seen, *more = json.loads(str((chosen or {})["value"]))
        extras = {str(name): str(value) for name, value in more[0].items()} if more else {}
        verb = str(action["action_id"]).removeprefix(PREFIX)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PayloadError("this button is none of ours") from error
    if chosen is action and argument and verb.endswith(f".{argument}"):
        verb = verb.removesuffix(f".{argument}")
    if not RIGHTS.get(verb) or not all(isinstance(part, str) for part in (incident, argument, seen)):
        raise PayloadError("this button is none of ours")
    return Press(verb=verb, incident=incident, argument=argument, stamp=seen, extras=extras)


def _action(verb: str, argument: str) -> str:
    return f"{PREFIX}{verb}.{argument}"[:255] if argument else PREFIX + verb


def _value(verb: str, incident: Incident, argument: str, extras: Mapping[str, str] | None) -> str:
    held: list[Any] = [incident.id, argument, stamp(incident, verb, argument)]
    written = _json(held)
    if extras:
        room = VALUE - len(written) - 10
        shares = {name: room // len(extras) - len(_json(name)) - 2 for name in extras}
        written = _json([*held, {name: _fit(value, shares[name]) for name, value in extras.items()}])
    return written


def _fit(text: str, room: int) -> str:
    """Cut until its JSON form fits: escapes make it longer."""
    text = clean(text, max(room, 10))
    while len(_json(text)) > room and text:
        text = clean(text, max(len(text) - 20, 5)) if len(text) > 25 else ""
    return text


def _json(value: Any) -> str:
    """Without a bare `<`: what is in a value must not look like a mention to anybody, wherever it is shown."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _plain(text: str, limit: int) -> Element:
    return {"type": "plain_text", "text": clean(text, limit), "emoji": True}
