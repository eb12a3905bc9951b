"""Sharing out AWS calls: whoever comes first, each check gets what it would get if they ran one after the other."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.diagnosis.budget import OVER, OWN_SPENT, SPENT, Budget
from lambdas.errors import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def spent(shares: Mapping[str, int], wanted: Mapping[str, int], calls: int, seed: int) -> dict[str, int]:
    """What each of some checks could spend, each in a thread of its own, in an order by chance."""
    budget, made, dice = Budget(shares, calls), dict.fromkeys(shares, 0), random.Random(seed)
    pauses = {id_: dice.random() / 2000 for id_ in shares}

    def run(id_: str) -> None:
        try:
            for _ in range(wanted[id_]):
                time.sleep(pauses[id_])
                budget.spend(id_)
                made[id_] += 1
        except BudgetSpent:
            pass
        finally:
            budget.end(id_)

    threads = [threading.Thread(target=run, args=(id_,)) for id_ in dice.sample(sorted(shares), len(shares))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive(), "a check waits for ever"
    return made


def one_after_the_other(shares: Mapping[str, int], wanted: Mapping[str, int], calls: int) -> dict[str, int]:
    made: dict[str, int] = {}
    for id_, most in shares.items():
        made[id_] = min(wanted[id_], most, calls - sum(made.values()))
    return made


@settings(max_examples=40, deadline=None)
@given(
    checks=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=8),
    calls=st.integers(0, 15),
    seed=st.integers(0, 1000),
)
def test_chance_decides_nothing(checks: Sequence[tuple[int, int]], calls: int, seed: int) -> None:
    shares = {f"c{i}": most for i, (most, _) in enumerate(checks)}
    wanted = {f"c{i}": calls_ for i, (_, calls_) in enumerate(checks)}
    assert spent(shares, wanted, calls, seed) == one_after_the_other(shares, wanted, calls)


def test_a_check_may_not_make_more_than_its_share() -> None:
    budget = Budget({"a": 1}, 10)
    budget.spend("a")
    with pytest.raises(BudgetSpent, match=OWN_SPENT):
        budget.spend("a")


def test_what_those_before_have_made_leaves_nothing() -> None:
    budget = Budget({"a": 2, "b": 2}, 2)
    budget.spend("a")
    budget.spend("a")
    with pytest.raises(BudgetSpent, match=SPENT):
        budget.spend("b")


def test_one_that_was_left_behind_makes_no_more_calls() -> None:
    budget = Budget({"a": 2}, 2)
    budget.end("a")
    with pytest.raises(BudgetSpent, match=OVER):
        budget.spend("a")


def test_one_that_waits_says_so_and_goes_on_when_those_before_have_ended() -> None:
    waits = threading.Event()
    budget = Budget({"a": 2, "b": 1}, 2, on_wait=waits.set)
    second = threading.Thread(target=budget.spend, args=("b",))
    second.start()
    assert waits.wait(5)
    assert budget.waits("b")
    assert budget.waiting == 1
    budget.spend("a")
    assert second.is_alive()
    budget.end("a")
    second.join(5)
    assert not second.is_alive()
    assert budget.waiting == 0
