"""From whatever invoked the function to single deliveries: SQS batches, SNS in or out of SQS, EventBridge, bare JSON.

Never raises: a record that is not understood is a delivery that holds its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lambdas.alerts.values import dumps, loads, mapping, moment, text

_DEPTH = 5  # SQS → SNS → EventBridge → alarm is three; more is somebody's joke


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message. `record_id` is the SQS record's, for partial batch failures; empty where there is no batch."""

    record_id: str = ""
    body: Any = None  # a JSON object, or the raw text where it is none
    at: datetime | None = None  # when it was sent, where known
    topic: str = ""  # ARN of the SNS topic it came through
    message_id: str = ""  # stays the same when the message is delivered again


def unwrap(event: Any) -> list[Delivery]:
    """Turn any Lambda event, or bare payload, into deliveries, in order."""
    return list(_open(_decoded(event), Delivery(), _DEPTH))


def _decoded(value: Any) -> Any:
    """Read JSON text as what it holds; anything else stays as it is."""
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        held = loads(value)
        return held if isinstance(held, dict | list) else value
    return value


def _open(value: Any, envelope: Delivery, depth: int) -> Iterator[Delivery]:
    if depth <= 0 or not isinstance(value, dict | list):
        yield replace(envelope, body=value if isinstance(value, dict | str) else dumps(value))
    elif isinstance(value, list) and value:
        for item in value:
            yield from _open(_decoded(item), envelope, depth - 1)
    elif isinstance(value, list):
        yield replace(envelope, body="[]")
    elif isinstance(value.get("Records"), list) and value["Records"]:
        for record in value["Records"]:
            yield from _record(record, envelope, depth)
    elif text(value.get("Type"), 50) in {"SubscriptionConfirmation", "UnsubscribeConfirmation"}:
        # its token would let a reader confirm the subscription: only the fact is kept
        asked = f"{text(value['Type'], 50)} for the SNS topic {text(value.get('TopicArn'), 500)}"
        yield replace(_from_topic(value, envelope), body=asked)
    elif "Message" in value and ("TopicArn" in value or value.get("Type") == "Notification"):
        yield from _open(_decoded(value["Message"]), _from_topic(value, envelope), depth - 1)
    else:
        yield replace(envelope, body=value)


def _record(record: Any, envelope: Delivery, depth: int) -> Iterator[Delivery]:
    if not isinstance(record, dict):
        yield replace(envelope, body=dumps(record))
    elif "Sns" in record and isinstance(record["Sns"], dict):
        note = record["Sns"]
        yield from _open(_decoded(note.get("Message", "")), _from_topic(note, envelope), depth - 1)
    elif "body" in record:
        sent = mapping(record.get("attributes")).get("SentTimestamp")
        record_id = text(record.get("messageId"), 200)
        queued = replace(envelope, record_id=record_id, message_id=record_id, at=moment(sent) or envelope.at)
        yield from _open(_decoded(record["body"]), queued, depth - 1)
    else:
        yield replace(envelope, body=record)


def _from_topic(note: Mapping[str, Any], envelope: Delivery) -> Delivery:
    return replace(
        envelope,
        at=moment(note.get("Timestamp")) or envelope.at,
        topic=text(note.get("TopicArn"), 500) or envelope.topic,
        message_id=text(note.get("MessageId"), 200) or envelope.message_id,
    )
