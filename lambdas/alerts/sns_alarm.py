"""CloudWatch alarm → SNS: the JSON inside `Message`.

Source: 'Notifying users on alarm changes' in the CloudWatch User Guide, and recorded messages. The older shape lacks
`AlarmArn` and names the region only for people; `TreatMissingData` was written as '- TreatMissingData:  breaching'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.datapoints import observe
from lambdas.alerts.metrics import Watched, dimensions, statistic, watched
from lambdas.alerts.model import Alert, Child, Metric
from lambdas.alerts.regions import alarm_arn, code, partition
from lambdas.alerts.values import mapping, moment, number, sequence, state, text, whole


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an SNS alarm message: metric, math, band, Metrics Insights or composite."""
    if "AlarmName" not in body or "NewStateValue" not in body:
        return None
    name = text(body["AlarmName"], 300)
    arn = text(body.get("AlarmArn"), 2_000)
    parts = arn.split(":")
    region = (parts[3] if len(parts) > 6 else "") or code(text(body.get("Region"), 100)) or origin.region
    account = text(body.get("AWSAccountId"), 20) or (parts[4] if len(parts) > 6 else "") or origin.account
    trigger = mapping(body.get("Trigger"))
    seen = _watched(trigger)
    now = state(body["NewStateValue"])
    reason = text(body.get("NewStateReason"))
    observed = observe(
        reason,
        mapping(body.get("NewStateReasonData")),
        alarming=now == "ALARM",
        comparison=text(trigger.get("ComparisonOperator"), 100),
        threshold=number(trigger.get("Threshold")) if not trigger.get("ThresholdMetricId") else None,
    )
    missing = text(trigger.get("TreatMissingData"), 100).replace(":", " ").split()
    return Alert(
        kind="alarm",
        source="sns",
        name=name,
        state=now,
        at=moment(body.get("StateChangeTime")) or origin.at,
        account=account,
        region=region,
        partition=partition(region),
        arn=arn or alarm_arn(region, account, name),
        previous=text(body.get("OldStateValue"), 50),
        reason=reason,
        description=text(body.get("AlarmDescription")),
        metrics=seen.metrics,
        expression=seen.expression or text(body.get("AlarmRule")),
        comparison=observed.comparison,
        threshold=observed.threshold,
        observed=observed.value,
        observed_at=observed.at,
        recent=observed.recent,
        children=_children(body.get("TriggeringChildren")),
        suppressed_by=text(body.get("ActionsSuppressedBy"), 300),
        missing_data_breaches="breaching" in missing or observed.missing_breached,
        event_id=origin.message_id,
        detail={"label": seen.label} if seen.label else {},
    )


def _watched(trigger: Mapping[str, Any]) -> Watched:
    if trigger.get("Metrics"):
        return watched(trigger["Metrics"], text(trigger.get("ThresholdMetricId"), 300))
    name = text(trigger.get("MetricName"), 300)
    if not name:
        return Watched()
    metric = Metric(
        namespace=text(trigger.get("Namespace"), 300),
        name=name,
        dimensions=dimensions(trigger.get("Dimensions")),
        statistic=statistic(trigger.get("Statistic") or trigger.get("ExtendedStatistic")),
        period=whole(trigger.get("Period"), 60),
        unit=text(trigger.get("Unit"), 50),
    )
    return Watched(metrics=(metric,))


def _children(value: object) -> tuple[Child, ...]:
    children: list[Child] = []
    for item in map(mapping, sequence(value)):
        now = mapping(item.get("State"))
        if arn := text(item.get("Arn"), 2_000):
            name = arn.partition(":alarm:")[2] or arn
            children.append(Child(name=name, arn=arn, state=state(now.get("Value")), at=moment(now.get("Timestamp"))))
    return tuple(children)
