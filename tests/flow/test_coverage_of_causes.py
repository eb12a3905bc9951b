"""Every cause has worlds that confirm it, worlds that rule it out, and stays honest without its main source.

The third is generated: a world that confirms a cause is replayed with access denied to every call of the check that
the cause judges on first. Then the cause may say `could_not_check`, or stand on another source. It may not be ruled
out, for missing data is evidence of nothing; nothing else may be confirmed in its place; and nobody may be told that
all is well.

`pytest -s tests/flow/test_coverage_of_causes.py -k table` prints the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
import yaml

from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from local.world.model import FaultSpec
from tests.flow.worlds import STANDING, Run, run, shared, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("coverage")

loaded()
JUDGED = sorted(CAUSES.keys() - {"unknown"})  # `unknown` is what is left where nothing stands
SERVICES = {  # IAM's prefix, where botocore has another name
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "servicequotas": "service-quotas",
}
DENIED = "AccessDeniedException"
HEALTHY = {"none.noise", "none.recovered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprived:
    """A world that confirms a cause, and what is said of it when the cause's main source is denied."""

    world: str
    source: str  # the check
    verdict: str
    headline: str
    complaints: tuple[str, ...]


@cache
def labelled() -> dict[str, list[Path]]:
    """The worlds whose label says that a cause stands: as the headline first, then beside it, then as an effect."""
    found: dict[str, dict[Path, int]] = {}
    for path in worlds():
        expect = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
        head = expect["headline"]
        ranks = ([head] if isinstance(head, str) else head, expect.get("also", ()), expect.get("effects", ()))
        for rank, ids in enumerate(ranks):
            for id_ in ids:
                found.setdefault(id_, {}).setdefault(path, rank)
    return {id_: sorted(paths, key=lambda path: (paths[path], path)) for id_, paths in found.items()}


def confirming(id_: str) -> Iterator[Path]:
    """The worlds in which a cause is expected, and stands; each is replayed only when it is asked for."""
    return (path for path in labelled().get(id_, ()) if shared(path).labels.get(id_) in STANDING)


@cache
def ruling_out(id_: str) -> str:
    """A world in which a cause is ruled out; empty where there is none."""
    family = id_.partition(".")[0]
    ordered = sorted(worlds(), key=lambda path: path.parent.name != family)
    return next((shared(path).name for path in ordered if shared(path).labels.get(id_) == "ruled_out"), "")


@cache
def deprived(id_: str) -> Deprived | None:
    """The generated variant; None where no confirming world loses anything by the denial."""
    source = CAUSES[id_].reads[0]
    faults = tuple(_fault(allow.action) for allow in CHECKS[source].allow)
    for path in confirming(id_):
        without = run(path, faults=faults)
        if not _looked(shared(path)) - _looked(without):
            continue  # what was found in this world needed none of these calls
        return Deprived(
            world=without.name,
            source=source,
            verdict=without.labels[id_],
            headline=f"{without.diagnosis.headline.id} ({without.diagnosis.headline.judgement.verdict})",
            complaints=tuple(_complaints(id_, shared(path), without)),
        )
    return None


def _complaints(id_: str, whole: Run, without: Run) -> Iterator[str]:
    """What is said without the source that is false, and was not said with it: that would be another test's matter."""
    yield from (
        f"falsely confirmed: {other}" for other in without.false_confirmed if other not in whole.false_confirmed
    )
    if without.labels[id_] == "ruled_out":
        yield f"{id_} is ruled out on missing data"
    head = without.diagnosis.headline
    if head.id in HEALTHY and not HEALTHY & {*without.headlines, whole.diagnosis.headline.id}:
        yield f"a sick workload is called {head.id} ({head.judgement.verdict})"


def _fault(action: str) -> FaultSpec:
    prefix, _, operation = action.partition(":")
    message = f"User: arn:aws:sts::123456789012:assumed-role/respond/x is not authorized to perform: {action}"
    return FaultSpec(service=SERVICES.get(prefix, prefix), operation=operation, error=DENIED, message=message)


def _looked(found: Run) -> set[str]:
    return {c.check for step in found.diagnosis.steps for c in step.checks if c.outcome == "looked"}


@pytest.mark.parametrize("id_", JUDGED)
def test_worlds_confirm_it(id_: str) -> None:
    assert any(confirming(id_)), f"no world confirms {id_}; labelled with it: {labelled().get(id_, [])}"


@pytest.mark.parametrize("id_", JUDGED)
def test_a_world_rules_it_out(id_: str) -> None:
    assert ruling_out(id_), f"no world rules {id_} out"


@pytest.mark.parametrize("id_", JUDGED)
def test_without_its_main_source_nothing_false_is_said(id_: str) -> None:
    without = deprived(id_)
    assert without is not None, f"no world confirms {id_} with the calls of {CAUSES[id_].reads[0]}"
    assert without.complaints == (), without


def test_the_table() -> None:
    rows = []
    for id_ in JUDGED:
        without = deprived(id_)
        said = f"{without.verdict:16} headline {without.headline}" if without else "not generated"
        mark = "BAD" if without is None or without.complaints else "ok "
        rows.append(
            f"{mark} {id_:32} labelled in {len(labelled().get(id_, ())):2}, ruled out by {ruling_out(id_) or '-':60} "
            f"without {CAUSES[id_].reads[0]}: {said} {'; '.join(without.complaints) if without else ''}"
        )
    print("\n" + "\n".join(rows))  # noqa: T201 — the table is what people run this for
    assert len(rows) == len(JUDGED)
