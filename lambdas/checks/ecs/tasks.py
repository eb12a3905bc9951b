"""Tasks of the services: those that run, and those that stopped in about the last hour, with AWS's reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState, short

TASKS = 100  # of one DescribeTasks call
SERVICES = 3  # whose tasks are read one by one; a whole cluster would take too many calls

ALLOW = (
    # ListTasks is scoped by condition key only (Service Authorization Reference, Amazon ECS).
    Allow("ecs:ListTasks"),
    Allow("ecs:DescribeTasks", "arn:{partition}:ecs:{region}:{account}:task/*"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a task."""

    name: str
    image: str = ""
    digest: str = ""
    exit_code: int | None = None
    reason: str = ""
    status: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Finding):
    """A task. `at` is when it stopped, or when it was created if it runs."""

    id: str
    service: str  # the service's name, from `group`
    cluster: str
    task_definition: str  # "family:revision"
    deployment: str = ""  # `startedBy`
    last_status: str = ""
    desired_status: str = ""
    launch_type: str = ""
    zone: str = ""
    subnet: str = ""
    address: str = ""
    cpu: int | None = None  # CPU units
    memory: int | None = None  # MiB
    health: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    instance: str = ""  # container instance ARN's last part
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedTask(Task):
    """A task that stopped, with the reasons."""

    stop_code: str = ""  # TaskFailedToStart | EssentialContainerExited | ServiceSchedulerInitiated | …
    reason: str = ""

    @property
    def lived(self) -> float | None:
        """Seconds from its start to its stop; None if it never started."""
        if self.at is None or self.started_at is None:
            return None
        return (self.at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTask(Task):
    """A task that runs, or is on its way."""


@check(
    "ecs.stopped_tasks",
    title="Stopped tasks: stop codes, exit codes and reasons",
    yields=(StoppedTask,),
    needs=(ServiceState,),
    allow=ALLOW,
    calls=6,
)
def stopped_tasks(look: Look) -> Iterator[Finding]:
    """ECS shows stopped tasks for about an hour; finding none means nothing by itself."""
    for service in look.found.of(ServiceState)[:SERVICES]:
        for raw in _tasks(look, service, "STOPPED"):
            yield stopped(raw, service, look.aws.region)


@check(
    "ecs.running_tasks",
    title="Running tasks: age, revision, health, zone",
    yields=(RunningTask,),
    needs=(ServiceState,),
    allow=ALLOW,
    calls=6,
)
def running_tasks(look: Look) -> Iterator[Finding]:
    """Tasks that run or are being started."""
    for service in look.found.of(ServiceState)[:SERVICES]:
        for raw in _tasks(look, service, "RUNNING"):
            yield RunningTask(at=raw.get("createdAt"), **_fields(raw, service, look.aws.region))


def _tasks(look: Look, service: ServiceState, status: Literal["RUNNING", "STOPPED"]) -> Sequence[dict[str, Any]]:
    listed = look.aws.ecs.list_tasks(
        cluster=service.cluster, serviceName=service.name, desiredStatus=status, maxResults=TASKS
    )
    arns = listed.get("taskArns") or []
    if not arns:
        return ()
    answer: Any = look.aws.ecs.describe_tasks(cluster=service.cluster, tasks=arns)
    tasks: list[dict[str, Any]] = answer.get("tasks") or []
    return tasks


def stopped(raw: dict[str, Any], service: ServiceState, region: str) -> StoppedTask:
    """Read one stopped task of DescribeTasks."""
    return StoppedTask(
        at=raw.get("stoppedAt") or raw.get("stoppingAt") or raw.get("createdAt"),
        stop_code=raw.get("stopCode", ""),
        reason=raw.get("stoppedReason", ""),
        **_fields(raw, service, region),
    )


def _fields(raw: dict[str, Any], service: ServiceState, region: str) -> dict[str, Any]:
    id_ = short(raw.get("taskArn", ""))
    details = {
        d.get("name", ""): d.get("value", "")
        for a in raw.get("attachments") or ()
        if a.get("type") == "ElasticNetworkInterface"
        for d in a.get("details") or ()
    }
    return {
        "id": id_,
        "service": (raw.get("group") or "").removeprefix("service:") or service.name,
        "cluster": service.cluster,
        "task_definition": short(raw.get("taskDefinitionArn", "")),
        "deployment": raw.get("startedBy", ""),
        "last_status": raw.get("lastStatus", ""),
        "desired_status": raw.get("desiredStatus", ""),
        "launch_type": raw.get("launchType", ""),
        "zone": raw.get("availabilityZone", ""),
        "subnet": details.get("subnetId", ""),
        "address": details.get("privateIPv4Address", ""),
        "cpu": number(raw.get("cpu")),
        "memory": number(raw.get("memory")),
        "health": raw.get("healthStatus", ""),
        "created_at": raw.get("createdAt"),
        "started_at": raw.get("startedAt"),
        "pull_started_at": raw.get("pullStartedAt"),
        "pull_stopped_at": raw.get("pullStoppedAt"),
        "instance": short(raw.get("containerInstanceArn", "")),
        "containers": tuple(_container(c) for c in raw.get("containers") or ()),
        "source": "ecs:DescribeTasks",
        "link": links.task(region, service.cluster, id_),
    }


def _container(raw: dict[str, Any]) -> Container:
    return Container(
        name=raw.get("name", ""),
        image=raw.get("image", ""),
        digest=raw.get("imageDigest", ""),
        exit_code=raw.get("exitCode"),
        reason=raw.get("reason", ""),
        status=raw.get("lastStatus", ""),
        health=raw.get("healthStatus", ""),
    )


def number(text: str | int | None) -> int | None:
    """CPU units or MiB as ECS writes them, which is text."""
    return int(text) if text not in (None, "") and str(text).isdigit() else None
