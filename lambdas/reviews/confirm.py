"""Each month every contact of the escalation path is asked to confirm that they can be reached, with a button.

A person confirms for themselves; for a user group, and for somebody without Slack, anybody who may respond does. The
answer is a row of the incident table (`Store.confirm_contact`); the next monthly report names who did not (`monthly.
contacts`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.incidents.orders import RESPOND
from lambdas.reviews.history.contacts import NAMES, standings
from lambdas.slack.buttons import PREFIX
from lambdas.slack.messages import context, section
from lambdas.slack.text import clean, escape, person

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.orders import Order
    from lambdas.reviews.history.contacts import Standing
    from lambdas.slack.messages import Payload

VERB = "contact.confirm"
MOST = 45  # contacts of one message: Slack takes 50 blocks


def question(found: list[Standing], slot: str) -> Payload:
    """The message that asks; one line and one button for each contact."""
    title = "Can you still be reached? Please confirm your place in the escalation path."
    blocks: list[dict[str, Any]] = [section(f"📇 *{title}*")]
    for one in found[:MOST]:
        who = person(one.contact.slack) if one.contact.slack else escape(one.contact.name, 100)
        name = f" ({escape(one.contact.name, 100)})" if one.contact.slack else ", who is not in Slack"
        ways = ", ".join(one.ways)
        line = section(f"Level {one.level}, {escape(NAMES[one.level], 100)}: {who}{name}. Reached by {ways}.")
        blocks.append({**line, "accessory": _button(one)})
    if len(found) > MOST:
        blocks.append(context([f"… and {len(found) - MOST} more, who are asked when these have answered."]))
    blocks.append(context(["Something changed? Correct the environment file instead, and deploy."]))
    return {
        "text": title,
        "blocks": [{**block, "block_id": f"contacts.{slot}.{number}"} for number, block in enumerate(blocks)],
        "unfurl_links": False,
    }


def _button(one: Standing) -> dict[str, Any]:
    """As `slack/buttons.py` reads it: no incident, the contact's key, no stamp (the key changes with every address)."""
    mine = one.contact.slack[:1] in {"U", "W"}
    return {
        "type": "button",
        "action_id": f"{PREFIX}{VERB}.{one.key}",
        "text": {"type": "plain_text", "text": "Yes, that is me" if mine else clean("Still right", 75), "emoji": True},
        "value": json.dumps(["", one.key, ""], separators=(",", ":")),
    }


def confirm(order: Order, house: House) -> str:
    """Write one confirmation. Returns what to tell the person."""
    found = {one.key: one for one in standings(house.settings, house.store.contacts())}
    one = found.get(order.argument)
    if one is None:
        return "🚫 This entry has changed since: the next monthly report asks again."
    own = one.contact.slack
    if own[:1] in {"U", "W"}:
        if order.by != own:
            return f"🚫 Only {person(own)} can confirm this."
    elif why := house.authority.refusal(order.by, RESPOND):
        return f"🚫 Not confirmed: {why}."
    house.store.confirm_contact(one.key, order.by, int(house.clock()))
    return f"✅ Thank you. {escape(one.contact.name, 100)} is confirmed at level {one.level}."
