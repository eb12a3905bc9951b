"""Contacts and escalation paths: who is missing, who cannot be reached at night, who has not confirmed."""

from __future__ import annotations

from collections.abc import Iterator

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.history.contacts import LEVELS, NAMES, Standing, standings
from lambdas.reviews.history.incidents import moment
from lambdas.reviews.model import Action, Item, Note, Table
from lambdas.reviews.words import many, when


@part(
    "monthly.contacts",
    title="Contacts and escalation paths",
    runbook="Runbook Maintenance, monthly: Validate contact information and escalation paths",
    place=20,
    present=True,
)
def contacts(tour: Tour) -> Iterator[Piece]:
    """Each contact is asked after this report (`reviews/confirm.py`); one who was asked a month ago is overdue."""
    found = standings(tour.settings, tour.table.contacts())
    now = int(tour.now.timestamp())
    for level in LEVELS:
        of = [one for one in found if one.level == level]
        if not of:
            yield Item(
                id="monthly.contacts.missing",
                weight="warning",
                subject=f"level {level}",
                text=f"Nobody is named for level {level} ({NAMES[level]}): an escalation to it reaches no one.",
                actions=(Action(text="Name somebody under `contacts` in the environment file, and deploy."),),
            )
        elif not any("Slack" in one.ways or "telephone" in one.ways for one in of):
            yield Item(
                id="monthly.contacts.email_only",
                weight="advice",
                subject=f"level {level}",
                text=f"Level {level} can be reached by e-mail alone, which wakes nobody.",
                actions=(Action(text="Add a Slack id or a telephone number in the environment file."),),
            )
    for one in found:
        if one.state(now) == "overdue":
            yield _overdue(one, tour)
    yield _table(found, tour)
    confirmed = sum(one.state(now) == "confirmed" for one in found)
    yield Note(text=f"{confirmed} of {many(len(found), 'contact')} confirmed.", count=(("contacts", len(found)),))


def _overdue(one: Standing, tour: Tour) -> Item:
    zone = tour.settings.time_zone
    before = f"; confirmed last on {when(moment(one.confirmed), zone)}" if one.confirmed else "; never confirmed"
    return Item(
        id="monthly.contacts.overdue",
        weight="warning",
        subject=one.contact.name,
        text=f"Level {one.level} has not confirmed since being asked on {when(moment(one.asked), zone)}{before}.",
        actions=(Action(text="Ask them in person, and correct the environment file if something changed."),),
        level=float(one.asked),
    )


def _table(found: list[Standing], tour: Tour) -> Table:
    now, zone = int(tour.now.timestamp()), tour.settings.time_zone
    words = {"confirmed": "confirmed", "asked": "asked, no answer yet", "overdue": "overdue", "new": "is asked now"}
    return Table(
        title="The escalation path",
        columns=("Level", "Who", "Reached by", "State", "Confirmed"),
        rows=tuple(
            (
                one.level,
                one.contact.name,
                ", ".join(one.ways),
                words[one.state(now)],
                when(moment(one.confirmed), zone) if one.confirmed else "never",
            )
            for one in found
        ),
    )
