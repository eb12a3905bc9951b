"""The runbook's three trigger tables, as data.

Each trigger says which metrics it is about, in which unit its number stands, and which sentence of the runbook it is.
`Settings.thresholds` overrides the numbers by the trigger's id. The same table makes alarms and classifies alerts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.triage.model import Tier

type Family = Literal[
    "cpu", "memory", "5xx", "4xx", "health", "connections", "query", "throttle", "response", "rw", "target_response"
]
"""What is judged: metrics of one family are brought to one quantity in one unit."""

TIERS: tuple[Tier, ...] = ("performance", "warning", "critical")  # from the mildest
OUTAGE_SHARE = 95.0  # % of requests that fail: from here on it is 'complete', 'all users' (Severity 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One line of a trigger table. It fires above `limit` (at `limit` too, with `inclusive`)."""

    id: str
    tier: Tier
    family: Family
    limit: float
    unit: str  # "%", "ms", "" for a count
    quantity: str  # for people
    sentence: str  # the runbook's words
    inclusive: bool = False

    def fires(self, value: float, overrides: Mapping[str, float]) -> bool:
        """Whether a value, in the trigger's unit, is beyond its limit."""
        limit = self.limit_of(overrides)
        return value >= limit if self.inclusive else value > limit

    def limit_of(self, overrides: Mapping[str, float]) -> float:
        """The environment's number, else the runbook's."""
        return overrides.get(self.id, self.limit)


TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        id="ecs.cpu.critical",
        tier="critical",
        family="cpu",
        limit=85,
        unit="%",
        quantity="CPU",
        sentence="ECS CPU utilization >85%",
    ),
    Trigger(
        id="ecs.memory.critical",
        tier="critical",
        family="memory",
        limit=90,
        unit="%",
        quantity="memory",
        sentence="ECS Memory utilization >90%",
    ),
    Trigger(
        id="app.5xx.critical",
        tier="critical",
        family="5xx",
        limit=5,
        unit="%",
        quantity="5XX error rate",
        sentence="Application 5XX error rate >5%",
    ),
    Trigger(
        id="service.health.critical",
        tier="critical",
        family="health",
        limit=0,
        unit="",
        quantity="failing health checks",
        sentence="Service health check failures",
    ),
    Trigger(
        id="db.connections.critical",
        tier="critical",
        family="connections",
        # the runbook names no number for 'exhaustion': at 90 % of the real maximum the next burst is refused
        limit=90,
        unit="%",
        quantity="connections, of the instance's maximum",
        sentence="Database connection exhaustion",
        inclusive=True,
    ),
    Trigger(
        id="ecs.cpu.warning",
        tier="warning",
        family="cpu",
        limit=70,
        unit="%",
        quantity="CPU",
        sentence="ECS CPU utilization >70%",
    ),
    Trigger(
        id="db.query_latency.warning",
        tier="warning",
        family="query",
        limit=200,
        unit="ms",
        quantity="database query latency",
        sentence="Database query latency >200ms",
    ),
    Trigger(
        id="app.4xx.warning",
        tier="warning",
        family="4xx",
        limit=10,
        unit="%",
        quantity="4XX error rate",
        sentence="Application 4XX error rate >10%",
    ),
    Trigger(
        id="ddb.throttle.warning",
        tier="warning",
        family="throttle",
        limit=0,
        unit="",
        quantity="throttled requests",
        sentence="DynamoDB throttling events",
    ),
    Trigger(
        id="app.response_time.performance",
        tier="performance",
        family="response",
        limit=500,
        unit="ms",
        quantity="application response time",
        sentence="Application response time >500ms",
    ),
    Trigger(
        id="db.rw_latency.performance",
        tier="performance",
        family="rw",
        limit=100,
        unit="ms",
        quantity="database read/write latency",
        sentence="Database read/write latency >100ms",
    ),
    Trigger(
        id="alb.target_response.performance",
        tier="performance",
        family="target_response",
        limit=1000,
        unit="ms",
        quantity="load balancer target response time",
        sentence="Load balancer target response time >1000ms",
    ),
)
BY_ID: Mapping[str, Trigger] = {trigger.id: trigger for trigger in TRIGGERS}

# Namespace and metric, whole and case-insensitive; the first that matches decides. Custom namespaces come last.
_PATTERNS: tuple[tuple[str, str, Family], ...] = (
    (r"AWS/ECS", r"CPUUtilization", "cpu"),
    (r"AWS/ECS", r"MemoryUtilization", "memory"),
    (r"ECS/ContainerInsights", r"(Task|Container|Service|Instance)?_?(CpuUtilized|CpuUtilization)", "cpu"),
    (r"ECS/ContainerInsights", r"(Task|Container|Service|Instance)?_?(MemoryUtilized|MemoryUtilization)", "memory"),
    (r"ECS/ContainerInsights", r"RunningTaskCount", "health"),
    (r"AWS/(Application|Network|Gateway)ELB", r"(Un)?HealthyHostCount", "health"),
    (r"AWS/Route53", r"HealthCheckStatus|HealthCheckPercentageHealthy", "health"),
    (r"AWS/EC2", r"StatusCheckFailed(_\w+)?", "health"),
    (r"AWS/ApplicationELB", r"HTTPCode_(Target|ELB)_5(XX|\d\d)_Count", "5xx"),
    (r"AWS/ApplicationELB", r"HTTPCode_(Target|ELB)_4(XX|\d\d)_Count", "4xx"),
    (r"AWS/ApplicationELB", r"TargetResponseTime", "target_response"),
    (r"AWS/(ApiGateway|CloudFront)", r"(Total)?5xx(Error|ErrorRate)?", "5xx"),
    (r"AWS/(ApiGateway|CloudFront)", r"(Total)?4xx(Error|ErrorRate)?", "4xx"),
    (r"AWS/ApiGateway", r"(Integration)?Latency", "response"),
    (r"AWS/RDS", r"DatabaseConnections", "connections"),
    (r"AWS/RDS", r"(Read|Write)Latency(LocalStorage)?|Volume(Read|Write)Latency", "rw"),
    (r"AWS/RDS", r"(Select|DML|DDL|Insert|Update|Delete|Commit|Query)Latency", "query"),
    (r"AWS/DynamoDB", r"SuccessfulRequestLatency", "query"),
    (r"AWS/DynamoDB", r"ThrottledRequests|\w*Throttle(d)?Events?", "throttle"),
    (r"(?!AWS/).*", r".*5xx.*", "5xx"),
    (r"(?!AWS/).*", r".*4xx.*", "4xx"),
    (r"(?!AWS/).*", r".*query[_ ]?(latency|time|duration).*", "query"),
    (r"(?!AWS/).*", r".*response[_ ]?time.*|.*request[_ ]?(latency|duration).*|latency", "response"),
)
_COMPILED = tuple((re.compile(n, re.IGNORECASE), re.compile(m, re.IGNORECASE), f) for n, m, f in _PATTERNS)


def family_of(namespace: str, metric: str) -> Family | None:
    """Tell which quantity a metric measures; None where the runbook's tables do not speak of it."""
    return next((f for n, m, f in _COMPILED if n.fullmatch(namespace) and m.fullmatch(metric)), None)


def triggers_of(family: Family) -> tuple[Trigger, ...]:
    """The triggers that judge a quantity, the gravest first."""
    return tuple(sorted((t for t in TRIGGERS if t.family == family), key=lambda t: -TIERS.index(t.tier)))
