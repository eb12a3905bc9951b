"""A large account through the weekly, monthly and quarterly reviews: within the time, and growing linearly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.reviews import Size
from benchmarks.reviews_calm import KINDS, measure

if TYPE_CHECKING:
    from lambdas.reviews.model import Kind

TABLE = "there is no incident table here"  # the stub has none


@pytest.mark.parametrize("kind", KINDS)
def test_calls_grow_linearly_and_fit_into_the_function(kind: Kind) -> None:
    half, whole = measure(kind, Size().part(0.5)), measure(kind, Size())
    assert whole.calls.total() <= 2.05 * half.calls.total()
    assert whole.calls.total() < 1000
    assert whole.seconds < 600  # at half of the rates that AWS allows; the function has 15 minutes
    assert {gap for section in whole.sections for gap in section.gaps} <= {TABLE}


def test_all_flapping_alarms_are_named_and_the_worst_are_played_again() -> None:
    whole = measure("weekly", Size())
    (alarms,) = [section for section in whole.sections if section.id == "weekly.alarms"]
    assert len(alarms.items) == 100
    assert any("60 were not" in note.text for note in alarms.notes)
