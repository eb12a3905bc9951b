from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.alerts.parse import parse

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert

ARN = "arn:aws:ecs:eu-west-1:123456789012"


def event(kind: str, detail: dict[str, Any], resource: str = f"{ARN}:service/prod/checkout") -> Alert:
    return parse(
        {
            "detail-type": kind,
            "source": "aws.ecs",
            "account": "123456789012",
            "region": "eu-west-1",
            "time": "2026-11-24T03:00:00Z",
            "resources": [resource],
            "detail": {"clusterArn": f"{ARN}:cluster/prod", **detail},
        }
    )


def stopped(code: str, reason: str, exits: list[int | None], group: str = "service:checkout", why: str = "") -> Alert:
    containers = [{"name": f"c{i}", "exitCode": e, "reason": why} for i, e in enumerate(exits)]
    return event(
        "ECS Task State Change",
        {
            "lastStatus": "STOPPED",
            "group": group,
            "stopCode": code,
            "stoppedReason": reason,
            "containers": containers,
            "taskArn": f"{ARN}:task/prod/0f",
        },
    )


SCALED = "Scaling activity initiated by (deployment ecs-svc/1)"


@pytest.mark.parametrize(
    ("alert", "routine"),
    [
        (stopped("ServiceSchedulerInitiated", SCALED, [0]), True),
        (stopped("ServiceSchedulerInitiated", SCALED, [143, 0]), True),
        (stopped("ServiceSchedulerInitiated", SCALED, [137]), True),
        (stopped("ServiceSchedulerInitiated", SCALED, []), True),
        (stopped("ServiceSchedulerInitiated", SCALED, [1]), False),
        (stopped("ServiceSchedulerInitiated", SCALED, [137], why="OutOfMemoryError: Container killed"), False),
        (stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", [0]), False),
        (stopped("ServiceSchedulerInitiated", "Task failed container health checks", [143]), False),
        (stopped("UserInitiated", "Task stopped by user", [143]), True),
        (stopped("EssentialContainerExited", "Essential container in task exited", [0]), False),
        (stopped("EssentialContainerExited", "Essential container in task exited", [1]), False),
        (stopped("EssentialContainerExited", "Essential container in task exited", [0], "family:job"), True),
        (stopped("EssentialContainerExited", "Essential container in task exited", [2], "family:job"), False),
        (stopped("TaskFailedToStart", "CannotPullContainerError: …", [None]), False),
        (stopped("SpotInterruption", "Your Spot Task was interrupted.", [143]), False),
        (stopped("", "", []), False),
    ],
)
def test_stopped_on_purpose_or_not(alert: Alert, routine: object) -> None:
    assert (alert.routine, alert.state) == (routine, "OK" if routine else "ALARM")


def test_reason_tells_exit_codes_and_container_reasons() -> None:
    alert = stopped(
        "EssentialContainerExited", "Essential container in task exited", [137, 0], why="OutOfMemoryError: killed"
    )
    assert alert.reason == (
        "Essential container in task exited. Container c0: exit code 137, OutOfMemoryError: killed. "
        "Container c1: exit code 0, OutOfMemoryError: killed."
    )


def test_trouble_and_recovery_of_a_service_share_a_key() -> None:
    trouble = stopped("TaskFailedToStart", "CannotPullContainerError", [None])
    steady = event("ECS Service Action", {"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE"})
    failed = event("ECS Deployment State Change", {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED"})
    assert trouble.key == steady.key == failed.key == f"{ARN}:service/prod/checkout"
    assert (trouble.state, steady.state, failed.state) == ("ALARM", "OK", "ALARM")


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("INFO", "SERVICE_STEADY_STATE", ("OK", False)),
        ("INFO", "SERVICE_DEPLOYMENT_COMPLETED", ("OK", False)),
        ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", ("OK", True)),
        ("INFO", "SERVICE_DESIRED_COUNT_UPDATED", ("OK", True)),
        ("WARN", "SERVICE_TASK_START_IMPAIRED", ("ALARM", False)),
        ("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", ("ALARM", False)),
    ],
)
def test_service_action(kind: str, name: str, expected: tuple[str, bool]) -> None:
    alert = event("ECS Service Action", {"eventType": kind, "eventName": name})
    assert (alert.state, alert.routine) == expected


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"agentConnected": True, "status": "ACTIVE", "runningTasksCount": 3}, ("OK", True)),
        ({"agentConnected": False, "status": "ACTIVE"}, ("ALARM", False)),
        ({"agentConnected": False, "status": "DRAINING"}, ("OK", True)),
        ({"agentConnected": True, "status": "ACTIVE", "healthStatus": {"overallStatus": "IMPAIRED"}}, ("ALARM", False)),
    ],
)
def test_container_instance(detail: dict[str, Any], expected: tuple[str, bool]) -> None:
    alert = event("ECS Container Instance State Change", detail, f"{ARN}:container-instance/prod/b5")
    assert (alert.state, alert.routine) == expected
    assert alert.arn == f"{ARN}:container-instance/prod/b5"
