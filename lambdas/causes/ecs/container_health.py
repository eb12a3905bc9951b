"""Tasks that fail the health check of their own container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import failures
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.stated import stated, who
from lambdas.causes.wording import count, number, quote
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.ecs.tasks import RunningTask

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence


@cause(
    "ecs.container_health_check_failed",
    title="The container's own health check fails",
    reads=("ecs.stopped_tasks", "ecs.services", "ecs.task_definitions"),
    depth=1,
    runbook=RUNBOOK,
    effects=("ecs.elb_health_check_failed", "ecs.bad_deployment", "change.configuration"),
)
def container_health_check_failed(evidence: Evidence) -> Judgement:
    """Task failed container health checks."""
    mine = [f for f in failures(evidence) if f.kind == "ecs.container_health_check_failed"]
    checks = [
        (c, d) for d in evidence.of(TaskDefinition) if d.which == "current" for c in d.containers if c.health_check
    ]
    facts = []
    for container, definition in checks:
        check = container.health_check
        every, tries, start = check.get("interval", 30), check.get("retries", 3), check.get("startPeriod") or 0
        command = " ".join(map(str, check.get("command") or ()))
        text = (
            f"the health check of {container.name} is {quote(command, 100)},"
            f" every {every} s, {tries} tries, start period {start} s"
        )
        facts.append(Fact(text=text, source=definition.source, link=definition.link))
    sick = [t for t in evidence.of(RunningTask) if t.health == "UNHEALTHY"]
    if sick:
        facts.append(
            Fact(text=f"{count(len(sick), 'running task')} unhealthy", source=sick[0].source, link=sick[0].link)
        )
    lived = sorted(f.lived for f in mine if f.lived is not None)
    if lived:
        facts.append(Fact(text=f"tasks lived {number(lived[len(lived) // 2])} s", source="ecs:DescribeTasks"))
    return stated(
        evidence,
        "ecs.container_health_check_failed",
        summary=f"{who(evidence, mine)}: tasks fail the health check of their own container",
        support=facts,
        actions=(
            Action(
                text="Run the health check's command in a task (ECS Exec), and compare start period and start-up time"
            ),
            *roll_back(evidence),
        ),
    )
