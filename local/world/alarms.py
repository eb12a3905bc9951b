"""The alarm of the head, as DescribeAlarms would show it at any time of the clock."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from local.world.arns import uuid

if TYPE_CHECKING:
    from local.world.model import Alarm
    from local.world.world import World

_WORDS = {
    "GreaterThanThreshold": ("GreaterThanThreshold", "greater than"),
    "GreaterThanOrEqualToThreshold": ("GreaterThanOrEqualToThreshold", "greater than or equal to"),
    "LessThanThreshold": ("LessThanThreshold", "less than"),
    "LessThanOrEqualToThreshold": ("LessThanOrEqualToThreshold", "less than or equal to"),
    "GreaterThanUpperThreshold": ("GreaterThanUpperThreshold", "greater than the upper threshold"),
    "LessThanLowerThreshold": ("LessThanLowerThreshold", "less than the lower threshold"),
    "LessThanLowerOrGreaterThanUpperThreshold": (
        "LessThanLowerOrGreaterThanUpperThreshold",
        "outside the band of the lower and upper thresholds",
    ),
}


def comparison_words(name: str) -> str:
    """`GreaterThanThreshold` → `greater than`, as in a state reason."""
    return _WORDS[name][1]


def state_of(world: World, alarm: Alarm, at: datetime | None = None) -> str:
    """The alarm's state at a time (default: the clock's)."""
    now = at or world.clock.now()
    forced = world.memory.get("alarm state")
    if forced:
        return str(forced)
    if now < alarm.at:
        return alarm.previous
    return "OK" if alarm.recovers is not None and now >= alarm.recovers else alarm.state


def changed_at(world: World, alarm: Alarm) -> datetime:
    """When the alarm's state last changed, by the clock."""
    if alarm.recovers is not None and world.clock.now() >= alarm.recovers:
        return alarm.recovers
    return alarm.at


def datapoints(alarm: Alarm, state: str, at: datetime) -> list[tuple[datetime, float]]:
    """The datapoints that the state reason quotes, newest first."""
    if alarm.values and state == "ALARM":
        values = list(reversed(alarm.values))
    else:
        value = alarm.value if alarm.value is not None else (alarm.threshold or 0.0)
        if state == "OK":
            value = (alarm.threshold or value) * (0.6 if alarm.comparison.startswith("Greater") else 1.4)
        needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
        values = [value] * (needed if state == "ALARM" else 1)
    last = (at - timedelta(seconds=alarm.period)).replace(second=0, microsecond=0)
    return [(last - timedelta(seconds=alarm.period * number), value) for number, value in enumerate(values)]


def reason(world: World, alarm: Alarm, state: str, at: datetime) -> str:
    """The sentence that CloudWatch writes for a change of state."""
    if alarm.reason and state == "ALARM":
        return alarm.reason
    if alarm.rule:
        child = world.arns.expand(f"alarm/{alarm.children[0] if alarm.children else 'unknown'}")
        return f"{child} transitioned to {state} at {at:%A %d %B, %Y %H:%M:%S} UTC"
    if state == "INSUFFICIENT_DATA":
        return "Insufficient Data: 1 datapoint was unknown."
    points = datapoints(alarm, state, at)
    listed = ", ".join(f"{value} ({when:%d/%m/%y %H:%M:%S})" for when, value in points)
    count = len(points)
    verb = "was" if count == 1 else "were"
    threshold = alarm.threshold if alarm.threshold is not None else "the band"
    words = f"{comparison_words(alarm.comparison)} the threshold ({threshold})"
    noun = "datapoint" if count == 1 else "datapoints"
    many = f"{count} out of the last {max(alarm.evaluation_periods, count)} datapoints [{listed}] {verb}"
    move = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
    if state == "ALARM":
        needed = "datapoint" if count == 1 else "datapoints"
        return f"Threshold Crossed: {many} {words} (minimum {count} {needed} for {move} transition)."
    return f"Threshold Crossed: {count} {noun} [{listed}] {verb} not {words}."


