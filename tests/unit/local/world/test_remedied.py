"""The three writes that a world takes: its own state changes, its metrics follow, and everything else fails loudly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.world.errors import WorldError
from tests.unit.local.world.conftest import HEAD, world_of

ECS = """
ecs:
  services:
    - {cluster: prod, serviceName: checkout, desiredCount: 2, runningCount: 2, taskDefinition: checkout:7,
       deployments: [{status: PRIMARY, taskDefinition: checkout:7, desiredCount: 2, runningCount: 2, createdAt: -9d,
                      rolloutState: COMPLETED}]}
  taskDefinitions: [{family: checkout, revision: 6}, {family: checkout, revision: 7}]
application-autoscaling:
  scalableTargets: [{ResourceId: service/prod/checkout, MinCapacity: 2, MaxCapacity: 6}]
dynamodb:
  tables:
    - {TableName: orders, ProvisionedThroughput: {ReadCapacityUnits: 10, WriteCapacityUnits: 5},
       GlobalSecondaryIndexes:
         [{IndexName: byDay, ProvisionedThroughput: {ReadCapacityUnits: 10, WriteCapacityUnits: 5}}]}
cloudwatch:
  metrics:
    - {namespace: AWS/ECS, metric: CPUUtilization, dimensions: {ClusterName: prod, ServiceName: checkout},
       series: {base: 40, steps: [{at: -20m, to: 95}]}}
"""
BETTER = HEAD + "remedied: {after: 1m, metrics: [{metric: CPUUtilization, to: 55}]}\n"
type Ask = Callable[..., Any]


def _service(ask: Ask, world: Any) -> dict[str, Any]:
    (found,) = ask(world, "ecs", "describe_services", cluster="prod", services=["checkout"])["services"]
    return dict(found)


def test_tasks_follow_the_desired_count_after_a_while(ask: Ask) -> None:
    world = world_of(ECS)
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", desiredCount=5)
    service = _service(ask, world)
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (5, 2, 3)
    world.advance(timedelta(minutes=2))
    service = _service(ask, world)
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (5, 5, 0)


def test_a_new_revision_is_a_deployment_that_completes(ask: Ask) -> None:
    world = world_of(ECS)
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", taskDefinition="checkout:6")
    first = _service(ask, world)
    assert [d["rolloutState"] for d in first["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    world.advance(timedelta(minutes=2))
    (deployment,) = _service(ask, world)["deployments"]
    assert (deployment["taskDefinition"].rpartition("/")[2], deployment["rolloutState"]) == ("checkout:6", "COMPLETED")


def test_a_forced_deployment_keeps_the_revision_and_changes_the_deployment(ask: Ask) -> None:
    world = world_of(ECS)
    before = _service(ask, world)["deployments"][0]["id"]
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", forceNewDeployment=True)
    world.advance(timedelta(minutes=2))
    (deployment,) = _service(ask, world)["deployments"]
    assert deployment["id"] != before
    assert deployment["taskDefinition"].endswith("checkout:7")


def _cpu(ask: Ask, world: Any) -> float:
    dimensions = [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "checkout"}]
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}
    now = world.clock.now()
    start = now - timedelta(minutes=2)
    answer = ask(world, "cloudwatch", "get_metric_data", MetricDataQueries=[query], StartTime=start, EndTime=now)
    return float(answer["MetricDataResults"][0]["Values"][0])


def test_metrics_step_with_a_change_and_back_with_its_undo(ask: Ask) -> None:
    world = world_of(ECS, BETTER)
    assert _cpu(ask, world) == 95
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", desiredCount=5)
    world.advance(timedelta(minutes=5))
    assert _cpu(ask, world) == 55
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", desiredCount=2)
    world.advance(timedelta(minutes=5))
    assert _cpu(ask, world) == 95


def test_a_world_without_the_section_gets_no_better(ask: Ask) -> None:
    world = world_of(ECS)
    ask(world, "ecs", "update_service", cluster="prod", service="checkout", desiredCount=5)
    world.advance(timedelta(minutes=5))
    assert _cpu(ask, world) == 95


def test_a_scalable_target_takes_its_limits_and_switches(ask: Ask) -> None:
    world = world_of(ECS)
    about = {"ServiceNamespace": "ecs", "ResourceId": "service/prod/checkout"}
    about["ScalableDimension"] = "ecs:service:DesiredCount"
    ask(world, "application-autoscaling", "register_scalable_target", **about, MaxCapacity=9)
    (target,) = ask(world, "application-autoscaling", "describe_scalable_targets", ServiceNamespace="ecs")[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 9)


def test_a_tables_and_an_indexs_throughput(ask: Ask) -> None:
    world = world_of(ECS)
    more = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 50}
    ask(world, "dynamodb", "update_table", TableName="orders", ProvisionedThroughput=more)
    update = [{"Update": {"IndexName": "byDay", "ProvisionedThroughput": more}}]
    ask(world, "dynamodb", "update_table", TableName="orders", GlobalSecondaryIndexUpdates=update)
    table = ask(world, "dynamodb", "describe_table", TableName="orders")["Table"]
    assert table["ProvisionedThroughput"] == more
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == more


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("ecs", "update_service", {"cluster": "prod", "service": "checkout", "enableExecuteCommand": True}),
        ("ecs", "delete_service", {"cluster": "prod", "service": "checkout"}),
        ("ecs", "stop_task", {"cluster": "prod", "task": "x"}),
        ("dynamodb", "update_table", {"TableName": "orders", "DeletionProtectionEnabled": True}),
        (
            "application-autoscaling",
            "register_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/prod/other",
                "ScalableDimension": "ecs:service:DesiredCount",
                "MaxCapacity": 9,
            },
        ),
        (
            "application-autoscaling",
            "deregister_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/prod/checkout",
                "ScalableDimension": "ecs:service:DesiredCount",
            },
        ),
    ],
)
def test_every_other_write_fails_loudly(ask: Ask, service: str, method: str, params: dict[str, Any]) -> None:
    with pytest.raises(WorldError, match="the World does not"):
        ask(ECS, service, method, **params)


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        (
            "ecs",
            "update_service",
            {"cluster": "prod", "service": "gone", "desiredCount": 1},
            "ServiceNotFoundException",
        ),
        (
            "ecs",
            "update_service",
            {"cluster": "prod", "service": "checkout", "taskDefinition": "checkout:5"},
            "ClientException",
        ),
        (
            "dynamodb",
            "update_table",
            {"TableName": "orders", "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}},
            "ValidationException",
        ),
    ],
)
def test_what_aws_refuses_the_world_refuses(
    ask: Ask, service: str, method: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(Exception, match=code):
        ask(ECS, service, method, **params)
