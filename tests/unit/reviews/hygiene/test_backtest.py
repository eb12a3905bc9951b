"""An alarm's rule played through points: CloudWatch's M of N, missing data, and proposals that keep what was real."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.reviews.hygiene.backtest import Rule, coarse, play, propose, rounded

START = datetime(2026, 11, 1, tzinfo=UTC)
FIVE = timedelta(minutes=5)
RULE = Rule(comparison="GreaterThanThreshold", threshold=70, period=300, of=1, needed=1)


def points(values: str) -> list[tuple[datetime, float]]:
    """`#` is 90, `.` is 50, a blank is no data; one each five minutes."""
    level = {"#": 90.0, ".": 50.0}
    return [(START + FIVE * n, level[mark]) for n, mark in enumerate(values) if mark != " "]


@pytest.mark.parametrize(
    ("values", "changes", "firings"),
    [
        ("..##..#..", {}, [(3, 5), (7, 8)]),
        ("..##..#..", {"of": 2, "needed": 2}, [(4, 5)]),
        ("..#.#..", {"of": 3, "needed": 2}, [(5, 6)]),
        ("..####", {}, [(3, None)]),
        ("......", {}, []),
        ("..  ..", {"missing": "breaching"}, [(3, 5)]),
        ("##  ##", {"missing": "notBreaching"}, [(1, 3), (5, None)]),
        ("##  ##", {"missing": "missing"}, [(1, None)]),
        ("..##", {"comparison": "LessThanThreshold"}, [(1, 3)]),
    ],
)
def test_play(values: str, changes: dict[str, object], firings: list[tuple[int, int | None]]) -> None:
    found = play(points(values), replace(RULE, **changes))  # type: ignore[arg-type] # a test's shorthand
    assert [(f.start, f.end) for f in found] == [(START + FIVE * a, b and START + FIVE * b) for a, b in firings]


@given(st.text("#.", min_size=1, max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_a_stricter_rule_is_never_longer_in_alarm(values: str, of: int, more: int) -> None:
    def minutes(rule: Rule) -> float:
        end = START + FIVE * len(values)
        return sum(((f.end or end) - f.start) / FIVE for f in play(points(values), rule))

    loose = replace(RULE, of=of, needed=1)
    assert minutes(replace(loose, needed=min(of, more))) <= minutes(loose)
    assert minutes(replace(loose, threshold=95)) == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (replace(RULE, period=60, of=3, needed=3), replace(RULE, of=1, needed=1)),
        (replace(RULE, period=60, of=15, needed=10), replace(RULE, of=3, needed=2)),
        (replace(RULE, period=900, of=2, needed=2), replace(RULE, period=900, of=2, needed=2)),
    ],
)
def test_four_weeks_are_played_at_five_minutes(rule: Rule, expected: Rule) -> None:
    assert coarse(rule) == expected


def test_a_longer_evaluation_spares_blips_and_keeps_what_was_real() -> None:
    values = "....#" * 20 + "." * 10 + "#" * 12 + "." * 10
    real = (START + FIVE * 110, START + FIVE * 122)
    found = propose(points(values), RULE, [real])
    assert found
    assert (found.now.firings, found.now.caught) == (21, 1)
    assert (found.then.rule.threshold, found.then.rule.of, found.then.firings, found.then.caught) == (70, 2, 1, 1)
    assert found.then.late == FIVE


def test_where_every_firing_was_real_nothing_is_proposed() -> None:
    values = "....#" * 4
    real = [(START + FIVE * (5 * n + 4), START + FIVE * (5 * n + 5)) for n in range(4)]
    assert propose(points(values), RULE, real) is None


def test_an_alarm_that_never_fired_has_no_proposal() -> None:
    assert propose(points("....."), RULE, []) is None
    assert propose(points("#####"), replace(RULE, comparison="GreaterThanUpperThreshold"), []) is None


@pytest.mark.parametrize(
    ("value", "up", "shown"), [(84.73, True, 85), (0.0123, True, 0.013), (1234, False, 1200), (0, True, 0)]
)
def test_rounded(value: float, *, up: bool, shown: float) -> None:
    assert rounded(value, up=up) == shown
