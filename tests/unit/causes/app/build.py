"""Evidence of an application built by hand: a service, its tasks, its log, and the metric that rang."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import CAUSES, Evidence, Judgement
from lambdas.checks.base import Found, Gap, Window
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.ecs.services import Deployment, ServiceState
from lambdas.checks.ecs.tasks import RunningTask
from lambdas.checks.logs.clients import ClientFailure, EarlierClientFailure
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.lines import EarlierErrorLine, ErrorLine
from lambdas.diagnosis.catalogue import loaded
from lambdas.targets import EcsService

if TYPE_CHECKING:
    from lambdas.checks.base import Finding
    from lambdas.checks.logs.access import Proof

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=2), now=AT + timedelta(minutes=2))
CHECKS = (
    "ecs.services", "ecs.rollouts", "ecs.running_tasks", "logs.groups", "logs.errors", "logs.errors_before",
    "logs.recent", "logs.signatures_before", "logs.clients", "logs.clients_before", "logs.queries",
    "cloudwatch.alarm_metric", "cloudtrail.changes",
)  # fmt: skip
GROUP = LogGroup(name="/ecs/pay", service="pay", exists=True)


def felt(level: float = 100, *, ago: int = 15, name: str = "ErrorCount") -> Series:
    """The alarm's metric: nothing, then a level since `ago` minutes."""
    points = tuple((AT - timedelta(minutes=m), level if m <= ago else 0.0) for m in range(180, -3, -1))
    return Series(role="alarm", of=name, namespace="Shop/App", name=name, stat="Sum", period=60, points=points)


def lines(text: str, *, ago: float = 15, count: int = 60, stream: str = "app/app/new1") -> list[ErrorLine]:
    """Lines from `ago` minutes before the alarm up to now."""
    step = (ago + 1.5) / count
    return [
        ErrorLine(at=AT - timedelta(minutes=ago - i * step), group="/ecs/pay", stream=stream, text=text)
        for i in range(count)
    ]


def always(text: str, *, count: int = 60) -> list[EarlierErrorLine]:
    """The same kind of lines at the beginning of the window."""
    return [
        EarlierErrorLine(at=WINDOW.start + timedelta(seconds=20 * i), group="/ecs/pay", stream="s", text=text)
        for i in range(count)
    ]


def service(*, deployed: float | None = None) -> ServiceState:
    """The service, deployed so many minutes before the alarm, or days ago."""
    at = AT - (timedelta(minutes=deployed) if deployed is not None else timedelta(days=8))
    deployment = Deployment(
        id="1", status="PRIMARY", task_definition="pay:2", desired=2, running=2, pending=0, failed=0, created_at=at,
        updated_at=at, rollout="COMPLETED",
    )  # fmt: skip
    return ServiceState(
        cluster="prod", name="pay", desired=2, running=2, pending=0, task_definition="pay:2", deployments=(deployment,)
    )


def task(id_: str, revision: str, *, ago: float) -> RunningTask:
    return RunningTask(
        id=id_, service="pay", cluster="prod", task_definition=revision, last_status="RUNNING",
        started_at=AT - timedelta(minutes=ago),
    )  # fmt: skip


def refused(
    client: str, count: int, *, what: Proof = "password", user: str = "", agent: str = "", status: int = 401,
    path: str = "/login",
) -> list[ClientFailure]:  # fmt: skip
    """Requests that were answered with 4XX around the alarm."""
    return [
        ClientFailure(
            at=AT - timedelta(seconds=300 - i % 300), group="/ecs/pay", status=status, path=path, client=client,
            agent=agent, user=user or f"u{i}", authentication=status == 401, refused=what if status == 401 else "",
        )
        for i in range(count)
    ]  # fmt: skip


def before(client: str, count: int, *, status: int = 401, path: str = "/login") -> list[EarlierClientFailure]:
    return [
        EarlierClientFailure(group="/ecs/pay", status=status, path=path, client=client, authentication=status == 401)
        for _ in range(count)
    ]


def evidence(*findings: Finding, gaps: tuple[str, ...] = (), metric: str = "ErrorCount") -> Evidence:
    found = Found()
    for finding in (GROUP, *findings):
        found.add(finding)
    found.looked.update(c for c in CHECKS if c not in gaps)
    found.gaps.extend(Gap(c, "access denied") for c in gaps)
    alert = Alert(
        kind="alarm", source="sns", name="pay-errors", state="ALARM", at=AT, account="123456789012",
        region="eu-west-1", metrics=(Metric(namespace="Shop/App", name=metric, statistic="Sum"),),
    )  # fmt: skip
    return Evidence(alert=alert, target=EcsService("prod", "pay"), window=WINDOW, found=found)


def judge(cause: str, given: Evidence) -> Judgement:
    loaded()
    return CAUSES[f"app.{cause}"].judge(given)
