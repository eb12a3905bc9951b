from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.checks.base import Allow
from lambdas.reviews.base import Body, Part, Piece, Tour
from lambdas.reviews.model import Item, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def item(what: str = "daily.x.y", subject: str = "web", weight: Weight = "warning", level: float | None = None) -> Item:
    return Item(id=what, weight=weight, subject=subject, text=f"{subject} is not well.", level=level)


def part(
    id_: str, found: Sequence[Piece] = (), *, run: Body | None = None, place: int = 1, present: bool = False
) -> Part:
    def fixed(_: Tour) -> Iterator[Piece]:
        yield from found

    body = run or fixed
    return Part(
        id=id_, title=id_, runbook="x", run=body, place=place, allow=(Allow("ecs:ListClusters"),), present=present
    )
