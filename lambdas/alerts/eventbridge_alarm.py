"""EventBridge `CloudWatch Alarm State Change`, `… Contributor State Change` and `… Configuration Change` (routine).

Source: 'Alarm events and EventBridge' in the CloudWatch User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.regions import alarm_arn
from lambdas.alerts.state_change import state_change
from lambdas.alerts.values import mapping, moment, text, texts

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an alarm's state change from the event bus."""
    kind = text(body.get("detail-type"), 200)
    detail = mapping(body.get("detail"))
    if body.get("source") != "aws.cloudwatch" or not kind.startswith("CloudWatch Alarm") or not detail:
        return None
    account, region = text(body.get("account"), 20), text(body.get("region"), 50)
    resources = texts(body.get("resources"))
    alert = state_change(
        detail,
        source="eventbridge",
        arn=resources[0] if resources else alarm_arn(region, account, text(detail.get("alarmName"), 300)),
        account=account,
        region=region,
        at=moment(body.get("time")) or origin.at,
        event_id=text(body.get("id"), 100) or origin.message_id,
    )
    return replace(alert, routine=True) if kind == "CloudWatch Alarm Configuration Change" else alert
