from __future__ import annotations

import time

import pytest

from lambdas.checks.logs.results import LOOKS, WAITS, results
from lambdas.targets import Unrecognised
from tests.unit.checks.elbv2.answers import Client, look


@pytest.mark.parametrize(
    ("statuses", "looks"),
    [
        (["Complete"], 1),
        (["Scheduled", "Running", "Complete"], 3),
        (["Running"] * 20, LOOKS),  # what has not ended by then is answered as it stands
        (["Failed"], 1),
    ],
)
def test_a_query_is_looked_for_a_few_times(statuses: list[str], looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    coming = iter(statuses)
    logs = Client(get_query_results=lambda _: {"status": next(coming), "results": []})
    found = results(look(Unrecognised(), logs=logs), "q-1")
    assert found["status"] == statuses[looks - 1]
    assert len(logs.asked) == looks
    assert tuple(slept) == WAITS[: looks - 1]
