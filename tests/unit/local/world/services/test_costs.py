"""Cost Explorer, Compute Optimizer and reserved databases: their answers through botocore, and how they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.world.errors import WorldError
from local.world.hook import attached
from tests.unit.local.world.conftest import aws, world_of

if TYPE_CHECKING:
    from collections.abc import Callable

RDS = "Amazon Relational Database Service"
BODY = f"""
ce:
  costs:
    - {{service: {RDS}, usage_type: "EU-InstanceUsage:db.r6g.large", unit: Hrs, quantity: {{base: 24}},
        amount: {{base: 6, steps: [{{at: 2026-11-22T00:00:00Z, to: 12}}]}}}}
    - {{service: Amazon Elastic Container Service, usage_type: "EU-Fargate-vCPU-Hours:perCPU", amount: {{base: 4}}}}
  anomalies:
    - {{AnomalyStartDate: "2026-11-21", DimensionValue: {RDS}, Impact: {{MaxImpact: 6, TotalImpact: 12}}}}
  reservationCoverage: [{{service: {RDS}, CoverageHours: {{CoverageHoursPercentage: "41.2"}}}}]
  savingsPlansUtilization: [{{Utilization: {{UtilizationPercentage: "82.5"}}}}]
compute-optimizer:
  enrollment: [{{status: Active}}]
  ecsServices:
    - {{serviceArn: service/prod/web, finding: Overprovisioned}}
    - {{serviceArn: service/prod/api, finding: Optimized}}
rds: {{reservedDBInstances: [{{DBInstanceClass: db.r6g.large, StartTime: 2026-01-01T00:00:00Z}}]}}
"""
USD = {"Metrics": ["UnblendedCost"]}
WEEK = {"TimePeriod": {"Start": "2026-11-21", "End": "2026-11-24"}}


def test_costs_by_day_and_service(ask: Callable[..., Any]) -> None:
    answer = ask(
        BODY, "ce", "get_cost_and_usage", **WEEK, Granularity="DAILY", Metrics=["UnblendedCost", "UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )  # fmt: skip
    rows = [
        (row["TimePeriod"]["Start"], g["Keys"][0], g["Metrics"]["UnblendedCost"]["Amount"])
        for row in answer["ResultsByTime"]
        for g in row["Groups"]
    ]
    ecs = "Amazon Elastic Container Service"
    assert rows == [
        ("2026-11-21", ecs, "4"), ("2026-11-21", RDS, "6"),
        ("2026-11-22", ecs, "4"), ("2026-11-22", RDS, "12"),
        ("2026-11-23", ecs, "4"), ("2026-11-23", RDS, "12"),
    ]  # fmt: skip
    assert [row["Estimated"] for row in answer["ResultsByTime"]] == [False, False, True]


def test_a_month_in_total_and_filtered(ask: Callable[..., Any]) -> None:
    answer = ask(
        BODY, "ce", "get_cost_and_usage", **WEEK, Granularity="MONTHLY", Metrics=["UnblendedCost"],
        Filter={"Dimensions": {"Key": "SERVICE", "Values": [RDS]}},
    )  # fmt: skip
    assert [row["Total"]["UnblendedCost"] for row in answer["ResultsByTime"]] == [{"Amount": "30", "Unit": "USD"}]


@pytest.mark.parametrize(
    ("service", "method", "params", "path"),
    [
        ("ce", "get_anomalies", {"DateInterval": {"StartDate": "2026-11-20"}}, ("Anomalies", 0, "DimensionValue")),
        (
            "ce", "get_reservation_coverage", WEEK | {"Filter": {"Dimensions": {"Key": "SERVICE", "Values": [RDS]}}},
            ("CoveragesByTime", 0, "TimePeriod", "Start"),
        ),
        ("ce", "get_savings_plans_utilization", WEEK, ("Total", "Utilization", "UtilizationPercentage")),
        ("compute-optimizer", "get_enrollment_status", {}, ("status",)),
        (
            "compute-optimizer", "get_ecs_service_recommendations",
            {"filters": [{"name": "Finding", "values": ["Overprovisioned"]}]},
            ("ecsServiceRecommendations", -1, "finding"),
        ),
        ("rds", "describe_reserved_db_instances", {}, ("ReservedDBInstances", 0, "State")),
    ],
)  # fmt: skip
def test_answers(
    ask: Callable[..., Any], service: str, method: str, params: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    found = ask(BODY, service, method, **params)
    for step in path:
        found = found[step]
    assert found in {RDS, "2026-11-21", "82.5", "Active", "Overprovisioned", "active"}


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("ce", "get_savings_plans_utilization", WEEK, "DataUnavailableException"),
        ("ce", "get_savings_plans_coverage", WEEK, "DataUnavailableException"),
        ("ce", "get_reservation_coverage", WEEK, "DataUnavailableException"),
        (
            "ce", "get_cost_and_usage",
            {"TimePeriod": {"Start": "2026-11-24", "End": "2026-11-24"}, "Granularity": "DAILY"} | USD,
            "ValidationException",
        ),
        ("compute-optimizer", "get_ecs_service_recommendations", {}, "OptInRequiredException"),
    ],
)  # fmt: skip
def test_an_account_without_any(
    ask: Callable[..., Any], service: str, method: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as raised:
        ask("", service, method, **params)
    assert raised.value.response["Error"]["Code"] == code


def test_what_the_world_does_not_group_by_fails_loudly() -> None:
    world = world_of(BODY)
    with pytest.raises(WorldError, match="does not group by AZ"), attached(world):
        aws("ce").get_cost_and_usage(
            **WEEK, Granularity="DAILY", Metrics=["UnblendedCost"], GroupBy=[{"Type": "DIMENSION", "Key": "AZ"}]
        )
