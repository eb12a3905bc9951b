"""Does one approved row of the outbox: a remedy, or taking one back. `act` calls it, and nobody else may."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.errors import RemedyLater
from lambdas.incidents.clocks import LIVE
from lambdas.incidents.model import OUTWARD, Acted
from lambdas.incidents.store import Timeline
from lambdas.remedies.doing import apply, undo

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident, Remedy
    from lambdas.incidents.store import Claim
    from lambdas.settings import Remedies

WAIT = 30  # seconds to the next try

log = logging.getLogger("tocsin")


def act(house: House, claim: Claim, *, last: bool) -> None:
    """Do what was approved, write down what became of it, and end the row.

    A row whose remedy is in no approved state any more was done by an attempt that died before it ended the row.
    `last`: no more tries; people are told.
    """
    id_ = claim.incident
    incident = house.store.incident(id_)
    remedy = incident.remedies.get(json.loads(claim.post.body)["remedy"]) if incident else None
    if incident is not None and remedy is not None and remedy.state in {"APPROVED", "UNDO_APPROVED"}:
        acted = _done(house, incident, remedy, claim, last=last)
        if acted is None:
            house.store.release(claim, house.desk.now, WAIT)
            return
        # the row's own key: an event that is on the timeline already is not applied twice
        row = Timeline(
            at=house.desk.now * 1000, id=f"acted-{claim.post.key}", kind=f"remedy.{acted.state}", body=acted.to_json()
        )
        log.info("acted", extra={"incident": id_, "remedy": remedy.id, "state": acted.state, "note": acted.note})
        house.deliver(id_, house.desk.record(id_, acted, row), mine=OUTWARD)  # the clock brings those: not act's rights
    house.store.sent(claim, "")


def _done(house: House, incident: Incident, remedy: Remedy, claim: Claim, *, last: bool) -> Acted | None:
    """What became of it; None where it is worth another try."""
    rules = house.settings.remedies
    if why := _not_now(incident, remedy, rules):
        return Acted(remedy=remedy.id, state="FAILED", note=f"Not done, and nothing was changed: {why}.")
    assert rules is not None
    try:
        if remedy.state == "UNDO_APPROVED":
            return undo(house.aws, remedy, rules)
        return apply(house.aws, remedy, rules, house.desk.now, lost=claim.lost > 0)
    except (RemedyLater, ClientError, BotoCoreError) as error:
        log.warning("not done yet", extra={"remedy": remedy.id, "why": str(error), "attempt": claim.attempt})
        if not last:
            return None
        # Nobody knows what AWS did in an attempt without an answer, so this does not say that nothing was changed.
        return Acted(remedy=remedy.id, state="FAILED", note=f"Given up after {claim.attempt} tries: {error}.")


def _not_now(incident: Incident, remedy: Remedy, rules: Remedies | None) -> str:
    """What forbids it although it was approved."""
    if rules is None or remedy.kind not in rules.allowed:
        return "the environment does not allow this remedy any more"
    if remedy.state == "APPROVED" and incident.status not in LIVE:
        return "the incident was over before it could be done"
    return ""
