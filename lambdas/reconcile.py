"""Every ten minutes CloudWatch's own word against ours, both ways: an alarm event that was lost is made good.

An alarm in ALARM that we know nothing of is taken as if its event had come, by the same road. An alarm of an open
incident that is OK, or is gone, starts the incident's hold. Only alarms that would have told us are looked at: those
whose actions name one of our topics or our function, or all, where every state change is taken from the event bus. Our
own alarms go past this application, and what CloudWatch itself keeps quiet stays quiet.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.alerts.parse import parse
from lambdas.incidents.cadence import RECONCILE
from lambdas.incidents.clocks import UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lambdas.alerts.model import Alert
    from lambdas.house import House
    from lambdas.incidents.model import Alarm

PAGE = 100  # names that DescribeAlarms takes at once
OWN = "tocsin-"  # our own alarms tell the operators' topic

log = logging.getLogger("tocsin")


@dataclass(slots=True)
class Reconciled:
    """What was made good. `failed`: alarms that could not be taken; the next run tries again."""

    opened: int = 0
    cleared: int = 0
    failed: int = 0


def reconcile(house: House) -> Reconciled | None:
    """Compare once in each ten minutes, whoever asks; None where somebody else has done it, or does."""
    now = house.desk.now
    if not house.store.take_slot("reconcile", now // RECONCILE, now):
        return None
    done = Reconciled()
    for alarm in _ringing(house):
        done.opened += _take(house, alarm, "ALARM", done)
    for alarm in _quiet(house):
        done.cleared += _take(house, alarm, "OK", done)
    log.info("reconciled", extra={"opened": done.opened, "cleared": done.cleared, "failed": done.failed})
    return done


def _take(house: House, alarm: Mapping[str, Any], state: str, done: Reconciled) -> int:
    """Take one alarm as if its event had come. One that fails does not take the others with it."""
    try:
        taken = house.desk.take(_alert(house, alarm, state))
        if taken.outcome in {"duplicate", "stale", "suppressed", "nothing to do"}:
            return 0
        for id_, posts in ((taken.incident.id, taken.posts) if taken.incident else ("", ()), *taken.also):
            if id_:
                house.deliver(id_, posts)
    except Exception:
        log.exception("could not be reconciled", extra={"alarm": alarm.get("AlarmName")})
        done.failed += 1
        return 0
    return 1


def _ringing(house: House) -> Iterator[Mapping[str, Any]]:
    """Alarms in ALARM that should have told us, and of which we know nothing."""
    for alarm in _described(house, StateValue="ALARM"):
        if not _tells_us(house, alarm):
            continue
        head = house.store.head(str(alarm["AlarmArn"]))
        if head and head.state in UNRESOLVED and head.incident:
            continue  # it is known, also where a person has closed it while it rang
        if head and head.at >= _changed(alarm):
            continue  # a newer change has reached us than the one that this answer knows
        if not _muted(house, str(alarm["AlarmName"])):
            yield alarm


def _quiet(house: House) -> Iterator[Mapping[str, Any]]:
    """Alarms of open incidents that are OK, or are gone."""
    ours: dict[str, Alarm] = {}
    for id_ in (*house.store.open_incidents(), *house.store.gathered_incidents()):
        incident = house.store.incident(id_)
        if incident and incident.status == "OPEN":
            ours |= {alarm.arn: alarm for alarm in incident.alarms.values() if alarm.arn and alarm.state in UNRESOLVED}
    names = sorted({alarm.name for alarm in ours.values()})
    found: dict[str, Mapping[str, Any]] = {}
    for first in range(0, len(names), PAGE):
        found |= {str(alarm["AlarmArn"]): alarm for alarm in _described(house, AlarmNames=names[first : first + PAGE])}
    for arn, alarm in ours.items():
        if arn not in found:
            gone = {"AlarmArn": arn, "AlarmName": alarm.name, "StateReason": "The alarm does not exist any more"}
            yield gone | {"StateTransitionedTimestamp": datetime.fromtimestamp(house.desk.now, UTC)}
        elif found[arn]["StateValue"] == "OK" and _changed(found[arn]) > alarm.at * 1000:
            yield found[arn]


def _described(house: House, **asked: Any) -> Iterator[Mapping[str, Any]]:
    pages = house.observe().cloudwatch.get_paginator("describe_alarms")
    for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"], **asked):
        yield from (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))


def _tells_us(house: House, alarm: Mapping[str, Any]) -> bool:
    settings = house.settings
    if str(alarm["AlarmName"]).startswith(OWN) or alarm.get("ActionsSuppressedBy"):
        return False
    if settings.all_alarms:
        return True
    ours = {*settings.alarm_topics}
    function = f":function:tocsin-{settings.customer}-{settings.environment}-respond"
    actions = alarm.get("AlarmActions", ()) if alarm.get("ActionsEnabled", True) else ()
    return any(action in ours or function in f"{action}" for action in actions)


def _muted(house: House, name: str) -> bool:
    """Whether one of CloudWatch's own mute rules keeps the alarm's actions back now."""
    return bool(mute_rules(house, name))


def mute_rules(house: House, alarm: str = "") -> list[Mapping[str, Any]]:
    """CloudWatch's active mute rules, for one alarm or all: ListAlarmMuteRules, where the region has it.

    A region without the operation, or a role that may not ask, mutes nothing: rather a page too many.
    """
    asked: dict[str, Any] = {"Statuses": ["ACTIVE"]} | ({"AlarmName": alarm} if alarm else {})
    found: list[Mapping[str, Any]] = []
    try:
        pages = house.observe().cloudwatch.get_paginator("list_alarm_mute_rules")
        for page in pages.paginate(**asked):
            found += page.get("AlarmMuteRuleSummaries", ())
    except (ClientError, BotoCoreError) as error:
        log.warning("mute rules could not be read", extra={"alarm": alarm, "why": str(error)})
    return found


def _changed(alarm: Mapping[str, Any]) -> int:
    """When the alarm changed its state, in milliseconds: what its event would have carried."""
    at: datetime = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
    return round(at.timestamp() * 1000)


def _alert(house: House, alarm: Mapping[str, Any], state: str) -> Alert:
    """The alert as SNS would have brought it: the same parser reads it."""
    at = datetime.fromtimestamp(_changed(alarm) / 1000, UTC)
    names = ("MetricName", "Namespace", "Period", "Unit", "EvaluationPeriods", "Threshold", "ComparisonOperator")
    trigger = {name: alarm[name] for name in names if name in alarm}
    trigger |= {
        "Statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "",
        "Dimensions": [{"name": d["Name"], "value": d["Value"]} for d in alarm.get("Dimensions", ())],
        "TreatMissingData": alarm.get("TreatMissingData", ""),
        "Metrics": alarm.get("Metrics", ()),
        "ThresholdMetricId": alarm.get("ThresholdMetricId", ""),
    }
    arn = str(alarm["AlarmArn"])
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmArn": arn,
        "AlarmDescription": alarm.get("AlarmDescription", ""),
        "AlarmRule": alarm.get("AlarmRule", ""),
        "AWSAccountId": arn.split(":")[4] if arn.count(":") > 5 else house.settings.account,
        "NewStateValue": state,
        "OldStateValue": "",
        "NewStateReason": alarm.get("StateReason", ""),
        "NewStateReasonData": alarm.get("StateReasonData", ""),
        "StateChangeTime": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000",
        "Trigger": trigger,
    }
    return replace(parse(message, now=at), source="reconcile")
