"""One partition is asked for more than a partition gives, while the table has room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF, spread_keys
from lambdas.causes.ddb.on_demand import ramped
from lambdas.causes.ddb.scene import FELT, METRICS, ROOM, RUNBOOK, Side, active, blind, ended, out, quiet, throttled
from lambdas.causes.wording import at, number
from lambdas.checks.dynamodb.insights import InsightsState, TopKeys

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

DOMINATES = 0.5  # of the throttled events: one key's share
STANDS_OUT = 0.2  # of the accesses
INSIGHTS = "dynamodb.contributor_insights"


@cause(
    "ddb.hot_partition",
    title="A hot partition",
    reads=("dynamodb.metrics", INSIGHTS),
    effects=("ddb.provisioned_too_low", *FELT),
    depth=2,
    runbook=RUNBOOK,
)
def hot_partition(evidence: Evidence) -> Judgement:
    """Confirmed by Contributor Insights' throttled keys; likely by AWS's reason, or by a table that is half idle."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence)
    hot = [side for side in limping if _partition(evidence, side)]
    if not hot:
        return out(*limping[0].facts(), *_spread(evidence, limping[0]))
    side = next(iter(active(hot)), hot[0])
    refused, used = _keys(evidence, side, "throttled"), _keys(evidence, side, "accessed")
    named = refused if refused and refused.share >= DOMINATES else None
    key = named or (used if used and used.share >= STANDS_OUT else None)
    label = f"one {key.label or 'key'} ({key.keys[0][0]})" if key else "one partition"
    room = f" while {side.subject} consumes only {side.use:.0%} of its capacity" if side.use and side.use < 1 else ""
    what = f"takes {key.share:.0%} of the {key.what} {side.kind}s" if key else f"is asked for too many {side.kind}s"
    summary = f"{label} of {side.subject} {what}{room}"
    if side.over_since:
        return ended(side, summary)
    facts = [*side.facts(), *(_fact(k) for k in (refused, used) if k)]
    off = [s for s in evidence.of(InsightsState) if s.subject == side.subject and not s.enabled]
    missing = [f"{INSIGHTS}: {gap}"] if (gap := evidence.gap(INSIGHTS)) else []
    missing += [f"Contributor Insights is off for {side.subject}"] if off else []
    said = (side.because("key_range") or 0.0) >= DOMINATES
    if ramped(side) and not named:
        return Judgement(
            verdict="possible", summary=summary, evidence=tuple(facts), since=side.onset, missing=tuple(missing),
            would_confirm="one key among those throttled: the traffic also ramped past twice its peak", score=0.3,
        )  # fmt: skip
    proven = named is not None and (said or side.reasons is None)
    verdict = "confirmed" if proven else "likely" if said or key or _idle(side) else "possible"
    actions = [spread_keys(side), BACKOFF]
    if off:
        actions.append(_switch_on(side))
    return Judgement(
        verdict=verdict,  # type: ignore[arg-type] # one of the three above
        summary=summary,
        evidence=tuple(facts),
        actions=tuple(actions),
        since=side.onset,
        would_confirm="" if proven else "the throttled keys by CloudWatch Contributor Insights",
        missing=tuple(missing),
        score=(0.6 if said else 0.4) + side.watched,
    )


def _partition(evidence: Evidence, side: Side) -> bool:
    """Whether it may be one partition at all."""
    refused = _keys(evidence, side, "throttled")
    if side.reasons is not None:
        return side.reasons["key_range"] >= STANDS_OUT
    if refused and refused.share >= DOMINATES:
        return True
    return _idle(side) and not _echo(evidence, side)


def _echo(evidence: Evidence, side: Side) -> bool:
    """Whether a table's writes are refused for one of its indexes: AWS counts those of the index with their reasons."""
    indexes = [s for s in throttled(evidence) if s.index and s.kind == side.kind == "write"]
    return not side.index and any(s.reasons and s.events >= 0.5 * side.events for s in indexes)


def _idle(side: Side) -> bool:
    """Throttled with room: no minute comes near what is provisioned, so it is not the whole that lacks it."""
    return side.use is not None and side.use < ROOM and side.peak < (side.allowed or 0.0)


def _keys(evidence: Evidence, side: Side, what: str) -> TopKeys | None:
    return next((k for k in evidence.of(TopKeys) if k.subject == side.subject and k.what == what and k.keys), None)


def _fact(keys: TopKeys) -> Fact:
    first, count = keys.keys[0]
    text = f"{keys.what} most: {keys.label or 'key'} {first} with {number(count)}, {keys.share:.0%} of all"
    text += f"; then {number(keys.keys[1][1])}" if len(keys.keys) > 1 else ""
    return Fact(text=text, source=keys.source, at=keys.at, value=f"{keys.share:.0%}", link=keys.link)


def _spread(evidence: Evidence, side: Side) -> list[Fact]:
    found = [k for what in ("throttled", "accessed") if (k := _keys(evidence, side, what))]
    text = f"AWS gives no key range as a reason since {at(side.onset)}"
    return [_fact(k) for k in found] or ([Fact(text=text, source=METRICS)] if side.reasons is not None else [])


def _switch_on(side: Side) -> Action:
    table, _, index = side.subject.partition("/")
    of = f" --index-name {index}" if index else ""
    return Action(
        text=f"Switch on CloudWatch Contributor Insights for {side.subject}, to see the keys",
        command=f"aws dynamodb update-contributor-insights --table-name {table}{of}"
        " --contributor-insights-action ENABLE",
        link=side.table.link if side.table else "",
    )
