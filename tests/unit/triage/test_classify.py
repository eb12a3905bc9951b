"""The runbook's tables, judged by observed values; then what must hold for every value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.alerts.model import Alert, Child, Metric
from lambdas.settings import Hint, Settings
from lambdas.targets import Database, EcsService, Table, TargetGroup, Unrecognised
from lambdas.triage.classify import classify, measurements_needed
from lambdas.triage.measured import Measured
from lambdas.triage.thresholds import TIERS

SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="t",
    slack_secret="s",
)
SERVICE = {"ClusterName": "acme-production", "ServiceName": "checkout"}
LB = {"LoadBalancer": "app/acme/1"}
TG = {"TargetGroup": "targetgroup/checkout/9", **LB}
DB = {"DBInstanceIdentifier": "orders"}
TABLE = {"TableName": "sessions"}
UP, DOWN = "GreaterThanThreshold", "LessThanThreshold"


def alarm(
    namespace: str,
    name: str,
    observed: float | None,
    threshold: float | None = 1.0,
    *,
    dimensions: dict[str, str] | None = None,
    statistic: str = "Average",
    unit: str = "",
    **more: Any,
) -> Alert:
    metric = Metric(namespace=namespace, name=name, dimensions=dimensions or {}, statistic=statistic, unit=unit)
    base: dict[str, Any] = {
        "kind": "alarm",
        "source": "sns",
        "name": "an-alarm",
        "state": "ALARM",
        "at": datetime(2026, 11, 24, 3, tzinfo=UTC),
        "account": "123456789012",
        "region": "eu-west-1",
        "metrics": (metric,),
        "comparison": UP,
        "threshold": threshold,
        "observed": observed,
    }
    return Alert(**base | more)


def cpu(observed: float | None, threshold: float = 75.0, **more: Any) -> Alert:
    return alarm("AWS/ECS", "CPUUtilization", observed, threshold, dimensions=SERVICE, **more)


def count(name: str, observed: float | None) -> Alert:
    return alarm("AWS/ApplicationELB", name, observed, 10, dimensions=LB, statistic="Sum")


def rate(expression: str, observed: float, threshold: float, label: str = "") -> Alert:
    return replace(
        count("HTTPCode_Target_5XX_Count", observed),
        expression=expression,
        threshold=threshold,
        detail={"label": label},
    )


LOW: dict[str, Any] = {"comparison": DOWN}
FIVE = "HTTPCode_Target_5XX_Count"

# alert, measured: tier, severity, trigger
TABLE_OF_CASES: list[tuple[str, Alert, Measured | None, tuple[str, int, str]]] = [
    ("cpu 88 set at 75", cpu(88), None, ("critical", 2, "ecs.cpu.critical")),
    ("cpu 72 set at 60", cpu(72, 60), None, ("warning", 3, "ecs.cpu.warning")),
    ("cpu 60 set at 50", cpu(60, 50), None, ("performance", 3, "")),
    ("cpu exactly 85", cpu(85), None, ("warning", 3, "ecs.cpu.warning")),
    ("cpu exactly 70", cpu(70, 60), None, ("performance", 3, "")),
    ("cpu without a value", cpu(None), None, ("critical", 2, "ecs.cpu.critical")),
    ("cpu back to normal", cpu(41, state="OK"), None, ("performance", 3, "")),
    ("cpu insufficient data", cpu(None, state="INSUFFICIENT_DATA"), None, ("performance", 3, "")),
    ("cpu low alarm", cpu(2, 5, **LOW), None, ("warning", 3, "")),
    (
        "cpu ratio of container insights",
        alarm("ECS/ContainerInsights", "CpuUtilized", 0.91, 0.8, dimensions=SERVICE, expression="m1 / m2"),
        None,
        ("critical", 2, "ecs.cpu.critical"),
    ),
    (
        "cpu per cent of container insights",
        alarm("ECS/ContainerInsights", "CpuUtilized", 74, 60, dimensions=SERVICE, expression="100 * m1 / m2"),
        None,
        ("warning", 3, "ecs.cpu.warning"),
    ),
    (
        "cpu units of container insights",
        alarm("ECS/ContainerInsights", "CpuUtilized", 900, 800, dimensions=SERVICE),
        None,
        ("critical", 2, "ecs.cpu.critical"),
    ),
    (
        "cpu anomaly band",
        cpu(88, expression="ANOMALY_DETECTION_BAND(m1, 2)", comparison="GreaterThanUpperThreshold"),
        None,
        ("critical", 2, "ecs.cpu.critical"),
    ),
    (
        "cpu by metrics insights",
        cpu(88, expression='SELECT MAX(CPUUtilization) FROM "AWS/ECS"'),
        None,
        ("critical", 2, "ecs.cpu.critical"),
    ),
    (
        "memory 93",
        alarm("AWS/ECS", "MemoryUtilization", 93, 80, dimensions=SERVICE),
        None,
        ("critical", 2, "ecs.memory.critical"),
    ),
    ("memory 85", alarm("AWS/ECS", "MemoryUtilization", 85, 80, dimensions=SERVICE), None, ("performance", 3, "")),
    ("5xx count, requests unknown", count(FIVE, 412), None, ("critical", 2, "app.5xx.critical")),
    ("5xx count of 4,000 requests", count(FIVE, 412), Measured(requests=4000), ("critical", 2, "app.5xx.critical")),
    ("5xx count of 100,000 requests", count(FIVE, 412), Measured(requests=100_000), ("performance", 3, "")),
    (
        "5xx count of nearly all requests",
        count(FIVE, 990),
        Measured(requests=1000),
        ("critical", 1, "app.5xx.critical"),
    ),
    ("5xx rate 0-1, guarded", rate("IF(m2 > 100, m1 / m2, 0)", 0.073, 0.05), None, ("critical", 2, "app.5xx.critical")),
    ("5xx rate below 1 %", rate("IF(m2 > 100, m1 * 100 / m2, 0)", 0.8, 0.5), None, ("performance", 3, "")),
    (
        "availability 99.5 %",
        replace(rate("100 * (1 - m1 / m2)", 99.5, 99.9), comparison=DOWN),
        None,
        ("performance", 3, ""),
    ),
    (
        "availability 0.80",
        replace(rate("1 - m1 / m2", 0.8, 0.99), comparison=DOWN),
        None,
        ("critical", 2, "app.5xx.critical"),
    ),
    ("too few 5xx", replace(count(FIVE, 0), comparison=DOWN), None, ("warning", 3, "")),
    ("5xx rate of everything", rate("100 * m1 / m2", 100, 3), None, ("critical", 1, "app.5xx.critical")),
    (
        "5xx count without any request",
        count("HTTPCode_ELB_5XX_Count", 40),
        Measured(requests=0),
        ("critical", 1, "app.5xx.critical"),
    ),
    ("5xx rate in per cent", rate("100 * m1 / m2", 7.3, 3), None, ("critical", 2, "app.5xx.critical")),
    ("5xx rate 0-1", rate("m1 / m2", 0.073, 0.05), None, ("critical", 2, "app.5xx.critical")),
    ("5xx rate 0-1, small", rate("m1 / m2", 0.02, 0.01), None, ("performance", 3, "")),
    ("5xx rate in per cent by its label", rate("m1 / m3", 0.8, 0.5, "errors %"), None, ("performance", 3, "")),
    ("5xx sum of two counts", rate("m1 + m2", 412, 50), Measured(requests=4000), ("critical", 2, "app.5xx.critical")),
    (
        "5xx average of API Gateway",
        alarm("AWS/ApiGateway", "5XXError", 0.08, 0.05, dimensions={"ApiName": "shop"}),
        None,
        ("critical", 2, "app.5xx.critical"),
    ),
    ("4xx count, requests unknown", count("HTTPCode_Target_4XX_Count", 900), None, ("warning", 3, "app.4xx.warning")),
    (
        "4xx count of 4,000 requests",
        count("HTTPCode_Target_4XX_Count", 900),
        Measured(requests=4000),
        ("warning", 3, "app.4xx.warning"),
    ),
    ("4xx count of 90,000", count("HTTPCode_Target_4XX_Count", 900), Measured(requests=90_000), ("performance", 3, "")),
    (
        "one healthy target of two",
        alarm("AWS/ApplicationELB", "HealthyHostCount", 1, 2, dimensions=TG, **LOW),
        None,
        ("critical", 2, "service.health.critical"),
    ),
    (
        "no healthy target",
        alarm("AWS/ApplicationELB", "HealthyHostCount", 0, 2, dimensions=TG, **LOW),
        None,
        ("critical", 1, "service.health.critical"),
    ),
    (
        "unhealthy targets",
        alarm("AWS/ApplicationELB", "UnHealthyHostCount", 2, 0, dimensions=TG),
        None,
        ("critical", 2, "service.health.critical"),
    ),
    (
        "unhealthy targets, and none healthy",
        alarm("AWS/ApplicationELB", "UnHealthyHostCount", 2, 0, dimensions=TG),
        Measured(healthy_hosts=0, unhealthy_hosts=2),
        ("critical", 1, "service.health.critical"),
    ),
    (
        "too few tasks",
        alarm("ECS/ContainerInsights", "RunningTaskCount", 1, 4, dimensions=SERVICE, **LOW),
        Measured(running_tasks=1, desired_tasks=4),
        ("critical", 2, "service.health.critical"),
    ),
    (
        "no task",
        alarm("ECS/ContainerInsights", "RunningTaskCount", 0, 1, dimensions=SERVICE, **LOW),
        Measured(running_tasks=0, desired_tasks=4),
        ("critical", 1, "service.health.critical"),
    ),
    (
        "no task, scaled to zero on purpose",
        alarm("ECS/ContainerInsights", "RunningTaskCount", 0, 1, dimensions=SERVICE, **LOW),
        Measured(running_tasks=0, desired_tasks=0),
        ("critical", 2, "service.health.critical"),
    ),
    (
        "too many tasks",
        alarm("ECS/ContainerInsights", "RunningTaskCount", 90, 80, dimensions=SERVICE),
        None,
        ("warning", 3, ""),
    ),
    (
        "endpoint down",
        alarm("AWS/Route53", "HealthCheckStatus", 0, 1, statistic="Minimum", **LOW),
        None,
        ("critical", 1, "service.health.critical"),
    ),
    (
        "instance check",
        alarm("AWS/EC2", "StatusCheckFailed_System", 1, 0),
        None,
        ("critical", 2, "service.health.critical"),
    ),
    (
        "no data of the targets",
        alarm("AWS/ApplicationELB", "HealthyHostCount", None, 2, dimensions=TG, **LOW, missing_data_breaches=True),
        None,
        ("critical", 2, "service.health.critical"),
    ),
    (
        "connections, maximum unknown",
        alarm("AWS/RDS", "DatabaseConnections", 396, 300, dimensions=DB),
        None,
        ("critical", 2, "db.connections.critical"),
    ),
    (
        "connections at 94 %",
        alarm("AWS/RDS", "DatabaseConnections", 396, 300, dimensions=DB),
        Measured(max_connections=420),
        ("critical", 2, "db.connections.critical"),
    ),
    (
        "connections at 8 %",
        alarm("AWS/RDS", "DatabaseConnections", 396, 300, dimensions=DB),
        Measured(max_connections=5000),
        ("performance", 3, ""),
    ),
    (
        "connections at exactly 90 %",
        alarm("AWS/RDS", "DatabaseConnections", 90, 50, dimensions=DB),
        Measured(max_connections=100),
        ("critical", 2, "db.connections.critical"),
    ),
    (
        "database is down",
        alarm("AWS/RDS", "DatabaseConnections", 396, 300, dimensions=DB),
        Measured(max_connections=420, database_available=False),
        ("critical", 1, "db.connections.critical"),
    ),
    (
        "select latency 250 ms",
        alarm("AWS/RDS", "SelectLatency", 250, 200, dimensions=DB),
        None,
        ("warning", 3, "db.query_latency.warning"),
    ),
    (
        "own query latency in seconds",
        alarm("Acme", "QueryLatency", 0.25, 0.2, unit="Seconds"),
        None,
        ("warning", 3, "db.query_latency.warning"),
    ),
    (
        "read latency 0.137 s",
        alarm("AWS/RDS", "ReadLatency", 0.137, 0.05, dimensions=DB),
        None,
        ("performance", 3, "db.rw_latency.performance"),
    ),
    ("read latency 0.02 s", alarm("AWS/RDS", "ReadLatency", 0.02, 0.01, dimensions=DB), None, ("performance", 3, "")),
    (
        "target response 1.93 s",
        alarm("AWS/ApplicationELB", "TargetResponseTime", 1.93, 0.8, dimensions=TG),
        None,
        ("performance", 3, "alb.target_response.performance"),
    ),
    (
        "target response 0.9 s",
        alarm("AWS/ApplicationELB", "TargetResponseTime", 0.9, 0.8, dimensions=TG),
        None,
        ("performance", 3, ""),
    ),
    (
        "API latency 700 ms",
        alarm("AWS/ApiGateway", "Latency", 700, 500),
        None,
        ("performance", 3, "app.response_time.performance"),
    ),
    (
        "own response time, seconds by its threshold",
        alarm("Acme", "ResponseTime", 0.7, 0.5),
        None,
        ("performance", 3, "app.response_time.performance"),
    ),
    (
        "throttles",
        alarm("AWS/DynamoDB", "WriteThrottleEvents", 3, 0, dimensions=TABLE),
        None,
        ("warning", 3, "ddb.throttle.warning"),
    ),
    (
        "throttles on a key range",
        alarm("AWS/DynamoDB", "ReadKeyRangeThroughputThrottleEvents", 3, 0, dimensions=TABLE),
        None,
        ("warning", 3, "ddb.throttle.warning"),
    ),
    ("outside the tables", alarm("AWS/SQS", "ApproximateAgeOfOldestMessage", 1830, 600), None, ("warning", 3, "")),
    (
        "database cpu is outside the tables",
        alarm("AWS/RDS", "CPUUtilization", 99, 80, dimensions=DB),
        None,
        ("warning", 3, ""),
    ),
    (
        "storage is outside the tables",
        alarm("AWS/RDS", "FreeStorageSpace", 1e9, 5e9, dimensions=DB, **LOW),
        None,
        ("warning", 3, ""),
    ),
    (
        "warning with tasks missing",
        cpu(72, 60),
        Measured(running_tasks=3, desired_tasks=4),
        ("warning", 2, "ecs.cpu.warning"),
    ),
    (
        "warning with unhealthy targets",
        cpu(72, 60),
        Measured(healthy_hosts=3, unhealthy_hosts=1),
        ("warning", 2, "ecs.cpu.warning"),
    ),
    ("severity by description", cpu(72, 60, description="Severity: 1"), None, ("warning", 1, "ecs.cpu.warning")),
    (
        "severity by tag wins",
        cpu(88, description="SEV1"),
        Measured(tags={"Severity": "3"}),
        ("critical", 3, "ecs.cpu.critical"),
    ),
]


@pytest.mark.parametrize(
    ("alert", "measured", "expected"), [case[1:] for case in TABLE_OF_CASES], ids=[case[0] for case in TABLE_OF_CASES]
)
def test_classified_by_the_observed_value(
    alert: Alert, measured: Measured | None, expected: tuple[str, int, str]
) -> None:
    got = classify(alert, SETTINGS, measured)
    assert (got.tier, got.severity, got.trigger) == expected
    assert len(got.why) >= 3
    assert all(reason.endswith((".", "'")) for reason in got.why)
    assert got.impact.endswith(".")


@pytest.mark.parametrize(
    ("alert", "measured", "impact"),
    [
        (cpu(88), None, "CPU 88 % (alarm at 75 %)."),
        (
            cpu(88.24),
            Measured(running_tasks=3, desired_tasks=4),
            "CPU 88.2 % (alarm at 75 %). 3 of 4 tasks run.",
        ),
        (count(FIVE, 412), None, "5XX responses of the targets 412 (alarm at 10)."),
        (
            count(FIVE, 412),
            Measured(requests=4000, errors_5xx=412),
            "5XX rate 10.3 % (412 of 4,000 requests) (alarm at 10). 10.3 % of the requests fail.",
        ),
        (rate("m1 / m2", 0.073, 0.05), None, "5XX rate 7.3 % (alarm at 5 %)."),
        (
            replace(rate("1 - m1 / m2", 0.8, 0.99), comparison=DOWN),
            None,
            "Success rate 80 % (alarm at 99 %).",
        ),
        (
            alarm("AWS/RDS", "DatabaseConnections", 396, 300, dimensions=DB),
            Measured(max_connections=420),
            "396 of 420 connections (94.3 %) (alarm at 300).",
        ),
        (
            alarm("AWS/RDS", "ReadLatency", 0.137, 0.05, dimensions=DB),
            None,
            "Read latency 137 ms (alarm at 50 ms).",
        ),
        (
            alarm("AWS/RDS", "FreeStorageSpace", 2 * 1024**3, 5 * 1024**3, dimensions=DB),
            None,
            "Free storage 2 GB (alarm at 5 GB).",
        ),
        (
            cpu(None, missing_data_breaches=True),
            None,
            "CPU reported no value (ALARM, missing data counts as breaching).",
        ),
        (
            alarm("AWS/ApplicationELB", "HealthyHostCount", 0, 2, dimensions=TG, **LOW),
            Measured(healthy_hosts=0, unhealthy_hosts=3, database_available=False),
            "Healthy targets 0 (alarm at 2). The database is not available. 0 of 3 targets are healthy.",
        ),
    ],
)
def test_impact_says_what_was_observed_with_units(alert: Alert, measured: Measured | None, impact: str) -> None:
    assert classify(alert, SETTINGS, measured).impact == impact


def test_without_measurements_it_says_so() -> None:
    why = " ".join(classify(count(FIVE, 412), SETTINGS).why)
    assert "the rate needs the number of requests (not measured yet): provisional" in why
    assert "Scope: not looked at yet." in why
    denied = Measured(why_not={"requests": "AccessDenied", "other_alarms": "throttled"})
    why = " ".join(classify(count(FIVE, 412), SETTINGS, denied).why)
    assert "(AccessDenied)" in why
    assert "(throttled)" in why


def test_scope() -> None:
    assert classify(cpu(88), SETTINGS).scope == "unknown"
    assert classify(cpu(88), SETTINGS, Measured(other_alarms=())).scope == "single service"
    assert classify(cpu(88), SETTINGS, Measured(other_alarms=("checkout",))).scope == "single service"
    several = classify(cpu(88), SETTINGS, Measured(other_alarms=("checkout", "orders")))
    assert several.scope == "multiple services"
    assert "Multiple services: alarms also stand for orders." in several.why


def test_composite_without_a_target_is_still_judged() -> None:
    alert = replace(cpu(None), metrics=(), children=(Child(name="a-child", arn="arn:x", state="ALARM"),))
    got = classify(alert, SETTINGS)
    assert (got.tier, got.severity, got.target) == ("warning", 3, Unrecognised("composite of a-child"))
    assert got.impact == "Composite alarm an-alarm is in ALARM because of a-child."
    better = classify(alert, SETTINGS, target=EcsService("acme-production", "checkout"))
    assert better.service == "checkout"


def test_hint_names_the_service() -> None:
    hinted = replace(SETTINGS, workloads=(Hint(service="shop", ecs_service="checkout"),))
    assert classify(cpu(88), hinted).service == "shop"


def test_override_moves_a_trigger_and_is_told() -> None:
    own = replace(SETTINGS, thresholds={"ecs.cpu.critical": 95})
    got = classify(cpu(88), own)
    assert got.tier == "warning"
    strict = replace(SETTINGS, thresholds={"ecs.cpu.critical": 50.0})
    assert "set to 50 % for this environment" in " ".join(classify(cpu(60), strict).why)


@pytest.mark.parametrize(
    ("alert", "target", "first"),
    [
        (count(FIVE, 1), TargetGroup("targetgroup/a/1"), ["requests", "errors_5xx", "healthy_hosts"]),
        (
            alarm("AWS/RDS", "DatabaseConnections", 1),
            Database("orders"),
            ["max_connections", "database_available", "tags"],
        ),
        (cpu(88), EcsService("c", "s"), ["running_tasks", "desired_tasks", "healthy_hosts"]),
        (alarm("AWS/DynamoDB", "WriteThrottleEvents", 1), Table("t"), ["tags", "other_alarms"]),
        (replace(cpu(88), kind="ecs", metrics=()), Unrecognised("x"), ["other_alarms"]),
    ],
)
def test_what_to_measure(alert: Alert, target: Any, first: list[str]) -> None:
    needed = measurements_needed(alert, target)
    assert list(needed[: len(first)]) == first
    assert set(needed) <= set(Measured.__dataclass_fields__)
    assert len(needed) == len(set(needed))


# --- what must hold for every value

values = st.floats(min_value=0, max_value=1e6)
type Case = Callable[[float, float], tuple[Alert, Measured | None]]
CASES_THAT_WORSEN: list[Case] = [
    lambda v, _: (cpu(v), None),
    lambda v, _: (alarm("AWS/ECS", "MemoryUtilization", v, 80, dimensions=SERVICE), None),
    lambda v, w: (count(FIVE, v), Measured(requests=w)),
    lambda v, w: (count("HTTPCode_Target_4XX_Count", v), Measured(requests=w)),
    lambda v, _: (rate("m1 / m2", v, 0.05), None),
    lambda v, w: (alarm("AWS/RDS", "DatabaseConnections", v, 300, dimensions=DB), Measured(max_connections=w)),
    lambda v, _: (alarm("AWS/RDS", "ReadLatency", v, 0.05, dimensions=DB), None),
    lambda v, _: (alarm("AWS/RDS", "SelectLatency", v, 100, dimensions=DB), None),
    lambda v, _: (alarm("AWS/ApplicationELB", "TargetResponseTime", v, 0.5, dimensions=TG), None),
    lambda v, _: (alarm("AWS/ApplicationELB", "UnHealthyHostCount", v, 0, dimensions=TG), None),
    lambda v, _: (alarm("AWS/DynamoDB", "WriteThrottleEvents", v, 0, dimensions=TABLE), None),
    lambda v, _: (alarm("AWS/ApplicationELB", "HealthyHostCount", 1e6 - v, 2, dimensions=TG, **LOW), None),
]


@given(case=st.sampled_from(range(len(CASES_THAT_WORSEN))), one=values, two=values, whole=st.floats(1, 1e6))
def test_a_worse_value_never_lowers_the_tier_nor_the_severity(case: int, one: float, two: float, whole: float) -> None:
    better, worse = sorted((one, two))
    mild = classify(*_with_settings(CASES_THAT_WORSEN[case](better, whole)))
    grave = classify(*_with_settings(CASES_THAT_WORSEN[case](worse, whole)))
    assert TIERS.index(grave.tier) >= TIERS.index(mild.tier)
    assert grave.severity <= mild.severity


@given(observed=st.floats(0, 100), limit=st.floats(0, 100))
def test_an_override_decides_alone(observed: float, limit: float) -> None:
    own = replace(SETTINGS, thresholds={"ecs.cpu.critical": limit})
    assert (classify(cpu(observed), own).tier == "critical") == (observed > limit)


@given(observed=st.none() | st.floats(allow_nan=False), threshold=st.none() | st.floats(allow_nan=False))
def test_every_alarm_gets_a_tier_a_severity_and_reasons(observed: float | None, threshold: float | None) -> None:
    for namespace, name in [("AWS/ECS", "CPUUtilization"), ("Any", "Thing"), ("AWS/RDS", "DatabaseConnections")]:
        got = classify(alarm(namespace, name, observed, threshold), SETTINGS, Measured(max_connections=100))
        assert got.tier in TIERS
        assert got.severity in {1, 2, 3}
        assert got.why
        assert got.impact


def _with_settings(case: tuple[Alert, Measured | None]) -> tuple[Alert, Settings, Measured | None]:
    return case[0], SETTINGS, case[1]


FAILING = rate("(m1/m2)*100", 31.4, 5)


@pytest.mark.parametrize(
    ("alert", "measured", "expected"),
    [
        (FAILING, None, 31.4),
        (FAILING, Measured(requests=1000, errors_5xx=120), 12.0),
        (count("HTTPCode_Target_5XX_Count", 50), None, None),
        (count("HTTPCode_Target_5XX_Count", 50), Measured(requests=200, errors_5xx=50), 25.0),
        (cpu(99.0), None, None),
        (cpu(99.0), Measured(requests=100, errors_5xx=3), 3.0),
    ],
)
def test_the_share_of_users_is_measured_or_not_known(
    alert: Alert, measured: Measured | None, expected: float | None
) -> None:
    assert classify(alert, SETTINGS, measured).affected == expected
