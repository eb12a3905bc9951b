"""Where a contact's confirmation stands: a table of moments; keys that change with what was confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.incidents.store import Confirmation
from lambdas.reviews.history.contacts import DAY, key_of, people, standings
from lambdas.settings import Contact, Rotation, Settings

NOW = 1_796_083_200
ANNA = Contact(name="Anna", slack="U1", phone="+41441234567")
BOB = Contact(name="Bob", email="bob@example.com")
SETTINGS = Settings(
    customer="acme", environment="prod", account="1", region="eu-west-1", slack_channel="#a", table="t",
    slack_secret="s",
    contacts={"1": (ANNA,), "2": (BOB,)},
    rotations=(Rotation(level=1, people=(ANNA, BOB), since="2026-01-05T09:00"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "confirmed", "state"),
    [
        (0, 0, "new"),
        (NOW - 3 * DAY, 0, "asked"),
        (NOW - 8 * DAY, 0, "overdue"),
        (NOW - 8 * DAY, NOW - 7 * DAY, "confirmed"),
        (NOW - 30 * DAY, NOW - 44 * DAY, "confirmed"),
        (NOW - 1 * DAY, NOW - 60 * DAY, "overdue"),
    ],
)
def test_states(asked: int, confirmed: int, state: str) -> None:
    known = {key_of("2", BOB): Confirmation(asked=asked, confirmed=confirmed, by="U9")}
    found = {one.key: one for one in standings(SETTINGS, known)}
    assert found[key_of("2", BOB)].state(NOW) == state


def test_everybody_is_asked_once_for_each_level() -> None:
    assert [(level, contact.name) for level, contact in people(SETTINGS)] == [("1", "Anna"), ("1", "Bob"), ("2", "Bob")]


def test_a_new_number_must_be_confirmed_anew() -> None:
    keys = {key_of("1", ANNA), key_of("2", ANNA), key_of("1", replace(ANNA, phone="+41440000000"))}
    assert len(keys) == 3
    assert not any(ANNA.phone in key or ANNA.slack in key for key in keys)


def test_ways_name_no_address() -> None:
    assert standings(SETTINGS, {})[0].ways == ("Slack", "telephone")
