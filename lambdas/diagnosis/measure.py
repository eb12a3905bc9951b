"""From findings to triage's measures: what the checks saw anyway is not fetched a second time. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.cloudwatch.others import OtherAlarm
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.parameters import ConnectionLimit
from lambdas.triage.measured import Measured

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.checks.base import Found

FIELDS = {  # what stays unknown when a check could not look
    "cloudwatch.others": ("other_alarms",),
    "rds.parameters": ("max_connections",),
    "rds.instances": ("database_available",),
    "elbv2.metrics": ("requests", "errors_5xx", "errors_4xx"),
    "ecs.metrics": ("requests", "errors_5xx"),
    "ecs.services": ("running_tasks", "desired_tasks"),
    "elbv2.target_health": ("healthy_hosts", "unhealthy_hosts"),
}
# A DB instance answers in these states (RDS User Guide, "Viewing DB instance status").
SERVES = frozenset(
    [
        "available",
        "backing-up",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "maintenance",
        "modifying",
        "storage-optimization",
        "storage-config-upgrade",
        "storage-initialization",
    ]
)
SCOPE = "cloudwatch.others"
AT_LEAST = timedelta(minutes=5)  # shorter periods hold too few requests to speak of a share


def measured(found: Found, alert: Alert) -> Measured:
    """What the checks found, in triage's terms; None where they could not look or saw nothing."""
    services = found.of(ServiceState)
    healths = found.of(TargetHealth)
    # a replica's trouble is not the database's
    subject = next((instance for instance in found.of(Instance) if instance.role == "subject"), None)
    return Measured(
        requests=_first(found, alert, ("alb.requests",), ("elb.requests",)),
        errors_5xx=_first(found, alert, ("alb.target_5xx", "alb.elb_5xx"), ("elb.errors",)),
        errors_4xx=_first(found, alert, ("alb.target_4xx", "alb.elb_4xx")),
        healthy_hosts=sum(health.state == "healthy" for health in healths) if healths else None,
        unhealthy_hosts=sum(health.state == "unhealthy" for health in healths) if healths else None,
        running_tasks=services[0].running if len(services) == 1 else None,
        desired_tasks=services[0].desired if len(services) == 1 else None,
        max_connections=_limit(found, subject),
        database_available=subject.status in SERVES if subject and subject.status else None,
        other_alarms=tuple(other.service for other in found.of(OtherAlarm)) if SCOPE in found.looked else None,
        why_not={field: gap.why for gap in found.gaps for field in FIELDS.get(gap.check, ())},
    )


def _limit(found: Found, subject: Instance | None) -> float | None:
    """The most connections that the database takes which the alert is about."""
    limits = (limit.value for limit in found.of(ConnectionLimit) if subject is None or limit.of == subject.id)
    return next(limits, None)


def _first(found: Found, alert: Alert, *choices: tuple[str, ...]) -> float | None:
    """The counts of the first choice that has any: the balancer's own, else those of the service's target groups."""
    for roles in choices:
        sums = [total for role in roles if (total := _sum(found, alert, role)) is not None]
        if sums:
            return sum(sums)
    return None


def _sum(found: Found, alert: Alert, role: str) -> float | None:
    """A count over the alarm's own period up to its state change; None where there is no such series."""
    period = timedelta(seconds=max((metric.period for metric in alert.metrics), default=60))
    start = alert.at - max(period, AT_LEAST)
    series = [series for series in found.of(Series) if series.role == role and series.points]
    if not series:
        return None
    return sum(value for one in series for at, value in one.points if start <= at <= alert.at)
