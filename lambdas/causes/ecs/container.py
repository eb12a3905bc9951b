"""Containers that end by themselves: settings, dependencies, crashes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.causes import log_lines
from lambdas.causes.base import Action, Fact, Judgement, Verdict, cause
from lambdas.causes.ecs.exits import Death, died_of, news
from lambdas.causes.ecs.failures import EXIT, failures, over_since
from lambdas.causes.ecs.image_pull import RUNBOOK, roll_back
from lambdas.causes.ecs.logged import HEALTH_KINDS, SEEN_OUTSIDE, SYMPTOMS, by_log, not_logged
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import absent, facts_of, overtaken, short_of, who
from lambdas.causes.wording import at, count, quote, some
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import RevisionDiff
from lambdas.checks.elbv2.target_groups import TargetHealth

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

READS = ("logs.last_words", "ecs.stopped_tasks", "logs.errors", "ecs.services", "ecs.task_definitions")


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
        return not_logged(evidence, "config")
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
    return by_log(
        evidence, deaths, f"{service} exits at start: {what}", actions, [*diffs, *changes_of(evidence, *settings)]
    )


@cause(
    "ecs.dependency_unreachable",
    title="A dependency cannot be reached",
    reads=READS,
    effects=(*SYMPTOMS, "app.dependency_failing"),  # where tasks die of it, that is the nearer name
    depth=4,
    runbook=RUNBOOK,
)
def dependency_unreachable(evidence: Evidence) -> Judgement:
    """Exits or fails health checks, and the log shows connections that are refused, time out or do not resolve."""
    deaths = [d for d in died_of(evidence) if d.said.kind == "dependency"]
    if deaths:
        return _dependency(evidence, deaths)
    lines = [(line, said) for line in news(evidence) if (said := log_lines.said(line.text)).kind == "dependency"]
    if not lines:
        return not_logged(evidence, "dependency")
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
    judged = by_log(
        evidence, deaths, summary, _reach(evidence, to), list(changes_of(evidence, *groups, to.partition(":")[0]))
    )
    # Tasks log it for a while before they die of it: it began with the first line, not with the first death.
    wanted = {d.said.what for d in deaths}
    logged = [line.at for line in news(evidence) if line.at and log_lines.said(line.text).what in wanted]
    return replace(judged, since=min([at for at in (judged.since, *logged) if at], default=None))


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
        return by_log(
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
