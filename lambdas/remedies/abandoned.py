"""Ends what was approved where `act` exists no more: the environment was switched off in between. People are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambdas.incidents.model import Acted, NoticeSent
from lambdas.incidents.store import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.house import House
    from lambdas.incidents.model import Post

WHY = "the environment does not allow it any more"


def deliver(house: House, id_: str, posts: Iterable[Post]) -> None:
    """Give each row up. Otherwise it would stay due for ever, and hold the clock's lag up."""
    for post in posts:
        claim = house.store.claim(id_, post, house.desk.now)
        if claim is None:
            continue
        held = json.loads(claim.post.body or "{}")
        event = (
            Acted(remedy=held["remedy"], state="FAILED", note=f"Not done, and nothing was changed: {WHY}.")
            if post.kind == "act"
            else NoticeSent(kind="case", state="FAILED", status=WHY)
        )
        row = Timeline(at=house.desk.now * 1000, id=f"abandoned-{post.key}", kind=f"{post.kind}.abandoned")
        house.deliver(id_, house.desk.record(id_, event, row))
        house.store.failed(claim, WHY)
