"""A deployment that brought a revision whose tasks fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.exits import died_of
from lambdas.causes.ecs.failures import EXIT, Failure, failures
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.stated import facts_of
from lambdas.causes.wording import at, count, day, some
from lambdas.checks.ecs.deployments import Rollout
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import RevisionDiff, TaskDefinition
from lambdas.checks.ecs.tasks import RunningTask, StoppedTask

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

# What a revision brings with it; the others come from outside, whichever revision starts next.
OWN = (EXIT, "", "ecs.app_crash", "ecs.elb_health_check_failed", "ecs.container_health_check_failed")
CARRIED = (
    "ecs.image_missing",
    "ecs.image_pull_denied",
    "ecs.image_wrong_platform",
    "ecs.secret_unavailable",
    "ecs.log_driver_failed",
    "ecs.volume_mount_failed",
    "ecs.container_oom",
)
SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The deployment that brought a revision."""

    service: str
    revision: str
    former: str
    at: datetime
    failed: bool = False  # AWS says so: circuit breaker, FAILED, rolled back
    told: str = ""
    source: str = ""
    link: str = ""


def deployments(evidence: Evidence) -> list[Deployed]:
    """The newest deployment of each service inside the window, from whatever still knows it."""
    return [d for s in evidence.of(ServiceState) if (d := _newest(evidence, s)) is not None]


def _newest(evidence: Evidence, service: ServiceState) -> Deployed | None:
    former = {d.service: d.name for d in evidence.of(TaskDefinition) if d.which == "former"}.get(service.name, "")
    tried = next((d for d in evidence.of(TaskDefinition) if d.which == "current" and d.service == service.name), None)
    primary = service.primary
    suspect = tried.name if tried else (primary.task_definition if primary else service.task_definition)
    said = [e for e in service.events if "deployment failed" in e.message or "rolling back" in e.message]
    rollouts = sorted(
        (r for r in evidence.of(Rollout) if r.service == service.name and r.at and r.task_definition == suspect),
        key=lambda r: r.at or datetime.min.replace(tzinfo=evidence.window.at.tzinfo),
    )
    mine = [d for d in service.deployments if d.task_definition == suspect and d.created_at]
    began: datetime | None = None
    failed, told, source = False, "", "ecs:DescribeServices"
    if rollouts:
        last = rollouts[-1]
        began, told, source = last.at, last.reason, last.source
        failed = last.breaker == "TRIGGERED" or "ROLLBACK" in last.status
        former = last.former or former
    elif mine:
        began = mine[0].created_at
    elif tried and tried.at and tried.at in evidence.window:
        began, source = tried.at, tried.source  # rolled back already: its registration is the nearest time we have
    if mine and mine[0].rollout == "FAILED":
        failed, told = True, told or mine[0].rollout_reason
    if began is None or began not in evidence.window:
        return None
    after = [e for e in said if e.at >= began]
    if after:
        failed, told = True, told or after[0].message
    return Deployed(
        service=service.name,
        revision=suspect,
        former=former,
        at=began,
        failed=failed,
        told=told,
        source=source,
        link=service.link,
    )


