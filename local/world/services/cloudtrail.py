"""CloudTrail: who changed what, when."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from local.world.answer import Call
from local.world.arns import uuid
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _event(item: Item, fill: Filler) -> None:
    item.setdefault("EventId", uuid(str(sorted(item.items(), key=str))))
    item.setdefault("ReadOnly", "false")
    item.setdefault("Resources", [])
    written = json.loads(item.get("CloudTrailEvent") or "{}")
    head = {
        "eventVersion": "1.11",
        "eventTime": item["EventTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventName": item["EventName"],
        "awsRegion": fill.arns.region,
        "eventID": item["EventId"],
        "readOnly": item["ReadOnly"] == "true",
        "eventType": "AwsApiCall",
        "recipientAccountId": fill.arns.account,
    }
    if "EventSource" in item:
        head["eventSource"] = item["EventSource"]
    item["CloudTrailEvent"] = json.dumps(head | written)
    if "EventSource" not in item and "eventSource" in written:
        item["EventSource"] = written["eventSource"]


service = Service("cloudtrail", {"events": Section("Event", fill=_event, required=("EventTime", "EventName"))})

_ATTRIBUTES: dict[str, Callable[[Item], list[Any]]] = {
    "EventId": lambda event: [event["EventId"]],
    "EventName": lambda event: [event["EventName"]],
    "ReadOnly": lambda event: [event["ReadOnly"]],
    "Username": lambda event: [event.get("Username")],
    "EventSource": lambda event: [event.get("EventSource")],
    "AccessKeyId": lambda event: [event.get("AccessKeyId")],
    "ResourceType": lambda event: [one.get("ResourceType") for one in event["Resources"]],
    "ResourceName": lambda event: [one.get("ResourceName") for one in event["Resources"]],
}


@service.answers("LookupEvents")
def lookup_events(call: Call) -> Item:
    """Management events of 90 days, newest first, by at most one attribute and a time range."""
    params = call.params
    attributes = params.get("LookupAttributes", [])
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can use only one attribute at a time.")
    start = max(params.get("StartTime", call.now - timedelta(days=90)), call.now - timedelta(days=90))
    end = min(params.get("EndTime", call.now), call.now)
    if "StartTime" in params and "EndTime" in params and params["StartTime"] > params["EndTime"]:
        raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
    kept = [event for event in call.items("events") if start <= event["EventTime"] <= end]
    for one in attributes:
        kept = [event for event in kept if one["AttributeValue"] in _ATTRIBUTES[one["AttributeKey"]](event)]
    kept.sort(key=lambda event: event["EventTime"], reverse=True)
    page, more = call.page(kept, size=50, limit="MaxResults", marker="NextToken")
    return {"Events": page, **more}
