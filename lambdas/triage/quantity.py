"""From an alert's observed value to the quantity that the runbook's triggers are written in.

A 5XX count becomes a rate over requests, seconds become milliseconds, connections a share of the real maximum, and
every health metric a number of failing checks. What cannot be known is said, and is judged on the safe side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.triage.measured import Measured, share
from lambdas.triage.thresholds import Family, family_of
from lambdas.triage.wording import amount, figure

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert, Metric

_TIMES_100 = re.compile(r"\*\s*100(?:\.0*)?(?![\d.])|(?<![\d.])100(?:\.0*)?\s*\*")
_MILLISECONDS = {"seconds": 1000.0, "milliseconds": 1.0, "microseconds": 0.001}
_IN_SECONDS = {
    "ReadLatency",
    "WriteLatency",
    "ReadLatencyLocalStorage",
    "WriteLatencyLocalStorage",
    "TargetResponseTime",
}
_LOW = {"HealthyHostCount", "RunningTaskCount", "HealthCheckStatus", "HealthCheckPercentageHealthy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What is judged. `value` is in the family's unit; None: unknown, so the gravest tier is assumed, provisionally."""

    family: Family
    value: float | None
    shown: str = ""  # the value for people, where it is not the alarm's own
    unit: str = ""  # the unit of the alarm's own number, where the expression decides it
    scale: float = 1.0  # from the alarm's own number to that unit
    why: tuple[str, ...] = ()
    provisional: bool = False


def quantity(alert: Alert, measured: Measured) -> Quantity | None:
    """Bring an alarm to a quantity that the runbook judges; None where its tables do not speak of the metric."""
    if not alert.metrics:
        return None
    metric = alert.metrics[0]
    family = family_of(metric.namespace, metric.name)
    if family is None:
        return None
    if family not in {"health", "5xx", "4xx"} and alert.comparison.startswith("LessThan") and not is_band(alert):
        return None  # 'too little CPU' is no high utilisation
    return _READERS[family](family, alert, metric, measured)


def is_band(alert: Alert) -> bool:
    """Whether the alarm compares with an anomaly detection band."""
    return "UpperThreshold" in alert.comparison or "LowerThreshold" in alert.comparison


def is_math(alert: Alert) -> bool:
    """Whether the compared value is computed: an anomaly band and an Insights query compare the metric itself."""
    expression = alert.expression.upper()
    return (
        bool(expression) and "ANOMALY_DETECTION_BAND" not in expression and not expression.lstrip().startswith("SELECT")
    )


def _absent(family: Family) -> Quantity:
    return Quantity(
        family=family,
        value=None,
        why=("The alarm reported no value, so the gravest tier for this metric is assumed until it is measured.",),
        provisional=True,
    )


def _percent(family: Family, alert: Alert, metric: Metric, _: Measured) -> Quantity:
    value = alert.observed
    if value is None:
        return _absent(family)
    if is_math(alert) and _is_fraction(alert):
        return Quantity(
            family=family,
            value=value * 100,
            shown=f"{figure(value * 100)} %",
            unit="%",
            scale=100.0,
            why=("The expression is a ratio between 0 and 1: it is read as per cent.",),
        )
    if metric.name.endswith("Utilized") and not is_math(alert):
        return Quantity(
            family=family,
            value=None,
            why=(
                f"{metric.name} is an amount: without the reserved amount it is no utilization, so it is provisional.",
            ),
            provisional=True,
        )
    return Quantity(family=family, value=value)


def _is_fraction(alert: Alert) -> bool:
    """Decide whether a ratio runs from 0 to 1: nothing multiplies by 100, and the threshold is at most 1."""
    scaled = _TIMES_100.search(alert.expression) or "%" in str(alert.detail.get("label", ""))
    return "/" in alert.expression and not scaled and alert.threshold is not None and abs(alert.threshold) <= 1


def _computed_rate(family: Family, alert: Alert) -> Quantity:
    """Read a rate that the alarm's own expression computes, in per cent or from 0 to 1, of failure or of success."""
    if alert.observed is None:
        return _absent(family)
    fraction, kind = _is_fraction(alert), family.upper()
    scale = 100.0 if fraction else 1.0
    rate = alert.observed * scale
    how = "a ratio between 0 and 1, read as per cent" if fraction else "a rate in per cent already"
    why = [f"The alarm's expression is {how}."]
    shown = f"{kind} rate {figure(rate)} %"
    if alert.comparison.startswith("LessThan") and not is_band(alert):
        shown = f"success rate {figure(rate)} %"
        rate = max(0.0, 100.0 - rate)
        why.append(f"It goes off below its threshold, so it is a success rate: {figure(rate)} % fail.")
    return Quantity(family=family, value=rate, shown=shown, unit="%", scale=scale, why=tuple(why))


