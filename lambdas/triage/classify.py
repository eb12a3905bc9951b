"""An alert → tier, severity, scope, and why. Pure.

The tier comes from the *observed* value and the runbook's table, never from the alarm's own threshold: a CPU alarm that
is set at 75 % and reports 88 % is critical.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.targets import resolve, service_name
from lambdas.triage import events
from lambdas.triage.impact import impact
from lambdas.triage.measured import Measured
from lambdas.triage.model import Classification
from lambdas.triage.quantity import Quantity, quantity
from lambdas.triage.severity import severity
from lambdas.triage.thresholds import OUTAGE_SHARE, Trigger, triggers_of
from lambdas.triage.wording import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.alerts.model import Alert
    from lambdas.settings import Settings
    from lambdas.targets import Target
    from lambdas.triage.model import Scope, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiered:
    tier: Tier
    trigger: Trigger | None = None
    why: tuple[str, ...] = ()
    provisional: bool = False
    unavailable: str = ""


def classify(
    alert: Alert, settings: Settings, measured: Measured | None = None, target: Target | None = None
) -> Classification:
    """Judge an alert by the runbook. Without `measured` what needs it is provisional, and says so in `why`.

    `target` is the resource where the caller knows better than the alert (a composite's children, discovery).
    """
    known = measured or Measured()
    about = target if target is not None else resolve(alert)
    judged = quantity(alert, known) if alert.kind == "alarm" else None
    tiered = _tier(alert, judged, settings.thresholds)
    graded = severity(
        alert,
        tiered.tier,
        known,
        unavailable=tiered.unavailable or _unavailable(alert, judged, known),
        provisional=tiered.provisional or measured is None,
    )
    service = service_name(alert, about, settings.workloads)
    scope, scope_why = _scope(service, known)
    return Classification(
        tier=tiered.tier,
        severity=graded.severity,
        scope=scope,
        target=about,
        service=service,
        impact=impact(alert, judged, known),
        trigger=tiered.trigger.id if tiered.trigger else "",
        why=(*tiered.why, *graded.why, scope_why),
        affected=_affected(judged, known),
    )


def _affected(judged: Quantity | None, measured: Measured) -> float | None:
    """The share of requests that fail, as measured; else as the alarm itself measures it."""
    if measured.share_5xx is not None:
        return measured.share_5xx
    if judged and judged.family == "5xx" and not judged.provisional:
        return judged.value
    return None


def _tier(alert: Alert, judged: Quantity | None, overrides: Mapping[str, float]) -> _Tiered:
    if alert.kind != "alarm":
        told = events.tier(alert)
        return _Tiered(tier=told.tier, trigger=told.trigger, why=(told.why,), unavailable=told.unavailable)
    if judged is None:
        return _Tiered(
            tier="warning",
            why=("The runbook's trigger tables do not speak of this alarm: it is treated as a warning.",),
        )
    ladder = triggers_of(judged.family)
    if judged.value is None and alert.state != "ALARM":
        return _Tiered(tier="performance", why=(f"The alarm is in {alert.state} and reported no value.",))
    if judged.value is None:
        return _Tiered(
            tier=ladder[0].tier,
            trigger=ladder[0],
            why=(*judged.why, f"Until then it counts as '{ladder[0].sentence}', the safe side."),
            provisional=True,
        )
    for trigger in ladder:
        if trigger.fires(judged.value, overrides):
            return _Tiered(
                tier=trigger.tier,
                trigger=trigger,
                why=(*judged.why, _because(trigger, judged, overrides)),
                provisional=judged.provisional,
            )
    lowest = ladder[-1]
    limit = f"{figure(lowest.limit_of(overrides))} {lowest.unit}".strip()
    return _Tiered(
        tier="performance",
        why=(
            *judged.why,
            f"{_value(judged, lowest)} is not beyond the runbook's lowest trigger for it ({lowest.quantity} {limit}).",
        ),
        provisional=judged.provisional,
    )


def _because(trigger: Trigger, judged: Quantity, overrides: Mapping[str, float]) -> str:
    changed = trigger.id in overrides and overrides[trigger.id] != trigger.limit
    note = (
        f", set to {figure(overrides[trigger.id])} {trigger.unit}".rstrip() + " for this environment" if changed else ""
    )
    return f"{trigger.tier.capitalize()}: {_value(judged, trigger)} against the runbook's '{trigger.sentence}'{note}."


def _value(judged: Quantity, trigger: Trigger) -> str:
    assert judged.value is not None
    return f"{trigger.quantity} {figure(judged.value)} {trigger.unit}".rstrip()


def _unavailable(alert: Alert, judged: Quantity | None, measured: Measured) -> str:
    """Tell a complete outage from the alarm itself: nothing healthy, nothing running, every request failing."""
    if judged is None or alert.state != "ALARM":
        return ""
    if judged.family == "5xx" and judged.value is not None and judged.value >= OUTAGE_SHARE:
        return f"{figure(judged.value)} % of the requests fail"
    if alert.expression:
        return ""
    zero = alert.observed == 0 and alert.comparison.startswith("LessThan")
    match alert.metrics[0].name:
        case "HealthyHostCount" if zero:
            return "no target is healthy"
        case "RunningTaskCount" if zero and measured.desired_tasks != 0:
            return "no task runs"
        case "HealthCheckStatus" if zero:
            return "the endpoint's health check fails"
        case _:
            return ""


def _scope(service: str, measured: Measured) -> tuple[Scope, str]:
    if measured.other_alarms is None:
        blind = measured.why_not.get("other_alarms")
        return (
            "unknown",
            f"Scope unknown: the other alarms could not be read ({blind})." if blind else "Scope: not looked at yet.",
        )
    others = sorted(set(measured.other_alarms) - {service})
    if others:
        return "multiple services", f"Multiple services: alarms also stand for {', '.join(others[:5])}."
    return "single service", "Single service: no other alarm stands in this environment."


def measurements_needed(alert: Alert, target: Target) -> tuple[str, ...]:
    """Name the fields of `Measured` that would sharpen this alert's classification, the deciding ones first."""
    return events.needed(alert, target)
