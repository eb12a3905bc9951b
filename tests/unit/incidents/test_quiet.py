"""Which time and which alarms a silence or a maintenance window covers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lambdas.incidents.model import Quiet
from lambdas.incidents.quiet import Window, covers, holding, wrong

PATCHING = Window(
    name="Monthly security patching",
    every="first saturday of the month",
    begin="02:00",
    until="06:00",
    zone="Europe/Zurich",
)


def at(text: str, zone: str = "Europe/Zurich") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-12-05T02:00", True),  # the runbook's: first Saturday, 2:00 to 6:00
        ("2026-12-05T05:59", True),
        ("2026-12-05T06:00", False),
        ("2026-12-05T01:59", False),
        ("2026-12-12T03:00", False),  # the second Saturday
        ("2026-12-04T03:00", False),  # a Friday
        ("2026-08-01T03:00", True),
    ],
)
def test_the_runbooks_window(moment: str, *, holds: bool) -> None:
    assert bool(holding([PATCHING], at(moment))) is holds


@pytest.mark.parametrize(
    ("every", "day", "holds"),
    [
        ("day", "2026-11-25", True),
        ("sunday", "2026-11-29", True),
        ("sunday", "2026-11-28", False),
        ("15 of the month", "2026-11-15", True),
        ("15 of the month", "2026-11-16", False),
        ("last friday of the quarter", "2026-12-25", True),
        ("last friday of the quarter", "2026-11-27", False),
        ("first monday of the quarter", "2026-10-05", True),
        ("first monday of the quarter", "2026-11-02", False),
        ("last saturday of the month", "2026-11-28", True),
        ("third tuesday of each month", "2026-11-17", True),
    ],
)
def test_rules(every: str, day: str, *, holds: bool) -> None:
    window = Window(name="w", every=every, begin="10:00", until="11:00")
    assert bool(holding([window], at(f"{day}T10:30", "UTC"))) is holds


def test_a_window_past_midnight_is_one_run() -> None:
    window = Window(name="Late!", every="saturday", begin="23:00", until="01:00")
    first, second = (holding([window], at(text, "UTC")) for text in ("2026-11-28T23:30", "2026-11-29T00:30"))
    assert list(first) == list(second) == ["SIL-late-20261128"]
    assert first["SIL-late-20261128"].end == at("2026-11-29T01:00", "UTC")


def test_a_window_keeps_its_local_time_when_the_clocks_change() -> None:
    daily = Window(name="w", every="day", begin="01:00", until="04:00", zone="Europe/Zurich")
    (run,) = holding([daily], at("2026-10-25T03:30")).values()
    assert run.end - run.start == 4 * 3600  # the night has an hour more


def test_a_window_that_comes_once() -> None:
    window = Window(name="Upgrade", start="2026-12-24T22:00", end="2026-12-25T02:00", services=("orders",))
    (run,) = holding([window], at("2026-12-25T00:00", "UTC")).values()
    assert (run.window, run.services) == ("Upgrade", ("orders",))
    assert not holding([window], at("2026-12-25T02:00", "UTC"))


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (PATCHING, ""),
        (Window(name="w", every="first saturday", begin="02:00", until="06:00"), "no rule"),
        (Window(name="w", every="fifth saturday of the month", begin="02:00", until="06:00"), "no rule"),
        (Window(name="w", every="sunday", begin="2", until="06:00"), "two times"),
        (Window(name="w", every="sunday", begin="02:00", until="02:00"), "two times"),
        (Window(name="w", every="sunday", start="2026-12-24T22:00"), "one of the two"),
        (Window(name="w"), "needs either"),
        (Window(name="w", start="2026-12-25T22:00", end="2026-12-24T22:00"), "ends before"),
        (Window(name="w", start="2026-12-24T22:00+01:00", end="2026-12-25T22:00+01:00"), "local times"),
    ],
)
def test_what_cannot_be_meant_is_said(window: Window, said: str) -> None:
    assert said in wrong(window)
    assert bool(said) == bool(wrong(window))


@pytest.mark.parametrize(
    ("quiet", "severity", "covered"),
    [
        (Quiet(start=0, end=10), 2, True),
        (Quiet(start=0, end=10), 1, False),  # Severity 1 breaks through
        (Quiet(start=0, end=10, severity_1=True), 1, True),
        (Quiet(start=0, end=5), 2, False),  # its end
        (Quiet(start=6, end=10), 2, False),
        (Quiet(start=0, end=10, services=("CHECKOUT",)), 2, True),
        (Quiet(start=0, end=10, services=("ecs:prod/*",)), 2, True),
        (Quiet(start=0, end=10, services=("billing*",)), 2, False),
        (Quiet(start=0, end=10, services=("billing*",), alarms=("*-cpu",)), 2, True),
        (Quiet(start=0, end=10, alarms=("*-memory",)), 2, False),
    ],
)
def test_what_is_covered(quiet: Quiet, severity: int, *, covered: bool) -> None:
    said = covers(
        quiet, 5, service="checkout", target="ecs:prod/checkout", alarm="prod-checkout-cpu", severity=severity
    )
    assert said is covered
