"""From findings to triage's measures: what the checks saw anyway is not fetched a second time. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.cloudwatch.others import OtherAlarm
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.triage.measured import Measured

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.checks.base import Found

FIELDS = {  # what stays unknown when a check could not look
    "cloudwatch.others": ("other_alarms",),
    "ecs.metrics": ("requests", "errors_5xx"),
    "ecs.services": ("running_tasks", "desired_tasks"),
    "elbv2.target_health": ("healthy_hosts", "unhealthy_hosts"),
}
SCOPE = "cloudwatch.others"
AT_LEAST = timedelta(minutes=5)  # shorter periods hold too few requests to speak of a share


def measured(found: Found, alert: Alert) -> Measured:
    """What the checks found, in triage's terms; None where they could not look or saw nothing."""
    services = found.of(ServiceState)
    healths = found.of(TargetHealth)
    return Measured(
        requests=_sum(found, alert, "elb.requests"),
        errors_5xx=_sum(found, alert, "elb.errors"),
        healthy_hosts=sum(health.state == "healthy" for health in healths) if healths else None,
        unhealthy_hosts=sum(health.state == "unhealthy" for health in healths) if healths else None,
        running_tasks=services[0].running if len(services) == 1 else None,
        desired_tasks=services[0].desired if len(services) == 1 else None,
        other_alarms=tuple(other.service for other in found.of(OtherAlarm)) if SCOPE in found.looked else None,
        why_not={field: gap.why for gap in found.gaps for field in FIELDS.get(gap.check, ())},
    )


def _sum(found: Found, alert: Alert, role: str) -> float | None:
    """A count over the alarm's own period up to its state change; None where there is no such series."""
    period = timedelta(seconds=max((metric.period for metric in alert.metrics), default=60))
    start = alert.at - max(period, AT_LEAST)
    series = [series for series in found.of(Series) if series.role == role and series.points]
    if not series:
        return None
    return sum(value for one in series for at, value in one.points if start <= at <= alert.at)
