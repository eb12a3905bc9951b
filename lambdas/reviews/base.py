"""What a part of a review is: it looks at one thing and yields what it found.

A part is a generator in a file of its own, `reviews/<kind>/<part>.py`, found by walking the folder. It declares what it
may do, yields items, tables, curves and notes, and catches nothing: the runner turns an AWS error or a missed deadline
into a gap that people see. 'Could not look' never reads as 'healthy'.

    @part(
        "daily.tasks",
        title="Running tasks against desired",
        runbook="Morning Health Check, 3: Resource Utilization Assessment",
        place=60,
        allow=(*inventory.SERVICES,),
    )
    def tasks(tour: Tour) -> Iterator[Piece]:
        for service in tour.inventory.services():
            ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.checks.base import Allow, load
from lambdas.errors import NoTable
from lambdas.reviews.model import KINDS, Curve, Item, Note, Table

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.incidents.store import Store
    from lambdas.reviews.inventory import Inventory
    from lambdas.reviews.model import Kind
    from lambdas.reviews.slots import Slot
    from lambdas.settings import Settings

type Piece = Item | Table | Curve | Note
type Body = Callable[[Tour], Iterator[Piece]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What a part may use. `inventory` is read once for all parts; `store` is None where there is no incident table."""

    aws: Aws
    settings: Settings
    slot: Slot
    now: datetime
    inventory: Inventory = field(repr=False)
    store: Store | None = field(default=None, repr=False)

    @property
    def table(self) -> Store:
        """The incident table. Raises NoTable, which people read as a gap, where there is none."""
        if self.store is None:
            raise NoTable("there is no incident table here")
        return self.store

    @property
    def start(self) -> datetime:
        """Where the reviewed time begins."""
        return self.slot.start

    @property
    def end(self) -> datetime:
        """Where it ends."""
        return self.slot.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part's declaration: the metadata that stands above the logic."""

    id: str  # public name, "<kind>.<what>"
    title: str  # for people: the section's heading
    runbook: str  # the runbook's heading that asks for it
    run: Body
    place: int  # order of the sections
    allow: tuple[Allow, ...] = ()
    present: bool = False  # it sees only how things are now: no part of a review of a day long past

    @property
    def kind(self) -> str:
        """Which review it belongs to."""
        return self.id.partition(".")[0]


PARTS: dict[str, Part] = {}


def part(
    id: str,  # noqa: A002 — the field's own name
    *,
    title: str,
    runbook: str,
    place: int,
    allow: tuple[Allow, ...] = (),
    present: bool = False,
) -> Callable[[Body], Body]:
    """Register a part. A duplicate id, or one of no known kind, fails at import."""

    def register(run: Body) -> Body:
        if id in PARTS:
            raise ValueError(f"two parts are called {id}")
        if id.partition(".")[0] not in KINDS:
            raise ValueError(f"{id} belongs to no kind of review: {', '.join(KINDS)}")
        PARTS[id] = Part(id=id, title=title, runbook=runbook, run=run, place=place, allow=allow, present=present)
        return run

    return register


def parts_of(kind: Kind) -> list[Part]:
    """All parts of a kind of review, in the order of its sections."""
    load(f"lambdas.reviews.{kind}")
    return sorted((found for found in PARTS.values() if found.kind == kind), key=lambda found: (found.place, found.id))
