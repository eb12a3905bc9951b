"""RDS events from the event bus, and what any RDS event means.

Source: 'Amazon RDS event categories and event messages'. The category says what kind of event it is, its id
whether something began or ended: a failover that has completed ends the trouble that its start reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.model import Alert
from lambdas.alerts.regions import partition
from lambdas.alerts.values import mapping, moment, text, texts

if TYPE_CHECKING:
    from lambdas.alerts.model import State

_TROUBLE = {"failure", "failover", "low storage"}
_ENDED = {
    "RDS-EVENT-0006": "restarted",
    "RDS-EVENT-0015": "failover complete, DNS is being updated",
    "RDS-EVENT-0049": "Multi-AZ failover complete",
    "RDS-EVENT-0065": "recovered from a partial failover",
    "RDS-EVENT-0071": "cluster failover complete",
    "RDS-EVENT-0021": "recovery complete",
    "RDS-EVENT-0053": "Multi-AZ recovery complete",
    "RDS-EVENT-0046": "replication resumed",
    "RDS-EVENT-0088": "started",
}
_BEGAN = {
    "RDS-EVENT-0004": "shut down",
    "RDS-EVENT-0007": "storage exhausted",
    "RDS-EVENT-0013": "failover started",
    "RDS-EVENT-0022": "restart failed",
    "RDS-EVENT-0031": "failed",
    "RDS-EVENT-0034": "failover not attempted",
    "RDS-EVENT-0045": "replication stopped",
    "RDS-EVENT-0057": "replication terminated",
    "RDS-EVENT-0073": "cluster failover started",
    "RDS-EVENT-0089": "storage nearly full",
    "RDS-EVENT-0221": "storage full, shut down",
    "RDS-EVENT-0222": "storage low",
    "RDS-EVENT-0223": "storage cannot autoscale",
}
_SOUNDS_BAD = re.compile(
    r"\b(fail(ed|ure|ing)?|error|unable|cannot|incompatible|exhausted|exceeded|terminated|out of memory|low on)\b",
    re.IGNORECASE,
)


def meaning(event_id: str, categories: tuple[str, ...], message: str) -> tuple[State, bool, str]:
    """Tell an event's state, whether it is routine, and in short what happened."""
    short = _BEGAN.get(event_id) or _ENDED.get(event_id) or next(iter(categories), "event")
    if event_id in _ENDED:
        return "OK", False, short
    trouble = (
        event_id in _BEGAN or bool(_TROUBLE & {c.lower() for c in categories}) or bool(_SOUNDS_BAD.search(message))
    )
    return ("ALARM", False, short) if trouble else ("OK", True, short)


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an RDS event: `detail: {EventCategories, SourceType, SourceArn, Date, Message, SourceIdentifier, …}`."""
    detail = mapping(body.get("detail"))
    if body.get("source") != "aws.rds" or "SourceIdentifier" not in detail:
        return None
    region, name = text(body.get("region"), 50), text(detail.get("SourceIdentifier"), 300)
    message, event_id = text(detail.get("Message")), text(detail.get("EventID"), 50)
    now, routine, short = meaning(event_id, texts(detail.get("EventCategories")), message)
    return Alert(
        kind="rds",
        source="eventbridge",
        name=f"RDS {short}: {name}",
        state=now,
        at=moment(detail.get("Date")) or moment(body.get("time")) or origin.at,
        account=text(body.get("account"), 20),
        region=region,
        partition=partition(region),
        arn=text(detail.get("SourceArn"), 500) or next(iter(texts(body.get("resources"))), ""),
        reason=f"{event_id}: {message}" if event_id else message,
        resources=texts(body.get("resources")),
        detail=detail,
        event_id=text(body.get("id"), 100) or origin.message_id,
        routine=routine,
    )
