"""A limit that somebody, or AWS, set: on the table, or on the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF, demand
from lambdas.causes.ddb.scene import FELT, METRICS, RUNBOOK, Side, active, blind, ended, out, quiet, throttled
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.measured import measured
from lambdas.causes.wording import at, number
from lambdas.checks.dynamodb.limits import Quotas

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

NEAR = 0.9  # of a limit
MOSTLY = 0.5  # of AWS's reasons


def _used(side: Side) -> float:
    return max(side.used or 0.0, side.peak)


@cause(
    "ddb.table_limit",
    title="A limit of the table",
    reads=("dynamodb.metrics", "dynamodb.table", "dynamodb.limits"),
    effects=("ddb.provisioned_too_low", "ddb.autoscaling_at_max", *FELT),
    depth=3,
    runbook=RUNBOOK,
)
def table_limit(evidence: Evidence) -> Judgement:
    """The maximum on-demand throughput that somebody set, or the quota of one table, is reached."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence)
    for side in active(limping) or limping:
        if found := _maximum(evidence, side) or _quota(evidence, side):
            return found
    if not evidence.looked("dynamodb.table") and limping[0].reasons is None:
        return Judgement(verdict="could_not_check", missing=(f"dynamodb.table: {evidence.gap('dynamodb.table')}",))
    quotas, side = evidence.first(Quotas), limping[0]
    most = quotas.table(side.kind) if quotas else None
    text = f"{number(_used(side))} {side.unit} are consumed; one table may take {number(most) if most else 'more'}"
    return out(Fact(text=text, source="dynamodb:DescribeLimits"), *side.facts()[:1])


def _maximum(evidence: Evidence, side: Side) -> Judgement | None:
    """The maximum on-demand throughput: AWS's own reason, or consumption at it."""
    limit = side.table.capacity_of(side.index).limit(side.kind) if side.table else None
    said = (side.because("maximum") or 0.0) >= MOSTLY
    if not said and not (limit and side.reasons is None and _used(side) >= NEAR * limit):
        return None
    table = side.subject.partition("/")[0]
    summary = f"{side.name} reach the maximum on-demand throughput{f' of {number(limit)} {side.unit}' if limit else ''}"
    summary += f": {number(side.events)} events throttled since {at(side.onset)}"
    if side.over_since:
        return ended(side, summary)
    units = f"Max{side.kind.capitalize()}RequestUnits={round(demand(side) * 1.5)}"
    return Judgement(
        verdict="confirmed" if said else "likely",
        summary=summary,
        evidence=(
            *side.facts(),
            *([_limit_fact(side, limit)] if limit else []),
            *changes_of(evidence, table),
        ),
        actions=(
            Action(
                text=f"Raise or remove the maximum on-demand throughput of {side.subject}, if its cost is meant",
                command=f"aws dynamodb update-table --table-name {table} --on-demand-throughput {units}"
                if not side.index
                else "",
                link=side.table.link if side.table else "",
            ),
            BACKOFF,
        ),
        since=side.onset,
        would_confirm="" if said else "MaxOnDemandThroughputThrottleEvents of the same minutes",
        score=0.8,
    )


def _limit_fact(side: Side, limit: float) -> Fact:
    text = f"{side.subject} has a maximum on-demand throughput of {number(limit)} {side.unit}"
    return Fact(
        text=text, source="dynamodb:DescribeTable", value=number(limit), link=side.table.link if side.table else ""
    )


