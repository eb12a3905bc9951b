"""What an alert is, whichever road it came by.

Standard library only: this module is on the path to the first post (`performance.md`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

type State = Literal["ALARM", "OK", "INSUFFICIENT_DATA"]
type Kind = Literal["alarm", "ecs", "rds", "health", "unknown"]
"""alarm: a CloudWatch alarm changed state; ecs/rds/health: that service's own event; unknown: posted as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric that an alarm watches (CloudWatch `Metric` + statistic)."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    period: int = 60  # seconds
    unit: str = ""
    id: str = ""  # the id within metric math, e.g. "m1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An alarm that a composite alarm's state came from."""

    name: str
    arn: str
    state: State
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One state change or event.

    `observed` is the value that AWS saw, in the metric's own unit: from the structured state data where present, else
    from the reason text; None where neither has one. `at` is when the state changed by AWS's clock, never the arrival.
    """

    kind: Kind
    source: str  # the shape it was parsed from: "sns", "eventbridge", "lambda-action", "rds-sns", ...
    name: str  # the alarm's name, or a short name for an event
    state: State  # events that report trouble are "ALARM"; those that report its end are "OK"
    at: datetime
    account: str
    region: str
    partition: str = "aws"
    arn: str = ""  # the alarm's ARN (rebuilt where an old shape lacks it), or the event's resource ARN
    previous: str = ""
    reason: str = ""
    description: str = ""
    metrics: tuple[Metric, ...] = ()  # the first one is the headline; several for metric math
    expression: str = ""  # metric math, Metrics Insights or composite rule
    comparison: str = ""  # CloudWatch's operator name, e.g. "GreaterThanThreshold"
    threshold: float | None = None
    observed: float | None = None
    observed_at: datetime | None = None
    recent: tuple[float, ...] = ()  # the recent datapoints of the state data, oldest first
    children: tuple[Child, ...] = ()
    suppressed_by: str = ""  # composite alarm: actions are suppressed, and by what
    missing_data_breaches: bool = False  # treat missing data as breaching
    resources: tuple[str, ...] = ()  # ARNs that an event names
    detail: Mapping[str, Any] = field(default_factory=dict)  # an event's own detail, as AWS sent it
    event_id: str = ""  # the delivery's own id (EventBridge id, SNS MessageId); unknown: also a hash of the text
    routine: bool = False  # an event that reports ordinary business (scale-in, a finished backup): opens no incident

    @property
    def key(self) -> str:
        """What an alarm's history is ordered by: the same whichever road the alarm came by."""
        return self.arn or f"{self.account}/{self.region}/{self.name}"

    @property
    def identity(self) -> str:
        """The same for every delivery of the same state change, by SNS, EventBridge or direct action alike.

        What was not understood has no trustworthy time of its own, so its delivery's id stands for it.
        """
        when = self.event_id if self.kind == "unknown" else str(round(self.at.timestamp() * 1000))
        return hashlib.sha256(f"{self.key}|{self.state}|{when}".encode()).hexdigest()[:16]
