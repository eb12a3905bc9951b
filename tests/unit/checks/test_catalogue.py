"""Invariants over all checks, causes and playbooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from lambdas.diagnosis.graph import Graph
from lambdas.playbooks import GENERIC, playbook_for
from lambdas.playbooks.base import PLAYBOOKS, Playbook
from lambdas.targets import EcsCluster, EcsService, Function, Unrecognised

loaded()

ECS = [
    "image_missing",
    "image_pull_denied",
    "image_pull_network",
    "image_pull_rate_limited",
    "image_wrong_platform",
    "secret_unavailable",
    "log_driver_failed",
    "volume_mount_failed",
    "role_not_assumable",
    "placement_no_capacity",
    "subnet_ip_exhausted",
    "quota_reached",
    "container_oom",
    "config_missing",
    "dependency_unreachable",
    "app_crash",
    "container_health_check_failed",
    "elb_health_check_failed",
    "bad_deployment",
    "traffic_surge",
    "regression_after_deploy",
    "memory_leak",
    "autoscaling_off",
    "autoscaling_at_max",
    "autoscaling_failing",
    "uneven_load",
    "undersized",
]
ANY = {"aws.service_event", "change.configuration", "none.recovered", "none.noise", "unknown"}


def test_every_cause_of_the_catalogue_is_judged() -> None:
    assert {f"ecs.{name}" for name in ECS} | ANY <= set(CAUSES)


def test_causes_read_checks_that_exist() -> None:
    assert {(c.id, r) for c in CAUSES.values() for r in c.reads if r not in CHECKS} == set()


def test_no_cause_is_its_own_effect() -> None:
    assert [c.id for c in CAUSES.values() if c.id in c.effects] == []


@pytest.mark.parametrize("book", PLAYBOOKS.values(), ids=lambda b: b.id)
def test_a_playbook_runs_checks_that_exist_and_yields_what_they_need(book: Playbook) -> None:
    ids = [id_ for step in book.steps for id_ in step.checks]
    graph = Graph([CHECKS[id_] for id_ in dict.fromkeys(ids)])
    lacking = {(c.id, kind.__name__) for c in graph.checks.values() for kind in c.needs if not graph.providers(kind)}
    assert lacking == set()


def test_a_target_finds_its_playbook_and_everything_else_has_one_too() -> None:
    assert playbook_for(EcsService("c", "s")).id == playbook_for(EcsCluster("c")).id == "ecs"
    assert {playbook_for(target).id for target in (Unrecognised("x"), Function("f"))} <= set(PLAYBOOKS)
    assert GENERIC in PLAYBOOKS


def test_permissions_read_only_and_name_real_scopes() -> None:
    reading = re.compile(r"^[a-z0-9-]+:(Describe|List|Get|Lookup|Filter|StartQuery|StopQuery|BatchGet)\w*$")
    allowed = {allow for check in CHECKS.values() for allow in check.allow}
    assert {a.action for a in allowed if not reading.match(a.action)} == set()
    assert {
        a.action for a in allowed if "GetSecretValue" in a.action or a.action.startswith("ssm:GetParameter")
    } == set()
    assert {a.on for a in allowed if a.on != "*" and not a.on.startswith("arn:{partition}:")} == set()


def test_judging_imports_no_aws_library() -> None:
    root = Path(__file__).parents[3] / "lambdas"
    pure = [
        *(root / "causes").rglob("*.py"),
        *(root / "diagnosis" / f for f in ("ranking.py", "timeseries.py", "graph.py")),
    ]
    forbidden = re.compile(r"^(import|from) (boto3|botocore|lambdas\.aws)", re.MULTILINE)
    assert [p.name for p in pure if forbidden.search(p.read_text())] == []
