"""Every labelled world of a review: exactly the findings that it expects, exactly the gaps, and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from infra.audit import Called, called, denied, unused
from infra.permissions import Place, Statement, reviewing, statements
from lambdas.alerts.regions import partition
from lambdas.reviews import codec
from lambdas.reviews.model import KINDS
from lambdas.reviews.slack import charts, summary
from local.review import WORLDS, Review, review
from local.slack.rules import problems
from local.world.model import load_world

FILES = sorted(WORLDS.rglob("*.yaml"))


pytestmark = pytest.mark.xdist_group("reviews")  # each world is run once, for all the tests here

# Allowed, and asked for in no labelled world.
UNCALLED = dict.fromkeys(
    ("lambda:ListFunctions", "lambda:ListProvisionedConcurrencyConfigs"),
    "compute-optimizer:GetLambdaFunctionRecommendations asks for them too; nobody here calls them",
)


@cache
def _run(path: Path) -> tuple[Review, list[tuple[str, str]], list[str]]:
    world = load_world(path)
    assert world.head.review
    expected = sorted((one.id, one.subject) for one in world.head.expect.items or ())
    done = review(world.head.review.kind, world=world)
    granted = _granted(world.head.region, world.head.account)
    for entry in world.ledger.entries:
        asked = list(called(entry.action, entry.params, entry.resources))
        CALLS.extend(asked)
        DENIED.extend(denied(asked, granted))
    return done, expected, sorted(world.head.expect.gaps)


CALLS: list[Called] = []
DENIED: list[str] = []


@cache
def _granted(region: str, account: str) -> tuple[Statement, ...]:
    return tuple(statements(reviewing(), Place(partition=partition(region), region=region, account=account)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_exactly_what_the_world_expects(path: Path) -> None:
    done, expected, gaps = _run(path)
    assert sorted((item.id, item.subject) for item in done.report.items) == expected
    assert sorted(section.id for section in done.report.sections if section.gaps) == gaps
    assert done.complete
    for section in done.report.sections:  # what is kept of a crashed half is what was found
        assert codec.unpack(codec.pack(section)) == section
    message = summary(done.report, done.settings, {"report": "https://example.com/report"})
    assert problems(message) == []
    if pictures := charts(done.report):
        assert problems(pictures) == []


def test_every_kind_has_a_sample() -> None:
    assert {path.parent.name for path in FILES if path.stem == "sample"} == set(KINDS)


def test_no_call_is_made_that_the_parts_do_not_declare() -> None:
    for path in FILES:
        _run(path)
    assert sorted(set(DENIED)) == []


def test_what_the_parts_declare_is_called_in_some_world() -> None:
    for path in FILES:
        _run(path)
    assert unused(CALLS, _granted("eu-west-1", "123456789012"), UNCALLED) == []
