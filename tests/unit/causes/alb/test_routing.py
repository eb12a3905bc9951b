from __future__ import annotations

import pytest

from lambdas.causes.alb.routing import empty_target_group
from tests.unit.causes.alb.scenes import (
    balancer,
    evidence,
    group,
    health,
    on_group,
    route,
    scene,
    series,
    service,
)

REQUESTS = series("alb.requests", 1000, 900)
REJECTED = [*REQUESTS, *series("alb.elb_503", None, 90)]


def test_a_rule_to_an_empty_group_with_503() -> None:
    judged = empty_target_group(evidence(scene(targets=()), REJECTED))
    assert judged.verdict == "confirmed"
    assert "listener :443 default action sends traffic to api, in which no target is registered" in judged.summary


def test_draining_targets_do_not_serve() -> None:
    assert empty_target_group(evidence(scene(targets=[health("a", "draining")]), REJECTED)).verdict == "confirmed"


@pytest.mark.parametrize(
    ("metric", "expected"), [("TargetResponseTime", "possible"), ("HTTPCode_ELB_503_Count", "likely")]
)
def test_without_503_it_is_not_certain(metric: str, expected: str) -> None:
    assert empty_target_group(evidence(scene(targets=()), REQUESTS, metric=metric)).verdict == expected


def test_registered_targets_rule_it_out() -> None:
    assert empty_target_group(evidence(scene(), REJECTED)).verdict == "ruled_out"


def test_a_group_without_weight_gets_nothing() -> None:
    found = [balancer(), group(), route(weight=0)]
    assert empty_target_group(evidence(found, REQUESTS, metric="TargetResponseTime")).verdict != "confirmed"


def test_rules_or_health_that_were_not_seen() -> None:
    assert empty_target_group(evidence(scene(targets=()), gaps=("elbv2.listeners",))).verdict == "could_not_check"
    assert empty_target_group(evidence(scene(targets=()), gaps=("elbv2.targets",))).verdict == "could_not_check"


def test_a_service_scaled_to_zero_is_named() -> None:
    judged = empty_target_group(evidence(scene(targets=()), REJECTED, service(desired=0, running=0), **on_group()))
    assert "update-service --cluster prod --service api" in judged.actions[0].command
