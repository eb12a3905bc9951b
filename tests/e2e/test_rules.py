"""Which events the deployed rules let through, judged by the embedded AWS's own matcher over the sample events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.events import patterns
from infra.permissions import Place

if TYPE_CHECKING:
    from local.stage import Stage

pytestmark = pytest.mark.e2e

EVENTS = Path(__file__).parents[2] / "events"
PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")


def _rules() -> dict[str, str]:
    """Rule → pattern, as the template carries it."""
    found: dict[str, str] = {}
    for name, pattern in patterns(PLACE, alarms=True).items():
        parts: dict[str, Any] = {"source": pattern.source, "detail-type": pattern.detail_type, "detail": pattern.detail}
        if pattern.resources:
            parts["resources"] = [
                {"anything-but": {"prefix": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:tocsin-"}}
            ]
        found[name] = json.dumps({key: value for key, value in parts.items() if value})
    return found


def _matching(staged: Stage, event: dict[str, Any]) -> list[str]:
    bus = staged.emulator.client("events")
    text = json.dumps(
        {"id": "1", "account": "1", "region": "r", "time": "2026-11-24T03:06:00Z", "resources": []} | event
    )
    return [name for name, rule in _rules().items() if bus.test_event_pattern(EventPattern=rule, Event=text)["Result"]]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("ecs/task-image-missing.json", ["EcsTask"]),
        ("ecs/task-out-of-memory.json", ["EcsTask"]),
        ("ecs/task-failed-elb-health-check.json", ["EcsTask"]),
        ("ecs/task-scaled-in.json", []),
        ("ecs/task-running.json", []),
        ("ecs/task-job-finished.json", []),
        ("ecs/deployment-failed.json", ["EcsDeployment"]),
        ("ecs/deployment-in-progress.json", []),
        ("ecs/deployment-completed.json", []),
        ("ecs/service-placement-failure.json", ["EcsService"]),
        ("ecs/service-task-start-impaired.json", ["EcsService"]),
        ("ecs/service-steady-state.json", []),
        ("ecs/container-instance-disconnected.json", ["EcsContainerInstance"]),
        ("rds/failover-started.json", ["Rds"]),
        ("rds/cluster-failover-started.json", ["Rds"]),
        ("rds/backup-finished.json", []),
        ("eventbridge/ecs-cpu-ok.json", ["Alarm"]),
    ],
)
def test_what_matters_is_let_through_and_routine_is_not(staged: Stage, sample: str, expected: list[str]) -> None:
    assert _matching(staged, json.loads((EVENTS / sample).read_text())) == expected


@pytest.mark.parametrize(
    "name", ["TargetTracking-service/prod/checkout-AlarmLow-1", "tocsin-acme-production-dead-letters"]
)
def test_alarms_of_auto_scaling_and_of_our_own_stay_out(staged: Stage, name: str) -> None:
    event = json.loads((EVENTS / "eventbridge" / "ecs-cpu-ok.json").read_text())
    event["detail"]["alarmName"] = name
    event["resources"] = [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"]
    assert _matching(staged, event) == []
