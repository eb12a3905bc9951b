"""Containers that end by themselves: memory, settings, dependencies, crashes, their own health checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes import log_lines
from lambdas.causes.base import Action, Fact, Judgement, Verdict, cause
from lambdas.causes.ecs.exits import Death, died_of, news
from lambdas.causes.ecs.failures import EXIT, Failure, failures, over_since
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import SOURCES, absent, facts_of, overtaken, short_of, stated, who
from lambdas.causes.measured import measured
from lambdas.causes.wording import at, count, number, percent, quote, some
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import RevisionDiff, TaskDefinition
from lambdas.checks.ecs.tasks import RunningTask
from lambdas.checks.elbv2.target_groups import TargetHealth

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

READS = ("logs.last_words", "ecs.stopped_tasks", "logs.errors", "ecs.services", "ecs.task_definitions")
# What the load balancer and the logs show of tasks that fail.
SEEN_OUTSIDE = (
    "alb.no_healthy_targets",
    "alb.targets_wrong_code",
    "alb.targets_timeout",
    "alb.target_resets",
    "alb.registration_flapping",
    "alb.empty_target_group",
    "app.errors_after_deploy",
    "app.exception_signature",
)
SYMPTOMS = (
    *SEEN_OUTSIDE,
    "app.dependency_failing",
    "ecs.app_crash",
    "ecs.elb_health_check_failed",
    "ecs.container_health_check_failed",
    "ecs.bad_deployment",
    "ecs.autoscaling_at_max",
    "ecs.uneven_load",
    "change.configuration",
)
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
        return _by_log(
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


@cause(
    "ecs.config_missing",
    title="A setting is missing or invalid",
    reads=READS,
    effects=SYMPTOMS,
    depth=3,
    runbook=RUNBOOK,
)
def config_missing(evidence: Evidence) -> Judgement:
    """Exits at start, and the log names the setting."""
    deaths = [d for d in died_of(evidence) if d.said.kind == "config"]
    if not deaths:
        return _not_logged(evidence, "config")
    settings = list(dict.fromkeys(d.said.what for d in deaths if d.said.what))
    name = some(settings) or "a setting"
    diffs = [
        Fact(text=f"{d.current} against {d.former}: {x}", source=d.source, at=d.at, link=d.link)
        for d in evidence.of(RevisionDiff)
        for x in d.differences
        if any(s.lower() in x.lower() for s in settings)
    ]
    what = "the credentials are refused" if settings == ["credentials"] else f"{name} is missing or invalid"
    service = who(evidence, [d.failure for d in deaths])
    actions = (
        Action(
            text=f"Check application configuration and dependencies: set {name} in the task definition of {service}"
        ),
        *roll_back(evidence),
    )
    return _by_log(
        evidence, deaths, f"{service} exits at start: {what}", actions, [*diffs, *changes_of(evidence, *settings)]
    )


@cause(
    "ecs.dependency_unreachable",
    title="A dependency cannot be reached",
    reads=READS,
    effects=SYMPTOMS,
    depth=3,
    runbook=RUNBOOK,
)
def dependency_unreachable(evidence: Evidence) -> Judgement:
    """Exits or fails health checks, and the log shows connections that are refused, time out or do not resolve."""
    deaths = [d for d in died_of(evidence) if d.said.kind == "dependency"]
    if deaths:
        return _dependency(evidence, deaths)
    lines = [(line, said) for line in news(evidence) if (said := log_lines.said(line.text)).kind == "dependency"]
    if not lines:
        return _not_logged(evidence, "dependency")
    failing = [f for f in failures(evidence) if f.kind in (EXIT, *HEALTH_KINDS)]
    sick = [t for t in evidence.of(TargetHealth) if t.state == "unhealthy"]
    to = some(said.what for _, said in lines) or "a dependency"
    first = min((line.at for line, _ in lines if line.at), default=None)
    facts = (
        Fact(
            text=f"{count(len(lines), 'new error line')} about {to}: {quote(lines[-1][0].text)}",
            source=lines[-1][0].source,
            at=lines[-1][0].at,
            link=lines[-1][0].link,
        ),
        *facts_of(failing),
        *short_of(evidence),
    )
    how = lines[-1][1].how or "fail"
    name = who(evidence, failing)
    summary = f"{name} does not reach {to}: connections {_how(how)}"
    if not failing and not sick:
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=facts,
            since=first,
            score=0.4,
            would_confirm="tasks that fail because of it",
        )
    if over_since(evidence, failing):
        return Judgement(verdict="possible", summary=f"{summary}; over by now", evidence=facts, since=first, score=0.3)
    # Lines of other tasks than those that failed: a coincidence, until one of those says it.
    return Judgement(
        verdict="likely" if len(lines) >= 3 else "possible",
        summary=summary,
        evidence=facts,
        actions=_reach(evidence, to),
        since=first,
        score=0.5,
        would_confirm="the same line from a task that failed",
    )


HEALTH_KINDS = ("ecs.elb_health_check_failed", "ecs.container_health_check_failed")


def _how(how: str) -> str:
    return {
        "refused": "are refused",
        "timed out": "time out",
        "not resolved": "fail, the name does not resolve",
        "closed": "are closed",
        "rejected": "are rejected, it has no free connection",
    }.get(how, "fail")


def _dependency(evidence: Evidence, deaths: list[Death]) -> Judgement:
    to = some(d.said.what for d in deaths) or "a dependency"
    how = deaths[-1].said.how
    groups = [g for s in evidence.of(ServiceState) for g in s.security_groups]
    summary = f"{who(evidence, [d.failure for d in deaths])} cannot work: connections to {to} {_how(how)}"
    return _by_log(
        evidence, deaths, summary, _reach(evidence, to), list(changes_of(evidence, *groups, to.partition(":")[0]))
    )


def _reach(evidence: Evidence, to: str) -> tuple[Action, ...]:
    group = next((g for s in evidence.of(ServiceState) for g in s.security_groups), "")
    command = f"aws ec2 describe-security-groups --group-ids {group}" if group else ""
    return (
        Action(text=f"Check that {to} is up, and the security groups between it and the tasks", command=command),
        Action(text="Check application configuration and dependencies: the address in the task definition"),
    )


@cause(
    "ecs.app_crash",
    title="The application crashes",
    reads=("ecs.stopped_tasks", "logs.last_words", "logs.errors", "ecs.services"),
    depth=2,
    runbook=RUNBOOK,
    effects=(
        *SEEN_OUTSIDE,
        "ecs.elb_health_check_failed",
        "ecs.container_health_check_failed",
        "ecs.bad_deployment",
        "change.configuration",
    ),
)
def app_crash(evidence: Evidence) -> Judgement:
    """Exits non-zero with its own error signature in the log."""
    everything = failures(evidence)
    exits = [f for f in everything if f.kind == EXIT and f.exit_code not in (None, 0, 143)]
    if not exits:
        return absent(evidence, everything)
    deaths = {d.failure.task: d for d in died_of(evidence) if d.failure.kind == EXIT}
    crashes = [d for d in deaths.values() if d.said.kind == "crash"]
    explained = [d for d in deaths.values() if d.said.kind in ("config", "dependency", "memory", "platform")]
    if explained and len(explained) >= len(crashes):
        last = explained[-1]
        text = f"{last.label} says what it lacks: {quote(last.line)}"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=text, source=last.source, at=last.at, link=last.link),)
        )
    if (
        not any(d.line for d in deaths.values())
        and (gap := evidence.gap("logs.last_words"))
        and evidence.gap("logs.errors")
    ):
        return Judgement(verdict="could_not_check", evidence=facts_of(exits), missing=(f"logs.last_words: {gap}",))
    name = who(evidence, exits)
    codes = some(str(f.exit_code) for f in reversed(exits))
    if crashes:
        last = crashes[-1]
        return _by_log(
            evidence,
            crashes,
            f"{name} crashes with exit code {codes}: {quote(last.line, 120)}",
            (
                Action(text=f"Read the application's log and fix or roll back {name}", link=last.link),
                *roll_back(evidence),
            ),
            [],
        )
    verdict: Verdict
    if over_since(evidence, exits) or overtaken(evidence, exits, everything):
        verdict, score = "possible", 0.2
    elif all(f.exit_code == 137 for f in exits):
        verdict, score = "possible", 0.2  # killed from outside: not a crash of its own
    else:
        verdict, score = "likely", 0.4
    gap = evidence.gap("logs.last_words")
    return Judgement(
        verdict=verdict,
        summary=f"{name} exits with code {codes}, and its log does not say why",
        evidence=(*facts_of(exits), *short_of(evidence)),
        actions=(Action(text=f"Read the log of {name} around {at(exits[-1].at)}"), *roll_back(evidence)),
        since=exits[0].at,
        missing=(f"logs.last_words: {gap}",) if gap else ("no error in the last lines of its log",),
        would_confirm="an error of its own in its last log lines",
        score=score,
    )


def _by_log(
    evidence: Evidence, deaths: list[Death], summary: str, actions: tuple[Action, ...], support: list[Fact]
) -> Judgement:
    """What several tasks said in their last lines is a direct statement, unless it is over or not what goes on now."""
    mine = [d.failure for d in deaths]
    everything = failures(evidence)
    facts = (
        *(
            Fact(text=f"{d.label}: {quote(d.line)}", source=d.source, at=d.at, link=d.link)
            for d in reversed(deaths[-2:])
        ),
        *facts_of(mine, 1),
        *short_of(evidence),
        *support,
    )
    missing = tuple(f"{check}: {why}" for check in SOURCES if (why := evidence.gap(check)))
    since = mine[0].at
    if ended := over_since(evidence, mine):
        return Judgement(
            verdict="possible",
            summary=f"{summary}; over since {at(ended)}",
            evidence=facts,
            since=since,
            score=0.3,
            would_confirm="the same failure again",
        )
    same = {f.task for f in mine}
    others = [f for f in everything if f.kind and f.task not in same]
    if reason := overtaken(evidence, mine, [*mine, *others]):
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=(*facts, Fact(text=reason)),
            since=since,
            score=0.2,
            missing=missing,
        )
    return Judgement(
        verdict="confirmed",
        summary=summary,
        evidence=facts,
        actions=actions,
        since=since,
        missing=missing,
        score=min(1.0, 0.5 + 0.1 * len(deaths)),
    )


def _not_logged(evidence: Evidence, kind: str) -> Judgement:
    """No line says it: excluded if failed tasks said something else, or none failed; else it depends on the logs."""
    deaths = died_of(evidence)
    spoke = [d for d in deaths if d.line]
    if spoke:
        text = f"{spoke[-1].label} says something else: {quote(spoke[-1].line)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=spoke[-1].source, at=spoke[-1].at),))
    silent = [d for d in deaths if d.failure.kind in (EXIT, *HEALTH_KINDS)]
    if silent:
        gap = evidence.gap("logs.last_words") or evidence.gap("logs.errors")
        if gap:
            return Judgement(verdict="could_not_check", missing=(f"logs.last_words: {gap}",))
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"no log line names a {kind} problem", source="logs"),)
        )
    return absent(evidence, failures(evidence))


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
