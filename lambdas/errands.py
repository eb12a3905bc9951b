"""What our own functions ask of `respond`: people's orders (`interact`), and work that is due (`House.ask`).

They come through a queue that only those functions may send to, and are told by the record's event source, which
Lambda sets. The same text on an alarm topic, on the event bus or in a direct invocation is an event like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lambdas.errors import PayloadError
from lambdas.incidents.orders import KEY, Order

if TYPE_CHECKING:
    from lambdas.settings import Settings

WORK_KEY = "tocsin.work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One message of our own queue: an order, or an incident and a kind of work."""

    record_id: str
    order: Order | None = None
    incident: str = ""
    kind: str = ""


def source(settings: Settings) -> str:
    """The end of our queue's ARN, `<region>:<account>:<name>`, from its URL."""
    account, _, name = urlsplit(settings.queue).path.strip("/").rpartition("/")
    return f"{settings.region}:{account.rpartition('/')[2]}:{name}"


def is_ours(event: Any, settings: Settings) -> bool:
    """Whether Lambda polled this batch from our own queue. A batch comes from one queue."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not settings.queue or not isinstance(records, list) or not records:
        return False
    return all(
        isinstance(record, dict)
        and record.get("eventSource") == "aws:sqs"
        and str(record.get("eventSourceARN", "")).split(":sqs:")[-1] == source(settings)
        for record in records
    )


def read(record: dict[str, Any]) -> Errand:
    """One record of our own queue. Raise PayloadError where it is neither an order nor work."""
    id_ = str(record.get("messageId", ""))
    try:
        body = json.loads(record["body"])
        if KEY in body:
            return Errand(record_id=id_, order=Order.from_json(body))
        work = body[WORK_KEY]
        incident, kind = work["incident"], work["kind"]
    except (ValueError, TypeError, KeyError) as error:
        raise PayloadError("neither an order nor work") from error
    if not (isinstance(incident, str) and isinstance(kind, str)):
        raise PayloadError("neither an order nor work")
    return Errand(record_id=id_, incident=incident, kind=kind)
