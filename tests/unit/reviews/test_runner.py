from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.reviews.base import Tour, parts_of
from lambdas.reviews.inventory import Inventory
from lambdas.reviews.model import KINDS, Curve, Line
from lambdas.reviews.runner import ITEMS, POINTS, run
from lambdas.reviews.slots import slot_of
from tests.unit.reviews.making import item, part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.reviews.base import Piece
    from lambdas.settings import Settings

NOW = datetime(2026, 11, 24, 9, 0, 20, tzinfo=UTC)


def tour(settings: Settings, now: datetime = NOW) -> Tour:
    aws: Any = object()
    slot = slot_of("daily", NOW, "UTC")
    return Tour(aws=aws, settings=settings, slot=slot, now=now, inventory=Inventory(aws))


def test_what_a_part_found_before_it_failed_is_kept_with_its_gap(settings: Settings) -> None:
    def denied(_: Tour) -> Iterator[Piece]:
        yield item()
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "ListClusters")

    sections, complete = run(tour(settings), [part("daily.a", run=denied), part("daily.b", [item()])], deadline=5)
    assert complete
    assert [len(section.items) for section in sections] == [1, 1]
    assert sections[0].gaps == ("access denied: ecs:ListClusters",)
    assert sections[1].gaps == ()


def test_sections_keep_their_order_whatever_ends_first(settings: Settings) -> None:
    late = threading.Event()

    def slow(_: Tour) -> Iterator[Piece]:
        late.wait(5)
        yield item("daily.slow.x")

    def quick(_: Tour) -> Iterator[Piece]:
        yield item("daily.quick.x")
        late.set()

    kept: list[str] = []
    sections, _ = run(
        tour(settings),
        [part("daily.slow", run=slow), part("daily.quick", run=quick)],
        deadline=5,
        keep=lambda section: kept.append(section.id),
    )
    assert [section.id for section in sections] == ["daily.slow", "daily.quick"]
    assert kept == ["daily.quick", "daily.slow"]


def test_at_the_deadline_what_was_found_stays(settings: Settings) -> None:
    stuck = threading.Event()

    def slow(_: Tour) -> Iterator[Piece]:
        yield item()
        stuck.wait(10)

    sections, complete = run(tour(settings), [part("daily.slow", run=slow)], deadline=0.3)
    stuck.set()
    assert not complete
    assert len(sections[0].items) == 1
    assert "no end within" in sections[0].gaps[0]


def test_more_than_anybody_reads_is_counted(settings: Settings) -> None:
    many = [item("daily.x.y", f"s{n}", "advice") for n in range(ITEMS + 50)] + [item("daily.x.z", "worst", "critical")]
    [section], _ = run(tour(settings), [part("daily.x", many)], deadline=5)
    assert (len(section.items), section.more) == (ITEMS, 51)
    assert section.items[0].subject == "worst"


def test_a_long_line_keeps_its_peak(settings: Settings) -> None:
    points = tuple((NOW + timedelta(minutes=n), 100.0 if n == 777 else 1.0) for n in range(5000))
    curve = Curve(title="t", unit="", lines=(Line(label="l", points=points),))
    [section], _ = run(tour(settings), [part("daily.x", [curve])], deadline=5)
    kept = section.curves[0].lines[0].points
    assert len(kept) <= POINTS
    assert max(value for _, value in kept) == 100.0


def test_how_things_are_now_is_no_part_of_a_day_long_past(settings: Settings) -> None:
    parts = [part("daily.now", [item()], present=True), part("daily.then", [item()])]
    sections, _ = run(tour(settings, NOW + timedelta(days=3)), parts, deadline=5)
    assert [bool(section.gaps) for section in sections] == [True, False]
    assert sections[0].items == ()


def test_one_list_is_read_once_and_its_error_is_everybodys() -> None:
    inventory, asked = Inventory(object()), []  # type: ignore[arg-type] # it is not asked

    def read() -> int:
        asked.append(1)
        raise RuntimeError("no")

    seen: list[str] = []

    def ask() -> None:
        try:
            inventory.once("x", read)
        except RuntimeError as error:
            seen.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), seen) == (1, ["no"] * 8)


def test_every_part_says_what_it_is() -> None:
    for kind in KINDS:
        found = parts_of(kind)
        for one in found:
            assert one.kind == kind
            assert one.title
            assert one.runbook
            assert one.run.__doc__ or one.title
            assert one.allow or kind in {"monthly", "quarterly"}
