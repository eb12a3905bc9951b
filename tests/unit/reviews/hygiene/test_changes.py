"""Changes of state from an alarm's history, in both ways that CloudWatch says them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.reviews.hygiene.changes import Change, changes, spells

START = datetime(2026, 11, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def row(minutes: float, summary: str = "", data: str = "", **more: Any) -> dict[str, Any]:
    return {"AlarmName": "a", "Timestamp": at(minutes), "HistorySummary": summary, "HistoryData": data, **more}


def test_states_come_from_the_data_else_from_the_summary() -> None:
    history = [
        row(9, "Alarm updated from ALARM to OK"),
        row(1, "x", '{"newState": {"stateValue": "ALARM"}}'),
        row(5, "Alarm updated from OK to INSUFFICIENT_DATA", "no JSON"),
        row(2, "Alarm created", HistoryItemType="ConfigurationUpdate"),
        row(3, "Alarm updated from OK to ALARM", '{"newState": 7}'),
    ]
    found = [Change(at(1), "ALARM"), Change(at(3), "ALARM"), Change(at(5), "INSUFFICIENT_DATA"), Change(at(9), "OK")]
    assert changes(history) == {"a": found}


@pytest.mark.parametrize(
    ("moments", "count", "short", "flapping"),
    [
        ([], 0, 0, False),
        ([(0, 5)], 1, 1, False),
        ([(60 * n, 60 * n + 5) for n in range(6)], 6, 6, True),
        ([(60 * n, 60 * n + 5) for n in range(6)] + [(1000 + 60 * n, 1030 + 60 * n) for n in range(7)], 13, 6, False),
        ([(60 * n, 60 * n + 11) for n in range(9)], 9, 0, False),
    ],
)
def test_spells(moments: list[tuple[float, float]], count: int, short: int, *, flapping: bool) -> None:
    found = spells([c for a, b in moments for c in (Change(at(a), "ALARM"), Change(at(b), "OK"))])
    assert (found.count, found.short, found.flapping) == (count, short, flapping)


def test_one_that_still_lasts_counts_and_one_that_began_before_does_not() -> None:
    found = spells([Change(at(0), "OK"), Change(at(5), "ALARM")])
    assert (found.count, found.lengths) == (1, ())
