"""The alarm as it is now, and how it has behaved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check

HISTORY = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState(Finding):
    """The alarm now. `at` is when its state last changed."""

    name: str
    state: str  # OK | ALARM | INSUFFICIENT_DATA
    reason: str = ""
    threshold: float | None = None
    comparison: str = ""
    period: int | None = None
    evaluation_periods: int | None = None
    queries: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)  # of a metric math alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTransition(Finding):
    """One past state change."""

    name: str
    before: str
    after: str


@check(
    "cloudwatch.alarm",
    title="The alarm's present state",
    yields=(AlarmState,),
    allow=(Allow("cloudwatch:DescribeAlarms", "arn:{partition}:cloudwatch:{region}:{account}:alarm:*"),),
    calls=1,
)
def alarm(look: Look) -> Iterator[Finding]:
    """Nothing for events that are no alarms."""
    if look.alert.kind != "alarm":
        return
    answer: Any = look.aws.cloudwatch.describe_alarms(
        AlarmNames=[look.alert.name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    for raw in (*(answer.get("MetricAlarms") or ()), *(answer.get("CompositeAlarms") or ())):
        yield AlarmState(
            at=raw.get("StateTransitionedTimestamp") or raw.get("StateUpdatedTimestamp"),
            name=raw.get("AlarmName", look.alert.name),
            state=raw.get("StateValue", ""),
            reason=raw.get("StateReason", ""),
            threshold=raw.get("Threshold"),
            comparison=raw.get("ComparisonOperator", ""),
            period=raw.get("Period"),
            evaluation_periods=raw.get("EvaluationPeriods"),
            queries=tuple(raw.get("Metrics") or ()),
            source="cloudwatch:DescribeAlarms",
            link=links.alarm(look.aws.region, look.alert.name),
        )


@check(
    "cloudwatch.alarm_history",
    title="How often the alarm rang in the last days",
    yields=(AlarmTransition,),
    allow=(Allow("cloudwatch:DescribeAlarmHistory", "arn:{partition}:cloudwatch:{region}:{account}:alarm:*"),),
    calls=1,
    optional=True,
)
def history(look: Look) -> Iterator[Finding]:
    """State changes of the last three days."""
    if look.alert.kind != "alarm":
        return
    answer: Any = look.aws.cloudwatch.describe_alarm_history(
        AlarmName=look.alert.name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
        StartDate=look.window.at - HISTORY,
        EndDate=look.window.end,
        MaxRecords=100,
    )
    for raw in answer.get("AlarmHistoryItems") or ():
        before, after = _states(raw)
        moment: datetime | None = raw.get("Timestamp")
        yield AlarmTransition(
            at=moment,
            name=look.alert.name,
            before=before,
            after=after,
            source="cloudwatch:DescribeAlarmHistory",
            link=links.alarm(look.aws.region, look.alert.name),
        )


def _states(raw: Mapping[str, Any]) -> tuple[str, str]:
    """From the item's JSON; its summary says the same in words."""
    try:
        data = json.loads(raw.get("HistoryData") or "{}")
    except ValueError:
        data = {}
    before = str((data.get("oldState") or {}).get("stateValue", ""))
    after = str((data.get("newState") or {}).get("stateValue", ""))
    if not after and " to " in (summary := str(raw.get("HistorySummary", ""))):
        words = summary.rpartition("from ")[2].split()
        before, after = (words[0], words[-1]) if words else ("", "")
    return before, after
