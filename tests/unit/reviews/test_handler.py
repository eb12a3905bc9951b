from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.errors import PayloadError, ReviewUnfinished
from lambdas.handlers import review
from lambdas.reviews.conduct import Outcome
from lambdas.reviews.order import Order, order_of
from lambdas.reviews.slots import slot_of

if TYPE_CHECKING:
    from tests.conftest import Rooms


def made(monkeypatch: pytest.MonkeyPatch, late: list[Order] | None = None, broken: str = "") -> list[Order]:
    """Conduct nothing; remember what was asked for."""
    asked: list[Order] = []

    def conduct(house: Any, order: Order, left: Any) -> Outcome:
        asked.append(order)
        if order.kind == broken:
            raise ReviewUnfinished("out of time")
        return Outcome(slot=slot_of(order.kind, order.moment or house_time(house), "UTC"), state="made", posted=True)

    monkeypatch.setattr(review, "conduct", conduct)
    monkeypatch.setattr(review, "overdue", lambda _: late or [])
    return asked


def house_time(house: Any) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(house.clock(), UTC)


def test_the_hourly_schedule_catches_up_what_is_overdue(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = made(monkeypatch, late=[Order(kind="daily"), Order(kind="weekly")])
    done = review.scheduled(rooms.house, Order(kind="hourly", time="2026-11-24T03:00:00Z"), lambda: 600.0)
    assert [order.kind for order in asked] == ["hourly", "daily", "weekly"]
    assert next(one["slot"] for one in done["made"]) == "2026-11-24T03Z"


def test_nothing_is_begun_that_cannot_be_finished(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = made(monkeypatch, late=[Order(kind="daily")])
    review.scheduled(rooms.house, Order(kind="hourly"), lambda: review.MARGIN - 1)
    assert [order.kind for order in asked] == ["hourly"]


def test_other_schedules_catch_nothing_up_and_fail_loudly(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = made(monkeypatch, late=[Order(kind="weekly")], broken="daily")
    with pytest.raises(ReviewUnfinished):
        review.scheduled(rooms.house, Order(kind="daily"), lambda: 600.0)
    assert [order.kind for order in asked] == ["daily"]


def test_orders_from_the_queue_fail_one_by_one(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    made(monkeypatch, broken="weekly")
    records = [
        {"messageId": "1", "body": Order(kind="weekly", by="U1").to_json()},
        {"messageId": "2", "body": "nonsense"},
        {"messageId": "3", "body": Order(kind="daily", by="U1").to_json()},
    ]
    done = review.ordered(rooms.house, records, lambda: 600.0)
    assert done["batchItemFailures"] == [{"itemIdentifier": "1"}]
    assert [one["kind"] for one in done["made"]] == ["daily"]


def test_an_event_that_is_no_order_is_refused() -> None:
    with pytest.raises(PayloadError):
        order_of({"detail-type": "Scheduled Event"})
