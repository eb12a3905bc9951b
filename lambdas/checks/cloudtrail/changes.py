"""Who changed what: CloudTrail's management events around the incident.

All writes of the last hours are read in a few pages, rather than one look-up for each resource: LookupEvents takes one
attribute and allows two calls a second. What concerns this incident is decided by the causes, which know its resources.
Where the account writes more than that, the most telling names are looked up one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState

BEFORE = timedelta(hours=6)
PAGES = 3
NAMES = 4
# LookupEvents takes no resource (Service Authorization Reference, AWS CloudTrail).
ALLOW = (Allow("cloudtrail:LookupEvents"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Finding):
    """One management event that changed something, or tried to."""

    id: str
    event: str  # e.g. "UpdateService"
    service: str  # e.g. "ecs.amazonaws.com"
    who: str
    names: tuple[str, ...]  # the resources that CloudTrail names
    parameters: str = ""  # the request, as JSON text
    error: str = ""  # AWS's code where it was refused
    agent: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreChanges(Finding):
    """The account writes more than was read; `at` is the oldest event read."""

    read: int = field(default=0)


@check(
    "cloudtrail.changes",
    title="Configuration changes (CloudTrail)",
    yields=(Change, MoreChanges),
    allow=ALLOW,
    calls=3,
)
def changes(look: Look) -> Iterator[Finding]:
    """Newest first, until the pages are used up."""
    token: dict[str, str] = {}
    count, oldest = 0, look.window.end
    for _ in range(PAGES):
        answer: Any = look.aws.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            StartTime=look.window.at - BEFORE,
            EndTime=look.window.end,
            MaxResults=50,
            **token,  # type: ignore[arg-type] # absent on the first page
        )
        for raw in answer.get("Events") or ():
            count += 1
            oldest = min(oldest, raw.get("EventTime") or oldest)
            yield read(raw, look.aws.region)
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
    yield MoreChanges(at=oldest, read=count, source="cloudtrail:LookupEvents")


@check(
    "cloudtrail.by_name",
    title="Configuration changes of the service itself (CloudTrail)",
    yields=(Change,),
    needs=(ServiceState,),
    uses=(MoreChanges,),
    allow=ALLOW,
    calls=4,
    optional=True,
)
def by_name(look: Look) -> Iterator[Finding]:
    """Only where the account's writes did not fit into the pages."""
    if not look.found.first(MoreChanges):
        return
    known = {c.id for c in look.found.of(Change)}
    names = dict.fromkeys(
        name
        for s in look.found.of(ServiceState)
        for name in (s.name, s.task_definition.partition(":")[0], *s.security_groups, *s.target_groups)
        if name
    )
    for name in list(names)[:NAMES]:
        answer: Any = look.aws.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
            StartTime=look.window.at - BEFORE,
            EndTime=look.window.end,
            MaxResults=50,
        )
        for raw in answer.get("Events") or ():
            if raw.get("ReadOnly") != "true" and raw.get("EventId") not in known:
                known.add(raw.get("EventId", ""))
                yield read(raw, look.aws.region)


def read(raw: Mapping[str, Any], region: str) -> Change:
    """Read one event of LookupEvents; the record inside is JSON text."""
    try:
        record = json.loads(raw.get("CloudTrailEvent") or "{}")
    except ValueError:
        record = {}
    names = tuple(r.get("ResourceName", "") for r in raw.get("Resources") or () if r.get("ResourceName"))
    return Change(
        at=raw.get("EventTime"),
        id=raw.get("EventId", ""),
        event=raw.get("EventName", ""),
        service=raw.get("EventSource", "") or record.get("eventSource", ""),
        who=raw.get("Username") or (record.get("userIdentity") or {}).get("arn", "") or "unknown",
        names=names,
        parameters=json.dumps(record.get("requestParameters") or {}, sort_keys=True)[:4000],
        error=record.get("errorCode", ""),
        agent=record.get("userAgent", ""),
        address=record.get("sourceIPAddress", ""),
        source="cloudtrail:LookupEvents",
        link=links.trail(region, names[0]) if names else "",
    )
