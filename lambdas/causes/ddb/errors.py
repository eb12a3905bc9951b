"""DynamoDB's own errors (500), and those that its callers make (400)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF
from lambdas.causes.ddb.scene import FELT, METRICS, RUNBOOK, blind, operations, out
from lambdas.causes.measured import Measured, measured
from lambdas.causes.wording import at, number, some
from lambdas.checks.dynamodb.metrics import NAMESPACE
from lambdas.checks.dynamodb.tables import TableState
from lambdas.checks.health.events import HealthEvent
from lambdas.checks.logs.lines import ErrorLine
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence

NEAR = timedelta(minutes=30)
OVER = 4  # minutes without an error
SOME = 0.001  # of the requests that fail: DynamoDB's own availability is 99.99 %, and the SDKs retry
# What DynamoDB answers to a request that is wrong in itself ("Error handling with DynamoDB", HTTP 400 without retry).
REFUSED = ("ValidationException", "AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException",
           "IncompleteSignatureException", "MissingAuthenticationTokenException", "SerializationException")  # fmt: skip


def _about(evidence: Evidence, name: str) -> bool:
    return any(m.name == name and m.namespace == NAMESPACE for m in evidence.alert.metrics)


def _errors(points: list[tuple[datetime, float]], evidence: Evidence) -> list[tuple[datetime, float]]:
    return [p for p in points if p[1] > 0 and p[0] >= evidence.window.at - NEAR]


@cause(
    "ddb.system_errors",
    title="DynamoDB answers with internal errors",
    reads=("dynamodb.metrics",),
    effects=FELT,
    depth=3,
    runbook=RUNBOOK,
)
def system_errors(evidence: Evidence) -> Judgement:
    """SystemErrors (HTTP 500) are AWS's own statement; a few are absorbed by retries."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    failing = [(name, m, errors) for name, m in operations(evidence, "ddb.system_errors")
               if (errors := _errors(list(m.points), evidence))]  # fmt: skip
    if not failing:
        return out(Fact(text="no internal errors around the alarm", source=METRICS))
    total = sum(v for _, _, errors in failing for _, v in errors)
    since = min(errors[0][0] for _, _, errors in failing)
    last = max(errors[-1][0] for _, _, errors in failing)
    asked = [m for _, m in operations(evidence, "ddb.requests")]
    done = sum(v for m in asked for t, v in m.points if since <= t <= last)
    share = total / (total + done) if done else None
    names = some(sorted({name for name, _, _ in failing}), 4)
    part = f", {share:.2%} of the requests" if share else ""
    text = f"{number(total)} internal errors of {names} since {at(since)}{part}"
    fact = Fact(text=text, source=METRICS, at=since, value=number(total), baseline="0")
    if share is not None and share < SOME:
        return out(fact, Fact(text="so few that the SDK's retries absorb them", source=METRICS))
    if share is None and total < 10 and not _about(evidence, "SystemErrors"):
        return Judgement(verdict="possible", summary=text, evidence=(fact,), since=since, score=0.1)
    seen = max((m.points[-1][0] for m in asked), default=last)
    if (seen - last).total_seconds() > OVER * 60:
        return Judgement(verdict="possible", summary=f"until {at(last)}: {text}", evidence=(fact,), since=since,
                         would_confirm="internal errors coming back")  # fmt: skip
    told = [e for e in evidence.of(HealthEvent) if e.service.upper() == "DYNAMODB"]
    actions = (
        Action(text="Open a support case with AWS if the errors last: they are DynamoDB's own, not the application's"),
        BACKOFF,
    )
    return Judgement(
        verdict="confirmed",
        summary=f"DynamoDB itself fails: {text}",
        evidence=(fact, *(Fact(text=f"AWS Health: {e.code}", source=e.source, at=e.at, link=e.link) for e in told[:1])),
        actions=actions,
        since=since,
        missing=(f"health.events: {gap}",) if (gap := evidence.gap("health.events")) else (),
        score=0.7,
    )


@cause("ddb.user_errors", title="Requests that DynamoDB refuses as wrong", reads=("dynamodb.metrics",),
       effects=("app.exception_signature",), depth=2, runbook=RUNBOOK)  # fmt: skip
def user_errors(evidence: Evidence) -> Judgement:
    """UserErrors (HTTP 400) of the account in this region, against their own baseline: AWS counts them for no table."""
    if gap := evidence.gap("dynamodb.metrics"):
        return Judgement(verdict="could_not_check", missing=(f"dynamodb.metrics: {gap}",))
    own = _about(evidence, "UserErrors")
    metric = measured(evidence, "ddb.user_errors") or (measured(evidence, "alarm") if own else None)
    asked = own or bool(evidence.of(TableState))
    if metric is None:
        if own or not asked:
            return Judgement(verdict="could_not_check", missing=("UserErrors has no data",))
        if unseen := blind(evidence, "dynamodb.metrics"):
            return unseen
        return out(Fact(text="no user errors in this account and region", source=METRICS))
    return _against_baseline(evidence, metric)


def _against_baseline(evidence: Evidence, metric: Measured) -> Judgement:
    points = list(metric.points)
    end = max(evidence.window.at, points[-1][0])
    now = ts.middle([p for p in points if evidence.window.at - timedelta(minutes=10) <= p[0] <= end]) or 0.0
    usual = ts.baseline(metric.past, max(metric.window.start, metric.window.end - NEAR), metric.window.end)
    high = usual.high if usual else 0.0
    level = Fact(text=f"{number(now)} user errors a minute around the alarm", source=METRICS, value=number(now),
                 baseline=f"{number(usual.low)} to {number(usual.high)}" if usual else "none")  # fmt: skip
    if now <= max(1.5 * high, high + 2):
        return out(level)
    step = ts.change(points)
    since = next((t for t, v in points if step and t >= step.at and v > max(high, 1)), None)
    said = [line for line in evidence.of(ErrorLine) if any(word in line.text for word in REFUSED)]
    facts = [level, *(Fact(text=line.text[:200], source=line.source, at=line.at, link=line.link) for line in said[:1])]
    mine = _about(evidence, "UserErrors")
    actions = (
        Action(text="Find the caller: its log names the error (ValidationException, AccessDeniedException, a signature"
                    " or a missing table); CloudTrail data events name it too"),
    )  # fmt: skip
    return Judgement(
        verdict="confirmed" if mine and usual else "likely" if mine or said else "possible",
        summary=f"DynamoDB refuses {number(now)} requests a minute as wrong since {at(since)}, usually {number(high)}",
        evidence=tuple(facts),
        actions=actions,
        since=since,
        would_confirm="the exception's name in the caller's log" if not said else "",
        score=0.6 if mine else 0.2,
    )
