"""Every failure of a task that AWS tells of, from whichever source still has it. Pure.

ECS keeps stopped tasks for about an hour and a service's last hundred events; either may be all that is left, and the
alert itself may be one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.causes.ecs import reasons
from lambdas.checks.cloudwatch.alarm import AlarmState
from lambdas.checks.ecs.deployments import Rollout
from lambdas.checks.ecs.services import ServiceState, short
from lambdas.checks.ecs.tasks import Container, RunningTask, StoppedTask

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

EXIT = "exit"  # the container ended by itself; AWS does not say why
QUIET = timedelta(minutes=10)  # without a failure, before a service that runs in full counts as well again
CALM = timedelta(minutes=3)  # the same where the alarm itself has returned to OK
STALE = timedelta(minutes=45)  # before the alarm: what happened once, that long ago, did not ring it


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One task that failed, or one of AWS's sentences about such tasks."""

    kind: str  # a cause's id, EXIT, or "" where AWS's sentence names no cause
    at: datetime
    text: str
    source: str
    service: str
    link: str = ""
    task: str = ""
    revision: str = ""  # "family:revision"
    container: str = ""
    exit_code: int | None = None
    lived: float | None = None  # seconds
    created_at: datetime | None = None


def failures(evidence: Evidence) -> list[Failure]:
    """All failures inside the window, oldest first."""
    found = [*_tasks(evidence), *_events(evidence), *_rollouts(evidence), *_alert(evidence)]
    return sorted((f for f in found if f.at in evidence.window), key=lambda f: f.at)


def _tasks(evidence: Evidence) -> Iterator[Failure]:
    for task in evidence.of(StoppedTask):
        if task.at is None:
            continue
        told = _told(task.reason, task.stop_code, task.containers)
        if told is None:
            continue
        kind, text, container = told
        yield Failure(
            kind=kind,
            at=task.at,
            text=text,
            source=task.source,
            service=task.service,
            link=task.link,
            task=task.id,
            revision=task.task_definition,
            container=container.name if container else "",
            exit_code=container.exit_code if container else None,
            lived=task.lived,
            created_at=task.created_at,
        )


def _told(reason: str, code: str, containers: tuple[Container, ...]) -> tuple[str, str, Container | None] | None:
    """(kind, AWS's sentence, the container); None where the task was meant to stop or AWS took its machine."""
    first = next((c for c in containers if c.exit_code not in (None, 0)), None) or next(iter(containers), None)
    for container in containers:  # what a container says is nearer than what the task says
        if container.reason and (kind := reasons.kind(container.reason)):
            return kind, container.reason, container
    if kind := reasons.kind(reason):
        return kind, reason, first
    if reasons.wanted(reason) or reasons.interrupted(reason) or code in ("UserInitiated", "SpotInterruption"):
        return None
    if code in ("ServiceSchedulerInitiated", "TerminationNotice") and "fail" not in reason.lower():
        return None
    if code == "TaskFailedToStart":
        said = next((c.reason for c in containers if c.reason), "")
        return "", said or reason, first
    if first is None or (first.exit_code is None and not reason):
        return None
    return EXIT, first.reason or reason, first


def _events(evidence: Evidence) -> Iterator[Failure]:
    for service in evidence.of(ServiceState):
        for event in service.events:
            if kind := reasons.kind(event.message):
                yield Failure(
                    kind=kind,
                    at=event.at,
                    text=event.message,
                    source="service event",
                    service=service.name,
                    link=service.link,
                )


def _rollouts(evidence: Evidence) -> Iterator[Failure]:
    for service in evidence.of(ServiceState):
        for deployment in service.deployments:
            moment = deployment.updated_at or deployment.created_at
            if moment and (kind := reasons.kind(deployment.rollout_reason)):
                yield Failure(
                    kind=kind,
                    at=moment,
                    text=deployment.rollout_reason,
                    source="ecs:DescribeServices",
                    service=service.name,
                    link=service.link,
                    revision=deployment.task_definition,
                )
    for rollout in evidence.of(Rollout):
        moment = rollout.finished_at or rollout.at
        if moment and (kind := reasons.kind(rollout.reason)):
            yield Failure(
                kind=kind,
                at=moment,
                text=rollout.reason,
                source=rollout.source,
                service=rollout.service,
                link=rollout.link,
                revision=rollout.task_definition,
            )


