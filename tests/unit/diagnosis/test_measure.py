from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.alerts.model import Alert, Metric
from lambdas.checks.base import Finding, Found, Gap
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.cloudwatch.others import OtherAlarm
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.parameters import ConnectionLimit
from lambdas.diagnosis.measure import measured

AT = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
ALERT = Alert(
    kind="alarm",
    source="sns",
    name="a",
    state="ALARM",
    at=AT,
    account="1",
    region="eu-west-1",
    metrics=(Metric(namespace="AWS/ApplicationELB", name="HTTPCode_Target_5XX_Count", period=300),),
)
SERVICE = ServiceState(cluster="c", name="s", desired=4, running=1, pending=0, task_definition="s:1")


def series(role: str, value: float) -> Series:
    points = tuple((AT - timedelta(minutes=n), value) for n in range(20, -1, -1))
    return Series(role=role, namespace="n", name="m", stat="Sum", period=60, points=points)


def found(*findings: Finding) -> Found:
    seen = Found()
    for finding in findings:
        seen.add(finding)
    return seen


def test_nothing_seen_is_nothing_known() -> None:
    known = measured(found(), ALERT)
    assert known.requests is None
    assert known.running_tasks is None
    assert known.other_alarms is None
    assert known.database_available is None


def test_counts_are_over_the_alarms_own_period() -> None:
    known = measured(found(series("alb.requests", 100), series("alb.target_5xx", 4), series("alb.elb_5xx", 1)), ALERT)
    assert (known.requests, known.errors_5xx, known.share_5xx) == (600, 30, 5)


def test_the_services_own_counts_stand_in_for_the_balancers() -> None:
    assert measured(found(series("elb.requests", 10)), ALERT).requests == 60


@pytest.mark.parametrize(("services", "running"), [([SERVICE], 1), ([SERVICE, replace(SERVICE, name="t")], None)])
def test_tasks_are_those_of_the_one_service(services: list[ServiceState], running: int | None) -> None:
    assert measured(found(*services), ALERT).running_tasks == running


def test_targets() -> None:
    healths = [
        TargetHealth(group="g", group_arn="g", target=str(n), state=s) for n, s in enumerate(("healthy", "unhealthy"))
    ]
    known = measured(found(*healths), ALERT)
    assert (known.healthy_hosts, known.unhealthy_hosts) == (1, 1)


@pytest.mark.parametrize(("status", "available"), [("available", True), ("storage-full", False), ("", None)])
def test_a_database_serves_or_not(status: str, available: bool | None) -> None:  # noqa: FBT001 — a table's column
    replica = Instance(id="r", role="replica", status="failed")
    subject = Instance(id="d", role="subject", status=status)
    known = measured(found(replica, subject, ConnectionLimit(of="d", value=420, expression="420")), ALERT)
    assert known.database_available is available
    assert known.max_connections == 420


def test_the_scope_is_known_only_where_it_was_looked_at() -> None:
    seen = found(OtherAlarm(name="b", service="billing", target="ecs:c/billing"))
    assert measured(seen, ALERT).other_alarms is None
    seen.gaps.append(Gap("cloudwatch.others", "access denied: cloudwatch:DescribeAlarms"))
    assert measured(seen, ALERT).why_not["other_alarms"] == "access denied: cloudwatch:DescribeAlarms"
    seen.looked.add("cloudwatch.others")
    assert measured(seen, ALERT).other_alarms == ("billing",)
