"""Containers that are killed for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.exits import died_of
from lambdas.causes.ecs.failures import EXIT, Failure, failures
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.logged import SYMPTOMS, by_log
from lambdas.causes.ecs.stated import absent, facts_of, stated, who
from lambdas.causes.measured import measured
from lambdas.causes.wording import percent
from lambdas.checks.ecs.task_definitions import RevisionDiff, TaskDefinition

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence


FULL = 92.0  # percent of memory: where the kernel's killer is near


@cause(
    "ecs.container_oom",
    title="A container runs out of memory",
    reads=("ecs.stopped_tasks", "ecs.metrics", "ecs.task_definitions"),
    depth=2,
    runbook=RUNBOOK,
    effects=(*SYMPTOMS, "ecs.undersized"),
)
def container_oom(evidence: Evidence) -> Judgement:
    """OutOfMemoryError; or exit 137 with memory at the limit. Says which limit."""
    everything = failures(evidence)
    mine = [f for f in everything if f.kind == "ecs.container_oom"]
    killed = [f for f in everything if f.kind == EXIT and f.exit_code == 137]
    memory = measured(evidence, "ecs.memory_max") or measured(evidence, "ecs.memory")
    peak = max((value for _, value in memory.points), default=0.0) if memory else None
    heap = [d for d in died_of(evidence) if d.said.kind == "memory"]
    sample = next(iter(mine or killed), None)
    limit, command = _limit(evidence, sample)
    facts = list(_memory_facts(evidence, peak))
    actions = (
        Action(
            text=(
                "Update task definition resource requirements: raise"
                f" {limit or 'the memory limit'}, or find what takes it"
            ),
            command=command,
        ),
        *roll_back(evidence),
    )
    summary = f"{who(evidence, mine or killed)}: containers are killed for memory{f', at {limit}' if limit else ''}"
    if mine:
        return stated(evidence, "ecs.container_oom", summary=summary, support=facts, actions=actions)
    if heap:
        return by_log(
            evidence,
            heap,
            (
                f"{who(evidence, [d.failure for d in heap])}: the application"
                f" runs out of memory{f' ({limit})' if limit else ''}"
            ),
            actions,
            facts,
        )
    if killed and peak is not None and peak >= FULL:
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=(*facts_of(killed), *facts),
            actions=actions,
            since=killed[0].at,
            would_confirm="OutOfMemoryError in a stopped container's reason",
            score=0.6,
        )
    if killed and peak is None:
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=facts_of(killed),
            since=killed[0].at,
            would_confirm="the service's memory before the kill",
            missing=("MemoryUtilization: no data",),
            score=0.3,
        )
    low = [Fact(text=f"memory never went over {percent(peak)} of its limit", source="AWS/ECS MemoryUtilization")]
    if gap := evidence.gap("ecs.stopped_tasks"):
        # a container may hit its own limit far below the task's: only stopped tasks can tell that none did
        return Judgement(verdict="could_not_check", missing=(f"ecs.stopped_tasks: {gap}",))
    return absent(evidence, everything, against=low if peak is not None and peak < FULL else ())


def _limit(evidence: Evidence, failure: Failure | None) -> tuple[str, str]:
    """Which limit a container hits: its own hard limit, or the task's; and the command that shows it."""
    definitions = evidence.of(TaskDefinition)
    exact = [d for d in definitions if failure and d.name == failure.revision]
    for definition in exact or [d for d in definitions if d.which == "current"]:
        command = f"aws ecs describe-task-definition --task-definition {definition.name}"
        named = [c for c in definition.containers if failure and c.name == failure.container] or list(
            definition.containers
        )
        for container in named:
            if container.memory and (not definition.memory or container.memory < definition.memory):
                return f"the limit of {container.memory} MiB of the container {container.name}", command
        if definition.memory:
            return f"the task's limit of {definition.memory} MiB", command
    return "", ""


def _memory_facts(evidence: Evidence, peak: float | None) -> list[Fact]:
    facts = []
    if peak is not None:
        facts.append(
            Fact(text=f"memory peaked at {percent(peak)} of the task's limit", source="AWS/ECS MemoryUtilization")
        )
    facts += [
        Fact(text=f"{d.current} changed {x} (against {d.former})", source=d.source, at=d.at, link=d.link)
        for d in evidence.of(RevisionDiff)
        for x in d.differences
        if "memory" in x.lower()
    ]
    return facts
