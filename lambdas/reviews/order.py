"""An order for a review: what a schedule sends, and what a person asks for by slash command.

A schedule sends `{"tocsin.review": {"kind": "daily", "time": "<its own scheduled time>"}}`; a person's order is the
same with `date`, and with where the answer goes. `interact` sends it in a message to `Settings.review_queue`:

    queue.send_message(QueueUrl=settings.review_queue, MessageBody=Order(kind="weekly", date="2026-11-20", …).to_json())

Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date as day_
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.errors import PayloadError
from lambdas.reviews.model import KINDS

if TYPE_CHECKING:
    from lambdas.reviews.model import Kind

KEY = "tocsin.review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One review to make. Without `date` and `time` it is the latest one that is due."""

    kind: Kind
    time: str = ""  # of a schedule: its own time, ISO 8601
    date: str = ""  # of a person: a local day, YYYY-MM-DD; the last slot due by the end of that day
    by: str = ""  # a Slack user id; empty for a schedule
    channel: str = ""  # where the answer goes; empty: the environment's channel
    thread: str = ""  # the thread's timestamp there
    id: str = ""  # of a person's order: makes the answer come once, e.g. Slack's trigger id

    def to_json(self) -> str:
        """As it is sent."""
        return json.dumps({KEY: {name: value for name, value in asdict(self).items() if value}})

    @property
    def day(self) -> day_ | None:
        """The day that was asked for."""
        return day_.fromisoformat(self.date) if self.date else None

    @property
    def moment(self) -> datetime | None:
        """The schedule's own time."""
        return datetime.fromisoformat(self.time) if self.time else None


def order_of(raw: Any) -> Order:
    """Read an order: decoded JSON, or its text.

    Raises:
        PayloadError: it is none, says an unknown kind or field, or a date that is none.
    """
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError as error:
            raise PayloadError("an order for a review must be JSON") from error
    given = raw.get(KEY) if isinstance(raw, dict) else None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise PayloadError(f"an order for a review must hold an object of texts under {KEY!r}")
    if given.get("kind") not in KINDS:
        raise PayloadError(f"there is no review {str(given.get('kind'))[:40]!r}; allowed: {', '.join(KINDS)}")
    try:
        order = Order(**given)
        _ = order.day, order.moment
    except TypeError as error:
        raise PayloadError(f"an order for a review has an unknown field: {error}") from error
    except ValueError as error:
        raise PayloadError(f"an order for a review has no such time: {error}") from error
    if order.moment and order.moment.tzinfo is None:
        raise PayloadError("an order's time must say its offset")
    return order
