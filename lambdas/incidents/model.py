"""What an incident is, and what can happen to it. Plain values; times are epoch seconds (UTC).

Standard library only: on the path to the first post.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

SCHEMA = 1

type Status = Literal["OPEN", "RECOVERING", "RESOLVED", "NOTED", "SILENCED"]
"""NOTED: an event that was not understood, posted and kept; it has no clock. SILENCED: recorded, posted nowhere."""
type Gathering = Literal["incident", "storm", "silence", "monitor"]
"""What a document is. storm: the parent of many; silence: what fell into it; monitor: validation after maintenance."""
type PostKind = str
"""One of POST_ORDER. diagnosis: work to do and its report; chart: its picture; edit: the root must be shown anew."""

WORK = frozenset({"diagnosis", "chart", "verify", "postmortem"})  # need a look at the workload: `respond` delivers them
# What changes something, and what is opened in the customer's name: the function `act` alone delivers these.
ACT = frozenset({"act", "case"})
OUTWARD = frozenset({"email", "sms", "call", "bus", "customer"})  # other channels: `lambdas.notify` delivers
OPERATORS = frozenset({"fallback"})  # a page that Slack did not take: `lambdas.fallback` tells the operators
POST_ORDER = (  # what is due together is delivered in this order
    "initial", "noted", "storm", "reopened", "escalated", "joined", "acknowledged", "regraded", "snoozed", "flapping",
    "call", "sms", "email", "bus", "diagnosis", "chart", "remedy", "remedied", "act", "verify", "notice", "customer",
    "case", "update", "digest", "silenced", "edit", "resolved", "fallback", "postmortem",
)  # fmt: skip


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
    affected: float | None = None  # per cent of the requests that were seen to fail (0–100); None: not measured


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
class Remedy:
    """One change that may be made, and where it stands. Nothing is changed before `APPROVED`."""

    id: str  # stable within the incident, e.g. "scale_out"
    kind: str  # a file's name in `lambdas/remedies/`
    target: str  # the resource's ARN
    title: str  # for people: "Raise the desired count of checkout from 2 to 4"
    now: str  # the dry run: what is
    then: str  # and what will be
    params: Mapping[str, str | int | float] = field(default_factory=dict)
    cost_a_day: float | None = None  # USD more a day; None: not known
    metric: Mapping[str, str | int | float] = field(default_factory=dict)  # what tells whether it helped
    state: RemedyState = "PROPOSED"
    approvals: tuple[str, ...] = ()  # Slack user ids
    needed: int = 1  # how many approvals it takes
    before: Mapping[str, str | int | float] = field(default_factory=dict)  # what an undo restores
    verify_at: int | None = None
    note: str = ""  # what happened, for people
    cost_most: bool = False  # the cost is what it may come to at most
    undo: str = ""  # how it is taken back; empty: there is nothing to take back
    applied_at: int | None = None
    decided_by: str = ""  # who declined it or took it back
    message: str = ""  # the key of the outbox row that posted its message; later rows edit that


type RemedyState = Literal[
    "PROPOSED", "APPROVED", "APPLIED", "VERIFIED", "NOT_VERIFIED", "FAILED", "UNDO_APPROVED", "UNDONE", "DECLINED"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something said outside the team: to the customer, or to AWS Support."""

    kind: str  # "case", "customer" for the first word to the customer, "customer.update.7" and so on for later ones
    subject: str
    text: str
    state: NoticeState = "DRAFTED"
    by: str = ""  # who approved or declined it
    at: int | None = None  # when it was sent
    reference: str = ""  # the case's id, the message's id
    status: str = ""  # the case's own status
    message: str = ""  # the outbox key of the thread's message that shows it
    grade: str = ""  # a case's severity code
    look_at: int | None = None  # when to ask how the case stands


