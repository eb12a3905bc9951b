"""Every labelled world of a review: exactly the findings that it expects, exactly the gaps, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdas.reviews import codec
from lambdas.reviews.slack import summary
from local.review import WORLDS, Review, review
from local.slack.rules import problems
from local.world.model import load_world

FILES = sorted(WORLDS.rglob("*.yaml"))


def _run(path: Path) -> tuple[Review, list[tuple[str, str]], list[str]]:
    world = load_world(path)
    assert world.head.review
    expected = sorted((one.id, one.subject) for one in world.head.expect.items or ())
    return review(world.head.review.kind, world=world), expected, sorted(world.head.expect.gaps)


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


def test_every_kind_has_a_sample() -> None:
    kinds = {path.parent.name for path in FILES if path.stem == "sample"}
    assert {"daily"} <= kinds
