"""Log lines: the last words of tasks that stopped, and error lines of the incident against those from before it.

Plain text is read as well as JSON: a customer's logs seldom have the runbook's `@level`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import ContainerSpec, TaskDefinition
from lambdas.checks.ecs.tasks import StoppedTask
from lambdas.checks.logs.groups import LogGroup

TASKS = 4  # whose last words are read
WORDS = 40  # lines of each
LINES = 200  # error lines of one call
NEAR = timedelta(minutes=30)  # before the alarm: what counts as the incident
TEXT = 1500  # characters of a line that are kept
STREAMS = "arn:{partition}:logs:{region}:{account}:log-group:*:log-stream:*"
# Any of these words; `?` means or (CloudWatch Logs User Guide, "Filter pattern syntax").
ERRORS = (
    '?ERROR ?Error ?error ?FATAL ?Fatal ?fatal ?CRITICAL ?Exception ?exception ?Traceback ?panic ?refused ?"timed out" '
    '?timeout ?Failed ?failed ?"not set" ?denied'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(Finding):
    """A line of a log. `at` is its own time."""

    group: str
    stream: str
    text: str
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWord(LogLine):
    """One of the last lines of a task that stopped."""

    task: str
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLine(LogLine):
    """A line with an error in it, near the alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierErrorLine(LogLine):
    """The same kind of line from well before: errors that were always there are no news."""


@check(
    "logs.last_words",
    title="Application startup errors: the last lines of tasks that stopped",
    yields=(LastWord,),
    needs=(StoppedTask, TaskDefinition),
    allow=(Allow("logs:GetLogEvents", STREAMS),),
    calls=4,
)
def last_words(look: Look) -> Iterator[Finding]:
    """The newest stopped tasks that got as far as starting."""
    specs = {(d.name, c.name): c for d in look.found.of(TaskDefinition) for c in d.containers if c.log_group}
    started = [
        t for t in look.found.of(StoppedTask) if t.started_at or any(c.exit_code is not None for c in t.containers)
    ]
    started.sort(key=lambda t: t.at or look.window.start, reverse=True)
    asked = 0
    for task in started:
        for container in task.containers:
            spec = specs.get((task.task_definition, container.name))
            if spec is None or not spec.log_options.get("awslogs-stream-prefix") or asked >= TASKS:
                continue
            if len(task.containers) > 1 and not spec.essential:
                continue
            asked += 1
            yield from _words(look, task, spec)


def _words(look: Look, task: StoppedTask, spec: ContainerSpec) -> Iterator[Finding]:
    """`prefix/container/task` is how the awslogs driver names its streams (Amazon ECS Developer Guide)."""
    stream = f"{spec.log_options['awslogs-stream-prefix']}/{spec.name}/{task.id}"
    try:
        answer: Any = look.aws.logs.get_log_events(
            logGroupName=spec.log_group, logStreamName=stream, limit=WORDS, startFromHead=False
        )
    except look.aws.logs.exceptions.ResourceNotFoundException:
        return  # the task never wrote a line
    for raw in answer.get("events") or ():
        yield LastWord(
            at=_at(raw),
            group=spec.log_group,
            stream=stream,
            text=raw.get("message", "")[:TEXT],
            service=task.service,
            task=task.id,
            container=spec.name,
            source=f"logs:{spec.log_group}",
            link=links.log_stream(look.aws.region, spec.log_group, stream),
        )


@check(
    "logs.errors",
    title="Task logs: error lines around the alarm",
    yields=(ErrorLine,),
    needs=(LogGroup,),
    allow=(Allow("logs:FilterLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:*"),),
    calls=3,
)
def errors(look: Look) -> Iterator[Finding]:
    """From half an hour before the alarm on, one page of each group."""
    for line in _filtered(look, look.window.at - NEAR, look.window.end):
        yield ErrorLine(**line)


@check(
    "logs.errors_before",
    title="Task logs: the same kind of lines before the incident",
    yields=(EarlierErrorLine,),
    needs=(LogGroup,),
    allow=(Allow("logs:FilterLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:*"),),
    calls=3,
    optional=True,
)
def errors_before(look: Look) -> Iterator[Finding]:
    """The first half hour of the window: what was logged when nothing was wrong yet."""
    for line in _filtered(look, look.window.start, look.window.start + NEAR):
        yield EarlierErrorLine(**line)


def _filtered(look: Look, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    for group in [g for g in look.found.of(LogGroup) if g.exists]:
        answer: Any = look.aws.logs.filter_log_events(
            logGroupName=group.name,
            startTime=int(start.timestamp() * 1000),
            endTime=int(end.timestamp() * 1000),
            filterPattern=ERRORS,
            limit=LINES,
        )
        for raw in answer.get("events") or ():
            stream = raw.get("logStreamName", "")
            yield {
                "at": _at(raw),
                "group": group.name,
                "stream": stream,
                "text": raw.get("message", "")[:TEXT],
                "service": group.service,
                "source": f"logs:{group.name}",
                "link": links.log_stream(look.aws.region, group.name, stream),
            }


def _at(raw: dict[str, Any]) -> datetime | None:
    stamp = raw.get("timestamp")
    return datetime.fromtimestamp(stamp / 1000, UTC) if stamp else None
