"""Every labelled world, from event to diagnosis: the right cause leads, and nothing false is confirmed.

Prints the table expected/got (`pytest -s tests/flow/test_worlds.py`); `make worlds-table` keeps it in docs/.
"""

from __future__ import annotations

import pytest

from infra.audit import Called, called, denied, unused
from infra.permissions import Place, observing, statements
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.budget import OWN_SPENT
from tests.flow.worlds import STANDING, Run, shared, worlds

FAMILIES = ("ecs", "db", "alb", "ddb", "app")
RIGHT = 0.95  # of all worlds; of one family, which may hold few, a little less
RIGHT_OF_FAMILY = 0.9
BUDGET = 60  # AWS calls of one diagnosis
HEALTHY = ("recovered", "noisy")
UNUSED = {  # allowed, and taken by no diagnosis of a world
    "ec2:DescribeInstances": "only where a target is known by its instance id alone, which no world has",
    "cloudwatch:GetMetricWidgetImage": "the chart, which is drawn after the diagnosis (tests/flow/test_chart.py)",
}
EACH = [pytest.param(family, marks=pytest.mark.xdist_group(family)) for family in FAMILIES]

each_family = pytest.mark.parametrize("family", EACH)


def runs(family: str) -> list[Run]:
    """A family's worlds, each run once in a session."""
    return [shared(path) for path in worlds(family)]


@each_family
def test_the_right_cause_leads(family: str) -> None:
    table = "\n".join(r.line for r in runs(family))
    right = sum(r.right for r in runs(family))
    print(f"\n{table}\n{right} of {len(runs(family))} right")  # noqa: T201 — the table is what people run this for
    assert right >= RIGHT_OF_FAMILY * len(runs(family)), table


def test_there_are_enough_worlds() -> None:
    counted = {family: len(worlds(family)) for family in FAMILIES}
    assert counted["ecs"] >= 30
    assert sum(counted.values()) >= 120


@each_family
def test_nothing_false_is_confirmed(family: str) -> None:
    assert {r.name: r.false_confirmed for r in runs(family) if r.false_confirmed} == {}


@each_family
def test_the_healthy_are_never_accused(family: str) -> None:
    accused = {
        r.name: r.diagnosis.headline.id
        for r in runs(family)
        if r.kind in HEALTHY and not r.right and r.diagnosis.headline.judgement.verdict in STANDING
    }
    # A database that failed over is said to have failed over, though it is over: true, and confirmed by RDS itself.
    assert accused.keys() <= {"ecs/database-failover-passed-by-now"}


@each_family
def test_a_diagnosis_stays_within_its_budget_of_calls(family: str) -> None:
    assert {r.name: r.calls for r in runs(family) if r.calls > BUDGET} == {}


@each_family
def test_no_check_needs_more_calls_than_its_share(family: str) -> None:
    stopped = [
        (r.name, c.check) for r in runs(family) for s in r.diagnosis.steps for c in s.checks if c.why == OWN_SPENT
    ]
    assert stopped == []


@each_family
def test_no_call_is_made_twice(family: str) -> None:
    assert {r.name: r.repeated for r in runs(family) if r.repeated} == {}


@each_family
def test_no_check_and_no_judgement_crashes(family: str) -> None:
    crashed = [
        (r.name, c.check, c.why)
        for r in runs(family)
        for s in r.diagnosis.steps
        for c in s.checks
        if "check failed" in c.why
    ]
    failed = [
        (r.name, c.id, why)
        for r in runs(family)
        for c in r.diagnosis.causes
        for why in c.judgement.missing
        if "judgement failed" in why
    ]
    assert crashed == []
    assert failed == []


@each_family
def test_what_stands_has_a_sentence_and_evidence(family: str) -> None:
    for r in runs(family):
        for cause in r.diagnosis.causes:
            if cause.judgement.verdict in STANDING:
                assert cause.judgement.summary, (r.name, cause.id)
                assert cause.judgement.evidence, (r.name, cause.id)
            if cause.judgement.verdict == "could_not_check":
                assert cause.judgement.missing, (r.name, cause.id)


@each_family
def test_every_call_is_allowed_by_the_deployed_policies(family: str) -> None:
    """What the stack gives `respond` is these statements (tests/infra/test_permissions.py compares the template)."""
    declared = {allow.action for check in CHECKS.values() for allow in check.allow}
    assert {action for r in runs(family) for action in r.actions} - declared == set()
    for r in runs(family):
        assert r.place is not None
        assert denied(_calls(r), statements(observing(), r.place)) == [], r.name


def test_every_allowed_action_is_used_or_has_its_reason() -> None:
    calls = [call for family in FAMILIES for r in runs(family) for call in _calls(r)]
    place = Place(partition="aws", region="eu-west-1", account="123456789012")
    assert unused(calls, statements(observing(), place), UNUSED) == []


def _calls(r: Run) -> list[Called]:
    return [one for e in r.entries for one in called(e.action, e.params, e.resources)]
