"""What holds for every remedy of the catalogue, and for its prices."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.session import Session

from lambdas.causes.base import CAUSES
from lambdas.checks.base import load
from lambdas.remedies import prices
from lambdas.remedies.base import KINDS, remedy

load("lambdas.remedies")
load("lambdas.causes")
FOLDER = Path(prices.__file__).parent


@pytest.mark.parametrize("id_", sorted(KINDS))
def test_a_remedy_is_a_file_of_its_own_that_answers_known_causes(id_: str) -> None:
    kind = KINDS[id_]
    assert (FOLDER / f"{id_}.py").exists()
    assert kind.changes.__module__ == f"lambdas.remedies.{id_}"
    assert kind.causes
    assert [cause for cause in kind.causes if cause not in CAUSES] == []
    assert kind.changes.__doc__
    assert kind.writes


def test_two_remedies_of_one_name_are_refused() -> None:
    again = remedy("scale_out", title="x", causes=(), undo="", reads=(), writes=())
    with pytest.raises(ValueError, match="two remedies are called scale_out"):
        again(KINDS["scale_out"].changes)


@pytest.mark.parametrize("table", [prices.FARGATE_X86, prices.FARGATE_ARM, prices.DYNAMODB])
def test_prices_are_of_real_regions_and_of_a_sane_size(table: dict[str, tuple[float, float]]) -> None:
    partitions = Session().get_available_partitions()
    regions = {r for p in partitions for r in Session().get_available_regions("ecs", p)}
    assert set(table) <= regions
    assert all(0 < price < 0.2 for pair in table.values() for price in pair)


@pytest.mark.parametrize(
    ("region", "architecture", "cpu", "memory", "expected"),
    [
        ("eu-west-1", "X86_64", 1024, 2048, 24 * (0.04048 + 2 * 0.004445)),
        ("eu-west-1", "ARM64", 256, 512, 24 * (0.25 * 0.03238 + 0.5 * 0.00356)),
        ("eu-central-1", "ARM64", 256, 512, None),  # no price known for it: never a guess
        ("mars-north-1", "X86_64", 256, 512, None),
        ("eu-west-1", "X86_64", None, 512, None),
        ("eu-west-1", "PPC", 256, 512, None),
    ],
)
def test_a_fargate_task(region: str, architecture: str, cpu: int | None, memory: int, expected: float | None) -> None:
    found = prices.fargate_task(region, architecture, cpu, memory)
    assert found == (None if expected is None else pytest.approx(expected))


def test_provisioned_units() -> None:
    assert prices.capacity("eu-west-1", 100, 10) == pytest.approx(24 * (100 * 0.000147 + 10 * 0.000735))
    assert prices.capacity("cn-north-1", 100, 10) is None
