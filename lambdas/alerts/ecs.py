"""ECS events: task, container-instance, deployment and service-action.

Source: 'Amazon ECS events' in the ECS Developer Guide. Trouble of one service carries that service's ARN, so its
stopped tasks, its failed deployment and its return to a steady state are one story. What a scheduler does on purpose
(scale-in, a deployment draining old tasks) is routine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.model import Alert
from lambdas.alerts.regions import partition
from lambdas.alerts.values import mapping, moment, sequence, text, texts, whole

if TYPE_CHECKING:
    from lambdas.alerts.model import State

_GRACEFUL = {0, 130, 137, 143}  # asked to stop: done, SIGINT, SIGKILL after the stop timeout, SIGTERM
_ENDED_WELL = {
    "SERVICE_STEADY_STATE",
    "TASKSET_STEADY_STATE",
    "CAPACITY_PROVIDER_STEADY_STATE",
    "SERVICE_DEPLOYMENT_COMPLETED",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What one event says."""

    name: str
    state: State
    reason: str
    routine: bool = False


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an ECS event from the event bus."""
    detail = mapping(body.get("detail"))
    if body.get("source") != "aws.ecs" or not detail:
        return None
    resources = texts(body.get("resources"))
    account, region = text(body.get("account"), 20), text(body.get("region"), 50)
    base = Alert(
        kind="ecs",
        source="eventbridge",
        name="",
        state="OK",
        at=moment(body.get("time")) or origin.at,
        account=account,
        region=region,
        partition=partition(region),
        resources=resources,
        detail={**detail, "detail-type": text(body.get("detail-type"), 200)},
        event_id=text(body.get("id"), 100) or origin.message_id,
    )
    match body.get("detail-type"):
        case "ECS Task State Change":
            return _with(base, _task(detail), _owner(base, detail), detail.get("stoppedAt") or detail.get("updatedAt"))
        case "ECS Container Instance State Change":
            arn = text(detail.get("containerInstanceArn"), 500) or next(iter(resources), "")
            return _with(base, _instance(detail, arn), arn, detail.get("updatedAt"))
        case "ECS Deployment State Change":
            return _with(base, _action(detail, resources), next(iter(resources), ""), detail.get("updatedAt"))
        case "ECS Service Action":
            return _with(base, _action(detail, resources), next(iter(resources), ""), detail.get("createdAt"))
        case _:
            return None


def _with(base: Alert, told: _Told, arn: str, at: object) -> Alert:
    return replace(
        base,
        name=told.name,
        state=told.state,
        reason=told.reason,
        routine=told.routine,
        arn=arn,
        at=moment(at) or base.at,
    )


def _owner(base: Alert, detail: Mapping[str, Any]) -> str:
    """Build the ARN of the service that a task belongs to; a task of no service stands for itself."""
    group, cluster = text(detail.get("group"), 300), text(detail.get("clusterArn"), 500)
    if not group.startswith("service:") or not cluster:
        return text(detail.get("taskArn"), 500) or next(iter(base.resources), "")
    head, _, name = cluster.partition(":cluster/")
    return f"{head}:service/{name}/{group.removeprefix('service:')}"


def _task(detail: Mapping[str, Any]) -> _Told:
    group = text(detail.get("group"), 300)
    whose = group.removeprefix("service:").removeprefix("family:") or "a task"
    if detail.get("lastStatus") != "STOPPED":
        last = text(detail.get("lastStatus"), 50) or "unknown"
        return _Told(f"ECS task of {whose} is {last}", "OK", f"The task's last status is {last}.", routine=True)
    containers = [mapping(c) for c in sequence(detail.get("containers"))]
    said = [text(detail.get("stoppedReason"), 2_000).rstrip()]
    for container in containers:
        code, why = container.get("exitCode"), text(container.get("reason"), 1_000)
        if why or code:
            shown = f"exit code {code}" if isinstance(code, int) else "no exit code"
            said.append(f"Container {text(container.get('name'), 300)}: {shown}{f', {why}' if why else ''}.")
    reason = " ".join(part if part.endswith(".") else f"{part}." for part in said if part)
    if _on_purpose(detail, containers):
        return _Told(f"ECS task of {whose} stopped on purpose", "OK", reason, routine=True)
    return _Told(f"ECS task of {whose} stopped", "ALARM", reason or "ECS gave no reason.")


def _on_purpose(detail: Mapping[str, Any], containers: list[Mapping[str, Any]]) -> bool:
    """Whether a stop was asked for: the scheduler also stops tasks that fail health checks, and that is trouble."""
    if any("OutOfMemory" in text(container.get("reason")) for container in containers):
        return False
    codes = {code for c in containers if isinstance(code := c.get("exitCode"), int)}
    match text(detail.get("stopCode"), 100):
        case "UserInitiated":
            return True
        case "ServiceSchedulerInitiated":
            return "Scaling activity initiated by" in text(detail.get("stoppedReason")) and codes <= _GRACEFUL
        case "EssentialContainerExited":
            # a task of no service that ends with 0 is a finished job
            return not text(detail.get("group")).startswith("service:") and bool(codes) and codes == {0}
        case _:
            return False


def _instance(detail: Mapping[str, Any], arn: str) -> _Told:
    name = f"ECS container instance {arn.rpartition('/')[2]}"
    status = text(detail.get("status"), 50)
    if detail.get("agentConnected") is False and status in {"", "ACTIVE"}:
        return _Told(name, "ALARM", "The instance is ACTIVE, but its ECS agent is disconnected: no task can be placed.")
    health = mapping(detail.get("healthStatus")).get("overallStatus")
    if health == "IMPAIRED":
        return _Told(name, "ALARM", "The instance's health is IMPAIRED.")
    return _Told(
        name,
        "OK",
        f"The instance is {status or 'in an unnamed status'}, "
        f"with {whole(detail.get('runningTasksCount'), 0)} running tasks; its agent is "
        f"{'connected' if detail.get('agentConnected') else 'not connected'}.",
        routine=True,
    )


def _action(detail: Mapping[str, Any], resources: tuple[str, ...]) -> _Told:
    service = next(iter(resources), "").rpartition("/")[2] or "a service"
    event, kind = text(detail.get("eventName"), 100), text(detail.get("eventType"), 50)
    reason = text(detail.get("reason"), 2_000)
    said = f"{event}: {reason}" if reason else event
    name = f"ECS {event.lower().replace('_', ' ') or 'service action'}: {service}"
    if kind in {"WARN", "ERROR"} or event.endswith("_FAILED"):
        return _Told(name, "ALARM", said)
    return _Told(name, "OK", said, routine=event not in _ENDED_WELL)
