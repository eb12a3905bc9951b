"""How a person's decision travels from `interact` to `respond`: an `Order`, as JSON on a queue of our own.

Only our own functions may send to that queue, and `respond` tells it by its event source: an order that comes by any
other road (an alarm topic, the event bus) is an event that is not understood, and obeyed by nobody. Pure.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from lambdas.errors import PayloadError

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident

KEY = "tocsin.order"
RESPOND = "respond"  # the right to acknowledge, escalate, regrade, snooze, resolve and silence
APPROVE = "approve"  # the right to approve what changes something or goes outside the team
SELF = "self"  # a contact's own word: `reviews/confirm.py` looks whose it is
RIGHTS = {  # verb → the right that it needs
    "acknowledge": RESPOND,
    "escalate": RESPOND,
    "severity": RESPOND,  # argument: "1", "2" or "3"
    "resolve": RESPOND,
    "snooze": RESPOND,  # argument: minutes
    "remedy.approve": APPROVE,  # argument: the remedy's id
    "remedy.decline": APPROVE,
    "remedy.undo": APPROVE,
    "notice.approve": APPROVE,  # argument: the notice's kind
    "notice.decline": APPROVE,
    "contact.confirm": SELF,  # argument: the contact's key (`reviews/history/contacts.py`)
    "command": "",  # the slash command; each of its words needs its own right
}
LONGEST = 12_000  # characters of an encoded order; two answers of a modal are 6,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one person decided, in one signed request of Slack."""

    id: str  # the request's own: a replay has the same, and does nothing more
    at: int  # when Slack signed it, epoch seconds
    verb: str  # one of RIGHTS
    by: str  # a Slack user id
    incident: str = ""
    argument: str = ""
    stamp: str = ""  # what the person saw (`stamp`)
    root_cause: str = ""  # the modal's answers
    prevention: str = ""
    text: str = ""  # what stood after a slash command
    channel: str = ""  # where to answer
    thread: str = ""
    response_url: str = ""

    def to_json(self) -> str:
        """As the queue carries it, without empty fields."""
        held = {name: value for name, value in asdict(self).items() if value != ""}
        return json.dumps({KEY: held}, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, body: Any) -> Order:
        """Read a message's body (decoded or text). Raise PayloadError where it is no whole order."""
        try:
            raw = body if isinstance(body, dict) else json.loads(body)
            held = raw[KEY]
            order = cls(**held)
            whole = all(isinstance(getattr(order, f.name), int if f.name == "at" else str) for f in fields(order))
        except (ValueError, TypeError, KeyError) as error:
            raise PayloadError(f"this is no order: {type(error).__name__}") from error
        if not whole or order.verb not in RIGHTS or not order.by or not order.id:
            raise PayloadError("this is no whole order")
        return order


def stamp(incident: Incident, verb: str, argument: str = "") -> str:
    """What a person decides on, in short: a button that was pressed on something else by now is stale.

    An incident's life (its reopening); for 'escalate' the level that was reached, so that a double click climbs once;
    for remedies and notices what they say, so that nobody approves a change that they did not see.
    """
    parts: list[Any] = [incident.reopen]
    if verb == "escalate":
        parts.append(incident.level)
    if verb.startswith("remedy.") and (remedy := incident.remedies.get(argument)):
        parts += [remedy.kind, remedy.target, remedy.title, remedy.now, remedy.then, sorted(remedy.params.items())]
    if verb.startswith("notice.") and (notice := incident.notices.get(argument)):
        parts += [notice.subject, notice.text]
    if len(parts) == 1:
        return str(parts[0])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
