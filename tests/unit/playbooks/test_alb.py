from __future__ import annotations

from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from lambdas.diagnosis.graph import Graph
from lambdas.playbooks import playbook_for
from lambdas.targets import LoadBalancer, TargetGroup

CATALOGUE = (
    "alb.no_healthy_targets", "alb.targets_timeout", "alb.targets_wrong_code", "alb.security_group_blocks",
    "alb.health_check_too_aggressive", "alb.registration_flapping", "alb.empty_target_group", "alb.uneven_zones",
    "alb.sticky_skew", "alb.target_resets", "alb.target_timeouts", "alb.traffic_surge", "alb.slow_targets",
    "alb.certificate_expiring",
)  # fmt: skip


def test_it_is_for_balancers_and_target_groups() -> None:
    for target in (LoadBalancer("app/web/1"), TargetGroup("targetgroup/api/1")):
        assert playbook_for(target).id == "alb"


def test_its_checks_exist_and_wait_for_each_other_without_a_circle() -> None:
    book = playbook_for(LoadBalancer("app/web/1"))
    names = [name for step in book.steps for name in step.checks]
    assert len(names) == len(set(names))
    graph = Graph([CHECKS[name] for name in names])
    assert "elbv2.balancers" in graph.before["elbv2.targets"]


def test_the_catalogue_is_whole_and_reads_what_the_playbook_looks_at() -> None:
    loaded()
    assert {id_ for id_ in CAUSES if id_.startswith("alb.")} == set(CATALOGUE)
    book = playbook_for(LoadBalancer("app/web/1"))
    names = {name for step in book.steps for name in step.checks}
    for id_ in CATALOGUE:
        assert set(CAUSES[id_].reads) <= names, id_
        assert CAUSES[id_].runbook.startswith("Scenario 3")


def test_every_step_is_named_by_the_playbook() -> None:
    assert all(step.id.startswith("alb.") for step in playbook_for(LoadBalancer("app/web/1")).steps)
