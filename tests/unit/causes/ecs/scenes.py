"""Evidence by hand: an ECS service at 03:00 UTC, as the checks would have found it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import Evidence
from lambdas.checks.base import Finding, Found, Gap, Window
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.checks.ecs.services import Deployment, ServiceEvent, ServiceState
from lambdas.checks.ecs.task_definitions import ContainerSpec, TaskDefinition
from lambdas.checks.ecs.tasks import Container, StoppedTask
from lambdas.checks.logs.lines import LastWord
from lambdas.targets import EcsService

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LOOKED = (
    "ecs.services", "ecs.stopped_tasks", "ecs.running_tasks", "ecs.task_definitions", "ecs.metrics",
    "ecs.metrics_baseline", "ecr.images", "logs.last_words", "logs.errors", "logs.groups", "elbv2.target_health",
    "cloudtrail.changes", "health.events", "application_autoscaling.targets", "application_autoscaling.activities",
    "cloudwatch.alarm", "cloudwatch.alarm_metric", "cloudwatch.alarm_history",
)  # fmt: skip


def ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


def evidence(*findings: Finding, gaps: dict[str, str] | None = None, **alert: Any) -> Evidence:
    found = Found()
    for finding in findings:
        found.add(finding)
    gaps = gaps or {}
    found.gaps = [Gap(check, why) for check, why in gaps.items()]
    found.looked = set(LOOKED) - gaps.keys()
    metric = Metric(namespace="AWS/ECS", name="CPUUtilization", dimensions={"ClusterName": "c", "ServiceName": "web"})
    fields: dict[str, Any] = {
        "kind": "alarm", "source": "sns", "name": "web-cpu", "state": "ALARM", "at": AT, "account": "123456789012",
        "region": "eu-west-1", "metrics": (metric,), "threshold": 75.0, "comparison": "GreaterThanThreshold",
    }  # fmt: skip
    return Evidence(
        alert=Alert(**(fields | alert)),
        target=EcsService("c", "web"),
        window=Window(start=ago(180), at=AT, end=ago(-2), now=ago(-2)),
        found=found,
    )


def service(**fields: Any) -> ServiceState:
    usual: dict[str, Any] = {
        "cluster": "c", "name": "web", "desired": 2, "running": 2, "pending": 0, "task_definition": "web:8",
        "launch_type": "FARGATE", "subnets": ("subnet-1",), "security_groups": ("sg-1",),
        "deployments": (deployment(8, minutes=60 * 24 * 9),),
    }  # fmt: skip
    return ServiceState(**(usual | fields))


def deployment(revision: int, *, minutes: float, **fields: Any) -> Deployment:
    usual: dict[str, Any] = {
        "id": f"ecs-svc/{revision}", "status": "PRIMARY", "task_definition": f"web:{revision}", "desired": 2,
        "running": 2, "pending": 0, "failed": 0, "created_at": ago(minutes), "updated_at": ago(minutes - 4),
        "rollout": "COMPLETED",
    }  # fmt: skip
    return Deployment(**(usual | fields))


def event(minutes: float, message: str) -> ServiceEvent:
    return ServiceEvent(at=ago(minutes), message=f"(service web) {message}")


def stopped(
    minutes: float, reason: str, *, revision: int = 8, exit_code: int | None = None, code: str = "", own: str = ""
) -> StoppedTask:
    number = int(minutes * 10)
    return StoppedTask(
        at=ago(minutes), id=f"{number:032x}", service="web", cluster="c", task_definition=f"web:{revision}",
        created_at=ago(minutes + 1.5), started_at=ago(minutes + 1) if exit_code is not None else None, reason=reason,
        stop_code=code or ("EssentialContainerExited" if exit_code is not None else "TaskFailedToStart"),
        containers=(Container(name="app", image="r/web:8", exit_code=exit_code, reason=own),),
        source="ecs:DescribeTasks",
    )  # fmt: skip


def last_word(task: StoppedTask, text: str) -> LastWord:
    return LastWord(
        at=task.at, group="/ecs/web", stream=f"app/app/{task.id}", text=text, service="web", task=task.id,
        container="app", source="logs:/ecs/web",
    )  # fmt: skip


def definition(revision: int = 8, **fields: Any) -> TaskDefinition:
    usual: dict[str, Any] = {
        "service": "web", "which": "current", "family": "web", "revision": revision, "cpu": 512, "memory": 1024,
        "containers": (ContainerSpec(name="app", image="r/web:8"),),
    }  # fmt: skip
    return TaskDefinition(**(usual | fields))


def metric(
    role: str, before: float, now: float | None = None, *, since: float = 20, past: float | None = None
) -> list[Finding]:
    """A series at `before` until `since` minutes before the alarm, then at `now`; the week before at `past`.

    Sums are per minute; the baseline's points are five minutes each.
    """
    summed = role in ("elb.requests", "elb.requests_per_target", "elb.errors")
    after = before if now is None else now
    points = tuple((ago(m), after if m <= since else before) for m in range(180, -2, -1))
    usual = (before if past is None else past) * (5 if summed else 1)
    week = tuple((ago(180 + 5 * n), usual * (1 + 0.02 * (n % 3 - 1))) for n in range(288 * 7, 0, -1))
    names = {"ecs.cpu": "CPUUtilization", "ecs.memory": "MemoryUtilization", "elb.requests": "RequestCount"}
    of = "CPUUtilization" if role == "alarm" else "web"
    series = Series(
        role=role, of=of, namespace="AWS/ECS", name=names.get(role, "CPUUtilization"),
        stat="Sum" if summed else "Average", period=60, points=points,
    )  # fmt: skip
    return [series, Past(role=role, of=of, period=300, points=week)]
