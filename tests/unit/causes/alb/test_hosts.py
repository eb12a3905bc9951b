from __future__ import annotations

import pytest

from lambdas.causes.alb.hosts import no_healthy_targets, targets_timeout, targets_wrong_code
from lambdas.checks.ecs.services import ServiceEvent
from tests.unit.causes.alb.scenes import AT, evidence, health, on_group, scene, series, service

SILENT = health("a", "unhealthy", "Target.Timeout", description="Request timed out")
WRONG = health(
    "a", "unhealthy", "Target.ResponseCodeMismatch", description="Health checks failed with these codes: [404]"
)
FINE = health("b")


def test_no_healthy_target() -> None:
    judged = no_healthy_targets(
        evidence(scene(targets=[SILENT, health("b", "unused", "Target.InvalidState")]), **on_group())
    )
    assert judged.verdict == "confirmed"
    assert "1 × Target.Timeout, 1 × Target.InvalidState" in judged.summary


def test_some_healthy_target_rules_it_out_with_the_counts() -> None:
    judged = no_healthy_targets(evidence(scene(targets=[SILENT, FINE])))
    assert judged.verdict == "ruled_out"
    assert "1 unhealthy" in judged.evidence[0].text


def test_host_counts_carry_the_case_where_target_health_is_denied() -> None:
    found = [*scene(targets=()), *series("tg.healthy", 2, 0), *series("tg.unhealthy", 0, 2)]
    judged = no_healthy_targets(evidence(found, gaps=("elbv2.targets",)))
    assert judged.verdict == "confirmed"
    assert judged.missing == ("elbv2.targets: access denied",)


def test_host_counts_that_came_back_are_no_cause_any_more() -> None:
    found = [*scene(), *series("tg.healthy", 2, 0, back=True), *series("tg.unhealthy", 0, 2, back=True)]
    assert no_healthy_targets(evidence(found)).verdict == "possible"


@pytest.mark.parametrize("judge", [no_healthy_targets, targets_timeout, targets_wrong_code])
def test_nothing_seen_is_evidence_of_nothing(judge: object) -> None:
    judged = judge(evidence(gaps=("elbv2.balancers", "elbv2.targets", "elbv2.metrics")))  # type: ignore[operator]
    assert judged.verdict == "could_not_check"
    assert "elbv2.targets: access denied" in judged.missing


def test_time_outs_by_the_balancers_own_code() -> None:
    judged = targets_timeout(evidence(scene(targets=[SILENT, FINE]), series("tg.unhealthy", 0, 1), **on_group()))
    assert (judged.verdict, judged.since is not None) == ("confirmed", True)
    assert "1 of 2 targets of api does not answer HTTP /health within 5 s: a:8080" in judged.summary
    assert targets_wrong_code(evidence(scene(targets=[SILENT, FINE]))).verdict == "ruled_out"


def test_one_of_many_is_only_likely_the_reason_of_an_alarm_on_errors() -> None:
    many = [SILENT, *(health(f"h{i}") for i in range(9))]
    assert targets_timeout(evidence(scene(targets=many))).verdict == "likely"


def test_wrong_codes_with_the_code_and_what_is_expected() -> None:
    judged = targets_wrong_code(evidence(scene(targets=[WRONG, FINE]), **on_group()))
    assert judged.verdict == "confirmed"
    assert "answers /health with 404, 200 is expected" in judged.summary
    assert "modify-target-group" in judged.actions[0].command


def test_events_of_ecs_carry_the_case_where_target_health_is_denied() -> None:
    said = "(service api) (port 8080) is unhealthy in (target-group x) due to (reason Request timed out)"
    found = [*scene(targets=()), service(events=(ServiceEvent(at=AT, message=said),))]
    judged = targets_timeout(evidence(found, gaps=("elbv2.targets",)))
    assert judged.verdict == "likely"
    assert judged.missing


def test_another_group_than_the_alarms_is_a_second_fault_at_most() -> None:
    target = on_group()["target"].__class__("targetgroup/other/1", "app/web/50dc6c495c0c9188")
    judged = targets_wrong_code(evidence(scene(targets=[WRONG]), target=target, metric="UnHealthyHostCount"))
    assert judged.verdict == "likely"
