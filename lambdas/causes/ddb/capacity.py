"""Provisioned capacity is less than what is asked for, and an index that holds its table back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF, raise_capacity
from lambdas.causes.ddb.scene import FELT, FULL, RUNBOOK, Side, active, blind, ended, out, quiet, sides, throttled
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.wording import at, number

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence


def hungry(evidence: Evidence) -> list[Side]:
    """Sides that throttle with all their provisioned capacity in use. Writes of an index are `gsi_backpressure`."""
    return [s for s in throttled(evidence) if wants_more(s) and not (s.index and s.kind == "write")]


def wants_more(side: Side) -> bool:
    """Whether it is the whole table or index that lacks capacity, not one of its partitions."""
    if side.allowed is None:
        return False
    said = side.because("provisioned")
    if said is not None and said < 0.5:
        return False
    return (side.use or 0.0) >= FULL or (said is not None and side.peak >= side.allowed)


@cause(
    "ddb.provisioned_too_low",
    title="Provisioned capacity is too low",
    reads=("dynamodb.metrics", "dynamodb.table"),
    effects=FELT,
    depth=1,
    runbook=RUNBOOK,
)
def provisioned_too_low(evidence: Evidence) -> Judgement:
    """Consumed reaches provisioned while requests are throttled; confirmed where AWS gives that as the reason."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence)
    short = hungry(evidence)
    if not short:
        return _enough(limping)
    side = next(iter(active(short)), short[0])
    summary = (
        f"{side.name} ask for more than the {number(side.allowed or 0)} {side.unit} that are provisioned:"
        f" {number(side.used or 0)} are consumed and {number(side.events)} events were throttled since {at(side.onset)}"
    )
    if side.over_since:
        return ended(side, summary)
    told = (side.because("provisioned") or 0.0) >= 0.5 and evidence.looked("dynamodb.scaling")
    table = side.subject.partition("/")[0]
    return Judgement(
        verdict="confirmed" if told else "likely",
        summary=summary,
        evidence=(*(f for s in short for f in s.facts()), *changes_of(evidence, table)),
        actions=(raise_capacity(side), BACKOFF),
        since=side.onset,
        would_confirm="" if told else "AWS's own reason in the same minutes, and the state of auto scaling",
        missing=tuple(f"{c}: {g}" for c in ("dynamodb.table", "dynamodb.scaling") if (g := evidence.gap(c))),
        score=0.4 + side.watched,
    )


def _enough(limping: list[Side]) -> Judgement:
    side = limping[0]
    if side.table and side.table.on_demand:
        text = f"{side.subject.partition('/')[0]} is on demand: nothing is provisioned"
        return out(Fact(text=text, source=side.table.source, link=side.table.link))
    return out(*side.facts())


@cause(
    "ddb.gsi_backpressure",
    title="A global secondary index holds the table's writes back",
    reads=("dynamodb.metrics", "dynamodb.table"),
    effects=("ddb.provisioned_too_low", "ddb.autoscaling_off", "change.configuration", *FELT),
    depth=2,
    runbook=RUNBOOK,
)
def gsi_backpressure(evidence: Evidence) -> Judgement:
    """Writes of an index are throttled: DynamoDB then refuses the table's writes too, whatever the table may do."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    writes = [s for s in sides(evidence) if s.kind == "write"]
    limping = [s for s in writes if s.throttled]
    if not limping:
        return quiet(evidence)
    indexes = [s for s in limping if s.index]
    if not indexes:
        known = [s.index for s in writes if s.index]
        text = f"no write of {', '.join(known)} is throttled" if known else "no index was found"
        return out(Fact(text=text, source="cloudwatch:GetMetricData"), *limping[0].facts()[:1])
    side = next(iter(active(indexes)), indexes[0])
    table = next((s for s in writes if s.subject == side.subject.partition("/")[0]), None)
    own = table if table and table.throttled and table.events > side.events else None
    summary = (
        f"index {side.index} takes {number(side.used or 0)} {side.unit}"
        f"{f' of {number(side.allowed)} provisioned' if side.allowed else ''}, and its"
        f" {number(side.events)} throttled writes since {at(side.onset)} hold the table's back"
    )
    if side.over_since:
        return ended(side, summary)
    facts = (*side.facts(), *(table.facts() if table else ()), *changes_of(evidence, side.index))
    if own and wants_more(own):
        return Judgement(
            verdict="possible", summary=summary, evidence=facts, since=side.onset, score=0.3,
            would_confirm="the table's own writes having room",
        )  # fmt: skip
    full = wants_more(side) or (side.because("maximum") or 0.0) >= 0.5
    room = table is None or table.use is None or table.use < FULL
    return Judgement(
        verdict="confirmed" if full and room else "likely",
        summary=summary,
        evidence=facts,
        actions=(raise_capacity(side), BACKOFF) if side.allowed else (BACKOFF,),
        since=side.onset,
        would_confirm="" if full and room else "the index's own capacity or keys",
        score=0.5 + side.watched,
    )