def reason_data(alarm: Alarm, state: str, at: datetime) -> str:
    """The structured state data, version 1.0."""
    if alarm.rule:
        return json.dumps({"triggeringAlarms": [{"arn": child} for child in alarm.children]})
    points = datapoints(alarm, state, at)
    stamp = "%Y-%m-%dT%H:%M:%S.000+0000"
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": at.strftime(stamp),
        "startDate": points[-1][0].strftime(stamp),
        "period": alarm.period,
        "recentDatapoints": [value for _, value in reversed(points)],
        "threshold": alarm.threshold,
        "evaluatedDatapoints": [
            {"timestamp": when.strftime(stamp), "sampleCount": 1.0, "value": value} for when, value in points
        ],
    }
    if alarm.metric:
        data["statistic"] = alarm.statistic
    if alarm.unit:
        data["unit"] = alarm.unit
    return json.dumps({key: value for key, value in data.items() if value is not None})


def described(world: World, alarm: Alarm) -> dict[str, Any]:
    """The alarm in DescribeAlarms' shape (MetricAlarm, or CompositeAlarm when it has a rule)."""
    state, at = state_of(world, alarm), changed_at(world, alarm)
    item: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": world.arns.expand(f"alarm/{alarm.name}"),
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": alarm.at - timedelta(days=120),
        "ActionsEnabled": True,
        "OKActions": actions(world, alarm),
        "AlarmActions": actions(world, alarm),
        "InsufficientDataActions": [],
        "StateValue": state,
        "StateReason": reason(world, alarm, state, at),
        "StateReasonData": reason_data(alarm, state, at),
        "StateUpdatedTimestamp": at,
        "StateTransitionedTimestamp": at,
    }
    if alarm.rule:
        return {key: value for key, value in (item | {"AlarmRule": alarm.rule}).items() if value is not None}
    extended = alarm.statistic if alarm.statistic[:1] == "p" else None
    item |= {
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "ThresholdMetricId": alarm.threshold_metric,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
    }
    if alarm.metrics:
        item["Metrics"] = alarm.metrics
    else:
        item |= {
            "MetricName": alarm.metric,
            "Namespace": alarm.namespace,
            "Statistic": None if extended else alarm.statistic,
            "ExtendedStatistic": extended,
            "Dimensions": [{"Name": key, "Value": value} for key, value in alarm.dimensions.items()],
            "Period": alarm.period,
            "Unit": alarm.unit,
        }
    return {key: value for key, value in item.items() if value is not None}


def actions(world: World, alarm: Alarm) -> list[str]:
    """The alarm's actions: the world's, or the customer's topic."""
    return [world.arns.expand(one) or one for one in alarm.actions or ["topic/alerts"]]


def history(world: World, alarm: Alarm) -> list[dict[str, Any]]:
    """The alarm's own changes of state until now."""
    changes = [(alarm.at, alarm.previous, alarm.state)]
    if alarm.recovers is not None:
        changes.append((alarm.recovers, alarm.state, "OK"))
    items = []
    for at, old, new in changes:
        if at > world.clock.now():
            continue
        data = {
            "version": "1.0",
            "oldState": {"stateValue": old},
            "newState": {
                "stateValue": new,
                "stateReason": reason(world, alarm, new, at),
                "stateReasonData": json.loads(reason_data(alarm, new, at)),
            },
        }
        items.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": "CompositeAlarm" if alarm.rule else "MetricAlarm",
                "Timestamp": at,
                "HistoryItemType": "StateUpdate",
                "HistorySummary": f"Alarm updated from {old} to {new}",
                "HistoryData": json.dumps(data),
            }
        )
    return items


def message_id(world: World, state: str) -> str:
    """The same id for the same notification, always."""
    return uuid(f"{world.path}{world.head.now}{state}")
