from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lambdas.alerts.model import Alert

ALERT = Alert(
    kind="alarm",
    source="sns",
    name="a",
    state="ALARM",
    at=datetime(2026, 11, 24, 3, 1, 12, 345_000, tzinfo=UTC),
    account="1",
    region="eu-west-1",
    arn="arn:x",
)


def test_identity_is_alarm_state_and_millisecond() -> None:
    assert ALERT.identity == replace(ALERT, source="eventbridge", event_id="other", observed=3.0).identity
    assert ALERT.identity != replace(ALERT, at=ALERT.at + timedelta(milliseconds=1)).identity
    assert ALERT.identity != replace(ALERT, state="OK").identity
    assert ALERT.identity != replace(ALERT, arn="arn:y").identity


def test_key_without_an_arn_is_account_region_and_name() -> None:
    assert replace(ALERT, arn="").key == "1/eu-west-1/a"
