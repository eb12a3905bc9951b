"""What a deployed function knows of its environment.

`infra.environment.Environment` (pydantic) is what people write; it renders this, and the handler checks it once.
Standard library only: this module is on the path to the first post.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from typing import Any

from lambdas.errors import SettingsError
from lambdas.incidents.quiet import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who is told at one escalation level (runbook, Internal Escalation Path)."""

    name: str
    slack: str = ""  # "U…" or a user group "S…"
    email: str = ""
    phone: str = ""
    customer_success: bool = False  # told of a Severity 1 with level 2 already


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What discovery cannot know of one workload; overrides what it found. Empty fields are discovered."""

    service: str  # the name people use
    cluster: str = ""
    ecs_service: str = ""
    load_balancer: str = ""
    target_groups: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody takes over for a time. Local times of the environment, e.g. "2026-12-24T09:00"."""

    person: str  # a name among the rotation's people
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns at one escalation level."""

    level: int
    people: tuple[Contact, ...]
    since: str  # the first turn begins, local time of the environment, e.g. "2026-01-05T09:00"
    days: int = 7  # how long a turn is
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """How people and systems outside Slack are told (`docs/integration.md`). An empty field: not in that way.

    `email`, `sms`, `call`: by severity, the escalation levels that are told in that way.
    """

    email_from: str = ""  # an address of a verified SES identity
    sms_from: str = ""  # an origination identity of End User Messaging; empty: SNS sends
    call_url: str = ""  # a pager's or telephone service's webhook
    call_secret: str = ""  # name or ARN of the secret that its signatures are made with
    bus: str = ""  # name or ARN of the event bus that hears every transition
    email: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    call: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    customers: tuple[str, ...] = ()  # e-mail addresses at the customer's
    automatic: bool = False  # whether the customer is told without anybody's approval

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Channels:
        """From what `Settings.to_json` writes."""
        levels = {
            name: {severity: tuple(levels) for severity, levels in raw.get(name, {}).items()}
            for name in ("email", "sms", "call")
        }
        return cls(**{**raw, **levels, "customers": tuple(raw.get("customers", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """Which changes may be proposed, and within which limits (`docs/remedies.md`). Nothing is allowed by itself."""

    allowed: tuple[str, ...]  # kinds, e.g. "scale_out"
    approvals_sev1: int = 1  # different people that it takes while an incident is Severity 1
    tag_key: str = "tocsin:remedies"  # what a resource must carry
    tag_value: str = "allowed"
    max_tasks: int = 20  # of one ECS service
    max_capacity_units: int = 4000  # read or write units of one table or index


def _written(value: Any) -> Any:
    """A value as JSON takes it, without the fields that stand at their defaults."""
    if is_dataclass(value):
        shown = ((f, getattr(value, f.name)) for f in fields(value))
        return {f.name: _written(v) for f, v in shown if v != _default(f)}
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, tuple | list) else value


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _rotation(raw: dict[str, Any]) -> Rotation:
    people = tuple(Contact(**person) for person in raw["people"])
    overrides = tuple(Override(**override) for override in raw.get("overrides", ()))
    return Rotation(**raw | {"people": people, "overrides": overrides})


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}


def _hint(raw: dict[str, Any]) -> Hint:
    return Hint(**_tuples(raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One customer environment, as the functions see it."""

    customer: str
    environment: str
    account: str
    region: str
    slack_channel: str
    table: str
    slack_secret: str
    queue: str = ""  # URL of our own queue: only our functions ask `respond` for something through it (`errands.py`)
    recordings: str = ""  # bucket that keeps what each diagnosis saw; empty: nothing is recorded
    documents: str = ""  # bucket that keeps reports, post-mortems, the knowledge base; empty: only posted
    review_queue: str = ""  # URL of the queue that takes people's orders for reviews (`lambdas.reviews.order`)
    time_zone: str = "UTC"
    dashboard: str = ""
    contacts: Mapping[str, tuple[Contact, ...]] = field(default_factory=dict)  # by level "1", "2", "3"
    responders: tuple[str, ...] = ()  # users (U…, W…) and user groups (S…) who may acknowledge, resolve, silence …
    approvers: tuple[str, ...] = ()  # who may approve changes and what goes outside the team
    rotations: tuple[Rotation, ...] = ()  # who is on call; a level without one has its contacts
    schedule: str = ""  # https address of an external on-call schedule
    schedule_secret: str = ""  # the secret that its requests carry
    channels: Channels = field(default_factory=Channels)
    thresholds: Mapping[str, float] = field(default_factory=dict)  # overrides, by the trigger's id
    workloads: tuple[Hint, ...] = ()
    windows: tuple[Window, ...] = ()  # maintenance windows: what rings inside is recorded, and told at the end
    operators: str = ""  # ARN of the topic that is told where Slack does not take a page
    alarm_topics: tuple[str, ...] = ()  # ARNs: an alarm that tells one of them is ours
    all_alarms: bool = False  # every alarm's state change is taken from the event bus, also of those without actions
    remedies: Remedies | None = None  # None: no changes are proposed
    support_case: bool = False  # whether a case with AWS Support is drafted
    act_queue: str = ""  # URL of the queue of the function that may change something; empty: there is none

    def to_json(self) -> str:
        """What the stack puts into the function's `TOCSIN_SETTINGS`: 4 KB have to do, so defaults are left out."""
        return json.dumps(_written(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Raise SettingsError with the field's name where one is missing or unknown."""
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise SettingsError(f"TOCSIN_SETTINGS is not JSON: {error}") from error
        if not isinstance(raw, dict):
            raise SettingsError("TOCSIN_SETTINGS must be a JSON object")
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(raw) - known):
            raise SettingsError(f"TOCSIN_SETTINGS has unknown fields: {', '.join(unknown)}")
        try:
            raw["contacts"] = {
                level: tuple(Contact(**c) for c in people) for level, people in (raw.get("contacts") or {}).items()
            }
            raw["rotations"] = tuple(_rotation(rotation) for rotation in raw.get("rotations") or ())
            for name in ("responders", "approvers", "alarm_topics"):
                raw[name] = tuple(raw.get(name) or ())
            raw["channels"] = Channels.of(raw.get("channels") or {})
            raw["workloads"] = tuple(_hint(hint) for hint in raw.get("workloads") or ())
            raw["windows"] = tuple(Window(**_tuples(window)) for window in raw.get("windows") or ())
            if remedies := raw.get("remedies"):
                raw["remedies"] = Remedies(**remedies | {"allowed": tuple(remedies["allowed"])})
            return cls(**raw)
        except (TypeError, KeyError) as error:
            raise SettingsError(f"TOCSIN_SETTINGS: {error}") from error

    @classmethod
    def from_environ(cls) -> Settings:
        """Read the function's environment variables."""
        text = os.environ.get("TOCSIN_SETTINGS")
        if not text:
            raise SettingsError("the environment variable TOCSIN_SETTINGS is not set")
        return cls.from_json(text)


def log_level() -> int:
    """The level that the function is configured to log at (Lambda Developer Guide, "Advanced logging controls")."""
    return logging.getLevelNamesMapping().get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""), logging.INFO)
