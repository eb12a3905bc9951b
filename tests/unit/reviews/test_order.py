from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lambdas.errors import PayloadError
from lambdas.reviews.order import KEY, Order, order_of


@pytest.mark.parametrize(
    "order",
    [
        Order(kind="daily"),
        Order(kind="hourly", time="2026-11-24T08:00:00Z"),
        Order(kind="weekly", date="2026-11-20", by="U1", channel="C1", thread="1.2", id="T"),
    ],
)
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    assert order_of(order.to_json()) == order
    assert order_of(json.loads(order.to_json())) == order


def test_a_day_and_a_moment() -> None:
    assert Order(kind="daily", date="2026-11-20").day == date(2026, 11, 20)
    assert Order(kind="daily", time="2026-11-24T08:00:00Z").moment == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "x",
        "[]",
        {},
        {KEY: None},
        {KEY: {}},
        {KEY: {"kind": "yearly"}},
        {KEY: {"kind": "daily", "date": "tomorrow"}},
        {KEY: {"kind": "daily", "date": "2026-02-30"}},
        {KEY: {"kind": "daily", "time": "2026-11-24T08:00:00"}},
        {KEY: {"kind": "daily", "time": 5}},
        {KEY: {"kind": "daily", "who": "me"}},
    ],
)
def test_what_is_no_order_says_so(raw: Any) -> None:
    with pytest.raises(PayloadError, match=r"order|review"):
        order_of(raw)
