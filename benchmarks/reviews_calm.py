"""A large account through the weekly, monthly and quarterly reviews: how many calls, and how they grow.

    python -m benchmarks.reviews_calm [SIZE…]      # default: 25 50 100 (per cent)

The stub is that of `benchmarks.reviews`, with what these reviews ask besides. Each service has its own task definition
and image and scaled ten times in the week; each alarm rang once in four weeks, and one in twenty flapped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks import reviews as base
from benchmarks.reviews import ACCOUNT, NOW, Measured, Size

if TYPE_CHECKING:
    from lambdas.reviews.model import Kind

KINDS: tuple[Kind, ...] = ("weekly", "monthly", "quarterly")
DUE = {  # each at its own time: what shows only how things are now is looked at, too
    "weekly": datetime(2026, 11, 27, 14, 0, 20, tzinfo=UTC),
    "monthly": datetime(2026, 12, 1, 8, 0, 20, tzinfo=UTC),
    "quarterly": datetime(2027, 1, 1, 8, 30, 20, tzinfo=UTC),
}
_ANSWER = base.answer


def measure(kind: Kind, size: Size) -> Measured:
    """Run one review over the stub."""
    with mock.patch.object(base, "answer", answer), mock.patch.object(base, "NOW", DUE[kind]):
        return base.measure(kind, size)


def answer(size: Size, service: str, operation: str, params: dict[str, Any]) -> tuple[str, int, Any]:
    """As `benchmarks.reviews.answer`."""
    names = [f"s{n}" for n in range(size.services)]
    rows: list[dict[str, Any]]
    match service, operation:
        case "cloudwatch", "describe_alarm_history":
            return (
                "AlarmHistoryItems",
                100,
                [_change(n, k) for n in range(size.alarms) for k in range(14 if n % 20 == 0 else 2)],
            )
        case "cloudwatch", "list_metrics" if params.get("MetricName") == "ProvisionedReadCapacityUnits":
            rows = [{"Dimensions": [{"Name": "TableName", "Value": f"t{n}"}]} for n in range(size.tables)]
            return "Metrics", 500, rows
        case "application_autoscaling", "describe_scalable_targets":
            if params["ServiceNamespace"] == "dynamodb":
                return "ScalableTargets", 50, []
            rows = [{"ResourceId": f"service/prod/{s}", "MinCapacity": 2, "MaxCapacity": 9} for s in names]
            return "ScalableTargets", 50, rows
        case "application_autoscaling", "describe_scaling_policies":
            return "ScalingPolicies", 50, [{"ResourceId": f"service/prod/{s}", "PolicyName": "p"} for s in names]
        case "application_autoscaling", "describe_scaling_activities":
            return "ScalingActivities", 50, [_activity(s, k) for k in range(10) for s in names]
        case "application_autoscaling", "describe_scheduled_actions":
            return "ScheduledActions", 50, []
        case "ecs", "describe_task_definition":
            return "", 0, {"taskDefinition": _definition(params["taskDefinition"])}
        case "ecs", "describe_services":
            return "", 0, {"services": [_service(arn) for arn in params["services"]]}
        case "ecr", "describe_images":
            return "", 0, {"imageDetails": [{"imagePushedAt": NOW - timedelta(days=3)}]}
        case "rds", "describe_db_parameters":
            return "", 0, {"Parameters": [{"ParameterName": "max_connections", "ParameterValue": "500"}]}
        case "rds", "describe_reserved_db_instances":
            return "ReservedDBInstances", 100, []
        case "rds", "describe_pending_maintenance_actions":
            return "PendingMaintenanceActions", 100, []
        case "ec2", "describe_nat_gateways":
            return "NatGateways", 1000, []
        case "resourcegroupstaggingapi", "get_resources":
            arns = [base._arn("ecs", f"service/prod/{s}") for s in names]  # noqa: SLF001 — the same stub's
            return "ResourceTagMappingList", 100, [{"ResourceARN": arn, "Tags": []} for arn in arns]
        case "dynamodb", "describe_continuous_backups":
            return "", 0, {}
        case "acm", "list_certificates":
            return "CertificateSummaryList", 1000, []
        case (("ce" | "compute_optimizer"), _):
            return "", 0, {}
    return _ANSWER(size, service, operation, params)


def _change(alarm: int, k: int) -> dict[str, Any]:
    to = "OK" if k % 2 else "ALARM"
    at = NOW - timedelta(days=20) + timedelta(minutes=alarm % 997 + 7 * k)
    return {"AlarmName": f"a{alarm}", "Timestamp": at, "HistorySummary": f"Alarm updated from x to {to}"}


def _activity(service: str, k: int) -> dict[str, Any]:
    at = NOW - timedelta(hours=14 * k + 1)
    return {"ResourceId": f"service/prod/{service}", "StartTime": at, "StatusCode": "Successful"}


def _service(arn: str) -> dict[str, Any]:
    name = arn.rpartition("/")[2]
    return base._service(arn) | {"serviceArn": arn, "launchType": "FARGATE", "taskDefinition": f"{name}:1"}  # noqa: SLF001 — the same stub's


def _definition(name: str) -> dict[str, Any]:
    family = name.partition(":")[0]
    image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{family}:1.0"
    return {"cpu": "1024", "memory": "2048", "containerDefinitions": [{"name": "app", "image": image}]}


if __name__ == "__main__":
    base.show(KINDS, measure)
