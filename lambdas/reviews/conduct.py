"""One review from order to summary: exactly once for each slot, continued where a crash left it.

claim the slot → run the parts that no earlier attempt finished → documents to S3 → summary to Slack, once → done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from lambdas.errors import ReviewUnfinished, SlackError
from lambdas.reviews import confirm, documents, news
from lambdas.reviews.base import Tour, parts_of
from lambdas.reviews.history.contacts import standings
from lambdas.reviews.inventory import Inventory
from lambdas.reviews.model import KINDS, TITLES, Report, Section
from lambdas.reviews.order import Order
from lambdas.reviews.pace import Pace
from lambdas.reviews.post import post_once
from lambdas.reviews.runner import run
from lambdas.reviews.slack import charts, summary
from lambdas.reviews.slots import LATE, slot_of, slot_on, slots_between
from lambdas.reviews.store import ReviewStore
from lambdas.slack.messages import section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.house import House
    from lambdas.reviews.base import Part
    from lambdas.reviews.model import Kind
    from lambdas.reviews.slots import Slot

RESERVE = 60.0  # seconds left for documents and posts after the parts' deadline
ATTEMPTS = 3  # then what is left is a gap: Lambda tries a failed asynchronous invocation twice again
ASKS: Kind = "monthly"  # after this report each contact is asked to confirm
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
    zone, now = house.settings.time_zone, _moment(house)
    slot = slot_on(order.kind, order.day, zone) if order.day else slot_of(order.kind, order.moment or now, zone)
    making = _Making(house, order, slot, list(parts(slot.kind)))
    claimed = making.rows.claim(slot, int(house.clock()))
    if claimed is not None:
        return making.make(left, claimed.attempt)
    if not making.rows.done(slot):
        return making.wait() if order.by else Outcome(slot=slot, state="busy")
    # A person may have asked for this slot before its schedule did: the channel still gets its summary.
    unsaid = slot.kind not in QUIET_IF_KNOWN and not making.rows.is_sent(slot, "summary")
    return making.again() if order.by or unsaid else Outcome(slot=slot, state="already")


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


class _Making:
    """One slot's review being made for an order."""

    def __init__(self, house: House, order: Order, slot: Slot, parts: list[Part]) -> None:
        self.house, self.order, self.slot, self.parts = house, order, slot, parts
        self.rows = ReviewStore(house.aws.dynamodb, house.settings.table)

    def make(self, left: Left, attempt: int) -> Outcome:
        """Look, write, post. Raises ReviewUnfinished, SlackError as `conduct` does."""
        house, slot = self.house, self.slot
        missed = _missed(self.rows, slot)
        aws = house.observe()
        aws.listener = pace = Pace()
        tour = Tour(
            aws=aws,
            settings=house.settings,
            slot=slot,
            now=_moment(house),
            inventory=Inventory(aws),
            store=house.store,
        )
        sections, complete = run(
            tour,
            self.parts,
            deadline=max(1.0, left() - RESERVE),
            known=self.rows.sections(slot),
            keep=self._keep,
        )
        calls = pace.calls.total()
        log.info("looked", extra={"kind": slot.kind, "slot": slot.id, "attempt": attempt, "calls": calls})
        if not complete and attempt < ATTEMPTS:
            self.rows.leave(slot)
            raise ReviewUnfinished(f"{slot.kind} {slot.id}: attempt {attempt} ran out of time")
        try:
            for one in sections:  # also what was cut off at the last attempt: a later order shows the same
                self._keep(one)
            posted = self._publish(sections, missed)
        except Exception:
            self.rows.leave(slot)
            raise
        self.rows.finish(slot, int(house.clock()))
        return Outcome(slot=slot, state="made", posted=posted, calls=calls)

    def again(self) -> Outcome:
        """Somebody asks for a review that was made: the same findings, with links that work again."""
        kept = self.rows.sections(self.slot)
        report = self._report([kept.get(part.id) or _unkept(part) for part in self.parts], ())
        posted = self._post(report, self._name)
        return Outcome(slot=self.slot, state="again", posted=posted)

    def wait(self) -> Outcome:
        """Somebody asks for a review that is being made at this moment."""
        text = f"The {TITLES[self.slot.kind].lower()} of {self.slot.day} is being made; ask again in a few minutes."
        payload = {"text": text, "blocks": [section(text)]}
        order, name = self.order, f"{self._name}.wait"
        ts = post_once(self.house, self.rows, self.slot, payload, name=name, channel=order.channel, thread=order.thread)
        return Outcome(slot=self.slot, state="busy", posted=bool(ts))

    @property
    def _name(self) -> str:
        """What the answer to this order is called among the slot's posts."""
        return (self.order.id or "again") if self.order.by else "summary"

    def _publish(self, sections: list[Section], missed: tuple[str, ...]) -> bool:
        """Documents, summary, and what is told from now on."""
        slot, house = self.slot, self.house
        marked, fresh, gone = news.mark(sections, self.rows.told(slot.kind))
        report = self._report(marked, missed)
        if house.settings.documents:
            documents.store(house.aws, house.settings.documents, report)
        wanted = slot.kind not in QUIET_IF_KNOWN or self.order.by or _has_news(report)
        posted = self._post(report, self._name) if wanted else False
        head = self.rows.head(slot.kind)
        if head is None or head.last <= slot.at.timestamp():  # a day of the past says nothing of what stands today
            self.rows.tell(slot, fresh, gone, int(house.clock()))
        if slot.kind == ASKS and not self.order.by:
            self._ask()
        return posted

    def _ask(self) -> None:
        """Ask every contact to confirm, once for each slot; a crash in between is made good by the next attempt."""
        house, now = self.house, int(self.house.clock())
        found = standings(house.settings, house.store.contacts())
        if found:
            post_once(house, self.rows, self.slot, confirm.question(found, self.slot.id), name="contacts")
            for one in found[: confirm.MOST]:
                house.store.ask_contact(one.key, now)

    def _post(self, report: Report, name: str) -> bool:
        settings, order = self.house.settings, self.order
        links = dict(documents.addresses(self.house.aws, settings.documents, self.slot)) if settings.documents else {}
        house, rows, slot = self.house, self.rows, self.slot
        payload = summary(report, settings, links)
        ts = post_once(house, rows, slot, payload, name=name, channel=order.channel, thread=order.thread)
        pictures = charts(report) if ts else None
        if pictures:
            try:  # a chart never loses a summary; without it the report has it
                thread = order.thread or ts
                post_once(house, rows, slot, pictures, name=f"{name}.charts", channel=order.channel, thread=thread)
            except SlackError:
                log.exception("no charts in the thread", extra={"slot": slot.id})
        return bool(ts)

    def _report(self, sections: list[Section], missed: tuple[str, ...]) -> Report:
        settings = self.house.settings
        return Report(
            kind=self.slot.kind,
            environment=f"{settings.customer} {settings.environment}",
            account=settings.account,
            region=settings.region,
            slot=self.slot,
            made_at=_moment(self.house),
            sections=tuple(sections),
            missed=missed,
        )

    def _keep(self, section: Section) -> None:
        self.rows.keep(self.slot, section, int(self.house.clock()))


def _unkept(part: Part) -> Section:
    """A section that was too large for the table, or of a part that came with a later version."""
    why = "it was not kept; the report in S3 has it, if it was looked at"
    return Section(id=part.id, title=part.title, runbook=part.runbook, gaps=(why,))


def _has_news(report: Report) -> bool:
    return any(not item.known and item.weight != "info" for item in report.items)


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
