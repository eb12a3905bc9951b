"""CloudTrail: who changed what, when."""

import json

from local.world.arns import uuid
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
