from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.alerts.unwrap import Delivery, unwrap

ALARM = {"AlarmName": "a", "NewStateValue": "ALARM"}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
SENT = datetime(2026, 11, 24, 3, 1, 12, 410_000, tzinfo=UTC)
NOTE: dict[str, Any] = {
    "Type": "Notification",
    "MessageId": "m-1",
    "TopicArn": TOPIC,
    "Message": json.dumps(ALARM),
    "Timestamp": "2026-11-24T03:01:12.410Z",
}


def sqs(*bodies: object) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"r-{i}", "body": body, "attributes": {"SentTimestamp": "1795489272410"}}
            for i, body in enumerate(bodies)
        ]
    }


FROM_TOPIC: dict[str, Any] = {"at": SENT, "topic": TOPIC, "message_id": "m-1"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ALARM, [Delivery(body=ALARM)]),
        (json.dumps(ALARM), [Delivery(body=ALARM)]),
        (json.dumps(ALARM).encode(), [Delivery(body=ALARM)]),
        (NOTE, [Delivery(body=ALARM, **FROM_TOPIC)]),
        ({"Records": [{"EventSource": "aws:sns", "Sns": NOTE}]}, [Delivery(body=ALARM, **FROM_TOPIC)]),
        (sqs(json.dumps(ALARM)), [Delivery(record_id="r-0", body=ALARM, at=SENT, message_id="r-0")]),
        (sqs(json.dumps(NOTE)), [Delivery(record_id="r-0", body=ALARM, **FROM_TOPIC)]),
        ([ALARM, "x"], [Delivery(body=ALARM), Delivery(body="x")]),
        (
            sqs("{not json", ""),
            [
                Delivery(record_id="r-0", body="{not json", at=SENT, message_id="r-0"),
                Delivery(record_id="r-1", body="", at=SENT, message_id="r-1"),
            ],
        ),
        ({"Records": []}, [Delivery(body={"Records": []})]),
        ({"Records": [7]}, [Delivery(body="7")]),
        ([], [Delivery(body="[]")]),
        (None, [Delivery(body="null")]),
        (12, [Delivery(body="12")]),
        (b"\xff\xfe", [Delivery(body="��")]),
        ({"Type": ["Notification"]}, [Delivery(body={"Type": ["Notification"]})]),
    ],
)
def test_event_becomes_deliveries(event: Any, expected: list[Delivery]) -> None:
    assert unwrap(event) == expected


def test_each_record_of_a_batch_keeps_its_id() -> None:
    got = unwrap(sqs(json.dumps(NOTE), "garbage", json.dumps([ALARM, ALARM])))
    assert [d.record_id for d in got] == ["r-0", "r-1", "r-2", "r-2"]


def test_envelopes_without_end_are_opened_only_so_far() -> None:
    inner: Any = ALARM
    for _ in range(20):
        inner = NOTE | {"Message": json.dumps(inner)}
    (delivery,) = unwrap(inner)
    assert isinstance(delivery.body, dict)
    assert "Message" in delivery.body
