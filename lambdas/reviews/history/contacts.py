"""Who must confirm that they can be reached, and who has. Pure: the rows come from the store.

Each contact of the escalation path is asked once a month (runbook, Runbook Maintenance: validate contact information
and escalation paths). A confirmation holds until the next month's question has been open for a week.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.incidents.store import Confirmation
    from lambdas.settings import Contact, Settings

DAY = 24 * 60 * 60
HOLDS = 45 * DAY  # seconds: a month, and time to answer
ANSWER = 7 * DAY
LEVELS = ("1", "2", "3")
NAMES = {
    "1": "Operations Team Member",
    "2": "Senior Site Reliability Engineer",
    "3": "Engineering Manager + Customer Success Manager",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One contact at one level, and where its confirmation stands."""

    level: str
    contact: Contact
    key: str
    confirmed: int = 0  # epoch seconds, 0: never
    by: str = ""
    asked: int = 0

    def state(self, now: int) -> str:
        """`confirmed`, `asked` (still has time), `overdue`, or `new` (never asked yet)."""
        if self.confirmed and now - self.confirmed <= HOLDS:
            return "confirmed"
        if not self.asked:
            return "new"
        return "overdue" if now - self.asked >= ANSWER or self.confirmed else "asked"

    @property
    def ways(self) -> tuple[str, ...]:
        """How they can be reached, without the addresses themselves."""
        of = {"Slack": self.contact.slack, "telephone": self.contact.phone, "e-mail": self.contact.email}
        return tuple(name for name, value in of.items() if value)


def key_of(level: str, contact: Contact) -> str:
    """Changes with the level and with every address: a new number must be confirmed anew. Holds no address itself."""
    said = f"{level}\n{contact.name}\n{contact.slack}\n{contact.email}\n{contact.phone}"
    return f"{level}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def people(settings: Settings) -> list[tuple[str, Contact]]:
    """Every contact of every level: the level's own, and those of its rotations; each once."""
    found: dict[tuple[str, str], tuple[str, Contact]] = {}
    for level in LEVELS:
        turns = [person for turn in settings.rotations if str(turn.level) == level for person in turn.people]
        for contact in (*settings.contacts.get(level, ()), *turns):
            found.setdefault((level, key_of(level, contact)), (level, contact))
    return list(found.values())


def standings(settings: Settings, known: Mapping[str, Confirmation]) -> list[Standing]:
    """All contacts with what the table knows of them."""
    found = []
    for level, contact in people(settings):
        key = key_of(level, contact)
        row = known.get(key)
        found.append(
            Standing(
                level=level,
                contact=contact,
                key=key,
                confirmed=row.confirmed if row else 0,
                by=row.by if row else "",
                asked=row.asked if row else 0,
            )
        )
    return found
