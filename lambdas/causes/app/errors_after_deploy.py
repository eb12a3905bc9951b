"""Errors that begin with a deployment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.app.dependency_failing import MOST, failing
from lambdas.causes.app.scene import RUNBOOK, News, began, ended, news, revisions, share
from lambdas.causes.app.symptom import Symptom, symptom
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.deployment import Deployed, deployments
from lambdas.causes.ecs.image_pull import roll_back
from lambdas.causes.ecs.related import concerns
from lambdas.causes.wording import at, quote, some, span
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import RevisionDiff
from lambdas.checks.ecs.tasks import RunningTask, Task
from lambdas.targets import Function

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

SOON = timedelta(minutes=15)  # after the first new task: what begins in it is likely the release's
LATER = timedelta(minutes=60)  # what begins after it hardly is
EARLY = timedelta(minutes=1)  # metrics are whole minutes
_FUNCTION = ("UpdateFunctionCode", "PublishVersion", "UpdateAlias", "UpdateFunctionConfiguration")


@cause(
    "app.errors_after_deploy",
    title="Errors since a deployment",
    reads=("ecs.services", "logs.errors", "cloudwatch.alarm_metric"),
    effects=(
        "app.exception_signature",
        "app.client_errors",
        "ecs.bad_deployment",
        "ecs.app_crash",
        "ecs.elb_health_check_failed",
        "alb.targets_wrong_code",
        "change.configuration",
        "ddb.user_errors",
    ),
    depth=1,
    runbook=RUNBOOK,
)
def errors_after_deploy(evidence: Evidence) -> Judgement:
    """New errors, or a step in the error metric, within minutes of a deployment, and no other explanation."""
    function = isinstance(evidence.target, Function)
    asked = "cloudtrail.changes" if function else "ecs.services"
    if gap := evidence.gap(asked):
        return Judgement(verdict="could_not_check", missing=(f"{asked}: {gap}",))
    deployed = _of_function(evidence) if function else deployments(evidence)
    if not deployed:
        names = some(s.name for s in evidence.of(ServiceState)) or str(evidence.target)
        text = f"no deployment of {names} since {at(evidence.window.start)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="ecs:DescribeServices"),))
    found, felt = news(evidence), symptom(evidence)
    onset = _onset(found, felt)
    if onset is None:
        known = evidence.looked("logs.errors") or felt is not None
        if not known:
            return Judgement(verdict="could_not_check", missing=(f"logs.errors: {evidence.gap('logs.errors')}",))
        return Judgement(verdict="ruled_out", evidence=(Fact(text="errors are what they always are"), *_felt(felt)))
    before = [d for d in deployed if d.at <= onset + EARLY]
    if not before:
        text = f"the errors began at {at(onset)}, before the deployment at {at(deployed[0].at)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, at=onset), *_felt(felt)))
    return _judge(evidence, max(before, key=lambda d: d.at), onset, found, felt)


def _judge(evidence: Evidence, new: Deployed, onset: datetime, found: list[News], felt: Symptom | None) -> Judgement:
    started = min(
        (
            t.started_at
            for t in evidence.of(RunningTask)
            if t.task_definition == new.revision and t.started_at and t.started_at >= new.at
        ),
        default=new.at,
    )
    late = onset - max(started, new.at)
    facts = [
        Fact(text=f"{new.revision} was deployed at {at(new.at)}{f', after {new.former}' if new.former else ''}",
             source=new.source, at=new.at, link=new.link),
        *_differs(evidence, new),
        *_felt(felt),
        *(n.fact() for n in found[:2]),
    ]  # fmt: skip
    if late > LATER:
        text = f"the errors began {span(late)} after {new.revision} was in service"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, at=onset), *facts))
    mine, elsewhere = revisions(evidence, found), [n for n, _ in failing(found)]
    old = mine - {new.revision, ""}
    if old and found:
        text = f"tasks of {some(old)} log the same errors"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text), *facts))
    summary = f"errors began at {at(onset)}, {span(late)} after {new.revision} went into service"
    summary += f": {found[0].cluster.exception or quote(found[0].cluster.signature, 90)}" if found else ""
    apart = mine == {new.revision} and _former_serves(evidence, new, onset)
    if found and share(elsewhere, found) >= MOST and not apart:
        return Judgement(
            verdict="possible", summary=summary, evidence=tuple(facts), since=new.at, score=0.2,
            would_confirm="errors of its own: those seen blame a dependency",
        )  # fmt: skip
    over = ended(evidence, found) if found else felt.over_since if felt else None
    if over and not new.failed:
        return Judgement(
            verdict="possible", summary=f"until {at(over)}: {summary}", evidence=tuple(facts), since=new.at
        )
    seen = [n for n in found if not n.new]
    missing = tuple(f"{c}: {g}" for c in ("logs.errors",) if (g := evidence.gap(c)))
    if late > SOON or (found and len(seen) == len(found)):
        return Judgement(
            verdict="possible", summary=summary, evidence=tuple(facts), since=new.at, missing=missing, score=0.3,
            would_confirm=f"errors that only {new.revision} logs",
        )  # fmt: skip
    return Judgement(
        verdict="confirmed" if found and (apart or new.failed) and felt is not None else "likely",
        summary=summary,
        evidence=tuple(facts),
        actions=(
            *roll_back(evidence),
            Action(text=f"Review what {new.revision} changed; its errors begin with it", link=new.link),
        ),
        since=new.at,
        would_confirm="" if apart else f"the errors ending with a rollback{f' to {new.former}' if new.former else ''}",
        missing=missing,
        score=0.6,
    )


def _onset(found: list[News], felt: Symptom | None) -> datetime | None:
    """When the errors began: by the metric that rang, else by the log."""
    return (felt.onset if felt else None) or began([n for n in found[:1] if n.new]) or began(found)


def _former_serves(evidence: Evidence, new: Deployed, onset: datetime) -> bool:
    """Whether tasks of another revision ran beside the new ones while those failed."""
    return any(
        t.task_definition and t.task_definition != new.revision
        for t in evidence.of(Task)
        if t.last_status == "RUNNING" or (t.at is not None and t.at > onset)
    )


def _differs(evidence: Evidence, new: Deployed) -> list[Fact]:
    return [
        Fact(text=f"{d.former} → {d.current}: {some(d.differences, 4) or 'nothing differs'}", source=d.source, at=d.at,
             link=d.link)
        for d in evidence.of(RevisionDiff)
        if d.current == new.revision
    ][:1]  # fmt: skip


def _felt(felt: Symptom | None) -> tuple[Fact, ...]:
    return (felt.fact(),) if felt else ()


def _of_function(evidence: Evidence) -> list[Deployed]:
    """Code and configuration of a Lambda function, by CloudTrail."""
    name = evidence.target.name if isinstance(evidence.target, Function) else ""
    return [
        Deployed(service=name, revision=name, former="", at=c.at, source=c.source, link=c.link)
        for c in evidence.of(Change)
        if c.at and c.at in evidence.window and c.event.startswith(_FUNCTION) and not c.error and concerns(c, [name])
    ]
