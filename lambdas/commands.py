"""Does what a slash command asks, and answers its person in private."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.oncall import as_said, on_call
from lambdas.people import LIVE, decide, tell
from lambdas.slack import commands
from lambdas.slack.messages import LEVELS
from lambdas.slack.text import code

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.orders import Order
    from lambdas.slack.commands import Command


def run(order: Order, house: House) -> None:
    """Obey one command, or say why not."""
    asked = commands.parse(order.text)
    if isinstance(asked, str):
        tell(order, house, asked)
        return
    right = commands.RIGHTS[asked.word]
    if right and (why := house.authority.refusal(order.by, right)):
        tell(order, house, f"🚫 Nothing was done: {why}.")
        return
    tell(order, house, WORDS[asked.word](asked, order, house))


def _help(asked: Command, order: Order, house: House) -> str:
    del asked, order, house
    return commands.HELP


def _status(asked: Command, order: Order, house: House) -> str:
    del asked, order
    return commands.status(_open(house), house.desk.now)


def _on_call(asked: Command, order: Order, house: House) -> str:
    del asked, order
    now = house.desk.now
    settings = as_said(house.settings, house.schedule)
    people = {level: on_call(settings, now, level) for level in LEVELS}
    trouble = house.schedule.trouble if house.schedule else ""
    return commands.on_call(people, now, house.settings.time_zone, trouble)


def _acknowledge(asked: Command, order: Order, house: House) -> str:
    wanted = asked.name.upper()
    if house.store.incident(wanted) is None:
        matching = [incident.id for incident in _open(house) if incident.id.upper().endswith(wanted)]
        if len(matching) != 1:
            found = f"{len(matching)} open incidents end in it" if matching else "no open incident ends in it"
            return f"I do not know which one {code(asked.name, 60)} is: {found}. `/tocsin status` lists them."
        wanted = matching[0]
    trouble = decide(replace(order, verb="acknowledge", incident=wanted, stamp=""), house)
    return trouble or f"👀 You acknowledged {code(wanted)}."


def _open(house: House) -> list[Incident]:
    """The open incidents, most severe first; the index is read again, for it lags."""
    found = (house.store.incident(id_) for id_ in house.store.open_incidents())
    return [incident for incident in found if incident and incident.status in LIVE]


WORDS: dict[str, Callable[[Command, Order, House], str]] = {
    "help": _help,
    "status": _status,
    "oncall": _on_call,
    "ack": _acknowledge,
}
