"""Does what a slash command asks, and answers its person in private."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.errors import PayloadError
from lambdas.incidents.model import Quiet
from lambdas.oncall import as_said, on_call
from lambdas.people import LIVE, decide, tell
from lambdas.reconcile import mute_rules
from lambdas.slack import commands
from lambdas.slack.messages import LEVELS
from lambdas.slack.text import code, escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.orders import Order
    from lambdas.slack.commands import Command


REVIEW = "tocsin.review"


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
    return commands.status(_open(house), len(house.store.gathered_incidents()), house.desk.now)


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
        known = (*house.store.open_incidents(), *house.store.gathered_incidents())
        matching = [id_ for id_ in known if id_.upper().endswith(wanted)]
        if len(matching) != 1:
            found = f"{len(matching)} open incidents end in it" if matching else "no open incident ends in it"
            return f"I do not know which one {code(asked.name, 60)} is: {found}. `/tocsin status` lists them."
        wanted = matching[0]
    trouble = decide(replace(order, verb="acknowledge", incident=wanted, stamp=""), house)
    return trouble or f"👀 You acknowledged {code(wanted)}."


def _silence(asked: Command, order: Order, house: House) -> str:
    now = house.desk.now
    # what people name is a service or an alarm: whichever it fits
    names = (asked.name[:200],)
    quiet = Quiet(
        start=now,
        end=now + asked.minutes * 60,
        by=order.by,
        reason=asked.rest,
        services=names,
        alarms=names,
        severity_1=asked.severity_1,
    )
    begun = house.desk.silence(quiet, order.id[:8])
    if begun is None:
        return "Nothing was silenced."
    house.deliver(begun.id, house.store.unsent(begun.id))
    return commands.silenced(begun, now)


def _silences(asked: Command, order: Order, house: House) -> str:
    del asked, order
    return commands.silences(house.desk.silences(), house.desk.now, mute_rules(house))


def _unsilence(asked: Command, order: Order, house: House) -> str:
    wanted = asked.name.casefold()
    matching = [silence.id for silence in house.desk.silences() if silence.id.casefold().endswith(wanted)]
    if len(matching) != 1:
        return f"I do not know which silence {code(asked.name, 60)} is. `/tocsin silences` lists them."
    house.deliver(matching[0], house.desk.lift(matching[0], order.by))
    return f"🔔 {code(matching[0])} is over."


def _review(asked: Command, order: Order, house: House) -> str:
    from lambdas.reviews.order import Order as Review  # noqa: PLC0415 — no other command needs the reviews
    from lambdas.reviews.order import order_of  # noqa: PLC0415 — the same

    written = {"kind": asked.name, "date": asked.rest, "by": order.by, "channel": order.channel, "id": order.id}
    try:
        review: Review = order_of({REVIEW: {name: value for name, value in written.items() if value}})
    except PayloadError as error:
        return f"I cannot do that: {escape(str(error), 300)}."
    if not house.settings.review_queue:
        return "Reviews are not set up here."
    house.aws.sqs.send_message(QueueUrl=house.settings.review_queue, MessageBody=review.to_json())
    return f"📋 The {escape(asked.name, 20)} review is being made; it is posted here when it is done."


def _open(house: House) -> list[Incident]:
    """The open incidents, most severe first; the index is read again, for it lags."""
    found = (house.store.incident(id_) for id_ in house.store.open_incidents())
    return [incident for incident in found if incident and incident.status in LIVE]


WORDS: dict[str, Callable[[Command, Order, House], str]] = {
    "help": _help,
    "status": _status,
    "oncall": _on_call,
    "ack": _acknowledge,
    "silence": _silence,
    "silences": _silences,
    "unsilence": _unsilence,
    "review": _review,
}
