"""What AWS says of its own state: AWS Health events for the region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check

BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEvent(Finding):
    """One event. `at` is when it began."""

    arn: str
    service: str  # Health's own name, e.g. "ECS", "EC2", "FARGATE"
    code: str
    category: str  # issue | accountNotification | scheduledChange | investigation
    region: str
    zone: str = ""
    status: str = ""  # open | closed | upcoming
    ended_at: datetime | None = None
    description: str = ""
    entities: tuple[str, ...] = ()


@check(
    "health.events",
    title="AWS Health events",
    yields=(HealthEvent,),
    # DescribeEvents and DescribeEventDetails take no resource that is known before (Service Authorization Reference).
    allow=(
        Allow("health:DescribeEvents"),
        Allow("health:DescribeEventDetails"),
        Allow("health:DescribeAffectedEntities"),
    ),
    optional=True,  # needs a Business, Enterprise On-Ramp or Enterprise support plan
    calls=3,
)
def events(look: Look) -> Iterator[Finding]:
    """Events of the region, or global ones, that were active in the window."""
    answer: Any = look.aws.health.describe_events(
        filter={
            "regions": [look.aws.region, "global"],
            "lastUpdatedTimes": [{"from": look.window.at - BEFORE, "to": look.window.end}],
        },
        maxResults=50,
    )
    raws = [r for r in answer.get("events") or () if r.get("arn")][:10]
    if not raws:
        return
    arns = [r["arn"] for r in raws]
    details: Any = look.aws.health.describe_event_details(eventArns=arns)
    words = {
        d["event"]["arn"]: (d.get("eventDescription") or {}).get("latestDescription", "")
        for d in details.get("successfulSet") or ()
        if (d.get("event") or {}).get("arn")
    }
    affected: Any = look.aws.health.describe_affected_entities(filter={"eventArns": arns})
    entities = affected.get("entities") or []
    for raw in raws:
        yield HealthEvent(
            at=raw.get("startTime"),
            arn=raw["arn"],
            service=raw.get("service", ""),
            code=raw.get("eventTypeCode", ""),
            category=raw.get("eventTypeCategory", ""),
            region=raw.get("region", ""),
            zone=raw.get("availabilityZone", ""),
            status=raw.get("statusCode", ""),
            ended_at=raw.get("endTime"),
            description=words.get(raw["arn"], "")[:1500],
            entities=tuple(e.get("entityValue", "") for e in entities if e.get("eventArn") == raw["arn"]),
            source="health:DescribeEvents",
            link=links.health(look.aws.region),
        )
