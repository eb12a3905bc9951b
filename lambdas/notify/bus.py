"""One transition on the event bus (events:PutEvents).

PutEvents answers 200 for an entry that it refused: its own count of failures is what tells.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lambdas.errors import ChannelError
from lambdas.notify.changes import DETAIL_TYPES

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim

SOURCE = "tocsin"


def send(house: House, claim: Claim, incident: Incident) -> str:
    """Tell the bus. Returns EventBridge's event id (consumers tell duplicates by the detail's own `id`)."""
    detail = json.loads(claim.post.body)
    if incident.ts:
        detail["slack"] = {"channel": incident.channel, "ts": incident.ts}
    answer = house.aws.events.put_events(
        Entries=[
            {
                "Source": SOURCE,
                "DetailType": DETAIL_TYPES[detail["change"]],
                "Detail": json.dumps(detail, separators=(",", ":")),
                "EventBusName": house.settings.channels.bus,
                "Time": datetime.fromisoformat(detail["at"]).astimezone(UTC),
                "Resources": [alarm["arn"] for alarm in detail.get("alarms", ()) if alarm["arn"]],
            }
        ]
    )
    entry = answer["Entries"][0] if answer.get("Entries") else {}
    if answer.get("FailedEntryCount", 0) or not entry.get("EventId"):
        code, said = entry.get("ErrorCode", "no event id"), entry.get("ErrorMessage", "")
        temporary = code in {"InternalFailure", "ThrottlingException", "InternalException", "no event id"}
        raise ChannelError(f"PutEvents: {code} {said}".strip(), again=temporary)
    return entry["EventId"]
