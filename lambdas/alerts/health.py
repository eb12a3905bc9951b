"""AWS Health events: `detail: {eventArn, service, eventTypeCode, eventTypeCategory, statusCode, startTime, …}`.

Source: 'AWS Health events Amazon EventBridge schema'. An issue or a scheduled change stands until its status is
closed; an account notification is routine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.model import Alert
from lambdas.alerts.regions import partition
from lambdas.alerts.values import mapping, moment, sequence, text, texts


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an AWS Health event."""
    detail = mapping(body.get("detail"))
    if body.get("source") != "aws.health" or "eventTypeCode" not in detail:
        return None
    region = text(detail.get("eventRegion"), 50) or text(body.get("region"), 50)
    code, category = text(detail["eventTypeCode"], 300), text(detail.get("eventTypeCategory"), 100)
    said = [text(mapping(item).get("latestDescription")) for item in sequence(detail.get("eventDescription"))]
    entities = [text(mapping(item).get("entityValue"), 500) for item in sequence(detail.get("affectedEntities"))]
    ended = text(detail.get("statusCode"), 50).lower() == "closed"
    return Alert(
        kind="health",
        source="eventbridge",
        name=f"AWS Health {category or 'event'}: {code}",
        state="OK" if ended else "ALARM",
        at=moment(detail.get("lastUpdatedTime")) or moment(body.get("time")) or origin.at,
        account=text(detail.get("affectedAccount"), 20) or text(body.get("account"), 20),
        region=region,
        partition=partition(region),
        arn=text(detail.get("eventArn"), 1_000),
        reason=next((s for s in said if s), code),
        resources=tuple(e for e in entities if e) or texts(body.get("resources")),
        detail=detail,
        event_id=text(body.get("id"), 100) or origin.message_id,
        routine=category == "accountNotification",
    )
