"""Every finding of the weekly, monthly and quarterly reviews has a world that expects it, and a line in the docs."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml

from lambdas.reviews.capacity.scaling import Fault

ROOT = Path(__file__).parents[3]
WORLDS = ROOT / "events" / "worlds" / "reviews"
KINDS = ("weekly", "monthly", "quarterly")
FORMS = {  # ids that are put together
    "weekly.scaling.{verdict.fault}": get_args(Fault.__value__),
    "weekly.services.{what}": ("cpu", "memory"),
    "weekly.alarms.{record.fault}": ("flapping", "never_acknowledged", "no_action"),
    "weekly.optimizer.{one.kind}_{one.finding}": (
        "ecs_over", "ecs_under", "rds_over", "rds_under", "rds_idle", "storage_over", "storage_under", "function_over",
        "function_under",
    ),
}  # fmt: skip


def ids() -> list[str]:
    """Every id that is written in the parts."""
    found: set[str] = set()
    for kind in KINDS:
        for path in (ROOT / "lambdas" / "reviews" / kind).glob("*.py"):
            for id_ in re.findall(rf'"({kind}\.\w+\.[\w{{}}.]+)"', path.read_text(encoding="utf-8")):
                found |= {f"{id_.partition('{')[0]}{word}" for word in FORMS[id_]} if "{" in id_ else {id_}
    return sorted(found)


@cache
def expected() -> frozenset[str]:
    """Every id that a world expects."""
    worlds = (
        yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for kind in KINDS
        for path in (WORLDS / kind).glob("*.yaml")
    )
    return frozenset(item["id"] for world in worlds for item in world["expect"]["items"])


@pytest.mark.parametrize("id_", ids())
def test_it_has_a_world_and_a_line(id_: str) -> None:
    assert id_ in expected()
    assert f"`{id_}`" in (ROOT / "docs" / "capacity-and-cost.md").read_text(encoding="utf-8")


def test_the_forms_are_all_that_are_put_together() -> None:
    assert len(ids()) > 50
