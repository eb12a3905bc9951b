"""The catalogue page is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from lambdas.playbooks.base import PLAYBOOKS
from lambdas.remedies.base import KINDS
from local.catalogue import page

PAGE = Path(__file__).parents[3] / "docs" / "catalogue.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make catalogue` and commit docs/catalogue.md"


@pytest.mark.parametrize(
    "registry", [CHECKS, CAUSES, PLAYBOOKS, KINDS], ids=["checks", "causes", "playbooks", "remedies"]
)
def test_everything_registered_is_on_it(registry: dict[str, object]) -> None:
    loaded()
    said = page()
    assert [id_ for id_ in registry if f"`{id_}`" not in said] == []


def test_every_id_that_is_named_exists() -> None:
    loaded()
    named = {id_ for cause in CAUSES.values() for id_ in cause.reads}
    named |= {id_ for book in PLAYBOOKS.values() for step in book.steps for id_ in step.checks}
    assert named - CHECKS.keys() == set()
    assert {id_ for cause in CAUSES.values() for id_ in cause.effects} - CAUSES.keys() == set()


def test_a_table_has_as_many_cells_in_each_row() -> None:
    width = 0
    for line in page().splitlines():
        cells = line.replace("\\|", "").count("|")
        if cells and width:
            assert cells == width, line
        width = cells
