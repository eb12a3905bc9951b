"""`verify`: looks whether what was done helped. `respond` calls it: it reads, and changes nothing."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.incidents.model import Acted
from lambdas.incidents.store import Timeline
from lambdas.remedies.doing import GIVE_UP, verify

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Remedy

LEASE = 60

log = logging.getLogger("tocsin")


def deliver(house: House, id_: str) -> None:
    """Look at every remedy of an incident that waits for it, for each due row; what fails stays due."""
    for post in [post for post in house.store.unsent(id_) if post.kind == "verify"]:
        claim = house.store.claim(id_, post, house.desk.now, LEASE)
        incident = house.store.incident(id_)
        if claim is None or incident is None:
            continue
        # at least the clock's own time: clocks of two machines differ
        now = max(house.desk.now, json.loads(claim.post.body or "{}").get("at", 0))
        waiting = [r for r in incident.remedies.values() if r.state == "APPLIED" and r.verify_at is None]
        for remedy in waiting:
            acted = _verified(house, remedy, now)
            if acted is None:
                house.store.release(claim, house.desk.now, LEASE)
                break
            row = Timeline(
                at=house.desk.now * 1000,
                id=f"verify-{remedy.id}-{post.n}",
                kind="remedy.verify",
                body=acted.to_json(),
            )
            house.deliver(id_, house.desk.record(id_, acted, row))
        else:
            house.store.sent(claim, "")


def _verified(house: House, remedy: Remedy, now: int) -> Acted | None:
    """What was seen; None where AWS did not answer and it is worth another try."""
    try:
        return verify(house.observe(), remedy, now)
    except (ClientError, BotoCoreError) as error:
        log.warning("could not look", extra={"remedy": remedy.id, "why": str(error)})
        if now - (remedy.applied_at or 0) < GIVE_UP:
            return None
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        return Acted(remedy=remedy.id, state="NOT_VERIFIED", note=f"It could not be verified: {why}.")
