from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lambdas.reviews.model import KINDS, Kind
from lambdas.reviews.slots import expression, slot_before, slot_of, slot_on, slots_between

ZURICH = "Europe/Zurich"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "moment", "id_", "due"),
    [
        ("daily", "2026-11-24T08:00", "2026-11-24", "2026-11-24T08:00"),  # winter: 09:00 is 08:00 UTC
        ("daily", "2026-11-24T07:59", "2026-11-23", "2026-11-23T08:00"),
        ("daily", "2026-07-24T07:00", "2026-07-24", "2026-07-24T07:00"),  # summer: 07:00 UTC
        ("daily", "2026-03-29T07:00", "2026-03-29", "2026-03-29T07:00"),  # the clocks go forward this night
        ("daily", "2026-10-25T08:00", "2026-10-25", "2026-10-25T08:00"),  # and back
        ("weekly", "2026-11-27T13:00", "2026-11-27", "2026-11-27T13:00"),  # a Friday, 14:00
        ("weekly", "2026-11-27T12:59", "2026-11-20", "2026-11-20T13:00"),
        ("monthly", "2026-11-30T23:00", "2026-11-01", "2026-11-01T07:00"),
        ("quarterly", "2026-11-30T23:00", "2026-10-01", "2026-10-01T06:30"),
        ("hourly", "2026-10-25T00:59", "2026-10-25T00Z", "2026-10-25T00:00"),  # 02:59, the first time
        ("hourly", "2026-10-25T01:59", "2026-10-25T01Z", "2026-10-25T01:00"),  # 02:59, the second time
    ],
)
def test_the_latest_slot_that_is_due(kind: Kind, moment: str, id_: str, due: str) -> None:
    slot = slot_of(kind, at(moment), ZURICH)
    assert (slot.id, slot.at) == (id_, at(due))


def test_the_period_of_a_daily_review_is_an_hour_longer_when_the_clocks_go_back() -> None:
    assert slot_of("daily", at("2026-10-25T09:00"), ZURICH).end - slot_of(
        "daily", at("2026-10-25T09:00"), ZURICH
    ).start == timedelta(hours=25)


def test_a_month_is_from_local_midnight_to_local_midnight() -> None:
    slot = slot_of("monthly", at("2026-11-02T00:00"), ZURICH)
    assert (slot.start, slot.end) == (at("2026-09-30T22:00"), at("2026-10-31T23:00"))


def test_a_quarter_is_the_one_before() -> None:
    slot = slot_of("quarterly", at("2027-01-02T00:00"), ZURICH)
    assert (slot.id, slot.start, slot.end) == ("2027-01-01", at("2026-09-30T22:00"), at("2026-12-31T23:00"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("zone", ["UTC", ZURICH, "America/St_Johns", "Pacific/Auckland", "Asia/Kathmandu"])
def test_every_slot_leads_to_the_one_before_and_back(kind: Kind, zone: str) -> None:
    slot = slot_of(kind, at("2026-11-28T04:00"), zone)
    for _ in range(60):
        before = slot_before(slot)
        assert before.at < slot.at
        assert slot_of(kind, slot.at, zone) == slot
        assert slot_of(kind, slot.at - timedelta(seconds=1), zone) == before
        assert before.start < before.end <= before.at
        slot = before


def test_the_slot_of_a_day_that_somebody_asks_for() -> None:
    assert slot_on("daily", date(2026, 11, 25), ZURICH).id == "2026-11-25"
    assert slot_on("weekly", date(2026, 11, 26), ZURICH).id == "2026-11-20"
    assert slot_on("hourly", date(2026, 11, 25), ZURICH).id == "2026-11-25T22Z"


def test_what_lies_between_two_slots() -> None:
    first, last = slot_on("daily", date(2026, 11, 20), ZURICH), slot_on("daily", date(2026, 11, 24), ZURICH)
    assert [slot.id for slot in slots_between(first, last)] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert slots_between(first, slot_before(slot_before(slot_before(last)))) == []


def test_schedules_are_in_local_time() -> None:
    assert expression("daily") == "cron(0 9 * * ? *)"
    assert expression("weekly") == "cron(0 14 ? * FRI *)"
    assert expression("quarterly") == "cron(30 8 1 1,4,7,10 ? *)"
