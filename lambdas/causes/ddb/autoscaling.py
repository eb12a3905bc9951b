"""Auto scaling of a table: absent or suspended, at its maximum, or slower than the load."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF, raise_capacity, register, resource
from lambdas.causes.ddb.capacity import hungry
from lambdas.causes.ddb.scene import FELT, RUNBOOK, Side, blind, ended, out, quiet, throttled
from lambdas.causes.ecs.related import concerns, fact
from lambdas.causes.wording import at, number
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.dynamodb.limits import Quotas
from lambdas.checks.dynamodb.scaling import TableScaling, TableScalingActivity, TableScalingPolicy

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

EFFECTS = ("ddb.provisioned_too_low", *FELT)
REACTS = timedelta(minutes=15)  # two minutes of breach, the alarm's own delay, UpdateTable's minutes


def _seen(evidence: Evidence) -> tuple[Judgement | None, list[Side]]:
    """(what ends the judgement, sides that lack provisioned capacity)."""
    if unseen := blind(evidence, "dynamodb.scaling", "dynamodb.metrics"):
        return unseen, []
    limping = throttled(evidence)
    if not limping:
        return quiet(evidence), []
    short = hungry(evidence)
    if short:
        return None, sorted(short, key=lambda s: s.over_since is not None)
    side = limping[0]
    if side.table and side.table.on_demand:
        text = f"{side.table.name} is on demand: there is nothing to scale"
        return out(Fact(text=text, source=side.table.source, link=side.table.link)), []
    return out(*side.facts()), []


def _scaling(evidence: Evidence, side: Side) -> TableScaling | None:
    return next((s for s in evidence.of(TableScaling) if (s.subject, s.kind) == (side.subject, side.kind)), None)


def _policies(evidence: Evidence, side: Side) -> list[TableScalingPolicy]:
    return [p for p in evidence.of(TableScalingPolicy) if (p.subject, p.kind) == (side.subject, side.kind)]


def _activities(evidence: Evidence, side: Side) -> list[TableScalingActivity]:
    """Newest first."""
    found = [a for a in evidence.of(TableScalingActivity) if (a.subject, a.kind) == (side.subject, side.kind) and a.at]
    return sorted(found, key=lambda a: a.at or evidence.window.start, reverse=True)


def _limits(scaling: TableScaling) -> Fact:
    return Fact(
        text=f"auto scaling of {scaling.subject} ({scaling.kind}):"
        f" {number(scaling.lowest)} to {number(scaling.highest)}"
        f"{', suspended: ' + ', '.join(scaling.suspended) if scaling.suspended else ''}",
        source=scaling.source,
        link=scaling.link,
    )


@cause(
    "ddb.autoscaling_off",
    title="Auto scaling of the table is off",
    reads=("dynamodb.scaling", "dynamodb.metrics"),
    effects=(*EFFECTS, "change.configuration"),
    depth=2,
    runbook=RUNBOOK,
)
def autoscaling_off(evidence: Evidence) -> Judgement:
    """The capacity that lacks is not scaled: no scalable target, none of its policies, or scaling out is suspended."""
    ends, short = _seen(evidence)
    if ends:
        return ends
    for side in short:
        scaling = _scaling(evidence, side)
        policies = _policies(evidence, side)
        if scaling and "scale out" not in scaling.suspended and policies:
            continue
        undone = _taken_away(evidence, side)
        if scaling is None:
            why = f"no auto scaling is registered for {side.name}"
            facts = [Fact(text=why, source="application-autoscaling:DescribeScalableTargets")]
        elif "scale out" in scaling.suspended:
            why, facts = f"scaling out of {side.name} is suspended", [_limits(scaling)]
        else:
            why = f"the scalable target for {side.name} has no policy"
            facts = [_limits(scaling), Fact(text=why, source="application-autoscaling:DescribeScalingPolicies")]
        summary = f"{why}, while they need more than the {number(side.allowed or 0)} {side.unit} provisioned"
        if side.over_since:
            return ended(side, summary)
        told = undone or (scaling is not None and "scale out" in scaling.suspended)
        facts += [fact(evidence, change) for change in undone[:2]]
        resume = Action(
            text=f"Resume scaling out of {side.name}",
            command="aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id"
            f" table/{side.subject.replace('/', '/index/')} --scalable-dimension"
            f" dynamodb:{'index' if side.index else 'table'}:{side.kind.capitalize()}CapacityUnits"
            " --suspended-state DynamicScalingOutSuspended=false",
            link=scaling.link if scaling else "",
            fix=Fix(remedy="resume_scaling", resource=resource(side), to={"kind": side.kind}),
        )
        return Judgement(
            verdict="confirmed" if told else "likely",
            summary=summary,
            evidence=(*facts, *side.facts()),
            actions=(resume if scaling and scaling.suspended else register(side), raise_capacity(side), BACKOFF),
            since=side.onset,
            would_confirm="" if told else "that it was meant to be scaled: it may have been provisioned by hand",
            score=0.5 + side.watched,
        )
    scaled = [_limits(s) for side in short if (s := _scaling(evidence, side))]
    return out(
        *scaled, Fact(text="it is registered, has a policy and is not suspended", source="Application Auto Scaling")
    )


def _taken_away(evidence: Evidence, side: Side) -> list[Change]:
    """Who deregistered or suspended it, newest first."""
    table = side.subject.partition("/")[0]
    found = [
        c
        for c in evidence.of(Change)
        if c.event in ("DeregisterScalableTarget", "DeleteScalingPolicy", "RegisterScalableTarget")
        and not c.error
        and concerns(c, [table])
        and (c.event != "RegisterScalableTarget" or "uspended" in c.parameters)
    ]
    return sorted(found, key=lambda c: c.at or evidence.window.start, reverse=True)


@cause(
    "ddb.autoscaling_at_max",
    title="Auto scaling of the table is at its maximum",
    reads=("dynamodb.scaling", "dynamodb.metrics", "dynamodb.scaling_activities"),
    effects=EFFECTS,
    depth=2,
    runbook=RUNBOOK,
)
def autoscaling_at_max(evidence: Evidence) -> Judgement:
    """What is provisioned is the scalable target's maximum, and more is asked for."""
    ends, short = _seen(evidence)
    if ends:
        return ends
    for side in short:
        scaling = _scaling(evidence, side)
        now = found.points[-1][1] if (found := side.metric("provisioned")) else side.allowed
        if scaling is None or not scaling.highest or (now or 0.0) < 0.99 * scaling.highest:
            continue
        if (now or 0.0) > 1.01 * scaling.highest:
            continue  # somebody provisioned more by hand than scaling may
        summary = (
            f"auto scaling holds {side.name} at its maximum of {number(scaling.highest)} {side.unit}"
            f" while more is asked for: {number(side.events)} events throttled since {at(side.onset)}"
        )
        if side.over_since:
            return ended(side, summary)
        refused = next((a for a in _activities(evidence, side) if "AlreadyAtMaxCapacity" in a.not_scaled), None)
        facts = [_limits(scaling), *side.facts()]
        if refused:
            text = f"auto scaling did not scale at {at(refused.at)}: AlreadyAtMaxCapacity"
            facts.append(Fact(text=text, source=refused.source, at=refused.at, link=refused.link))
        suspended = "scale out" in scaling.suspended
        return Judgement(
            verdict="possible" if suspended else "confirmed",
            summary=summary,
            evidence=tuple(facts),
            actions=(
                Action(
                    text=f"Raise auto scaling's maximum for {side.name} above {number(scaling.highest)} {side.unit}",
                    command="aws application-autoscaling register-scalable-target --service-namespace dynamodb"
                    f" --resource-id table/{side.subject.replace('/', '/index/')} --scalable-dimension"
                    f" dynamodb:{'index' if side.index else 'table'}:{side.kind.capitalize()}CapacityUnits"
                    f" --max-capacity {round(scaling.highest * 2)}",
                    link=scaling.link,
                    fix=Fix(
                        remedy="raise_max_capacity",
                        resource=resource(side),
                        to={"kind": side.kind, "max": round(scaling.highest * 2)},
                    ),
                ),
                BACKOFF,
            ),
            since=side.onset,
            score=0.6 + side.watched,
        )
    scaled = [_limits(s) for side in short if (s := _scaling(evidence, side))]
    text = "none is scaled" if not scaled else "what is provisioned is below the maximum"
    return out(*scaled, Fact(text=text, source="application-autoscaling:DescribeScalableTargets"))


