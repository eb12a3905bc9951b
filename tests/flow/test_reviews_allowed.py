"""Every call of the sample reviews, and of the worlds of cost, is allowed by what the parts declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.audit import called, denied
from infra.permissions import Place, reviewing, statements
from local.review import WORLDS, review
from local.world.model import load_world

NAMES = ("optimizer", "underused", "commitments", "spot", "alarms", "patching", "recovery", "connections")
FILES = sorted(path for path in WORLDS.rglob("*.yaml") if path.stem in {"sample", *NAMES})


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_call_is_allowed(path: Path) -> None:
    world = load_world(path)
    assert world.head.review
    review(world.head.review.kind, world=world)
    place = Place(partition="aws", region=world.head.region, account=world.head.account)
    entries = world.ledger.calls()
    assert entries
    calls = [one for e in entries for one in called(e.action, e.params, e.resources)]
    assert denied(calls, statements(reviewing(), place)) == []
