"""The only function that changes something: approved remedies, and cases with AWS Support. Asked through its own queue.

Only our own functions may send to that queue. What an order says is no authority: `act` reads the incident, and does
what an authorised person approved there, once.
"""

from __future__ import annotations

import functools
import json
import logging
from typing import TYPE_CHECKING, Any

from lambdas.house import House, build
from lambdas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.incidents.store import Claim

LEASE = 120  # longer than the function may run
TRIES = 5  # then people are told that it failed

log = logging.getLogger("tocsin")
log.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """AWS calls this with records of SQS. Returns `{"batchItemFailures": [{"itemIdentifier": message id}]}`."""
    del context
    failed = []
    for record in event.get("Records", ()):
        try:
            act(_house(), _incident(record.get("body", "")))
        except Exception:  # a record must not take the others of its batch with it
            log.exception("not done; it comes again", extra={"record": record.get("messageId")})
            failed.append(record.get("messageId"))
    return {"batchItemFailures": [{"itemIdentifier": record} for record in failed]}


@functools.cache
def _house() -> House:
    return build(Settings.from_environ())


def act(house: House, id_: str) -> None:
    """Do everything that is due for one incident, each row once."""
    for post in house.store.unsent(id_) if id_ else ():
        if post.kind not in DOERS:
            continue
        if claim := house.store.claim(id_, post, house.desk.now, LEASE):
            DOERS[post.kind](house, claim)


def _remedy(house: House, claim: Claim) -> None:
    from lambdas.remedies.acting import act  # noqa: PLC0415 — only where it is needed

    act(house, claim, last=claim.attempt >= TRIES)


def _case(house: House, claim: Claim) -> None:
    from lambdas.notify.case import act  # noqa: PLC0415 — the same

    act(house, claim, last=claim.attempt >= TRIES)


DOERS: dict[str, Callable[[House, Claim], None]] = {"act": _remedy, "case": _case}


def _incident(body: str) -> str:
    """The incident that an order is about (`House.ask`); empty where it is none."""
    try:
        return str(json.loads(body)["tocsin.work"]["incident"])
    except (ValueError, TypeError, KeyError):
        log.warning("this is no order", extra={"body": body[:200]})
        return ""