def _quota(evidence: Evidence, side: Side) -> Judgement | None:
    """The account's quota for one table: consumption, or provision, at it."""
    quotas = evidence.first(Quotas)
    most = quotas.table(side.kind) if quotas else None
    if quotas is None or not most or max(_used(side), side.allowed or 0.0) < NEAR * most:
        return None
    if side.reasons is not None and side.reasons["account"] + side.reasons["provisioned"] < MOSTLY:
        return None
    summary = (
        f"{side.name} reach the quota of {number(most)} {side.unit} for one table:"
        f" {number(side.events)} events throttled since {at(side.onset)}"
    )
    if side.over_since:
        return ended(side, summary)
    said = (side.because("account") or 0.0) >= MOSTLY
    quota = Fact(text=f"a table may take {number(most)} {side.unit} here", source=quotas.source, link=quotas.link)
    return Judgement(
        verdict="confirmed" if said else "likely",
        summary=summary,
        evidence=(quota, *side.facts()),
        actions=(_ask(f"Table-level {side.kind} throughput limit", quotas.link), BACKOFF),
        since=side.onset,
        would_confirm="" if said else "AccountLimitThrottleEvents, or an UpdateTable refused with LimitExceeded",
        score=0.7,
    )


def _ask(quota: str, link: str) -> Action:
    command = "aws service-quotas list-service-quotas --service-code dynamodb"
    return Action(text=f"Ask AWS for a higher quota: “{quota}”", command=command, link=link)


@cause(
    "ddb.account_quota",
    title="The account's DynamoDB quota",
    reads=("dynamodb.metrics", "dynamodb.limits"),
    effects=("ddb.provisioned_too_low", "ddb.autoscaling_lagging", *FELT),
    depth=3,
    runbook=RUNBOOK,
)
def account_quota(evidence: Evidence) -> Judgement:
    """AWS gives the account's limit as the reason, and the table is below its own; or the account's units are used."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence)
    quotas = evidence.first(Quotas)
    for side in active(limping) or limping:
        said = (side.because("account") or 0.0) >= MOSTLY
        use = measured(evidence, f"ddb.account_{side.kind}_use")
        share = use.last() if use else None
        full = share is not None and share >= 95 and side.reasons is None
        if not said and not full:
            continue
        most = quotas.table(side.kind) if quotas else None
        own = most is not None and _used(side) >= NEAR * most
        summary = f"the account's quota for {side.kind}s throttles {side.subject}: {number(side.events)} events since"
        summary += f" {at(side.onset)}"
        if side.over_since:
            return ended(side, summary)
        facts = [*side.facts(), *_levels(quotas, side, share)]
        if own:
            return Judgement(
                verdict="possible", summary=summary, evidence=tuple(facts), since=side.onset, score=0.4,
                would_confirm="a table below its own quota; this one is at it",
            )  # fmt: skip
        return Judgement(
            verdict="confirmed" if said and most is not None else "likely",
            summary=summary,
            evidence=tuple(facts),
            actions=(
                _ask(f"Account-level {side.kind} throughput limit", quotas.link if quotas else ""),
                Action(
                    text="Find the other tables of the account that take the throughput, and slow those that can wait"
                ),
                BACKOFF,
            ),
            since=side.onset,
            would_confirm="" if said else "AccountLimitThrottleEvents of the same minutes",
            missing=(f"dynamodb.limits: {gap}",) if (gap := evidence.gap("dynamodb.limits")) else (),
            score=0.8,
        )
    side = limping[0]
    use = measured(evidence, f"ddb.account_{side.kind}_use")
    facts = _levels(quotas, side, use.last() if use else None)
    if side.reasons is None and use is None:
        return Judgement(
            verdict="could_not_check", missing=("neither reasons nor the account's utilization are measured",)
        )
    if side.reasons is not None:
        facts.insert(0, Fact(text="AWS does not give the account's limit as a reason", source=METRICS))
    return out(*facts, *side.facts()[:1])


def _levels(quotas: Quotas | None, side: Side, share: float | None) -> list[Fact]:
    facts = []
    if quotas and (most := quotas.account(side.kind)):
        text = f"all tables together may have {number(most)} {side.unit}"
        facts.append(Fact(text=text, source=quotas.source, link=quotas.link))
    if share is not None:
        text = f"{number(share)} % of the account's provisioned {side.kind} capacity is in use"
        facts.append(Fact(text=text, source=METRICS, value=f"{number(share)} %"))
    return facts
