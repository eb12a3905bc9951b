from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lambdas.causes.alb.gateway_errors import target_resets, target_timeouts
from lambdas.checks.ecs.tasks import Container, StoppedTask
from tests.unit.causes.alb.scenes import AT, evidence, scene, series

if TYPE_CHECKING:
    from lambdas.causes.base import Judge

BOTH = pytest.mark.parametrize(("judge", "role"), [(target_resets, "alb.elb_502"), (target_timeouts, "alb.elb_504")])
REQUESTS = series("alb.requests", 1000, 1000)


@BOTH
def test_most_of_the_balancers_errors(judge: Judge, role: str) -> None:
    judged = judge(evidence(scene(), REQUESTS, series(role, None, 40), series("alb.elb_5xx", None, 41)))
    assert judged.verdict == "confirmed"
    assert judged.since == AT - timedelta(minutes=10)
    assert "idle timeout of web: 60 s" in " ".join(f.text for f in judged.evidence)


@BOTH
def test_a_few_errors_are_noise(judge: Judge, role: str) -> None:
    assert judge(evidence(scene(), REQUESTS, series(role, None, 0.4))).verdict == "ruled_out"


@BOTH
def test_errors_that_are_always_there_are_no_news(judge: Judge, role: str) -> None:
    assert judge(evidence(scene(), REQUESTS, series(role, 40, 42))).verdict == "ruled_out"


@BOTH
def test_a_counter_without_datapoints_beside_requests_is_zero(judge: Judge, role: str) -> None:
    assert judge(evidence(scene(), REQUESTS, series(role, None, None))).verdict == "ruled_out"


@BOTH
def test_a_silent_balancer_is_not_checked(judge: Judge, role: str) -> None:
    assert judge(evidence(scene(), series(role, None, None), gaps=("elbv2.metrics",))).verdict == "could_not_check"


@BOTH
def test_errors_that_are_over(judge: Judge, role: str) -> None:
    found = series(role, 0, 40, minutes=20, back=True)
    assert judge(evidence(scene(), REQUESTS, found)).verdict == "possible"


@BOTH
def test_tasks_that_die_are_the_deeper_reason(judge: Judge, role: str) -> None:
    dead = StoppedTask(
        at=AT, id="1", service="api", cluster="prod", task_definition="api:7",
        containers=(Container(name="app", exit_code=137),),
    )  # fmt: skip
    assert judge(evidence(scene(), REQUESTS, series(role, None, 40), dead)).verdict == "likely"
