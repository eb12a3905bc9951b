"""What the sample events, which are no alarms, are judged as."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.settings import Settings
from lambdas.triage.classify import classify

EVENTS = Path(__file__).parents[3] / "events"
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="1",
    region="eu-west-1",
    slack_channel="#a",
    table="t",
    slack_secret="s",
)
HEALTH = "service.health.critical"


@pytest.mark.parametrize(
    ("name", "tier", "severity", "trigger"),
    [
        ("ecs/container-instance-disconnected.json", "critical", 2, HEALTH),
        ("ecs/deployment-failed.json", "warning", 3, ""),
        ("ecs/deployment-in-progress.json", "performance", 3, ""),
        ("ecs/service-placement-failure.json", "warning", 3, ""),
        ("ecs/service-steady-state.json", "performance", 3, ""),
        ("ecs/service-task-start-impaired.json", "critical", 2, HEALTH),
        ("ecs/task-failed-elb-health-check.json", "critical", 2, HEALTH),
        ("ecs/task-image-missing.json", "warning", 3, ""),
        ("ecs/task-scaled-in.json", "performance", 3, ""),
        ("rds/failover-started.json", "critical", 2, ""),
        ("rds/failover-completed.json", "performance", 3, ""),
        ("rds-sns/storage-full-without-arn.json", "critical", 1, ""),
        ("rds-sns/many-databases.json", "performance", 3, ""),
        ("health/operational-issue.json", "warning", 3, ""),
        ("health/rds-hardware-maintenance.json", "performance", 3, ""),
        ("bad/plain-text.txt", "warning", 3, ""),
    ],
)
def test_event_is_judged(name: str, tier: str, severity: int, trigger: str) -> None:
    (delivery,) = unwrap((EVENTS / name).read_text())
    got = classify(parse(delivery), SETTINGS)
    assert (got.tier, got.severity, got.trigger) == (tier, severity, trigger)
    assert got.why
