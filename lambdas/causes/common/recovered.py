"""The alarm is stale: what it saw is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.alarm import state, watched
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import QUIET, failures, over_since
from lambdas.causes.wording import at, count, number
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetHealth

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

YOUNG = timedelta(seconds=30)  # DescribeAlarms and the message may cross on the way


@cause("none.recovered", title="It has recovered by itself", reads=("cloudwatch.alarm", "cloudwatch.alarm_metric"))
def recovered(evidence: Evidence) -> Judgement:
    """The alarm is OK again, or its metric is; and nothing that it stands for still fails."""
    if against := _still(evidence):
        return Judgement(verdict="ruled_out", evidence=(against,))
    present, watch = state(evidence), watched(evidence)
    facts = []
    back = watch.back_since if watch else None
    if watch and back:
        last = watch.points[-1][1]
        text = (
            f"{watch.metric.series.name} is {number(last)}, on the"
            f" good side of {number(watch.threshold)} since {at(back)}"
        )
        facts.append(Fact(text=text, source="cloudwatch:GetMetricData", at=back, value=number(last)))
    is_ok = present is not None and present.state == "OK"
    if present and is_ok:
        facts.insert(0, Fact(text=f"the alarm is OK since {at(present.at)}", source=present.source, link=present.link))
    for service in evidence.of(ServiceState):
        text = f"{service.name} runs {service.running} of {count(service.desired, 'task')}, nothing is being deployed"
        facts.append(Fact(text=text, source=service.source, link=service.link))
    actions = (Action(text="Nothing to do now; note in the incident what happened, and watch for a repetition"),)
    if is_ok and not (watch and watch.onset):
        return Judgement(
            verdict="confirmed",
            summary=f"{evidence.alert.name} is OK again: what it saw is over",
            evidence=tuple(facts),
            actions=actions,
            since=present.at if present else None,
            score=0.6,
        )
    if back and watch:
        return Judgement(
            verdict="likely",
            summary=f"{watch.metric.series.name} has been normal again since {at(back)}",
            evidence=tuple(facts),
            actions=actions,
            since=back,
            would_confirm="the alarm's own return to OK",
            score=0.5,
        )
    if present is None and watch is None:
        gaps = (evidence.gap("cloudwatch.alarm"), evidence.gap("cloudwatch.alarm_metric"))
        why = "; ".join(g for g in gaps if g) or "neither the alarm nor its metric could be read"
        return Judgement(verdict="could_not_check", missing=(why,))
    text = f"the alarm is {present.state}" if present else "the metric is still beyond its threshold"
    return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="cloudwatch:DescribeAlarms"),))


def _still(evidence: Evidence) -> Fact | None:
    """What still fails; None if nothing visible does."""
    for service in evidence.of(ServiceState):
        if service.short or service.pending:
            text = f"{service.name} runs only {service.running} of {count(service.desired, 'task')}"
            return Fact(text=text, source=service.source, link=service.link)
    sick = [t for t in evidence.of(TargetHealth) if t.state == "unhealthy"]
    if sick:
        return Fact(text=f"{count(len(sick), 'target')} unhealthy", source=sick[0].source, link=sick[0].link)
    broken = [f for f in failures(evidence) if evidence.window.end - f.at < QUIET]
    if broken and not over_since(evidence, broken):
        return Fact(text=f"a task failed at {at(broken[-1].at)}", source=broken[-1].source, at=broken[-1].at)
    return None