def _alert(evidence: Evidence) -> Iterator[Failure]:
    """An ECS event that raised the incident says as much as the API would."""
    detail: Mapping[str, Any] = evidence.alert.detail
    if evidence.alert.kind != "ecs" or not detail:
        return
    known = {t.id for t in evidence.of(StoppedTask)}
    task = short(str(detail.get("taskArn", "")))
    service = str(detail.get("group", "")).removeprefix("service:")
    if task and task not in known and detail.get("lastStatus") == "STOPPED":
        containers = tuple(
            Container(
                name=c.get("name", ""),
                image=c.get("image", ""),
                exit_code=c.get("exitCode"),
                reason=c.get("reason", ""),
            )
            for c in detail.get("containers") or ()
        )
        told = _told(str(detail.get("stoppedReason", "")), str(detail.get("stopCode", "")), containers)
        if told:
            kind, text, container = told
            yield Failure(
                kind=kind,
                at=evidence.alert.at,
                text=text,
                source="ECS task event",
                service=service,
                task=task,
                revision=short(str(detail.get("taskDefinitionArn", ""))),
                container=container.name if container else "",
                exit_code=container.exit_code if container else None,
            )
        return
    text = str(detail.get("reason", ""))
    if kind := reasons.kind(text) or reasons.kind(str(detail.get("eventName", "")).replace("_", ":")):
        yield Failure(kind=kind, at=evidence.alert.at, text=text, source="ECS service event", service=service)


def stale(evidence: Evidence) -> timedelta:
    """How long before the alarm a failure may lie: longer for an alarm that looks at hours."""
    periods = [m.period for m in evidence.alert.metrics]
    return max(STALE, timedelta(seconds=max(periods, default=0)))


def starts(evidence: Evidence) -> list[datetime]:
    """When the services said that they had reached a steady state, oldest first."""
    return sorted(
        e.at for s in evidence.of(ServiceState) for e in s.events if "has reached a steady state" in e.message
    )


def unexplained(evidence: Evidence) -> str:
    """That tasks do not start although nothing says why; empty if they do, or if something does.

    Only then may what the configuration shows (no such image, secret, log group) carry a case by itself: a service that
    is merely short may be scaling.
    """
    if any(f.kind for f in failures(evidence)):
        return ""
    for service in evidence.of(ServiceState):
        unable = any("unable to consistently start" in e.message and e.at in evidence.window for e in service.events)
        failed = any(d.failed for d in service.deployments if d.status == "PRIMARY")
        silent = any(t.stop_code == "TaskFailedToStart" for t in evidence.of(StoppedTask) if t.service == service.name)
        if service.short and (unable or failed or silent):
            return f"{service.name} runs {service.running} of {service.desired} tasks and cannot start more"
    return ""


def over_since(evidence: Evidence, mine: list[Failure]) -> datetime | None:
    """Since when these failures are over: the service runs in full and has been quiet for longer than between them.

    A rollback is no recovery: what was rolled back is still broken.
    """
    services = evidence.of(ServiceState)
    if not mine or not services or not all(s.settled for s in services):
        return None
    last = mine[-1].at
    if any("rolling back" in e.message and e.at >= mine[0].at for s in services for e in s.events):
        return None
    if any(
        r.rolled_back or "ROLLBACK" in r.status for r in evidence.of(Rollout) if r.at and r.at >= mine[0].at - STALE
    ):
        return None
    steady = next((moment for moment in starts(evidence) if moment > last), None)
    young = [t.started_at for t in evidence.of(RunningTask) if t.started_at and t.started_at > last]
    began = steady or (max(young) if young else None)
    alarm = next(iter(evidence.of(AlarmState)), None)
    is_ok = alarm is not None and alarm.state == "OK" and alarm.at is not None and alarm.at > last
    quiet = CALM if is_ok else max(QUIET, 2 * _gap(mine))
    if began is None or evidence.window.end - last < quiet:
        return None
    return began


def _gap(mine: list[Failure]) -> timedelta:
    """The usual time between failures; nothing for a single one."""
    moments = sorted({f.at for f in mine})
    gaps = sorted(b - a for a, b in itertools.pairwise(moments) if b - a > timedelta(minutes=1))
    return gaps[len(gaps) // 2] if gaps else timedelta(0)
