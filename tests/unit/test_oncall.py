"""Who is on call: local times, whole turns, daylight saving, overrides; an external schedule in front."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.oncall import as_said, at, on_call
from lambdas.settings import Contact, Override, Rotation, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

ANA, BEN, CEM = (Contact(name=name, slack=f"U0{name.upper()}") for name in ("Ana", "Ben", "Cem"))
BOSS = Contact(name="Boss", email="boss@example.com")
SUCCESS = Contact(name="Success", email="cs@example.com", customer_success=True)
WEEKLY = Rotation(level=1, people=(ANA, BEN, CEM), since="2026-01-05T09:00")  # a Monday


@pytest.fixture
def zurich(settings: Settings) -> Settings:
    return replace(
        settings, time_zone="Europe/Zurich", rotations=(WEEKLY,), contacts={"1": (BOSS,), "3": (BOSS, SUCCESS)}
    )


def local(text: str, zone: str = "Europe/Zurich") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-01-05T08:59:59", None),
        ("2026-01-05T09:00", ANA),
        ("2026-01-12T08:59:59", ANA),
        ("2026-01-12T09:00", BEN),
        ("2026-01-26T09:00", ANA),
        # the clocks go forward on 29 March: the turn of Monday the 30th still begins at nine, local time
        ("2026-03-30T08:59:59", CEM),
        ("2026-03-30T09:00", ANA),
        # and back on 25 October
        ("2026-10-26T08:59:59", CEM),
        ("2026-10-26T09:00", ANA),
    ],
)
def test_a_turn_begins_at_the_same_local_time_all_year(zurich: Settings, moment: str, who: Contact | None) -> None:
    assert at(WEEKLY, local(moment), zurich) == who


def test_before_the_first_turn_and_without_a_rotation_the_contacts_are_told(zurich: Settings) -> None:
    assert on_call(zurich, local("2026-01-01T00:00"), 1) == (BOSS,)
    assert on_call(zurich, local("2026-01-06T00:00"), 1) == (ANA,)
    assert on_call(zurich, local("2026-01-06T00:00"), 2) == ()
    assert on_call(zurich, local("2026-01-06T00:00"), 3) == (BOSS, SUCCESS)


def test_an_override_holds_for_its_time_and_the_last_one_written_wins(zurich: Settings) -> None:
    night = Override(person="Cem", since="2026-01-06T20:00", until="2026-01-07T08:00")
    hour = Override(person="Ben", since="2026-01-06T22:00", until="2026-01-06T23:00")
    turns = replace(WEEKLY, overrides=(night, hour))
    found = {hour: at(turns, local(f"2026-01-06T{hour}:00"), zurich) for hour in ("19", "20", "22", "23")}
    assert found == {"19": ANA, "20": CEM, "22": BEN, "23": CEM}
    assert at(turns, local("2026-01-07T08:00"), zurich) == ANA


def test_in_the_hour_that_comes_twice_the_same_person_is_on_call(zurich: Settings) -> None:
    daily = Rotation(level=1, people=(ANA, BEN), since="2026-10-24T02:30", days=1)
    zone = ZoneInfo("Europe/Zurich")
    first = datetime(2026, 10, 25, 2, 45, tzinfo=zone, fold=0).timestamp()
    second = datetime(2026, 10, 25, 2, 45, tzinfo=zone, fold=1).timestamp()
    assert second - first == 3600
    assert at(daily, first, zurich) == at(daily, second, zurich) == BEN


@given(
    st.integers(0, 3000),
    st.integers(1, 30),
    st.sampled_from(["Europe/Zurich", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_turns_follow_each_other_without_a_gap(day: int, days: int, zone: str) -> None:
    settings = Settings(
        customer="a", environment="b", account="1", region="r", slack_channel="c", table="t", slack_secret="s",
        time_zone=zone,
    )  # fmt: skip
    turns = Rotation(level=1, people=(ANA, BEN, CEM), since="2026-01-05T09:00", days=days)
    noon = (datetime.fromisoformat("2026-01-05T12:00") + timedelta(days=day)).isoformat()
    assert at(turns, local(noon, zone), settings) == turns.people[day // days % 3]


class Said:
    """A schedule that says the same each time."""

    trouble = ""

    def __init__(self, people: Mapping[str, tuple[Contact, ...]]) -> None:
        self._people = people

    def __call__(self) -> Mapping[str, tuple[Contact, ...]]:
        return self._people


def test_whom_an_external_schedule_names_is_told_instead(zurich: Settings) -> None:
    said = as_said(zurich, Said({"1": (CEM,), "3": (ANA,)}))
    now = local("2026-01-06T00:00")
    assert on_call(said, now, 1) == (CEM,)
    assert on_call(said, now, 3) == (ANA, SUCCESS)
    assert as_said(zurich, Said({})) == as_said(zurich, None) == zurich
    assert on_call(as_said(zurich, Said({"2": (CEM,)})), now, 1) == (ANA,)
