"""Healthy, but noisy: only where nobody is harmed, and now is as every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import Evidence
from lambdas.causes.common.noise import noise
from lambdas.checks.base import Found, Window
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.targets import EcsService

if TYPE_CHECKING:
    from lambdas.checks.base import Finding

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=5), now=AT + timedelta(minutes=5))
CPU = Metric(namespace="AWS/ECS", name="CPUUtilization", dimensions={}, statistic="Average", period=60)


def evidence(*findings: Finding) -> Evidence:
    """CPU passes 60 % for ten minutes each morning of the week before, and now."""
    found = Found()
    found.looked |= {"ecs.services", "ecs.stopped_tasks", "elbv2.targets", "elbv2.target_health", "rds.instances"}
    now = tuple((AT - timedelta(minutes=m), 64.0 if m <= 8 else 30.0) for m in range(180, -5, -1))
    start = WINDOW.start - timedelta(days=7)
    moments = [start + timedelta(minutes=5 * i) for i in range(7 * 288)]
    past = tuple(
        (m, 66.0 if timedelta() <= (m - AT) % timedelta(days=1) <= timedelta(minutes=10) else 30.0) for m in moments
    )
    found.add(Series(role="alarm", of="x", namespace="n", name="CPUUtilization", stat="Average", period=60, points=now))
    found.add(Past(role="alarm", of="x", period=300, points=past))
    for finding in findings:
        found.add(finding)
    alert = Alert(
        kind="alarm", source="sns", name="a", state="ALARM", at=AT, account="1", region="eu-west-1", metrics=(CPU,),
        threshold=60.0, comparison="GreaterThanThreshold",
    )  # fmt: skip
    return Evidence(alert=alert, target=EcsService("c", "s"), window=WINDOW, found=found)


def errors(rate: float, *, before: float | None = None) -> tuple[Finding, ...]:
    points = tuple((AT - timedelta(minutes=m), rate) for m in range(8, -5, -1))
    start = WINDOW.start - timedelta(days=7)
    past = () if before is None else tuple((start + timedelta(minutes=5 * i), before * 5) for i in range(7 * 288))
    return (
        Series(role="elb.errors", of="s", namespace="n", name="5XX", stat="Sum", period=60, points=points),
        Past(role="elb.errors", of="s", period=300, points=past),
    )


def test_what_happens_every_morning_is_noise() -> None:
    told = noise(evidence())
    assert told.verdict == "likely"
    assert "on most days" in told.summary


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        (errors(40), "ruled_out"),  # AWS publishes no zeros: errors without a past were never there
        (errors(2), "likely"),  # a handful hurts nobody
        (errors(40, before=41), "likely"),  # as always
        (errors(400, before=41), "ruled_out"),
    ],
)
def test_errors_that_are_new_are_harm(findings: tuple[Finding, ...], verdict: str) -> None:
    assert noise(evidence(*findings)).verdict == verdict
