"""RDS event notification by SNS subscription: keys with blanks, the event's id at the end of a link.

    {"Event Source": "db-instance", "Event Time": "2026-11-24 03:01:12.345", "Identifier Link": "https://console…",
     "Source ID": "orders", "Source ARN": "arn:aws:rds:…:db:orders",
     "Event ID": "http://docs.amazonwebservices.com/…/USER_Events.html#RDS-EVENT-0056", "Event Message": "…"}

The older messages have no `Source ARN`: it is rebuilt from the topic's region and account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.alerts.base import Origin, source
from lambdas.alerts.model import Alert
from lambdas.alerts.rds import meaning
from lambdas.alerts.regions import partition
from lambdas.alerts.values import moment, text, texts

_KINDS = {"db-instance": ("db", "DB_INSTANCE"), "db-cluster": ("cluster", "CLUSTER"), "db-proxy": ("db-proxy", "PROXY")}


@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    """Read an RDS subscription's message."""
    if "Event Source" not in body or "Event Message" not in body:
        return None
    kind, name = text(body["Event Source"], 100), text(body.get("Source ID"), 300)
    arn = text(body.get("Source ARN"), 500)
    short_kind, source_type = _KINDS.get(kind, ("", kind.replace("-", "_").upper()))
    if not arn and short_kind and origin.region:
        arn = f"arn:{origin.partition}:rds:{origin.region}:{origin.account}:{short_kind}:{name}"
    parts = [*arn.split(":"), *[""] * 5]
    region, account = parts[3] or origin.region, parts[4] or origin.account
    event_id, message = text(body.get("Event ID"), 500).rpartition("#")[2], text(body["Event Message"])
    categories = texts(body.get("Event Categories"))
    now, routine, short = meaning(event_id, categories, message)
    return Alert(
        kind="rds",
        source="rds-sns",
        name=f"RDS {short}: {name}",
        state=now,
        at=moment(body.get("Event Time")) or origin.at,
        account=account,
        region=region,
        partition=partition(region),
        arn=arn,
        reason=f"{event_id}: {message}" if event_id else message,
        resources=(arn,) if arn else (),
        detail={
            "SourceType": source_type,
            "SourceIdentifier": name,
            "SourceArn": arn,
            "EventID": event_id,
            "EventCategories": list(categories),
            "Message": message,
        },
        event_id=origin.message_id,
        routine=routine,
    )
