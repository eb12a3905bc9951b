from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lambdas.alerts.state_change import state_change

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a:b"


def change(**detail: Any) -> Any:
    return state_change(
        detail, source="eventbridge", arn=ARN, account="123456789012", region="eu-west-1", at=AT, event_id="e"
    )


def test_state_has_its_own_time() -> None:
    assert change(state={"value": "OK", "timestamp": "2026-11-24T02:59:00.001+0000"}).at == AT.replace(
        hour=2, minute=59, microsecond=1_000
    )
    assert change(state={"value": "OK"}).at == AT


def test_name_falls_back_to_the_arn() -> None:
    assert change().name == "a:b"


def test_a_mute_rule_suppresses() -> None:
    muted = {"mutedByArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:night"}
    assert change(state={"value": "ALARM"}, muteDetail=muted).suppressed_by == "mute rule night"


def test_a_contributor_adds_its_dimensions() -> None:
    query = 'SELECT SUM(WriteThrottleEvents) FROM "AWS/DynamoDB" GROUP BY TableName'
    alert = change(
        alarmContributor={"id": "1", "attributes": {"TableName": "t"}},
        configuration={"metrics": [{"id": "q", "expression": query, "returnData": True}]},
    )
    assert dict(alert.metrics[0].dimensions) == {"TableName": "t"}
