from __future__ import annotations

from datetime import timedelta

from lambdas.causes.alb.health_checks import health_check_too_aggressive
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.ecs.tasks import RunningTask, StoppedTask
from tests.unit.causes.alb.scenes import AT, evidence, health, on_group, scene, series, service

SILENT = health("a", "unhealthy", "Target.Timeout")
TARGETS = [SILENT, health("b"), health("c")]
TAIL = [*series("tg.latency_p99", 2.2, 2.4), *series("tg.latency", 0.8, 0.8)]
HOSTS = series("tg.unhealthy", 0, 1)


def test_patience_shorter_than_the_usual_tail() -> None:
    judged = health_check_too_aggressive(evidence(scene(targets=TARGETS, timeout=2), TAIL, HOSTS, **on_group()))
    assert judged.verdict == "likely"
    assert "waits 2 s, its targets usually take up to" in judged.summary
    assert "--health-check-timeout-seconds 10" in judged.actions[0].command


def test_a_change_that_tightened_it_confirms() -> None:
    change = Change(
        at=AT - timedelta(minutes=15), id="1", event="ModifyTargetGroup", service="elasticloadbalancing", who="kim",
        names=("targetgroup/api/73e2d6bc24d8a067",), parameters='{"healthCheckTimeoutSeconds": 2}',
    )  # fmt: skip
    found = [*scene(targets=TARGETS, timeout=2), *TAIL, *HOSTS, change]
    assert health_check_too_aggressive(evidence(found, **on_group())).verdict == "confirmed"


def test_targets_that_became_slow_are_not_the_checks_fault() -> None:
    slow = [*series("tg.latency_p99", 0.4, 4.0), *series("tg.latency", 0.1, 1.0)]
    found = [*scene(targets=TARGETS, timeout=2), *slow, *HOSTS]
    assert health_check_too_aggressive(evidence(found, **on_group())).verdict == "ruled_out"


def test_a_patient_check_is_ruled_out() -> None:
    found = [*scene(targets=TARGETS, timeout=10), *TAIL, *HOSTS]
    assert health_check_too_aggressive(evidence(found, **on_group())).verdict == "ruled_out"


def test_when_nobody_answers_it_is_no_matter_of_patience() -> None:
    found = [*scene(targets=[SILENT], timeout=2), *TAIL, *HOSTS]
    assert health_check_too_aggressive(evidence(found, **on_group())).verdict == "ruled_out"


def test_tasks_killed_before_they_are_up() -> None:
    killed = [
        StoppedTask(
            at=AT - timedelta(minutes=5 * i), id=str(i), service="api", cluster="prod", task_definition="api:7",
            reason="Task failed ELB health checks in (target-group x)",
            started_at=AT - timedelta(minutes=5 * i, seconds=100),
        )
        for i in range(3)
    ]  # fmt: skip
    old = RunningTask(
        at=AT - timedelta(days=2), id="9", service="api", cluster="prod", task_definition="api:7",
        started_at=AT - timedelta(days=2),
    )  # fmt: skip
    found = [*scene(targets=TARGETS), service(grace_period=30), *killed, old]
    judged = health_check_too_aggressive(evidence(found, **on_group()))
    assert judged.verdict == "likely"
    assert "--health-check-grace-period-seconds" in judged.actions[0].command
    without = [f for f in found if f is not old]
    assert health_check_too_aggressive(evidence(without, **on_group())).verdict == "ruled_out"


def test_nothing_seen() -> None:
    assert health_check_too_aggressive(evidence(gaps=("elbv2.balancers",))).verdict == "could_not_check"
