"""Only what Lambda polled from our own queue is an order; the same text by any other road is an event like others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.errands import Errand, is_ours, read, source
from lambdas.errors import PayloadError
from lambdas.incidents.orders import Order

if TYPE_CHECKING:
    from lambdas.settings import Settings

ORDER = Order(id="1", at=1, verb="acknowledge", by="U1", incident="INC-1")
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/tocsin-errands"
ARN = "arn:aws:sqs:eu-west-1:123456789012:tocsin-errands"


def record(**changes: Any) -> dict[str, Any]:
    return {"messageId": "m", "eventSource": "aws:sqs", "eventSourceARN": ARN, "body": ORDER.to_json()} | changes


def test_our_queue_is_known_by_its_arn(settings: Settings) -> None:
    ours = replace(settings, queue=URL)
    assert source(ours) == "eu-west-1:123456789012:tocsin-errands"
    assert source(replace(ours, queue="http://127.0.0.1:4566/123456789012/tocsin-errands")) == source(ours)
    assert is_ours({"Records": [record(), record()]}, ours)


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        "text",
        json.loads(ORDER.to_json()),
        {"Records": []},
        {"Records": "x"},
        {"Records": [record(), record(eventSourceARN=ARN.replace("errands", "inbox"))]},
        {"Records": [record(eventSourceARN=ARN.replace("123456789012", "210987654321"))]},
        {"Records": [record(eventSourceARN=ARN.replace("eu-west-1", "eu-west-2"))]},
        {"Records": [record(eventSourceARN=f"{ARN}x")]},
        {"Records": [record(eventSourceARN="")]},
        {"Records": [record(eventSource="aws:sns")]},
        {"Records": [{"Sns": {"Message": ORDER.to_json()}, "eventSourceARN": ARN}]},
        {"Records": [None]},
    ],
)
def test_no_other_road_is_ours(settings: Settings, event: Any) -> None:
    assert not is_ours(event, replace(settings, queue=URL))


def test_without_a_queue_nothing_is_ours(settings: Settings) -> None:
    assert not is_ours({"Records": [record(eventSourceARN="")]}, settings)
    assert not is_ours({"Records": [record(eventSourceARN="arn:aws:sqs:eu-west-1::")]}, settings)


def test_orders_and_work_are_told_apart() -> None:
    assert read(record()) == Errand(record_id="m", order=ORDER)
    work = json.dumps({"tocsin.work": {"incident": "INC-1", "kind": "diagnosis"}})
    assert read(record(body=work)) == Errand(record_id="m", incident="INC-1", kind="diagnosis")


@pytest.mark.parametrize(
    "body", ["", "[]", "1", "{}", '{"tocsin.work": []}', '{"tocsin.work": {"incident": 1, "kind": 2}}']
)
def test_what_is_neither_is_refused(body: str) -> None:
    with pytest.raises(PayloadError):
        read(record(body=body))
