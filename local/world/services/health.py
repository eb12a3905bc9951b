"""AWS Health: events, their text, what they affect."""

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