@cause(
    "ddb.autoscaling_lagging",
    title="Auto scaling is slower than the load",
    reads=("dynamodb.scaling", "dynamodb.metrics", "dynamodb.scaling_activities"),
    effects=EFFECTS,
    depth=2,
    runbook=RUNBOOK,
)
def autoscaling_lagging(evidence: Evidence) -> Judgement:
    """Scaling is in force with room above; the load rose faster than it follows, or its activities fail."""
    ends, short = _seen(evidence)
    if ends:
        return ends
    for side in short:
        scaling = _scaling(evidence, side)
        if scaling is None or "scale out" in scaling.suspended or not _policies(evidence, side) or not side.onset:
            continue
        quota = quotas.table(side.kind) if (quotas := evidence.first(Quotas)) else None
        if (side.allowed or 0.0) >= 0.99 * min(scaling.highest, quota or scaling.highest):
            continue
        return _lagging(evidence, side, scaling, side.onset)
    scaled = [_limits(s) for side in short if (s := _scaling(evidence, side))]
    text = "scaling is not in force, or has no room above" if scaled else "none is scaled"
    return out(*scaled, Fact(text=text, source="application-autoscaling:DescribeScalableTargets"))


def _lagging(evidence: Evidence, side: Side, scaling: TableScaling, onset: datetime) -> Judgement:
    begun = [a for a in _activities(evidence, side) if a.at and a.at >= onset - timedelta(minutes=2)]
    failed = [a for a in begun if a.status in ("Failed", "Unfulfilled")]
    summary = (
        f"{side.name} rose past the {number(side.allowed or 0)} {side.unit} provisioned at {at(side.onset)},"
        " faster than auto scaling follows"
    )
    if side.over_since:
        return ended(side, summary)
    facts = [_limits(scaling), *side.facts()]
    for activity in begun[:3]:
        text = f"{activity.status or 'an activity'} at {at(activity.at)}: {activity.description or activity.cause}"
        text += f" ({activity.message})" if activity.message and activity.status != "Successful" else ""
        facts.append(Fact(text=text, source=activity.source, at=activity.at, link=activity.link))
    late = evidence.window.end - onset > REACTS and not begun
    if late:
        facts.append(Fact(text="no scaling activity since the throttles began", source="Application Auto Scaling"))
    target = next((p.target for p in _policies(evidence, side) if p.target), None)
    earlier = Action(
        text=f"Let auto scaling of {side.name} start earlier: a higher minimum than {number(scaling.lowest)},"
        f" a lower target than {number(target or 70)} %, or a scheduled action before known peaks",
        link=scaling.link,
    )
    return Judgement(
        verdict="likely",
        summary=f"auto scaling of {side.name} fails: {failed[0].message or failed[0].status}" if failed else summary,
        evidence=tuple(facts),
        actions=(raise_capacity(side), earlier, BACKOFF),
        since=side.onset,
        would_confirm="the throttles ending when the next scaling activity does" if begun else "a scaling activity",
        score=0.5 + side.watched,
    )
