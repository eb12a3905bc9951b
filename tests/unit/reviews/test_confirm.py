"""The monthly question to every contact: asked once for a slot, answered by whom it concerns, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas import house as houses
from lambdas.incidents.orders import Order as Decision
from lambdas.people import obey
from lambdas.reviews.conduct import conduct
from lambdas.reviews.confirm import MOST, VERB, question
from lambdas.reviews.history.contacts import key_of, standings
from lambdas.reviews.order import Order
from lambdas.settings import Contact, Settings
from lambdas.slack.buttons import read
from local.slack.rules import problems
from tests.unit.reviews.making import item, part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.house import House
    from lambdas.reviews.base import Piece, Tour
    from tests.conftest import Rooms

ANNA, BOB, STRANGER, GROUP = "U0ANAWEBER", "U0BENFREY1", "U0STRANGER", "S0614TZR7"
CONTACTS = {
    "1": (Contact(name="Anna <!channel>", slack=ANNA), Contact(name="On-Call", slack=GROUP)),
    "2": (Contact(name="Carl", phone="+41441234567"),),
}
MONTHLY = Order(kind="monthly", time="2026-12-01T08:00:00Z")


@pytest.fixture
def house(rooms: Rooms) -> House:
    rooms.clock.now = 1_796_112_020  # 2026-12-01T08:00:20Z
    settings = replace(rooms.house.settings, contacts=CONTACTS, responders=(BOB,))
    return houses.build(settings, aws=rooms.house.aws, slack=rooms.house.slack, clock=rooms.clock)


def look(_: Tour) -> Iterator[Piece]:
    yield item()


def asked(rooms: Rooms) -> list[dict[str, Any]]:
    return [dict(post) for post in rooms.posts() if "escalation path" in str(post.get("text"))]


def press(house: House, key: str, by: str) -> None:
    obey(Decision(id=f"{key}-{by}", at=1, verb=VERB, by=by, argument=key, channel="#alerts"), house)


def test_everybody_is_asked_once_for_a_slot_and_never_for_a_persons_order(house: House, rooms: Rooms) -> None:
    parts = [part("monthly.x", run=look)]
    for order in (MONTHLY, MONTHLY, replace(MONTHLY, by=BOB, id="again")):
        conduct(house, order, lambda: 600.0, parts=lambda _: parts)
    (message,) = asked(rooms)
    assert f"<@{ANNA}>" in str(message)
    assert "<!channel>" not in str(message)
    assert "+4144" not in str(message)
    rows = house.store.contacts()
    assert set(rows) == {one.key for one in standings(house.settings, {})}
    assert all(row.asked == int(rooms.clock.now) for row in rows.values())


def test_its_buttons_are_read_as_ours() -> None:
    one = Contact(name="Anna", slack=ANNA)
    found = standings(_with({"1": (one,)}), {})
    (button,) = [block["accessory"] for block in question(found, "2026-12-01")["blocks"] if "accessory" in block]
    pressed = read(button)
    assert (pressed.verb, pressed.argument, pressed.incident) == (VERB, key_of("1", one), "")


@pytest.mark.parametrize("count", [1, MOST, MOST + 5])
def test_slack_takes_the_message(count: int) -> None:
    many = tuple(Contact(name=f"Person {n} & <co>", slack=f"U{n:08d}") for n in range(count))
    message = question(standings(_with({"3": many}), {}), "2026-12-01")
    assert problems(message) == []
    assert len(message["blocks"]) <= 50


@pytest.mark.parametrize(
    ("level", "place", "by", "counts"),
    [
        ("1", 0, ANNA, True),
        ("1", 0, BOB, False),  # nobody confirms for another person
        ("1", 1, BOB, True),  # a group: whoever may respond
        ("1", 1, STRANGER, False),
        ("2", 0, BOB, True),  # no Slack: whoever may respond knows them
        ("2", 0, ANNA, False),
    ],
)
def test_who_may_confirm(house: House, level: str, place: int, by: str, *, counts: bool) -> None:
    key = key_of(level, CONTACTS[level][place])
    press(house, key, by)
    row = house.store.contacts().get(key)
    assert (row is not None and row.by == by) is counts


def test_a_button_of_an_entry_that_changed_confirms_nothing(house: House) -> None:
    press(house, key_of("1", Contact(name="Anna", slack=ANNA, phone="+41440000000")), ANNA)
    assert house.store.contacts() == {}


def _with(contacts: dict[str, tuple[Contact, ...]]) -> Settings:
    return Settings(
        customer="acme", environment="prod", account="1", region="eu-west-1", slack_channel="#a", table="t",
        slack_secret="s", contacts=contacts,
    )  # fmt: skip