@cause(
    "ecs.bad_deployment",
    title="A deployment brought a revision that fails",
    reads=("ecs.services", "ecs.stopped_tasks", "ecs.task_definitions", "ecs.rollouts"),
    depth=0,
    runbook=RUNBOOK,
    effects=("change.configuration",),
)
def bad_deployment(evidence: Evidence) -> Judgement:
    """The failures begin with a deployment; the former revision was sound. Names both, and what differs."""
    if not evidence.looked("ecs.services"):
        return Judgement(verdict="could_not_check", missing=(f"ecs.services: {evidence.gap('ecs.services')}",))
    deployed = deployments(evidence)
    everything = failures(evidence)
    if not deployed:
        names = some(s.name for s in evidence.of(ServiceState))
        text = f"no deployment of {names or 'any service in sight'} since {at(evidence.window.start)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="ecs:DescribeServices"),))
    new = max(deployed, key=lambda d: d.at)
    mine = [f for f in everything if f.at >= new.at and f.revision in ("", new.revision)]
    facts = list(_facts(evidence, new))
    if not mine and not new.failed:
        text = f"no task of {new.revision} has failed since its deployment at {at(new.at)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=new.source), *facts))
    former = [f for f in everything if f.revision and f.revision == new.former and f.kind]
    before = [f for f in everything if f.at < new.at - SOON and f.kind]
    same = [t for t in (*evidence.of(RunningTask), *evidence.of(StoppedTask)) if t.task_definition == new.revision]
    old = [t for t in same if t.created_at and t.created_at < new.at - SOON]
    if old:
        text = f"{new.revision} is no new revision: task {old[0].id[:8]} of it was created at {day(old[0].created_at)}"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=text, source=old[0].source, link=old[0].link), *facts)
        )
    if before and not new.failed:
        text = f"failures began at {at(before[0].at)}, before the deployment at {at(new.at)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=before[0].source), *facts))
    if former and not new.failed:
        text = f"tasks of the former revision {new.former} fail as well"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=text, source=former[-1].source, at=former[-1].at), *facts)
        )
    return _judged(evidence, new, mine, facts)


def _judged(evidence: Evidence, new: Deployed, mine: list[Failure], facts: list[Fact]) -> Judgement:
    kinds = {f.kind for f in mine}
    deaths = [d for d in died_of(evidence) if d.failure in mine]
    outside = [k for k in kinds if k not in OWN and k not in CARRIED]
    lacks = [d for d in deaths if d.said.kind in ("config", "dependency", "memory", "platform")]
    carried = [k for k in kinds if k in CARRIED]
    differs = _differs(evidence, new)
    summary = (
        f"the deployment of {new.revision} at {at(new.at)} brought tasks that fail"
        f"{f'; {new.former} ran before' if new.former else ''}{f'; it changed {differs}' if differs else ''}"
    )
    known = tuple(roll_back(evidence))
    actions = known or (Action(text=f"Compare {new.revision} with the revision before it, and roll back"),)
    proof = (*facts_of(mine), *facts)
    if outside and not (new.failed and not carried):
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=proof,
            actions=actions,
            since=new.at,
            score=0.2,
            would_confirm=f"failures of its own; those seen come from outside it ({some(outside)})",
        )
    sound = new.failed or _sound(evidence, new) or len({f.task for f in mine if f.task}) >= 2
    if carried or lacks or not sound or not mine:
        why = some(carried) or (f"what its tasks lack: {lacks[-1].said.what or lacks[-1].said.kind}" if lacks else "")
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=proof,
            actions=actions,
            since=new.at,
            score=0.5,
            would_confirm=f"the reason lies in {why}" if why else "the former revision running soundly",
        )
    return Judgement(verdict="confirmed", summary=summary, evidence=proof, actions=actions, since=new.at, score=0.7)


def _sound(evidence: Evidence, new: Deployed) -> bool:
    """Whether the former revision works: its tasks run, or the service was steady before the deployment."""
    if any(t.task_definition == new.former and t.last_status == "RUNNING" for t in evidence.of(RunningTask)):
        return True
    steady = [e.at for s in evidence.of(ServiceState) for e in s.events if "steady state" in e.message]
    return any(moment <= new.at for moment in steady)


def _differs(evidence: Evidence, new: Deployed) -> str:
    diff = next((d for d in evidence.of(RevisionDiff) if d.current == new.revision), None)
    return some(diff.differences, 2) if diff else ""


def _facts(evidence: Evidence, new: Deployed) -> list[Fact]:
    facts = [Fact(text=f"{new.revision} was deployed at {at(new.at)}", source=new.source, at=new.at, link=new.link)]
    if new.told:
        facts.append(Fact(text=new.told, source=new.source, link=new.link))
    for diff in evidence.of(RevisionDiff):
        if diff.current == new.revision:
            many = count(len(diff.differences), "difference")
            text = f"{diff.former} → {diff.current}: {some(diff.differences, 4) or 'nothing differs'} ({many})"
            facts.append(Fact(text=text, source=diff.source, at=diff.at, link=diff.link))
    return facts
