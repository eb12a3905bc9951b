"""An on-demand table is asked for more than twice its previous peak."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF, demand
from lambdas.causes.ddb.scene import FELT, METRICS, RUNBOOK, Side, active, blind, ended, out, quiet, throttled
from lambdas.causes.wording import at, day, number, times
from lambdas.checks.dynamodb.insights import TopKeys

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.checks.dynamodb.tables import Kind

# A new on-demand table takes this much at once ("On-demand capacity mode", initial throughput), units a second.
INITIAL: dict[Kind, float] = {"read": 12_000, "write": 4_000}
RAMP = timedelta(minutes=30)  # over which traffic may double without being throttled (the same page)
TWICE = 1.9


def previous_peak(side: Side) -> float | None:
    """The busiest minutes of the week up to half an hour before the throttles; None where nothing was measured."""
    if side.onset is None:
        return None
    limit = side.onset - RAMP
    return max((value for moment, value in (*side.past, *side.consumed) if moment < limit), default=None)


def ramped(side: Side) -> bool:
    """Whether what was asked for passed twice the previous peak, and what any on-demand table takes."""
    if not side.table or side.table.on_demand is not True or not side.throttles:
        return False
    peak = previous_peak(side)
    return peak is not None and demand(side) > TWICE * max(peak, INITIAL[side.kind] / 2)


@cause(
    "ddb.on_demand_ramp",
    title="Traffic ramps faster than the on-demand table grows",
    reads=("dynamodb.metrics", "dynamodb.table"),
    effects=FELT,
    depth=2,
    runbook=RUNBOOK,
)
def on_demand_ramp(evidence: Evidence) -> Judgement:
    """On demand serves twice the previous peak at once; what lies above within half an hour is throttled."""
    if unseen := blind(evidence, "dynamodb.table", "dynamodb.metrics"):
        return unseen
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence)
    own = [side for side in limping if side.table and side.table.on_demand is True]
    if not own:
        table = limping[0].table
        text = f"{table.name if table else limping[0].subject} has provisioned capacity"
        return out(Fact(text=text, source="dynamodb:DescribeTable", link=table.link if table else ""))
    for side in active(own) or own:
        other = next((r for r in ("maximum", "account") if (side.because(r) or 0.0) >= 0.5), "")
        if not ramped(side) or other:
            continue
        peak = previous_peak(side) or 0.0
        level = max(peak, INITIAL[side.kind] / 2)
        asked = demand(side)
        summary = (
            f"{side.name} rose to {number(asked)} {side.unit} from {at(side.onset)} on, {times(asked / level)}"
            f" {'the previous peak' if peak >= level else 'half of what a new table takes'}; twice is served at once"
        )
        if side.over_since:
            return ended(side, summary)
        facts = [
            *side.facts(),
            Fact(text=f"{number(peak)} {side.unit} in the busiest minutes of the week before", source=METRICS,
                 value=f"{number(asked)} {side.unit}", baseline=f"{number(peak)} {side.unit}"),
        ]  # fmt: skip
        since = side.table.on_demand_since if side.table else None
        if since:
            facts.append(Fact(text=f"on demand since {day(since)}", source="dynamodb:DescribeTable", at=since))
        hot = next((k for k in evidence.of(TopKeys) if k.subject == side.subject and k.what == "throttled"), None)
        if hot and hot.share >= 0.5:
            return Judgement(
                verdict="possible", summary=summary, evidence=tuple(facts), since=side.onset, score=0.3,
                would_confirm="throttles that are spread over the keys; one key takes most of them",
            )  # fmt: skip
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=tuple(facts),
            actions=(
                Action(
                    text=f"Pre-warm {side.subject.partition('/')[0]} (warm throughput) before such events, or spread"
                    " the growth over 30 minutes",
                    command=f"aws dynamodb update-table --table-name {side.subject.partition('/')[0]} --warm-throughput"
                    f" {side.kind.capitalize()}UnitsPerSecond={round(asked * 1.2)}",
                    link=side.table.link if side.table else "",
                ),
                BACKOFF,
            ),
            since=side.onset,
            would_confirm="the throttles ending within half an hour at the same traffic",
            score=0.6,
        )
    side = own[0]
    peak_ = previous_peak(side)
    text = f"{number(demand(side))} {side.unit} were asked for; "
    text += (
        f"the week's busiest minute took {number(peak_)}"
        if peak_ is not None
        else "nothing is known of the week before"
    )
    if peak_ is None:
        return Judgement(verdict="could_not_check", missing=(text,))
    return out(Fact(text=text, source=METRICS), *side.facts()[:1])