type NoticeState = Literal["DRAFTED", "APPROVED", "SENT", "FAILED", "DECLINED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What a silence or a maintenance window keeps quiet. Patterns are shell-style and ignore case; none: all."""

    start: int
    end: int
    by: str = ""  # a Slack user id; empty: the configuration
    reason: str = ""
    services: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    severity_1: bool = False  # whether Severity 1 is kept quiet too
    window: str = ""  # the name of a maintenance window of the configuration
    lifted_by: str = ""  # who ended it before its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One incident as what gathers it sees it."""

    id: str
    severity: int
    service: str
    impact: str
    status: str
    ringing: bool
    place: str  # its environment: what a digest groups by
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a storm, a silence or a validation has gathered so far."""

    total: int = 0
    ringing: int = 0
    live: int = 0  # not over yet: ringing or recovering
    worst: int = 3  # severity, of those that ring, else of all
    severities: Mapping[str, int] = field(default_factory=dict)  # how many of each, of all
    services: int = 0
    places: Mapping[str, int] = field(default_factory=dict)  # how many in each, the most first, bounded
    top: tuple[Child, ...] = ()  # the most severe first, what rings before what does not; bounded
    unseen: str = ""  # what could not be looked at, and why


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
    level: int = 1  # the runbook's escalation level that was reached (Internal Escalation Path)
    next_escalation: int | None = None
    escalated_at: int | None = None  # when the level was reached
    graded_at: int | None = None  # since when it is worse than it began; None: its clocks count from `clock_from`
    acknowledged_by: str = ""  # a Slack user id
    acknowledged_at: int | None = None
    severity_by: str = ""  # who set the severity; triage then changes it no more, except for a new alarm that is worse
    snoozed_until: int | None = None  # no updates until then; escalation goes on
    snoozed_by: str = ""
    resolved_by: str = ""  # empty: the alarm's own recovery
    forced: bool = False  # a person resolved it while the alarm still was in ALARM
    root_cause: str = ""  # a person's words
    prevention: str = ""
    parent: str = ""  # the storm incident that it belongs to
    silence: str = ""  # the silence or maintenance window that it fell into
    kind: Gathering = "incident"
    spoken: bool = True  # whether it has a root message, or a row for one; what was only recorded has not
    quiet: Quiet | None = None  # of a silence and of the validation after it
    tally: Tally | None = None  # of whatever gathers
    gather_at: int | None = None  # when it is to be looked at what has gathered, or joined, since
    gather_until: int | None = None  # a storm takes children until then
    waiting: int = 0  # alarms that joined and were not told yet
    joined: int = 1  # how many the last post of that kind tells
    unheard: tuple[str, ...] = ()  # pages that Slack did not take and the operators were told, by their keys
    told: str = ""  # what the last update said, so that one that says nothing new only edits
    remedies: Mapping[str, Remedy] = field(default_factory=dict)  # by id
    notices: Mapping[str, Notice] = field(default_factory=dict)  # by kind
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
        raw["unheard"] = tuple(raw.get("unheard", ()))
        raw["remedies"] = {
            id_: Remedy(**remedy | {"approvals": tuple(remedy["approvals"])})
            for id_, remedy in raw.get("remedies", {}).items()
        }
        raw["notices"] = {kind: Notice(**notice) for kind, notice in raw.get("notices", {}).items()}
        if quiet := raw.get("quiet"):
            raw["quiet"] = Quiet(**quiet | {name: tuple(quiet[name]) for name in ("services", "alarms")})
        if tally := raw.get("tally"):
            raw["tally"] = Tally(**tally | {"top": tuple(Child(**child) for child in tally["top"])})
        return cls(**raw)

    @property
    def due(self) -> int | None:
        """The earliest moment at which the clock must look at it."""
        verify = (remedy.verify_at for remedy in self.remedies.values())
        cases = (notice.look_at for notice in self.notices.values())
        own = (self.next_update, self.recover_at, self.next_escalation, self.snoozed_until, self.gather_at)
        clocks = (*own, *verify, *cases)
        return min((t for t in clocks if t is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm went to ALARM, or an event reported trouble."""

    key: str
    alarm: Alarm
    judged: Judged
    incident_id: str  # the id a new incident would get: the same for each delivery of the same change
    previous: str = ""
    parent: str = ""  # the storm that takes it, if there is one
    silence: str = ""  # the silence that keeps it quiet, if there is one


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
    tally: Tally | None = None  # of what gathers


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A storm, a silence or a validation begins."""

    incident_id: str
    kind: Gathering
    judged: Judged
    at: int
    quiet: Quiet | None = None
    until: int | None = None  # when it is looked at first


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A storm has taken an incident that is worse than all before."""

    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What gathered an incident is over: it speaks for itself again, if there still is something to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A person ends a silence before its time."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Slack has not taken a page for a while: the operators are told another way."""

    page: str  # the post's key


# what people do (`interact`, the slash command) ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A person has seen it. It does not stop the escalation: the runbook says 'not resolved'."""

    by: str  # a Slack user id


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A person asks for the next level now."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """A person sets the severity; its clocks follow."""

    by: str
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """A person wants no updates until a time."""

    by: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A person resolves it. `ringing`: an alarm is still in ALARM."""

    by: str
    root_cause: str
    prevention: str
    ringing: bool = False


# remedies (`lambdas/remedies`) and notices (`lambdas/notify`) -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The diagnosis knows changes that could help."""

    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An authorised person approves, declines or undoes one remedy."""

    by: str
    remedy: str
    decision: Literal["approve", "decline", "undo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """`act` did, verified or undid one remedy, or failed to: its new state."""

    remedy: str
    state: RemedyState
    note: str
    before: Mapping[str, str | int | float] = field(default_factory=dict)
    verify_at: int | None = None

    def to_json(self) -> str:
        """For the timeline."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A notice to the customer or to AWS Support is proposed."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDecided:
    """An authorised person approves or declines a notice."""

    by: str
    kind: str
    decision: Literal["approve", "decline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent:
    """A notice went out, or could not; or a case's status changed."""

    kind: str
    state: NoticeState
    reference: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A row of another channel was given up: the thread says who was not told, and why."""

    way: str  # the row's kind
    to: str
    why: str


type Event = (
    Raised | Cleared | Silent | Noted | Diagnosed | Linked | Tick
    | Begun | Gathered | Released | Lifted | Unheard
    | Acknowledged | Escalated | Regraded | Snoozed | Closed
    | Proposed | Decided | Acted | Drafted | NoticeDecided | NoticeSent | Undelivered
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """One row of the outbox; its key is what makes it happen once.

    `body` (bounded JSON) is what only this row knows: whom it goes to, what was so when it was written.
    """

    kind: PostKind
    reopen: int = 0
    n: int = 0
    body: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """`<kind>#<reopen>#<n>`."""
        return f"{self.kind}#{self.reopen}#{self.n}"

    @classmethod
    def of(cls, key: str) -> Post:
        """Read a key back."""
        kind, reopen, n = key.split("#")
        return cls(kind, int(reopen), int(n))
