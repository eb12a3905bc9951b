"""A world file: its head as pydantic models, its body against botocore's shapes (docs/worlds.md)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from local.world.arns import Arns
from local.world.errors import WorldFileError
from local.world.shapes import Reader, sentences
from local.world.times import Moment, Span, moment
from local.world.world import World


class Part(BaseModel):
    """Base of everything that is ours in a world file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Alarm(Part):
    """The alarm that rang: rendered into the SNS notification and into DescribeAlarms."""

    name: str
    namespace: str | None = None
    metric: str | None = None
    dimensions: dict[str, str] = {}
    statistic: str = "Average"
    period: int = 60
    unit: str | None = None
    evaluation_periods: int = Field(default=1, ge=1)
    datapoints_to_alarm: int | None = None
    comparison: Literal[
        "GreaterThanThreshold",
        "GreaterThanOrEqualToThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
        "GreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "LessThanLowerOrGreaterThanUpperThreshold",
    ] = "GreaterThanThreshold"
    threshold: float | None = None
    threshold_metric: str | None = None
    treat_missing_data: Literal["missing", "notBreaching", "breaching", "ignore"] = "missing"
    value: float | None = None
    values: list[float] = []
    at: Moment
    recovers: Moment | None = None
    state: Literal["ALARM", "OK", "INSUFFICIENT_DATA"] = "ALARM"
    previous: Literal["ALARM", "OK", "INSUFFICIENT_DATA"] = "OK"
    reason: str | None = None
    description: str | None = None
    tags: dict[str, str] = {}
    metrics: list[dict[str, Any]] = []
    rule: str | None = None
    children: list[str] = []
    actions: list[str] = []

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [bool(self.metric), bool(self.metrics), bool(self.rule)]
        if kinds.count(True) != 1:
            raise ValueError("an alarm has exactly one of `metric`, `metrics` (metric math), `rule` (composite)")
        if self.metric and not self.namespace:
            raise ValueError("`metric` needs `namespace`")
        if not self.rule and self.threshold is None and self.threshold_metric is None:
            raise ValueError("`threshold` (or, for an anomaly band, `threshold_metric`) is missing")
        return self


class Expected(Part):
    """One finding of a review: its public id and what it is about."""

    id: str
    subject: str


class IncidentSpec(Part):
    """An incident of our own table, for the reviews that read them."""

    id: str
    service: str
    severity: int = Field(default=2, ge=1, le=3)
    alarm: str  # its name; `alarm/<name>` in the world's account
    opened: Moment
    resolved: Moment | None = None
    acknowledged: Moment | None = None
    acknowledged_by: str = ""
    cause: str = ""
    verdict: Literal["confirmed", "likely", "possible"] = "confirmed"
    summary: str = ""
    resolved_by: str = ""  # a person; empty: the alarm's own recovery
    root_cause: str = ""  # a person's words
    remedy: str = ""  # state of a change that was proposed, e.g. VERIFIED
    level: int = Field(default=1, ge=1, le=3)  # the escalation level that was reached
    every: Span | None = None  # the same again and again: `times` of them
    times: int = Field(default=1, ge=1)
    updates: Span | None = None  # how often its timeline has something new
    prevention: str = ""


class StepSpec(Part):
    """How often a runbook step looked in the reviewed month, and how often it could not."""

    ran: int = 0
    failed: int = 0
    why: str = "access denied"


class ContactSpec(Part):
    """What the table knows of a contact of the settings, by its name."""

    name: str
    asked: Moment | None = None
    confirmed: Moment | None = None
    by: str = "U0000000"


class ReviewSpec(Part):
    """The routine that a world is made for; its slot is the latest one that is due at `now`."""

    kind: Literal["daily", "hourly", "weekly", "monthly", "quarterly"]
    settings: dict[str, Any] = {}  # fields of `lambdas.settings.Settings`, instead of the sample environment's
    incidents: list[IncidentSpec] = []
    steps: dict[str, StepSpec] = {}
    contacts: list[ContactSpec] = []


