"""300 services, 50 databases, 2,000 alarms, 500 tables: within the function's time and the rates, growing linearly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.reviews import Size, measure

if TYPE_CHECKING:
    from lambdas.reviews.model import Kind


@pytest.mark.parametrize(("kind", "most"), [("daily", 150), ("hourly", 40)])
def test_the_calls_of_a_large_account_grow_no_faster_than_it(kind: Kind, most: int) -> None:
    half, whole = measure(kind, Size().part(0.5)), measure(kind, Size())
    sys.stdout.write(f"{kind}: {half.calls.total()} calls for half of it, for all: {dict(whole.calls)}\n")
    assert half.calls.total() < whole.calls.total() <= 2.2 * half.calls.total()
    assert whole.calls.total() <= most
    assert whole.seconds < 60, "at the rates that we allow ourselves"
    assert [gap for section in whole.sections for gap in section.gaps] == []


def test_the_audit_sees_all_of_it() -> None:
    done = {section.id: section for section in measure("daily", Size()).sections}
    assert "300 services" in done["daily.tasks"].notes[0].text
    assert "2,000 alarms" in done["daily.alarms"].notes[0].text
    # none has all its alarms, of 300 services, 50 databases, 40 balancers, 300 groups, 500 tables: the rest is counted
    coverage = done["daily.coverage"]
    assert len(coverage.items) + coverage.more == 1190
    assert len(coverage.items) == 300
