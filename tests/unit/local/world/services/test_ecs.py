from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.world.conftest import world_of

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = """
ecs:
  services: [{cluster: prod, serviceName: web, desiredCount: 2}]
  tasks:
    - {cluster: prod, taskId: run, group: "service:web", taskDefinition: web:2, createdAt: -3h}
    - {cluster: prod, taskId: dead, group: "service:web", taskDefinition: web:2, lastStatus: STOPPED, stoppedAt: -8m}
    - {cluster: prod, taskId: gone, group: "service:web", taskDefinition: web:2, lastStatus: STOPPED, stoppedAt: -2h}
    - {cluster: prod, taskId: job, group: "family:job", taskDefinition: job:1}
  taskDefinitions:
    - {family: web, revision: 1}
    - {family: web, revision: 2}
    - {family: web, revision: 3, status: INACTIVE}
  serviceDeployments:
    - {cluster: prod, service: web, status: SUCCESSFUL, createdAt: -2d}
    - {cluster: prod, service: web, status: IN_PROGRESS, createdAt: -5m}
"""


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["run", "job"]),
        ({"desiredStatus": "STOPPED"}, ["dead"]),
        ({"serviceName": "web"}, ["run"]),
        ({"family": "job"}, ["job"]),
    ],
)
def test_tasks_are_filtered_and_old_stopped_ones_are_gone(
    ask: Callable[..., Any], params: dict[str, str], expected: list[str]
) -> None:
    arns = ask(BODY, "ecs", "list_tasks", cluster="prod", **params)["taskArns"]
    assert [arn.rsplit("/", 1)[-1] for arn in arns] == expected


def test_what_is_not_there_is_a_failure(ask: Callable[..., Any]) -> None:
    answer = ask(BODY, "ecs", "describe_services", cluster="prod", services=["web", "nope"])
    assert [service["serviceName"] for service in answer["services"]] == ["web"]
    assert answer["failures"][0]["reason"] == "MISSING"
    assert ask(BODY, "ecs", "describe_tasks", cluster="prod", tasks=["gone"])["failures"][0]["reason"] == "MISSING"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("list_tasks", {"cluster": "other"}, "ClusterNotFoundException"),
        ("list_tasks", {"cluster": "prod", "serviceName": "x"}, "ServiceNotFoundException"),
        ("describe_task_definition", {"taskDefinition": "web:9"}, "ClientException"),
    ],
)
def test_errors_are_the_services_own(ask: Callable[..., Any], method: str, params: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as error:
        ask(BODY, "ecs", method, **params)
    assert error.value.response["Error"]["Code"] == code


def test_a_family_means_its_newest_active_revision(ask: Callable[..., Any]) -> None:
    found = ask(BODY, "ecs", "describe_task_definition", taskDefinition="web")["taskDefinition"]
    assert found["revision"] == 2
    assert len(ask(BODY, "ecs", "list_task_definitions", familyPrefix="web")["taskDefinitionArns"]) == 2


def test_deployments_come_newest_first_and_by_status(ask: Callable[..., Any]) -> None:
    listed = ask(BODY, "ecs", "list_service_deployments", cluster="prod", service="web")["serviceDeployments"]
    assert [one["status"] for one in listed] == ["IN_PROGRESS", "SUCCESSFUL"]
    arns = [listed[0]["serviceDeploymentArn"]]
    assert ask(BODY, "ecs", "describe_service_deployments", serviceDeploymentArns=arns)["serviceDeployments"]


def test_lists_are_paginated_as_aws_does(ask: Callable[..., Any]) -> None:
    services = ", ".join(f"{{cluster: prod, serviceName: s{number}}}" for number in range(12))
    world = world_of(f"ecs: {{services: [{services}]}}")
    first = ask(world, "ecs", "list_services", cluster="prod")
    assert len(first["serviceArns"]) == 10
    rest = ask(world, "ecs", "list_services", cluster="prod", nextToken=first["nextToken"])
    assert len(rest["serviceArns"]) == 2
    assert "nextToken" not in rest
