"""What an incident is, and what can happen to it. Plain values; times are epoch seconds (UTC).

Standard library only: on the path to the first post.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

SCHEMA = 1

type Status = Literal["OPEN", "RECOVERING", "RESOLVED", "NOTED"]
"""NOTED: an event that was not understood, posted and kept; it has no clock."""
type PostKind = Literal["initial", "joined", "reopened", "flapping", "diagnosis", "chart", "edit", "resolved", "noted"]
"""diagnosis: work to do and its report; chart: its picture; edit: the root message must show the present state."""

WORK = frozenset({"diagnosis", "chart"})  # rows that need a look at the workload: `respond` alone delivers them


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm (or event source) that the incident came from."""

    name: str
    state: str  # "ALARM", "OK", "INSUFFICIENT_DATA", or "EVENT" for a source that never says it is over
    at: int
    arn: str = ""  # a CloudWatch alarm's ARN; empty for events
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Triage's decision, as the incident keeps it."""

    severity: int
    tier: str
    scope: str
    service: str
    target: str
    impact: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the diagnosis put first, as the incident keeps it."""

    cause: str
    title: str
    verdict: str
    summary: str
    action: str = ""
    also: tuple[str, ...] = ()  # summaries of further independent causes


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident's document (`INC#<id>` / `META`)."""

    id: str
    status: Status
    judged: Judged
    alarms: Mapping[str, Alarm]  # by the alert's key
    opened_at: int  # the alarm's state change
    detected_at: int  # when it reached us
    clock_from: int  # opened or last reopened: what the runbook's minutes count from
    ver: int = 0
    reopen: int = 0
    flaps: int = 0
    next_update: int | None = None
    recover_at: int | None = None
    cleared_at: int | None = None  # when the last alarm went back to OK
    resolved_at: int | None = None
    unverified: str = ""  # why recovery could not be verified so far
    headline: Headline | None = None
    charted: int | None = None  # the reopening that has its chart row
    previous: str = ""  # the incident that the same alarm had before
    shares: str = ""  # an older open incident that concerns the same resources
    text: str = ""  # NOTED: the event's own text, bounded
    channel: str = ""
    ts: str = ""  # the root message's Slack timestamp

    def to_json(self) -> str:
        """The document, without what the table keeps beside it."""
        return json.dumps(asdict(self) | {"schema": SCHEMA}, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Incident:
        """Read a document of this or an earlier schema."""
        raw = json.loads(text)
        raw.pop("schema", None)
        raw["alarms"] = {key: Alarm(**alarm) for key, alarm in raw["alarms"].items()}
        raw["judged"] = Judged(**raw["judged"] | {"why": tuple(raw["judged"]["why"])})
        if raw["headline"]:
            raw["headline"] = Headline(**raw["headline"] | {"also": tuple(raw["headline"]["also"])})
        return cls(**raw)

    @property
    def due(self) -> int | None:
        """The earliest moment at which the clock must look at it."""
        return min((t for t in (self.next_update, self.recover_at) if t is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm went to ALARM, or an event reported trouble."""

    key: str
    alarm: Alarm
    judged: Judged
    incident_id: str  # the id a new incident would get: the same for each delivery of the same change
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """An alarm went back to OK."""

    key: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """An alarm has insufficient data: timeline only."""

    key: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An event that is not understood."""

    key: str
    judged: Judged
    incident_id: str
    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """The playbook ran: its headline, and triage again on what was measured."""

    headline: Headline
    judged: Judged
    charted: bool = False  # whether there is a chart to post


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The diagnosis met resources that an older open incident holds."""

    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The clock came by. `states`: what DescribeAlarms says now, by the alert's key; `unverified`: why it could not."""

    states: Mapping[str, str] = field(default_factory=dict)
    unverified: str = ""


type Event = Raised | Cleared | Silent | Noted | Diagnosed | Linked | Tick


@dataclass(frozen=True, slots=True)
class Post:
    """One row of the outbox; its key is what makes it happen once."""

    kind: PostKind
    reopen: int = 0
    n: int = 0

    @property
    def key(self) -> str:
        """`<kind>#<reopen>#<n>`."""
        return f"{self.kind}#{self.reopen}#{self.n}"

    @classmethod
    def of(cls, key: str) -> Post:
        """Read a key back."""
        kind, reopen, n = key.split("#")
        return cls(kind, int(reopen), int(n))  # type: ignore[arg-type] # keys are only made by `key`
