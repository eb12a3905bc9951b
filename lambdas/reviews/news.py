"""Which findings are news. Pure.

The hourly review tells a regression once, until it changes: it is gone and comes back, or gets a quarter worse than it
was told. Other reviews tell everything each time; what they told before is marked as known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.reviews.model import Item, Section

WORSE = 1.25  # times what was told


def mark(sections: Sequence[Section], told: Mapping[str, float]) -> tuple[list[Section], dict[str, float], set[str]]:
    """Mark what was told before.

    Returns the sections, what has to be remembered as told now, and the keys of what is over. A finding of a part that
    could not look is not over: nobody knows.
    """
    marked = [replace(one, items=tuple(_marked(item, told) for item in one.items)) for one in sections]
    items = [item for section in marked for item in section.items]
    fresh = {item.key: _bad(item) for item in items if not item.known}
    blind = tuple(f"{section.id}." for section in marked if section.gaps)
    gone = {key for key in told.keys() - {item.key for item in items} if not key.startswith(blind)}
    return marked, fresh, gone


def _marked(item: Item, told: Mapping[str, float]) -> Item:
    before = told.get(item.key)
    return replace(item, known=before is not None and _bad(item) < before * WORSE)


def _bad(item: Item) -> float:
    return item.level if item.level is not None and item.level > 0 else 1.0
