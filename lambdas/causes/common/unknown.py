"""No cause stands: what was seen, laid out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.causes.alarm import state, watched
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, count, number, some
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.ecs.services import ServiceMissing, ServiceState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence


@cause("unknown", title="No cause could be established", reads=("cloudwatch.alarm_metric",))
def unknown(evidence: Evidence) -> Judgement:
    """Never wrong: it says what was looked at, what it showed, and what could not be looked at."""
    found = evidence.found
    gaps = tuple(f"{g.check}: {g.why}" for g in found.gaps)
    facts = tuple(_seen(evidence))
    looked = len(found.looked)
    if not looked:
        return Judgement(
            verdict="could_not_check",
            missing=gaps[:6],
            summary=f"nothing could be looked at: {some(dict.fromkeys(g.why for g in found.gaps), 2)}",
        )
    return Judgement(
        verdict="possible",
        summary=(
            f"no cause established for {evidence.alert.name}:"
            f" {count(looked, 'check')} looked, {len(found.gaps)} could not"
        ),
        evidence=facts,
        missing=gaps[:6],
        actions=(Action(text="Look at the dashboard of the service, and at the findings in this thread"),),
    )


def _seen(evidence: Evidence) -> Iterator[Fact]:
    alert = evidence.alert
    if alert.observed is not None and alert.threshold is not None:
        text = f"{alert.name} saw {number(alert.observed)} against a threshold of {number(alert.threshold)}"
        yield Fact(text=text, source=alert.source, at=alert.at)
    watch = watched(evidence)
    if watch and (usual := watch.metric.baseline) and (now := watch.metric.last()) is not None:
        low, high = number(usual.low), number(usual.high)
        text = f"{watch.metric.series.name} is {number(now)}; at this hour it usually is {low} to {high}"
        yield Fact(text=text, source="cloudwatch:GetMetricData", value=number(now), baseline=number(usual.typical))
    if present := state(evidence):
        yield Fact(
            text=f"the alarm is in {present.state} since {at(present.at)}", source=present.source, link=present.link
        )
    for service in evidence.of(ServiceState):
        text = f"{service.name} runs {service.running} of {count(service.desired, 'task')}, {service.pending} pending"
        yield Fact(text=text, source=service.source, link=service.link)
    for missing in evidence.of(ServiceMissing):
        yield Fact(text=f"ECS knows no service {missing.name} ({missing.reason})", source=missing.source)
    if changes := len(evidence.of(Change)):
        yield Fact(text=f"{count(changes, 'change')} in the account in the hours before", source="CloudTrail")
