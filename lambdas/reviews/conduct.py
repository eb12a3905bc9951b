"""One review from order to summary: exactly once for each slot, continued where a crash left it.

claim the slot → run the parts that no earlier attempt finished → documents to S3 → summary to Slack, once → done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from lambdas.errors import ReviewUnfinished
from lambdas.reviews import documents, news
from lambdas.reviews.base import Tour, parts_of
from lambdas.reviews.inventory import Inventory
from lambdas.reviews.model import KINDS, TITLES, Report
from lambdas.reviews.order import Order
from lambdas.reviews.pace import Pace
from lambdas.reviews.post import post_once
from lambdas.reviews.runner import run
from lambdas.reviews.slack import summary
from lambdas.reviews.slots import LATE, slot_of, slot_on, slots_between
from lambdas.reviews.store import ReviewStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.house import House
    from lambdas.reviews.base import Part
    from lambdas.reviews.model import Kind, Section
    from lambdas.reviews.slots import Slot

RESERVE = 60.0  # seconds left for documents and posts after the parts' deadline
ATTEMPTS = 3  # then what is left is a gap: Lambda tries a failed asynchronous invocation twice again
QUIET_IF_KNOWN: frozenset[Kind] = frozenset({"hourly"})  # says only what is news

log = logging.getLogger("tocsin")

type Left = Callable[[], float]
type Parts = Callable[[Kind], Sequence[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an order went. `busy`: another invocation is at this slot. `already`: it was done before."""

    slot: Slot
    state: Literal["made", "already", "busy", "again"]
    posted: bool = False
    calls: int = 0


def conduct(house: House, order: Order, left: Left, *, parts: Parts = parts_of) -> Outcome:
    """Make the review that an order asks for.

    Args:
        house: our parts.
        order: of a schedule, or of a person: then the answer goes where they asked, also if the review was made before.
        left: seconds that this invocation still has.
        parts: what a kind consists of.

    Raises:
        ReviewUnfinished: time ran out and the slot may be tried again; what is finished is kept.
        SlackError: the summary could not be posted; the next attempt posts it.
    """
    now = _moment(house)
    zone = house.settings.time_zone
    slot = slot_on(order.kind, order.day, zone) if order.day else slot_of(order.kind, order.moment or now, zone)
    reviews = ReviewStore(house.aws.dynamodb, house.settings.table)
    claimed = reviews.claim(slot, int(now.timestamp()))
    if claimed is None:
        done = reviews.done(slot)
        if order.by and done:
            return _again(house, reviews, slot, order)
        return Outcome(slot=slot, state="already" if done else "busy")
    missed = _missed(reviews, slot)
    aws = house.observe()
    pace = Pace()
    aws.listener = pace
    tour = Tour(
        aws=aws, settings=house.settings, slot=slot, now=now, inventory=Inventory(aws), store=house.store
    )
    sections, complete = run(
        tour,
        parts(slot.kind),
        deadline=max(1.0, left() - RESERVE),
        known=reviews.sections(slot),
        keep=lambda section: reviews.keep(slot, section, int(house.clock())),
    )
    log.info("looked", extra={"kind": slot.kind, "slot": slot.id, "attempt": claimed.attempt, "calls": pace.calls})
    if not complete and claimed.attempt < ATTEMPTS:
        reviews.leave(slot)
        raise ReviewUnfinished(f"{slot.kind} {slot.id}: attempt {claimed.attempt} ran out of time")
    for section in sections:  # also what was cut off at the last attempt: a later order shows the same
        reviews.keep(slot, section, int(house.clock()))
    posted = _publish(house, reviews, slot, sections, missed, order)
    reviews.finish(slot, int(house.clock()))
    return Outcome(slot=slot, state="made", posted=posted, calls=pace.calls.total())


def overdue(house: House, kinds: Sequence[Kind] = KINDS) -> list[Order]:
    """Orders for the latest slot of each kind that should have run by now, did not, and is not too late.

    A kind that has never run yet has nothing to catch up: the stack is new.
    """
    now = _moment(house)
    reviews = ReviewStore(house.aws.dynamodb, house.settings.table)
    found = []
    for kind in kinds:
        slot = slot_of(kind, now, house.settings.time_zone)
        head = reviews.head(kind)
        if head and head.last < slot.at.timestamp() and now - slot.at <= LATE[kind] and not reviews.done(slot):
            found.append(Order(kind=kind, time=slot.at.isoformat()))
    return found


def _publish(
    house: House, reviews: ReviewStore, slot: Slot, sections: list[Section], missed: tuple[str, ...], order: Order
) -> bool:
    """Documents, summary, and what is told from now on."""
    marked, fresh, gone = news.mark(sections, reviews.told(slot.kind))
    report = _report(house, slot, marked, missed)
    links = {}
    if house.settings.documents:
        documents.store(house.aws, house.settings.documents, report)
        links = dict(documents.addresses(house.aws, house.settings.documents, slot))
    posted = False
    if slot.kind not in QUIET_IF_KNOWN or order.by or _has_news(report):
        posted = post_once(
            house,
            reviews,
            slot,
            summary(report, house.settings, links),
            name=order.id or "summary",
            channel=order.channel,
            thread=order.thread,
        )
    reviews.tell(slot, fresh, gone, int(house.clock()))
    return posted


def _has_news(report: Report) -> bool:
    return any(not item.known and item.weight != "info" for item in report.items)


def _again(house: House, reviews: ReviewStore, slot: Slot, order: Order) -> Outcome:
    """Somebody asks for a review that was made: the same findings, with links that work again."""
    kept = reviews.sections(slot)
    sections = [kept[part.id] for part in parts_of(slot.kind) if part.id in kept]
    report = _report(house, slot, sections, ())
    links = {}
    if house.settings.documents:
        links = dict(documents.addresses(house.aws, house.settings.documents, slot))
    payload = summary(report, house.settings, links)
    posted = post_once(
        house, reviews, slot, payload, name=order.id or "again", channel=order.channel, thread=order.thread
    )
    return Outcome(slot=slot, state="again", posted=posted)


def _report(house: House, slot: Slot, sections: list[Section], missed: tuple[str, ...]) -> Report:
    settings = house.settings
    return Report(
        kind=slot.kind,
        environment=f"{settings.customer} {settings.environment}",
        account=settings.account,
        region=settings.region,
        slot=slot,
        made_at=_moment(house),
        sections=tuple(sections),
        missed=missed,
    )


def _missed(reviews: ReviewStore, slot: Slot) -> tuple[str, ...]:
    """Sentences on the slots between the last one that was completed and this one."""
    head = reviews.head(slot.kind)
    if head is None or head.last >= slot.at.timestamp():
        return ()
    last = slot_of(slot.kind, datetime.fromtimestamp(head.last, UTC), slot.zone)
    between = slots_between(last, slot)
    if not between:
        return ()
    name = TITLES[slot.kind].lower()
    if len(between) == 1:
        return (f"The {name} of {between[0].day} did not run.",)
    return (f"The {name} did not run {len(between)} times, from {between[0].day} to {between[-1].day}.",)


def _moment(house: House) -> datetime:
    return datetime.fromtimestamp(house.clock(), UTC)
