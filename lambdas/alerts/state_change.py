"""What EventBridge and the direct Lambda action share: `alarmName`, `state`, `previousState`, `configuration`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lambdas.alerts.datapoints import observe
from lambdas.alerts.metrics import dimensions, watched
from lambdas.alerts.model import Alert, Child
from lambdas.alerts.regions import partition
from lambdas.alerts.values import mapping, moment, sequence, state, text


def state_change(
    detail: Mapping[str, Any], *, source: str, arn: str, account: str, region: str, at: datetime, event_id: str
) -> Alert:
    """Build the alert of an alarm's state change. `at` is used only where the state has no timestamp of its own."""
    now = mapping(detail.get("state"))
    configuration = mapping(detail.get("configuration"))
    data = mapping(now.get("reasonData"))
    contributor = dimensions(mapping(detail.get("alarmContributor")).get("attributes"))
    seen = watched(configuration.get("metrics"))
    metrics = tuple(replace(m, dimensions={**m.dimensions, **contributor}) for m in seen.metrics)
    value = state(now.get("value"))
    reason = text(now.get("reason"))
    observed = observe(reason, data, alarming=value == "ALARM")
    suppressed_by = text(now.get("actionsSuppressedBy"), 300)
    if suppressed_by and (suppressor := text(configuration.get("actionsSuppressor"), 1_600)):
        suppressed_by = f"{suppressed_by} ({suppressor})"
    elif muted := text(mapping(detail.get("muteDetail")).get("mutedByArn"), 1_600):
        suppressed_by = f"mute rule {muted.partition(':alarm-mute-rule:')[2] or muted}"
    return Alert(
        kind="alarm",
        source=source,
        name=text(detail.get("alarmName"), 300) or arn.partition(":alarm:")[2],
        state=value,
        at=moment(now.get("timestamp")) or at,
        account=account,
        region=region,
        partition=partition(region),
        arn=arn,
        previous=text(mapping(detail.get("previousState")).get("value"), 50),
        reason=reason,
        description=text(configuration.get("description")),
        metrics=metrics,
        expression=seen.expression or text(configuration.get("alarmRule")),
        comparison=observed.comparison,
        threshold=observed.threshold,
        observed=observed.value,
        observed_at=observed.at,
        recent=observed.recent,
        children=_children(data),
        suppressed_by=suppressed_by,
        missing_data_breaches=observed.missing_breached,
        event_id=event_id,
        detail={"label": seen.label} if seen.label else {},
    )


def _children(data: Mapping[str, Any]) -> tuple[Child, ...]:
    children: list[Child] = []
    for item in map(mapping, sequence(data.get("triggeringAlarms"))):
        now = mapping(item.get("state"))
        if arn := text(item.get("arn"), 2_000):
            name = arn.partition(":alarm:")[2] or arn
            children.append(Child(name=name, arn=arn, state=state(now.get("value")), at=moment(now.get("timestamp"))))
    return tuple(children)
