"""Targets that people would write down, and the day of the recovery test."""

from __future__ import annotations

from datetime import date

import pytest

from lambdas.reviews.quarterly.recovery import last_friday
from lambdas.reviews.quarterly.response import target


@pytest.mark.parametrize(("minutes", "proposed"), [(4, 5), (5, 10), (40, 45), (100, 120), (9999, 4320)])
def test_target(minutes: float, proposed: float) -> None:
    assert target(minutes * 60) == proposed * 60


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 1, 1), date(2027, 3, 26)),
        (date(2027, 3, 26), date(2027, 3, 26)),
        (date(2027, 3, 27), date(2027, 6, 25)),
        (date(2026, 12, 30), date(2027, 3, 26)),
    ],
)
def test_last_friday(day: date, expected: date) -> None:
    assert last_friday(day) == expected
