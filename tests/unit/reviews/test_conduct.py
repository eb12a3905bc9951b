"""Exactly once for each slot: duplicates, crashes at every point, missed slots."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.errors import ReviewUnfinished, SlackError
from lambdas.reviews import conduct as module
from lambdas.reviews.conduct import conduct, overdue
from lambdas.reviews.model import KINDS, Curve, Item, Line
from lambdas.reviews.order import Order
from lambdas.reviews.slots import slot_of
from lambdas.reviews.store import LEASE, ReviewStore
from tests.unit.reviews.making import item, part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.house import House
    from lambdas.reviews.base import Part, Piece, Tour
    from tests.conftest import Clock, Rooms

NINE = datetime(2026, 11, 24, 9, 0, 20, tzinfo=UTC)
DAILY = Order(kind="daily", time="2026-11-24T09:00:00Z")


def left() -> float:
    return 600.0


class Crash(Exception):
    """The function dies here."""


@pytest.fixture
def clock(rooms: Rooms) -> Clock:
    rooms.clock.now = NINE.timestamp()
    return rooms.clock


@pytest.fixture
def house(rooms: Rooms, clock: Clock) -> House:
    where: Any = {"LocationConstraint": "eu-west-1"}
    rooms.house.aws.s3.create_bucket(Bucket="documents", CreateBucketConfiguration=where)
    return replace(rooms.house, settings=replace(rooms.house.settings, documents="documents"))


def posts(rooms: Rooms) -> list[dict[str, Any]]:
    return [dict(message) for message in rooms.posts()]


def test_a_slot_runs_once_however_often_it_is_fired(house: House, rooms: Rooms) -> None:
    ran: list[str] = []

    def look(tour: Tour) -> Iterator[Piece]:
        ran.append(tour.slot.id)
        yield item()

    parts = [part("daily.x", run=look)]
    states = [conduct(house, DAILY, left, parts=lambda _: parts).state for _ in range(3)]
    assert states == ["made", "already", "already"]
    assert ran == ["2026-11-24"]
    assert len(posts(rooms)) == 1
    stored = house.aws.s3.list_objects_v2(Bucket="documents")["Contents"]
    assert sorted(one["Key"] for one in stored) == [
        f"reviews/daily/2026-11-24/report.{ending}" for ending in ("html", "json", "md")
    ]


def test_of_two_at_the_same_time_one_runs(house: House, rooms: Rooms) -> None:
    inside, go = threading.Event(), threading.Event()

    def look(_: Tour) -> Iterator[Piece]:
        inside.set()
        assert go.wait(10)
        yield item()

    parts = [part("daily.x", run=look)]
    outcomes: list[str] = []
    first = threading.Thread(target=lambda: outcomes.append(conduct(house, DAILY, left, parts=lambda _: parts).state))
    first.start()
    assert inside.wait(10)
    outcomes.append(conduct(house, DAILY, left, parts=lambda _: parts).state)
    go.set()
    first.join(10)
    assert sorted(outcomes) == ["busy", "made"]
    assert len(posts(rooms)) == 1


def test_a_crashed_half_is_continued(house: House, rooms: Rooms) -> None:
    """The process dies while the second part looks: its first part is not looked at again."""
    looked: list[str] = []

    def quick(_: Tour) -> Iterator[Piece]:
        looked.append("quick")
        yield item("daily.quick.y")

    def slow(_: Tour) -> Iterator[Piece]:
        looked.append("slow")
        if looked.count("slow") == 1:
            stuck.wait(20)
        yield item("daily.slow.y")

    stuck = threading.Event()
    parts = [part("daily.quick", run=quick), part("daily.slow", run=slow, place=2)]
    with pytest.raises(ReviewUnfinished):
        conduct(house, DAILY, lambda: module.RESERVE + 1.0, parts=lambda _: parts)
    stuck.set()
    assert posts(rooms) == []
    assert conduct(house, DAILY, left, parts=lambda _: parts).state == "made"
    assert looked == ["quick", "slow", "slow"]
    assert "2 warnings" in posts(rooms)[0]["text"]


def test_a_part_that_never_ends_is_a_gap_at_the_last_attempt(house: House, rooms: Rooms) -> None:
    stuck = threading.Event()

    def slow(_: Tour) -> Iterator[Piece]:
        stuck.wait(20)
        yield from ()

    parts: list[Part] = [part("daily.slow", run=slow)]
    for _ in range(module.ATTEMPTS - 1):
        with pytest.raises(ReviewUnfinished):
            conduct(house, DAILY, lambda: module.RESERVE + 0.2, parts=lambda _: parts)
    assert conduct(house, DAILY, lambda: module.RESERVE + 0.2, parts=lambda _: parts).state == "made"
    stuck.set()
    assert "could not be looked at" in posts(rooms)[0]["text"]
    assert "All quiet" not in posts(rooms)[0]["text"]


@pytest.mark.parametrize("where", ["documents", "post", "sent", "tell", "finish"])
def test_a_crash_at_any_point_posts_once(
    where: str, house: House, rooms: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        if where == "documents":
            patch.setattr("lambdas.reviews.documents.store", crash)
        elif where == "post":
            patch.setattr(house.slack, "call", crash)
        else:
            patch.setattr(ReviewStore, where, crash)
        patch.setattr(ReviewStore, "leave", lambda *_: None)  # nor does a dead process give anything back
        with pytest.raises(Crash):
            conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])])
    assert conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])]).state == "busy"
    clock.now += LEASE + 1
    assert conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])]).state == "made"
    assert len(posts(rooms)) == 1
    clock.now += 60
    assert conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])]).state == "already"
    assert len(posts(rooms)) == 1


def test_slack_down_leaves_the_slot_for_the_next_attempt(
    house: House, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(method: str, _: Any) -> None:
        raise SlackError(method, "unreachable")

    with monkeypatch.context() as patch:
        patch.setattr(house.slack, "call", down)
        with pytest.raises(SlackError):
            conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])])
    assert conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])]).state == "made"
    assert len(posts(rooms)) == 1


def test_a_missed_slot_is_said(house: House, rooms: Rooms, clock: Clock) -> None:
    calm = [part("daily.x")]
    conduct(house, DAILY, left, parts=lambda _: calm)
    clock.now += 48 * 3600
    conduct(house, Order(kind="daily", time="2026-11-26T09:00:00Z"), left, parts=lambda _: calm)
    said = str(posts(rooms)[-1])
    assert "The morning health check of 25 Nov did not run." in said
    clock.now += 4 * 24 * 3600
    conduct(house, Order(kind="daily", time="2026-11-30T09:00:00Z"), left, parts=lambda _: calm)
    assert "did not run 3 times, from 27 Nov to 29 Nov" in str(posts(rooms)[-1])


def test_a_missed_slot_is_caught_up_while_it_is_fresh(house: House, clock: Clock) -> None:
    assert overdue(house) == []  # a new stack has nothing to catch up
    for kind in KINDS:
        time = {"hourly": "2026-11-24T09:00:00Z", "daily": "2026-11-23T09:00:00Z"}.get(kind, "2026-10-02T00:00:00Z")
        conduct(house, Order(kind=kind, time=time), left, parts=lambda _: [])
    orders = {order.kind: order.time for order in overdue(house)}
    # the weekly slot of Friday, 20 Nov is four days old: it is only said
    assert orders == {"daily": "2026-11-24T09:00:00+00:00"}
    clock.now += 9 * 3600
    assert [order.kind for order in overdue(house)] == ["hourly"]
    clock.now = datetime(2026, 11, 27, 16, 0, 30, tzinfo=UTC).timestamp()
    assert "weekly" in {order.kind for order in overdue(house)}


def test_the_hourly_review_tells_a_regression_once_until_it_changes(house: House, rooms: Rooms, clock: Clock) -> None:
    def hour(level: float | None, *, blind: bool = False) -> int:
        """One hour later; returns how many messages there are by then."""
        clock.now += 3600

        def look(_: Tour) -> Iterator[Piece]:
            if level is not None:
                yield item("hourly.x.slow", "web", level=level)
            if blind:
                raise RuntimeError("throttled")

        order = Order(kind="hourly", time=datetime.fromtimestamp(clock.now, UTC).isoformat())
        assert conduct(house, order, left, parts=lambda _: [part("hourly.x", run=look)]).state == "made"
        return len(posts(rooms))

    assert hour(None) == 0
    assert hour(600.0) == 1
    assert hour(610.0) == 1  # the same
    assert hour(None, blind=True) == 1  # nobody could look: it is not over
    assert hour(620.0) == 1
    assert hour(900.0) == 2  # a quarter worse than it was told
    assert hour(910.0) == 2
    assert hour(None) == 2  # over
    assert hour(600.0) == 3  # and back


def test_a_person_gets_an_answer_where_they_asked_also_if_it_was_made_before(house: House, rooms: Rooms) -> None:
    parts = [part("daily.x", [item()])]
    conduct(house, DAILY, left, parts=lambda _: parts)
    order = Order(kind="daily", date="2026-11-24", by="U0000001", id="T1")
    assert conduct(house, order, left, parts=lambda _: parts).state == "again"
    assert conduct(house, order, left, parts=lambda _: parts).posted is False  # the queue brought it twice
    assert len(posts(rooms)) == 2
    assert "web" in str(posts(rooms)[1]["blocks"])


def test_the_links_expire_and_lead_to_the_documents(house: House, rooms: Rooms) -> None:
    conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item()])])
    said = str(posts(rooms)[0]["blocks"])
    assert "reviews/daily/2026-11-24/report.html?" in said
    assert "X-Amz-Expires=43200" in said or "Expires=" in said
    body = house.aws.s3.get_object(Bucket="documents", Key="reviews/daily/2026-11-24/report.html")
    assert body["ContentType"] == "text/html; charset=utf-8"
    assert b"web is not well." in body["Body"].read()


def test_a_quiet_day_is_one_line(house: House, rooms: Rooms) -> None:
    found: list[Item] = []
    conduct(house, DAILY, left, parts=lambda _: [part("daily.x", found)])
    assert len(posts(rooms)[0]["blocks"]) == 1
    assert "all quiet" in posts(rooms)[0]["blocks"][0]["text"]["text"]


def test_a_review_of_a_day_long_past_says_what_it_cannot_know(house: House, rooms: Rooms, clock: Clock) -> None:
    clock.now += timedelta(days=9).total_seconds()
    parts = [part("daily.now", [item()], present=True), part("daily.then", [item("daily.then.y")])]
    conduct(house, replace(DAILY, time="", date="2026-11-24", by="U1", id="T2"), left, parts=lambda _: parts)
    said = str(posts(rooms)[0])
    assert "this shows only how things are now" in said
    assert "1 warning." in said


def test_a_person_who_asks_before_the_schedule_does_not_take_the_channels_summary(house: House, rooms: Rooms) -> None:
    parts = [part("daily.x", [item()])]
    order = Order(kind="daily", by="U0000001", id="T3", channel="#alerts", thread="")
    assert conduct(house, order, left, parts=lambda _: parts).state == "made"
    assert conduct(house, DAILY, left, parts=lambda _: parts).posted is True
    assert conduct(house, DAILY, left, parts=lambda _: parts).state == "already"
    assert len(posts(rooms)) == 2


def test_a_person_who_asks_while_it_is_made_is_told_to_wait(house: House, rooms: Rooms) -> None:
    slot = slot_of("daily", NINE, "UTC")
    assert ReviewStore(house.aws.dynamodb, house.settings.table).claim(slot, int(NINE.timestamp()))
    order = Order(kind="daily", by="U0000001", id="T4")
    assert conduct(house, order, left, parts=lambda _: []).state == "busy"
    assert [m["text"] for m in posts(rooms)] == [
        "The morning health check of 24 Nov is being made; ask again in a few minutes."
    ]


def test_a_review_of_the_past_changes_nothing_in_what_stands_told(house: House, rooms: Rooms) -> None:
    reviews = ReviewStore(house.aws.dynamodb, house.settings.table)
    conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item("daily.x.y", "web")])])
    before = reviews.told("daily")
    past = Order(kind="daily", date="2026-11-20", by="U0000001", id="T5")
    conduct(house, past, left, parts=lambda _: [part("daily.x", [item("daily.x.y", "api")])])
    assert reviews.told("daily") == before == {"daily.x.y/web": 1.0}


def test_charts_of_what_was_found_come_into_the_thread(house: House, rooms: Rooms) -> None:
    points = tuple((NINE + timedelta(minutes=n), float(n)) for n in range(200))
    curve = Curve(title="web: CPU", unit="%", lines=(Line(label="now", points=points),), threshold=85.0)
    conduct(house, DAILY, left, parts=lambda _: [part("daily.x", [item("daily.x.y"), curve])])
    sent = [call.payload for call in rooms.slack.calls if call.method == "chat.postMessage"]
    assert [block["type"] for block in sent[1]["blocks"]] == ["data_visualization"]
    assert sent[1]["thread_ts"] == posts(rooms)[0]["ts"]
