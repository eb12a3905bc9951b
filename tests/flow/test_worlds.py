"""Every labelled world, from event to diagnosis: the right cause leads, and nothing false is confirmed.

Prints the table expected/got (`pytest -s tests/flow/test_worlds.py`).
"""

from __future__ import annotations

import pytest

from lambdas.checks.base import CHECKS
from tests.flow.worlds import STANDING, Run, run, worlds

pytestmark = pytest.mark.xdist_group("worlds")

FOLDERS = ("ecs",)
RIGHT = 0.95
BUDGET = 60  # AWS calls of one diagnosis
HEALTHY = ("recovered", "noisy")


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    with pytest.MonkeyPatch.context() as patch:  # the autouse fixture is a function's, this one a module's
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return [run(path) for path in worlds(*FOLDERS)]


def test_the_right_cause_leads(runs: list[Run]) -> None:
    table = "\n".join(r.line for r in runs)
    right = sum(r.right for r in runs)
    print(f"\n{table}\n{right} of {len(runs)} right")  # noqa: T201 — the table is what people run this for
    assert len(runs) >= 30
    assert right >= RIGHT * len(runs), table


def test_nothing_false_is_confirmed(runs: list[Run]) -> None:
    wrong = {r.name: r.false_confirmed for r in runs if r.false_confirmed}
    assert wrong == {}


def test_what_a_label_forbids_never_stands(runs: list[Run]) -> None:
    assert {r.name: [c for c in r.expect.never if r.labels.get(c) in STANDING] for r in runs} == {
        r.name: [] for r in runs
    }


def test_the_healthy_are_never_accused(runs: list[Run]) -> None:
    accused = {
        r.name: r.diagnosis.headline.id
        for r in runs
        if r.kind in HEALTHY and r.diagnosis.headline.id.startswith("ecs.") and not r.right
    }
    assert accused == {}


def test_a_diagnosis_stays_within_its_budget_of_calls(runs: list[Run]) -> None:
    assert {r.name: r.calls for r in runs if r.calls > BUDGET} == {}


def test_no_call_is_made_twice(runs: list[Run]) -> None:
    assert {r.name: r.repeated for r in runs if r.repeated} == {}


def test_no_check_and_no_judgement_crashes(runs: list[Run]) -> None:
    crashed = [
        (r.name, c.check, c.why) for r in runs for s in r.diagnosis.steps for c in s.checks if "check failed" in c.why
    ]
    failed = [
        (r.name, c.id, why)
        for r in runs
        for c in r.diagnosis.causes
        for why in c.judgement.missing
        if ("judgement failed") in why
    ]
    assert crashed == []
    assert failed == []


def test_what_stands_has_a_sentence_and_evidence(runs: list[Run]) -> None:
    for r in runs:
        for cause in r.diagnosis.causes:
            if cause.judgement.verdict in STANDING:
                assert cause.judgement.summary, (r.name, cause.id)
                assert cause.judgement.evidence, (r.name, cause.id)
            if cause.judgement.verdict == "likely" and not cause.effect_of:
                assert cause.judgement.would_confirm or cause.judgement.missing, (r.name, cause.id)
            if cause.judgement.verdict == "could_not_check":
                assert cause.judgement.missing, (r.name, cause.id)


def test_every_call_is_one_that_a_check_declares(runs: list[Run]) -> None:
    declared = {allow.action for check in CHECKS.values() for allow in check.allow}
    assert {action for r in runs for action in r.actions} - declared == set()
