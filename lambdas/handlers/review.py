"""The scheduled routines, and the same on demand. Reads the workload; writes only its own rows and documents.

Schedules invoke it with an order (`lambdas.reviews.order`); people's orders come through a queue. The hourly run also
looks for slots of any kind that should have run and did not.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from lambdas.errors import PayloadError
from lambdas.house import House, build
from lambdas.reviews.conduct import conduct, overdue
from lambdas.reviews.order import Order, order_of
from lambdas.settings import Settings, log_level

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.reviews.conduct import Outcome

MARGIN = 120.0  # seconds that must be left to begin with another review

log = logging.getLogger("tocsin")
log.setLevel(log_level())


def handler(event: Any, context: Any) -> dict[str, Any]:
    """AWS calls this, with an order or with an SQS batch of one.

    Returns `{"made": [...], "batchItemFailures": [...]}`. Raises for a schedule's order that could not be finished:
    Lambda then tries it again.
    """

    def left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000 if context else 600.0

    if isinstance(event, dict) and isinstance(event.get("Records"), list):
        return ordered(_house(), event["Records"], left)
    return scheduled(_house(), order_of(event), left)


def scheduled(house: House, order: Order, left: Callable[[], float]) -> dict[str, Any]:
    """A schedule's own slot; after the hourly one whatever else is overdue, while there is time."""
    made = [_shown(conduct(house, order, left))]
    if order.kind == "hourly":
        for late in overdue(house):
            if left() < MARGIN:
                break  # the next hour brings the rest
            log.warning("a slot is caught up", extra={"kind": late.kind, "time": late.time})
            made.append(_shown(conduct(house, late, left)))
    return {"made": made}


def ordered(house: House, records: list[Any], left: Callable[[], float]) -> dict[str, Any]:
    """People's orders. One that makes no sense is logged and dropped: nobody could ever carry it out."""
    made, failed = [], []
    for record in records:
        try:
            made.append(_shown(conduct(house, order_of(record.get("body")), left)))
        except PayloadError as error:
            log.exception("an order is not understood", extra={"why": str(error)})
        except Exception:  # the queue brings it again
            log.exception("an order failed", extra={"order": record.get("messageId", "")})
            failed.append({"itemIdentifier": record.get("messageId", "")})
    return {"made": made, "batchItemFailures": failed}


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": outcome.slot.kind,
        "slot": outcome.slot.id,
        "state": outcome.state,
        "posted": outcome.posted,
        "calls": outcome.calls,
    }


@functools.cache
def _house() -> House:
    return build(Settings.from_environ())
