"""A CloudWatch alarm whose action invokes the function itself: `{source: aws.cloudwatch, alarmArn, alarmData: {…}}`.

Source: 'Invoke a Lambda function from an alarm' in the CloudWatch User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.regions import alarm_arn
from lambdas.alerts.state_change import state_change
from lambdas.alerts.values import mapping, moment, text

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read the direct action's event."""
    detail = mapping(body.get("alarmData"))
    if not detail:
        return None
    arn = text(body.get("alarmArn"), 2_000)
    parts = [*arn.split(":"), *[""] * 5]
    region = text(body.get("region"), 50) or parts[3]
    account = text(body.get("accountId"), 20) or parts[4]
    return state_change(
        detail,
        source="lambda-action",
        arn=arn or alarm_arn(region, account, text(detail.get("alarmName"), 300)),
        account=account,
        region=region,
        at=moment(body.get("time")) or origin.at,
        event_id=origin.message_id,
    )
