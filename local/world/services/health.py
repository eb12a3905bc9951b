"""AWS Health: events, their text, what they affect."""

from datetime import datetime

from local.world.answer import Call, one_of
from local.world.arns import identifier
from local.world.service import Filler, Item, Section, Service


def _event(item: Item, fill: Filler) -> None:
    item.setdefault("region", fill.arns.region)
    item.setdefault("service", "ECS")
    item.setdefault("eventTypeCode", f"AWS_{item['service']}_OPERATIONAL_ISSUE")
    item.setdefault("eventTypeCategory", "issue")
    item.setdefault("statusCode", "open")
    item.setdefault("startTime", fill.now)
    item.setdefault("lastUpdatedTime", item["startTime"])
    code = item["eventTypeCode"]
    key = f"{item['region']}::event/{item['service']}/{code}/{code}_{identifier(str(item['startTime']), 12)}"
    item.setdefault("arn", f"arn:{fill.arns.partition}:health:{key}")


service = Service(
    "health",
    {"events": Section("Event", {"description": "string", "entities": [("health", "AffectedEntity")]}, _event)},
)


_LISTS = {
    "eventArns": "arn",
    "eventTypeCodes": "eventTypeCode",
    "services": "service",
    "regions": "region",
    "availabilityZones": "availabilityZone",
    "eventTypeCategories": "eventTypeCategory",
    "eventStatusCodes": "statusCode",
}
_RANGES = {"startTimes": "startTime", "endTimes": "endTime", "lastUpdatedTimes": "lastUpdatedTime"}


@service.answers("DescribeEvents")
def describe_events(call: Call) -> Item:
    """Events by service, region, category, status and times."""
    asked = call.params.get("filter", {})
    unknown = set(asked) - set(_LISTS) - set(_RANGES)
    if unknown:
        raise call.world.failed(f"health:DescribeEvents: the World does not filter by {', '.join(sorted(unknown))}")
    kept = [event for event in call.items("events") if event["startTime"] <= call.now]
    for name, key in _LISTS.items():
        kept = one_of(kept, key, asked.get(name))
    for name, key in _RANGES.items():
        if name in asked:
            kept = [e for e in kept if key in e and any(_within(e[key], one) for one in asked[name])]
    kept.sort(key=lambda event: event["lastUpdatedTime"], reverse=True)
    page, more = call.page(call.public("events", kept), size=100)
    return {"events": page, **more}


def _within(at: datetime, asked: Item) -> bool:
    return bool(asked.get("from", at) <= at <= asked.get("to", at))


@service.answers("DescribeEventDetails")
def describe_event_details(call: Call) -> Item:
    """The text of events; an ARN that is not there is in the failed set."""
    known = {event["arn"]: event for event in call.items("events")}
    details, failed = [], []
    for arn in call.params["eventArns"]:
        if arn in known:
            text = known[arn].get("description", "")
            event = call.public("events", [known[arn]])[0]
            details.append({"event": event, "eventDescription": {"latestDescription": text}, "eventMetadata": {}})
        else:
            failed.append({"eventArn": arn, "errorName": "InvalidInput", "errorMessage": "Event ARN does not exist"})
    return {"successfulSet": details, "failedSet": failed}


@service.answers("DescribeAffectedEntities")
def describe_affected_entities(call: Call) -> Item:
    """What events affect."""
    wanted = call.params["filter"]["eventArns"]
    entities = [
        {"eventArn": event["arn"], "awsAccountId": call.world.head.account, "statusCode": "IMPAIRED"} | entity
        for event in one_of(call.items("events"), "arn", wanted)
        for entity in event.get("entities", [])
    ]
    page, more = call.page(entities, size=100)
    return {"entities": page, **more}