def _rate(family: Family, alert: Alert, metric: Metric, measured: Measured) -> Quantity | None:
    value, kind = alert.observed, family.upper()
    if is_math(alert) and "/" in alert.expression:
        return _computed_rate(family, alert)
    if alert.comparison.startswith("LessThan") and not is_band(alert):
        return None  # 'too few errors' is no error rate
    if metric.namespace in {"AWS/ApiGateway", "AWS/CloudFront"} and metric.statistic not in {"Sum", "SampleCount"}:
        if value is None:
            return _absent(family)
        scale = 100.0 if metric.namespace == "AWS/ApiGateway" else 1.0  # one averages 0 and 1, the other gives per cent
        shown = f"{kind} rate {figure(value * scale)} %"
        return Quantity(family=family, value=value * scale, shown=shown, unit="%", scale=scale)
    counted = measured.errors_5xx if family == "5xx" else measured.errors_4xx
    errors = max((v for v in (value, counted) if v is not None), default=None)
    rate_now = share(errors, measured.requests)
    if errors is None or rate_now is None:
        asked = measured.why_not.get("requests", "not measured yet")
        return Quantity(
            family=family,
            value=None,
            why=(f"The alarm counts {kind} responses; the rate needs the number of requests ({asked}): provisional.",),
            provisional=True,
        )
    return Quantity(
        family=family,
        value=rate_now,
        shown=f"{kind} rate {figure(rate_now)} % ({figure(errors)} of {figure(measured.requests or 0)} requests)",
        why=(f"{figure(errors)} {kind} responses over {figure(measured.requests or 0)} requests.",),
    )


def _failing(family: Family, alert: Alert, metric: Metric, measured: Measured) -> Quantity | None:
    """Count failing checks, whatever the metric counts."""
    value = alert.observed
    counts_up = metric.name not in _LOW
    if alert.comparison and counts_up == alert.comparison.startswith("LessThan") and not is_band(alert):
        return None  # 'too many healthy', 'too few unhealthy': not a health check failure
    if value is None:
        failing = 1.0 if alert.state == "ALARM" else 0.0
        return Quantity(
            family=family,
            value=failing,
            why=("The alarm reported no value: with nothing reporting, the checks count as failing.",),
            provisional=True,
        )
    if counts_up:
        return Quantity(family=family, value=max(0.0, value))
    wanted = _wanted(alert, metric, measured)
    reached = (
        value >= wanted if alert.comparison.startswith("LessThanThreshold") or not alert.comparison else value > wanted
    )
    failing = 0.0 if reached else max(wanted - value, 1.0 if wanted - value >= 0 else 0.0)
    return Quantity(family=family, value=failing, why=(f"{figure(value)} where at least {figure(wanted)} are wanted.",))


def _wanted(alert: Alert, metric: Metric, measured: Measured) -> float:
    if metric.name == "RunningTaskCount" and measured.desired_tasks is not None:
        return max(float(measured.desired_tasks), alert.threshold or 0.0)
    return alert.threshold if alert.threshold is not None else 1.0


def _connections(family: Family, alert: Alert, _: Metric, measured: Measured) -> Quantity:
    if alert.observed is None:
        return _absent(family)
    if is_math(alert) and "/" in alert.expression:
        return _percent(family, alert, alert.metrics[0], measured)
    used = share(alert.observed, measured.max_connections)
    if not measured.max_connections or used is None:
        asked = measured.why_not.get("max_connections", "not measured yet")
        return Quantity(
            family=family,
            value=None,
            why=(f"Exhaustion is judged against the instance's real maximum ({asked}): provisional.",),
            provisional=True,
        )
    shown = f"{figure(alert.observed)} of {figure(measured.max_connections)} connections ({figure(used)} %)"
    return Quantity(family=family, value=used, shown=shown, why=(f"{shown} are in use.",))


def _latency(family: Family, alert: Alert, metric: Metric, _: Measured) -> Quantity:
    value = alert.observed
    if value is None:
        return _absent(family)
    unit, why = metric.unit.lower(), ""
    if metric.namespace == "AWS/RDS" or metric.name in _IN_SECONDS:
        # RDS publishes disk latencies in seconds and Aurora's statement latencies in milliseconds
        unit = "seconds" if metric.name in _IN_SECONDS else "milliseconds"
        why = "The metric is in seconds." if unit == "seconds" else ""
    elif unit not in _MILLISECONDS and not metric.namespace.startswith("AWS/"):
        small = alert.threshold is not None and 0 < alert.threshold <= 30
        unit = "seconds" if small else "milliseconds"
        why = f"The metric names no unit; from the alarm's threshold it is read in {unit}."
    factor = _MILLISECONDS.get(unit, 1.0)
    shown = amount(value * factor, "ms")
    return Quantity(family=family, value=value * factor, shown=shown, why=(why,) if why else ())


def _count(family: Family, alert: Alert, _: Metric, __: Measured) -> Quantity:
    return Quantity(family=family, value=alert.observed) if alert.observed is not None else _absent(family)


_READERS: Mapping[Family, Callable[[Family, Alert, Metric, Measured], Quantity | None]] = {
    "cpu": _percent,
    "memory": _percent,
    "5xx": _rate,
    "4xx": _rate,
    "health": _failing,
    "connections": _connections,
    "query": _latency,
    "response": _latency,
    "rw": _latency,
    "target_response": _latency,
    "throttle": _count,
}
