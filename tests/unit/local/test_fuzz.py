"""The fuzz finds nothing in what we run, and finds what a broken store or poster does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.desk import Desk
from lambdas.incidents.store import Claim, Store
from lambdas.slack.poster import Poster
from local.fuzz import Found, Life, fuzz


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def test_nothing_is_lost_doubled_or_overdue() -> None:
    found = fuzz(range(40), 5)
    assert (found.why, found.duplicates, found.lost, found.overdue, found.disorder) == ([], 0, 0, 0, 0)
    assert found.posts > 200
    assert found.crashes > 200


def test_a_seed_is_the_same_life() -> None:
    first, second = Life(77), Life(77)
    assert first.run() == second.run()
    assert first.slack.log == second.slack.log


def test_without_the_look_up_it_finds_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Poster, "_find", lambda *_: "")
    assert fuzz(range(15), 5).duplicates > 0


def test_without_the_claim_it_finds_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Store.claim

    def anyone(self: Store, id_: str, post: Any, now: int, lease: int = 60) -> Claim:
        return real(self, id_, post, now, lease) or Claim(incident=id_, post=post, attempt=1)

    monkeypatch.setattr(Store, "claim", anyone)
    assert fuzz(range(15), 5).duplicates > 0


def test_without_reconciliation_it_finds_lost_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.handlers.pulse.reconcile", lambda _house: None)
    assert fuzz(range(25), 5).lost > 0


def test_without_the_clock_it_finds_what_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "tick", lambda _self, _id: ())
    assert fuzz(range(3), 5).overdue > 0


def test_findings_add_up() -> None:
    total = Found(duplicates=1, why=["a"])
    total.add(Found(duplicates=2, lost=1, why=["b"]))
    assert (total.duplicates, total.lost, total.why) == (3, 1, ["a", "b"])
