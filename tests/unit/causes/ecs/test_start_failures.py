"""Causes that AWS or the log states: confirmed, over, overtaken, absent, out of reach."""

from __future__ import annotations

import pytest

from lambdas.causes.base import CAUSES, Evidence, Verdict
from lambdas.checks.ecr.images import ImageState, parse
from lambdas.diagnosis.catalogue import loaded
from tests.unit.causes.ecs.scenes import (
    definition,
    deployment,
    event,
    evidence,
    last_word,
    service,
    stopped,
)  # fmt: skip

loaded()
MISSING = "CannotPullContainerError: failed to resolve ref 1.dkr.ecr.eu-west-1.amazonaws.com/web:9: not found"
DOWN = service(running=1, pending=1)
DENIED = {"ecs.stopped_tasks": "access denied: ecs:ListTasks"}


def judged(id_: str, given: Evidence) -> Verdict:
    return CAUSES[id_].judge(given).verdict


CASES: dict[str, tuple[str, Evidence, Verdict]] = {
    "several tasks say so": (
        "ecs.image_missing",
        evidence(DOWN, stopped(9, MISSING), stopped(3, MISSING)),
        "confirmed",
    ),
    "what it is not is excluded": ("ecs.image_pull_denied", evidence(DOWN, stopped(3, MISSING)), "ruled_out"),
    "the event carries it without the tasks": (
        "ecs.image_missing",
        evidence(service(running=1, events=(event(3, f"was unable to place a task. Reason: {MISSING}"),)), gaps=DENIED),
        "confirmed",
    ),
    "nothing says so and the tasks are out of reach": (
        "ecs.image_missing",
        evidence(DOWN, gaps=DENIED),
        "could_not_check",
    ),
    "nothing says so and the service is whole": ("ecs.image_missing", evidence(service(), gaps=DENIED), "ruled_out"),
    "it is over": (
        "ecs.image_missing",
        evidence(service(events=(event(40, "has reached a steady state."),)), stopped(50, MISSING)),
        "possible",
    ),
    "outside the window": ("ecs.image_missing", evidence(service(), stopped(600, MISSING)), "ruled_out"),
    "one old failure before many of another kind": (
        "ecs.elb_health_check_failed",
        evidence(
            DOWN,
            stopped(
                31,
                "Task failed ELB health checks in (target-group arn:x)",
                exit_code=137,
                code="ServiceSchedulerInitiated",
            ),
            stopped(9, MISSING),
            stopped(3, MISSING),
        ),
        "possible",
    ),
    "no such tag, and tasks fail without a word": (
        "ecs.image_missing",
        evidence(
            service(running=1, events=(event(4, "is unable to consistently start tasks successfully."),)),
            ImageState(
                ref=parse("1.dkr.ecr.eu-west-1.amazonaws.com/web:9"), service="web", exists=False, why="no tag 9"
            ),
            gaps=DENIED,
        ),
        "likely",
    ),
    "no such tag, but the service is only scaling": (
        "ecs.image_missing",
        evidence(
            service(running=1, pending=1),
            ImageState(
                ref=parse("1.dkr.ecr.eu-west-1.amazonaws.com/web:9"), service="web", exists=False, why="no tag 9"
            ),
        ),
        "ruled_out",
    ),
    "out of memory": (
        "ecs.container_oom",
        evidence(DOWN, stopped(3, "Essential container in task exited", exit_code=137, own="OutOfMemoryError: killed")),
        "confirmed",
    ),
    "killed, and nothing known of memory": (
        "ecs.container_oom",
        evidence(DOWN, stopped(3, "Essential container in task exited", exit_code=137)),
        "possible",
    ),
    "stopped on purpose and killed": (
        "ecs.container_oom",
        evidence(
            service(),
            stopped(
                3,
                "Scaling activity initiated by (deployment ecs-svc/1)",
                exit_code=137,
                code="ServiceSchedulerInitiated",
            ),
        ),
        "ruled_out",
    ),
    "the services are out of reach": (
        "ecs.bad_deployment",
        evidence(gaps={"ecs.services": "throttled: ecs:DescribeServices"}),
        "could_not_check",
    ),
}


@pytest.mark.parametrize(("id_", "given", "verdict"), CASES.values(), ids=CASES.keys())
def test_verdicts(id_: str, given: Evidence, verdict: Verdict) -> None:
    judgement = CAUSES[id_].judge(given)
    assert judgement.verdict == verdict
    assert judgement.evidence or judgement.missing


EXITED = "Essential container in task exited"


@pytest.mark.parametrize(
    ("line", "cause", "names"),
    [
        ("KeyError: 'DATABASE_URL'", "ecs.config_missing", "DATABASE_URL"),
        ("Error: connect ECONNREFUSED 10.0.3.12:5432", "ecs.dependency_unreachable", "10.0.3.12:5432"),
        ("panic: runtime error: index out of range [3]", "ecs.app_crash", "index out of range"),
        ("exec /app: exec format error", "ecs.image_wrong_platform", "platform"),
    ],
)
def test_the_last_words_decide_between_the_ways_to_exit(line: str, cause: str, names: str) -> None:
    tasks = [stopped(9, EXITED, exit_code=1), stopped(3, EXITED, exit_code=1)]
    given = evidence(DOWN, definition(), *tasks, *(last_word(t, line) for t in tasks))
    judgement = CAUSES[cause].judge(given)
    assert judgement.verdict == "confirmed"
    assert names in judgement.summary
    others = {"ecs.config_missing", "ecs.dependency_unreachable", "ecs.app_crash"} - {cause}
    assert {judged(other, given) for other in others} == {"ruled_out"}


def test_without_its_log_a_crash_is_not_known() -> None:
    gaps = {"logs.last_words": "access denied: logs:GetLogEvents", "logs.errors": "access denied: logs:FilterLogEvents"}
    given = evidence(DOWN, stopped(3, EXITED, exit_code=1), gaps=gaps)
    assert {judged(c, given) for c in ("ecs.app_crash", "ecs.config_missing")} == {"could_not_check"}


def test_a_deployment_whose_tasks_fail_is_named_with_both_revisions() -> None:
    new = deployment(9, minutes=12, rollout="IN_PROGRESS", running=0, failed=4)
    old = deployment(8, minutes=9000, status="ACTIVE")
    both = service(running=2, pending=1, task_definition="web:9", deployments=(new, old))
    tasks = [stopped(m, EXITED, exit_code=1, revision=9) for m in (9, 6, 3)]
    given = evidence(both, definition(9), definition(8, which="former"), *tasks)
    judgement = CAUSES["ecs.bad_deployment"].judge(given)
    assert judgement.verdict == "confirmed"
    assert "web:9" in judgement.summary
    assert "web:8" in judgement.summary
    assert "--task-definition web:8" in judgement.actions[0].command


def test_failures_before_the_deployment_are_not_its_own() -> None:
    new = deployment(9, minutes=12)
    tasks = [stopped(m, EXITED, exit_code=1, revision=8) for m in (60, 40, 3)]
    given = evidence(service(running=1, task_definition="web:9", deployments=(new,)), definition(9), *tasks)
    assert judged("ecs.bad_deployment", given) == "ruled_out"
