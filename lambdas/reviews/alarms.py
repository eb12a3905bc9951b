"""What a described alarm says: its metrics, its actions, its children. Pure, over DescribeAlarms' documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.triage.thresholds import family_of, triggers_of

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.triage.thresholds import Family, Trigger

type Doc = dict[str, Any]

_CHILD = re.compile(r"\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s()\"']+))\s*\)")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric that an alarm looks at."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    period: int
    account: str = ""


def metrics(alarm: Doc) -> tuple[Metric, ...]:
    """The metrics of an alarm: its one metric, or those of its metric math."""
    if alarm.get("MetricName"):
        stat = str(alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "Average")
        at = _pairs(alarm.get("Dimensions"))
        return (Metric(alarm.get("Namespace", ""), alarm["MetricName"], at, stat, alarm.get("Period") or 60),)
    found = []
    for query in alarm.get("Metrics") or ():
        if stat := query.get("MetricStat"):
            metric = stat["Metric"]
            found.append(
                Metric(
                    metric.get("Namespace", ""),
                    metric.get("MetricName", ""),
                    _pairs(metric.get("Dimensions")),
                    stat.get("Stat", "Average"),
                    stat.get("Period") or 60,
                    query.get("AccountId", ""),
                )
            )
    return tuple(found)


def plain(alarm: Doc) -> bool:
    """Whether it compares one metric with one number."""
    return bool(alarm.get("MetricName")) and alarm.get("Threshold") is not None and not alarm.get("ThresholdMetricId")


def family(alarm: Doc) -> Family | None:
    """Which of the runbook's quantities it is about."""
    return next((found for one in metrics(alarm) if (found := family_of(one.namespace, one.name))), None)


def gravest(alarm: Doc) -> Trigger | None:
    """The runbook's gravest trigger for it."""
    found = family(alarm)
    return next(iter(triggers_of(found)), None) if found else None


def for_scaling(alarm: Doc) -> bool:
    """Whether it drives auto scaling, and is nothing that people are told of."""
    actions = actions_of(alarm)
    return alarm.get("AlarmName", "").startswith("TargetTracking-") or (
        bool(actions) and all(":autoscaling:" in one or ":swf:" in one for one in actions)
    )


def actions_of(alarm: Doc) -> tuple[str, ...]:
    """Everything that happens when it goes off."""
    return tuple(alarm.get("AlarmActions") or ())


def topics(alarm: Doc) -> tuple[str, ...]:
    """The SNS topics of its actions, of all states."""
    states = ("AlarmActions", "OKActions", "InsufficientDataActions")
    return tuple(dict.fromkeys(one for key in states for one in alarm.get(key) or () if ":sns:" in one))


def children(composites: Iterable[Doc]) -> Iterator[tuple[str, Doc]]:
    """(name of a child, its composite alarm). A rule names alarms, or gives their ARNs."""
    for composite in composites:
        for groups in _CHILD.findall(composite.get("AlarmRule", "")):
            name = next(one for one in groups if one)
            yield name.partition(":alarm:")[2] or name, composite


def since(alarm: Doc) -> datetime | None:
    """When its state last changed: `StateTransitionedTimestamp`; the older field also moves with the reason."""
    return alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")


def _pairs(dimensions: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one["Name"], one["Value"]) for one in dimensions or ()))