class Expect(Part):
    """What an experienced engineer would have concluded; see docs/worlds.md."""

    headline: str | list[str] = []
    verdict: str | list[str] = []
    items: list[Expected] | None = None  # of a review: exactly these findings, and no others
    gaps: list[str] = []  # of a review: the parts that cannot look
    also: list[str] = []
    effects: list[str] = []
    ruled_out: list[str] = []
    never: list[str] = []
    could_not_check: list[str] = []

    @field_validator("verdict")
    @classmethod
    def _verdicts(cls, value: str | list[str]) -> str | list[str]:
        allowed = ("confirmed", "likely", "possible", "ruled_out", "could_not_check")
        for one in [value] if isinstance(value, str) else value:
            if one not in allowed:
                raise ValueError(f"{one!r} is not a verdict; allowed: {', '.join(allowed)}")
        return value


class FaultSpec(Part):
    """An API failure: of a whole service or of one operation; always, or the first `times` calls; or a slow answer."""

    service: str
    operation: str | None = None
    error: str | None = None
    message: str = ""
    status: int | None = None
    times: int | None = Field(default=None, ge=1)
    hang: Span | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.error and not self.hang:
            raise ValueError("a fault says `error`, `hang`, or both")
        return self


class Relief(Part):
    """One metric's level once the world was changed for the better."""

    metric: str
    namespace: str | None = None
    dimensions: dict[str, str] = {}
    to: float
    over: Span | None = None


class Remedied(Part):
    """What becomes of the metrics when somebody changes the workload; see docs/worlds.md."""

    after: Span = timedelta(minutes=2)
    metrics: list[Relief]


class Head(Part):
    """The head of a world file."""

    title: str
    story: str
    source: str = ""
    kind: Literal["simple", "red_herring", "missing_source", "two_faults", "recovered", "noisy"]
    now: datetime
    account: str = Field(default="123456789012", pattern=r"^\d{12}$")
    region: str = Field(default="eu-west-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    alarm: Alarm | None = None
    event: str | dict[str, Any] | None = None
    review: ReviewSpec | None = None
    expect: Expect
    faults: list[FaultSpec] = []
    remedied: Remedied | None = None

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)

    @model_validator(mode="after")
    def _an_event(self) -> Self:
        if [self.alarm, self.event, self.review].count(None) != 2:
            raise ValueError("a world has exactly one of `alarm`, `event` and `review`")
        wanted = ("items",) if self.review else ("headline", "verdict")
        for name in wanted:
            if getattr(self.expect, name) in (None, []) and not (self.review and self.expect.items == []):
                raise ValueError(f"`expect` needs `{name}`")
        return self


_HEAD = list(Head.model_fields)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where PyYAML has libyaml


def load_world(path: str | Path, now: datetime | None = None) -> World:
    """Read, check and complete a world file.

    Args:
        path: the YAML file.
        now: replay at another time: every time of the file, absolute ones too, moves along.

    Raises:
        WorldFileError: every problem found, each with its path in the file and what is allowed.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        raw = yaml.load(text, Loader=LOADER)  # noqa: S506 — a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WorldFileError(str(path), [f"cannot be read: {error}"]) from error
    return read_world(raw, text, path, now)


def read_world(raw: Any, text: str, path: Path, now: datetime | None = None) -> World:
    """As `load_world`, from a parsed document; `text` is the document's source (for ids), `path` only names it."""
    if not isinstance(raw, dict):
        raise WorldFileError(str(path), ["a world is a mapping with `title`, `now`, `alarm`, `expect` and services"])
    try:
        written = moment(raw.get("now", ""), datetime.now(UTC))
    except ValueError as error:
        raise WorldFileError(str(path), [f"now: {error}"]) from error
    now = now or written
    shift = now - written
    problems: list[str] = []
    head = None
    try:
        given = {key: raw[key] for key in _HEAD if key in raw} | {"now": now}
        head = Head.model_validate(given, context={"now": now, "shift": shift})
    except ValidationError as error:
        problems.extend(sentences(error))
    reader = Reader(now, shift, Arns.of(str(raw.get("account", "123456789012")), _region(raw), text), problems)
    body = World.read_body(raw, _HEAD, reader)
    if problems or head is None:
        raise WorldFileError(str(path), problems)
    return World(head=head, body=body, arns=reader.arns, path=path)


def _region(raw: dict[str, Any]) -> str:
    return str(raw.get("region", "eu-west-1"))


__all__ = ["Alarm", "Expect", "FaultSpec", "Head", "IncidentSpec", "Part", "ReviewSpec", "load_world", "read_world"]
