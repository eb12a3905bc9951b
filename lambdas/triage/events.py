"""Events that are no alarms (ECS, RDS, AWS Health, not understood): their tier; what to measure around an alert."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.targets import Database, EcsCluster, EcsService, LoadBalancer, TargetGroup
from lambdas.triage.thresholds import BY_ID, Trigger, family_of

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.targets import Target
    from lambdas.triage.model import Tier

_HEALTH = re.compile(
    r"failed (ELB|container) health checks|_UNHEALTHY|SERVICE_TASK_START_IMPAIRED|is IMPAIRED|agent is disconnected"
)
_DATABASE_DOWN = {"RDS-EVENT-0004", "RDS-EVENT-0007", "RDS-EVENT-0022", "RDS-EVENT-0031", "RDS-EVENT-0221"}
_FAILOVER = {"RDS-EVENT-0013", "RDS-EVENT-0034", "RDS-EVENT-0073"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event's own words decide. `unavailable`: what it says is completely out."""

    tier: Tier
    why: str
    trigger: Trigger | None = None
    unavailable: str = ""


def tier(alert: Alert) -> Told:
    """Judge an event by what it says."""
    if alert.routine:
        return Told(tier="performance", why="Routine: AWS reports ordinary business, nobody is needed.")
    if alert.state == "OK":
        return Told(tier="performance", why="The event reports the end of trouble.")
    match alert.kind:
        case "ecs" if _HEALTH.search(alert.reason):
            return Told(
                tier="critical",
                trigger=BY_ID["service.health.critical"],
                why="Critical: ECS reports what the runbook calls 'Service health check failures'.",
            )
        case "ecs":
            return Told(tier="warning", why="Warning: the runbook's tables have no trigger for this ECS event.")
        case "rds":
            return _rds(alert)
        case "health" if "scheduledChange" in str(alert.detail.get("eventTypeCategory")):
            return Told(tier="performance", why="Performance: AWS announces a scheduled change, for review.")
        case "health":
            return Told(tier="warning", why="Warning: AWS Health reports an event that may touch this account.")
        case _:
            return Told(tier="warning", why="Warning: the message was not understood; its text is kept and shown.")


def _rds(alert: Alert) -> Told:
    event = str(alert.detail.get("EventID", ""))
    if event in _DATABASE_DOWN:
        return Told(
            tier="critical",
            why=f"Critical: {event} says that the database is not available.",
            unavailable="the database is not available",
        )
    if event in _FAILOVER:
        return Told(
            tier="critical", why=f"Critical: {event}, the database fails over and refuses connections meanwhile."
        )
    return Told(tier="warning", why="Warning: the runbook's tables have no trigger for this RDS event.")


def needed(alert: Alert, target: Target) -> tuple[str, ...]:
    """Name the fields of `Measured` to fetch, the deciding ones first."""
    metric = alert.metrics[0] if alert.metrics else None
    wanted: list[str] = []
    match family_of(metric.namespace, metric.name) if metric else None:
        case "5xx":
            wanted += ["requests", "errors_5xx"]
        case "4xx":
            wanted += ["requests", "errors_4xx"]
        case "connections":
            wanted += ["max_connections"]
        case "health" if metric and metric.name == "RunningTaskCount":
            wanted += ["desired_tasks"]
        case _:
            pass
    match target:
        case EcsService():
            wanted += ["running_tasks", "desired_tasks", "healthy_hosts", "unhealthy_hosts", "requests", "errors_5xx"]
        case TargetGroup() | LoadBalancer():
            wanted += ["healthy_hosts", "unhealthy_hosts", "requests", "errors_5xx"]
        case Database():
            wanted += ["database_available"]
        case EcsCluster():
            wanted += ["running_tasks", "desired_tasks"]
        case _:
            pass
    if alert.kind == "alarm":
        wanted.append("tags")
    return tuple(dict.fromkeys((*wanted, "other_alarms")))
