"""The dialogs, and what people wrote into them. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.errors import PayloadError
from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.slack.buttons import Press

RESOLVE = "tocsin.resolve"  # callback_id
CAUSE, PREVENTION = "root_cause", "prevention"  # block_ids; each block's element has the same action_id
LONGEST = 1900  # characters of an answer: a field of the resolution takes 2,000


def resolve(press: Press, channel: str, thread: str) -> dict[str, Any]:
    """The dialog that closes an incident, filled with what the diagnosis suggests.

    Args:
        press: the pressed Resolve button.
        channel: where it stands; answers go there.
        thread: the root message's timestamp.
    """
    return {
        "type": "modal",
        "callback_id": RESOLVE,
        "title": _plain("Resolve the incident"),
        "submit": _plain("Resolve"),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps([press.incident, press.stamp, channel, thread]),
        "blocks": [
            _input(CAUSE, "Root cause", press.extras.get("cause", ""), "What was it? One or two sentences.", must=True),
            _input(PREVENTION, "Prevention", press.extras.get("prevention", ""), "What keeps it from coming back?"),
            {
                "type": "context",
                "elements": [
                    _plain(f"{press.incident} is closed at once, also if an alarm still rings. The thread gets both.")
                ],
            },
        ],
    }


def answers(view: Mapping[str, Any]) -> tuple[list[str], str, str]:
    """What a submitted dialog says: `[incident, stamp, channel, thread]`, the root cause and the prevention.

    Raises:
        PayloadError: it is none of ours.
    """
    if view.get("callback_id") != RESOLVE:
        raise PayloadError("this dialog is none of ours")
    try:
        about = json.loads(view["private_metadata"])
        values = view["state"]["values"]
        cause, prevention = (str(values[name][name].get("value") or "").strip() for name in (CAUSE, PREVENTION))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PayloadError("this dialog is none of ours") from error
    if not (isinstance(about, list) and len(about) == 4 and all(isinstance(part, str) for part in about)):
        raise PayloadError("this dialog is none of ours")
    return about, clean(cause, LONGEST), clean(prevention, LONGEST)


def _input(name: str, label: str, value: str, hint: str, *, must: bool = False) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": True,
        "max_length": LONGEST,
        "placeholder": _plain(hint),
    }
    if value:
        element["initial_value"] = clean(value, LONGEST)
    block: dict[str, Any] = {"type": "input", "block_id": name, "label": _plain(label), "element": element}
    return block if must else block | {"optional": True}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}
