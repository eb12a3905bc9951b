"""The tables against the runbook's own words, and against the metrics that AWS publishes."""

from __future__ import annotations

import pytest

from lambdas.triage.thresholds import BY_ID, TIERS, TRIGGERS, family_of, triggers_of

# from the runbook: 'Trigger Conditions' of its three alert responses, in order
RUNBOOK = {
    "ecs.cpu.critical": ("critical", 85, "ECS CPU utilization >85%"),
    "ecs.memory.critical": ("critical", 90, "ECS Memory utilization >90%"),
    "app.5xx.critical": ("critical", 5, "Application 5XX error rate >5%"),
    "service.health.critical": ("critical", 0, "Service health check failures"),
    "db.connections.critical": ("critical", 90, "Database connection exhaustion"),
    "ecs.cpu.warning": ("warning", 70, "ECS CPU utilization >70%"),
    "db.query_latency.warning": ("warning", 200, "Database query latency >200ms"),
    "app.4xx.warning": ("warning", 10, "Application 4XX error rate >10%"),
    "ddb.throttle.warning": ("warning", 0, "DynamoDB throttling events"),
    "app.response_time.performance": ("performance", 500, "Application response time >500ms"),
    "db.rw_latency.performance": ("performance", 100, "Database read/write latency >100ms"),
    "alb.target_response.performance": ("performance", 1000, "Load balancer target response time >1000ms"),
}


def test_the_tables_are_the_runbook() -> None:
    assert {t.id: (t.tier, t.limit, t.sentence) for t in TRIGGERS} == RUNBOOK
    assert len(TRIGGERS) == len(BY_ID)


def test_an_id_ends_with_its_tier() -> None:
    assert all(trigger.id.endswith(f".{trigger.tier}") for trigger in TRIGGERS)


@pytest.mark.parametrize("family", sorted({trigger.family for trigger in TRIGGERS}))
def test_of_one_family_the_gravest_trigger_comes_first(family: str) -> None:
    ladder = triggers_of(next(t.family for t in TRIGGERS if t.family == family))
    ranks = [TIERS.index(trigger.tier) for trigger in ladder]
    assert ranks == sorted(ranks, reverse=True)
    assert len({trigger.unit for trigger in ladder}) == 1


@pytest.mark.parametrize(
    ("namespace", "metric", "family"),
    [
        ("AWS/ECS", "CPUUtilization", "cpu"),
        ("AWS/RDS", "CPUUtilization", None),
        ("AWS/EC2", "CPUUtilization", None),
        ("ECS/ContainerInsights", "CpuUtilized", "cpu"),
        ("ECS/ContainerInsights", "TaskCpuUtilization", "cpu"),
        ("ECS/ContainerInsights", "MemoryUtilized", "memory"),
        ("ECS/ContainerInsights", "CpuReserved", None),
        ("ECS/ContainerInsights", "RunningTaskCount", "health"),
        ("ECS/ContainerInsights", "DesiredTaskCount", None),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "5xx"),
        ("AWS/ApplicationELB", "HTTPCode_ELB_503_Count", "5xx"),
        ("AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count", "4xx"),
        ("AWS/ApplicationELB", "HTTPCode_Target_2XX_Count", None),
        ("AWS/ApplicationELB", "RequestCount", None),
        ("AWS/NetworkELB", "UnHealthyHostCount", "health"),
        ("AWS/CloudFront", "5xxErrorRate", "5xx"),
        ("AWS/ApiGateway", "5XXError", "5xx"),
        ("AWS/ApiGateway", "5xx", "5xx"),
        ("AWS/RDS", "DatabaseConnections", "connections"),
        ("AWS/RDS", "WriteLatency", "rw"),
        ("AWS/RDS", "CommitLatency", "query"),
        ("AWS/DynamoDB", "ThrottledRequests", "throttle"),
        ("AWS/DynamoDB", "WriteAccountLimitThrottleEvents", "throttle"),
        ("AWS/DynamoDB", "SystemErrors", None),
        ("AWS/Route53", "HealthCheckStatus", "health"),
        ("Acme/Checkout", "Http5xxCount", "5xx"),
        ("Acme/Checkout", "ResponseTime", "response"),
        ("Acme/Checkout", "QueryLatency", "query"),
        ("Acme/Checkout", "OrdersPlaced", None),
        ("AWS/Lambda", "Duration", None),
    ],
)
def test_family_of_a_metric(namespace: str, metric: str, family: str | None) -> None:
    assert family_of(namespace, metric) == family


def test_exactly_at_the_limit() -> None:
    assert not BY_ID["ecs.cpu.critical"].fires(85, {})
    assert BY_ID["ecs.cpu.critical"].fires(85.01, {})
    assert BY_ID["db.connections.critical"].fires(90, {})
    assert BY_ID["ecs.cpu.critical"].fires(60, {"ecs.cpu.critical": 50})
