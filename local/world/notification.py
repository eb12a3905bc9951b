"""The alarm of a world as CloudWatch writes it into SNS, and as SQS and Lambda carry it on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import md5
from typing import TYPE_CHECKING, Any

from local.world import alarms
from local.world.errors import WorldError

if TYPE_CHECKING:
    from local.world.model import Alarm
    from local.world.world import World

# Region names as alarm messages spell them.
_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "eu-south-1": "EU (Milan)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "sa-east-1": "South America (Sao Paulo)",
    "cn-north-1": "China (Beijing)",
    "cn-northwest-1": "China (Ningxia)",
    "us-gov-west-1": "AWS GovCloud (US-West)",
    "us-gov-east-1": "AWS GovCloud (US-East)",
}


def message(world: World, state: str) -> dict[str, Any]:
    """The JSON document in the notification's `Message`."""
    alarm = world.head.alarm
    if alarm is None:
        raise WorldError(f"{world.path}: this world gives its own `event`, not an `alarm`")
    at = _changed(world, alarm, state)
    old = alarm.previous if state == alarm.state else alarm.state
    said: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": world.head.account,
        "NewStateValue": state,
        "NewStateReason": alarms.reason(world, alarm, state, at),
        "StateChangeTime": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "Region": _REGIONS.get(world.head.region, world.head.region),
        "AlarmArn": world.arns.expand(f"alarm/{alarm.name}"),
        "OldStateValue": old,
    }
    listed = alarms.actions(world, alarm)
    if alarm.rule:
        children = [world.arns.expand(f"alarm/{child}") or child for child in alarm.children]
        triggering = [{"Arn": arn, "State": {"Value": state, "Timestamp": said["StateChangeTime"]}} for arn in children]
        return said | {
            "OKActions": listed,
            "AlarmActions": listed,
            "InsufficientDataActions": [],
            "AlarmRule": alarm.rule,
            "TriggeringChildren": triggering,
        }
    stamp = (at - timedelta(days=120)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    return said | {
        "AlarmConfigurationUpdatedTimestamp": stamp,
        "OKActions": listed,
        "AlarmActions": listed,
        "InsufficientDataActions": [],
        "Trigger": _trigger(alarm),
    }


def _changed(world: World, alarm: Alarm, state: str) -> datetime:
    if state == alarm.state:
        return alarm.at
    return alarm.recovers or world.clock.now()


def _trigger(alarm: Alarm) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison,
        "Threshold": alarm.threshold if alarm.threshold is not None else 0.0,
        "TreatMissingData": alarm.treat_missing_data,
        "EvaluateLowSampleCountPercentile": "",
    }
    if alarm.metrics:
        trigger["Metrics"] = [_query(one) for one in alarm.metrics]
        if alarm.threshold_metric:
            trigger["ThresholdMetricId"] = alarm.threshold_metric
        return trigger
    dimensions = [{"value": value, "name": name} for name, value in alarm.dimensions.items()]
    head: dict[str, Any] = {"MetricName": alarm.metric, "Namespace": alarm.namespace}
    if alarm.statistic[:1] == "p":
        head |= {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.statistic}
    else:
        head |= {"StatisticType": "Statistic", "Statistic": alarm.statistic.upper()}
    return head | {"Unit": alarm.unit, "Dimensions": dimensions} | trigger


def _query(given: dict[str, Any]) -> dict[str, Any]:
    """A metric query as SNS spells it: dimensions in lower case."""
    stat = given.get("MetricStat")
    if not stat:
        return given
    metric = stat["Metric"]
    small = [{"value": one["Value"], "name": one["Name"]} for one in metric.get("Dimensions", [])]
    return given | {"MetricStat": stat | {"Metric": metric | {"Dimensions": small}}}


def envelope(world: World, state: str) -> dict[str, Any]:
    """The SNS notification around the message, as SQS receives it without raw delivery."""
    said = message(world, state)
    topic = said["AlarmActions"][0]
    host = f"sns.{world.head.region}.amazonaws.com"
    return {
        "Type": "Notification",
        "MessageId": alarms.message_id(world, state),
        "TopicArn": topic,
        "Subject": f'{state}: "{said["AlarmName"]}" in {said["Region"]}'[:100],
        "Message": json.dumps(said),
        "Timestamp": said["StateChangeTime"].replace("+0000", "Z"),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": f"https://{host}/SimpleNotificationService-0000000000000000000000.pem",
        "UnsubscribeURL": f"https://{host}/?Action=Unsubscribe&SubscriptionArn={topic}:EXAMPLE",
    }


def _event_file(world: World, name: str) -> dict[str, Any]:
    """An event file, beside the world or in a folder above it (`../sns/x.json` is meant from `events/worlds/`)."""
    for folder in (world.path.parent, *world.path.parents[1:3]):
        file = folder / name
        if file.is_file():
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return found
    raise WorldError(f"{world.path}: the event file {name} is not there")


def lambda_event(world: World, state: str) -> dict[str, Any]:
    """The Lambda event: one SQS record around the notification; a file's own `event` as it is."""
    own = world.head.event
    if isinstance(own, dict):
        return own
    if isinstance(own, str):
        return _event_file(world, own)
    body = json.dumps(envelope(world, state))
    sent = int(world.clock.now().timestamp() * 1000)
    return {
        "Records": [
            {
                "messageId": alarms.message_id(world, f"sqs {state}"),
                "receiptHandle": "AQEBEXAMPLE",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(sent),
                    "SenderId": "AIDAEXAMPLE",
                    "ApproximateFirstReceiveTimestamp": str(sent + 1),
                },
                "messageAttributes": {},
                "md5OfBody": md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": world.arns.arn("sqs", "tocsin-alerts"),
                "awsRegion": world.head.region,
            }
        ]
    }
