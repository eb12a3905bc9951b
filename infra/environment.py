"""What people write about one customer environment: `environments/<customer>-<environment>.yaml`.

One validated model. It renders the `Settings` that the functions check at run time. An error names the file, the field
and what is allowed, one line for each problem. `environments/acme-production.yaml` is the documentation by example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import available_timezones

import yaml
from botocore.session import Session
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from infra.channels import Channels
from infra.part import Part, Text
from infra.problems import EnvironmentFileError, kind, nearest, problems, syntax
from lambdas import settings as runtime
from lambdas.alerts.regions import partition as partition_of
from lambdas.checks.base import load
from lambdas.incidents.quiet import Window, wrong
from lambdas.remedies.base import KINDS
from lambdas.triage.thresholds import BY_ID

if TYPE_CHECKING:
    from pathlib import Path


@cache
def _regions() -> frozenset[str]:
    """All regions of all partitions that botocore knows; read from its own data, without network."""
    session = Session()
    partitions = session.get_available_partitions()
    return frozenset(r for p in partitions for r in session.get_available_regions("cloudwatch", p))


def _region(value: str) -> str:
    if value not in _regions():
        raise ValueError(f"'{value}' is no AWS region{nearest(value, _regions())}")
    return value


def _time_zone(value: str) -> str:
    known = available_timezones()
    if value not in known:
        raise ValueError(f"'{value}' is no IANA time zone such as Europe/Zurich{nearest(value, known)}")
    return value


def _account(value: object) -> object:
    if isinstance(value, int):
        raise ValueError("write it in quotes: YAML reads the bare number otherwise and drops its leading zeros")  # noqa: TRY004 — pydantic turns ValueError into a problem, TypeError into a crash
    return value


def _thresholds(value: Mapping[str, float]) -> Mapping[str, float]:
    for name, limit in value.items():
        if name not in BY_ID:
            raise ValueError(f"'{name}' is no trigger of the runbook{nearest(name, BY_ID)} Allowed: {', '.join(BY_ID)}")
        if BY_ID[name].unit == "%" and not 1 <= limit <= 100:
            raise ValueError(
                f"'{name}' is in per cent, from 1 to 100 (the runbook's is {BY_ID[name].limit:g}), not {limit:g}"
            )
    return value


def _channel(value: str) -> str:
    if not re.fullmatch(r"#[^\s#]{1,79}|[CG][A-Z0-9]{8,}", value):
        raise ValueError(f"'{value}' is no channel: write '#alerts' (in quotes), or the channel's id C0123456789")
    return value


def _kinds(value: tuple[str, ...]) -> tuple[str, ...]:
    load("lambdas.remedies")
    for name in value:
        if name not in KINDS:
            raise ValueError(f"'{name}' is no remedy{nearest(name, KINDS)} Allowed: {', '.join(sorted(KINDS))}")
    return tuple(sorted(set(value)))


def _moment(value: object) -> str:
    """A local time such as 2026-01-05 09:00; YAML reads one with seconds as a time of its own."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo:
        raise ValueError(f"'{value}' is no local time such as '2026-01-05 09:00' (in the environment's time_zone)")
    return moment.isoformat(timespec="minutes")


def _levels_as_text(raw: Any, field: str) -> Any:
    """YAML reads the escalation levels 1, 2, 3 as numbers."""
    if isinstance(raw, dict) and isinstance(raw.get(field), dict):
        raw = {**raw, field: {str(level): people for level, people in raw[field].items()}}
    return raw


def _retention(value: int) -> int:
    if value not in _RETENTIONS:
        raise ValueError(f"CloudWatch Logs keeps {', '.join(map(str, _RETENTIONS))} days, not {value}")
    return value


# RetentionInDays of logs:PutRetentionPolicy
_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)

Member = Annotated[str, StringConstraints(pattern=r"^[UWS][A-Z0-9]{6,}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


class TopicArn(Part):
    """An existing SNS topic, by its ARN."""

    arn: Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$")]


class TopicParameter(Part):
    """An existing SNS topic, by the SSM parameter in which another stack publishes its ARN."""

    parameter: Annotated[str, StringConstraints(pattern=r"^/?[A-Za-z0-9_.\-/]+$")]


type Topic = TopicArn | TopicParameter | Literal["create"]


class Slack(Part):
    """Where posts go, and the Secrets Manager secret that holds the bot token and the signing secret."""

    channel: Annotated[str, AfterValidator(_channel)] = "#alerts"
    secret: Text  # name or ARN


class Person(Part):
    """Somebody to tell. Without any way to reach them the entry is useless, so one is required."""

    name: Text
    slack: Annotated[str, StringConstraints(pattern=r"^([UWS][A-Z0-9]{6,})?$")] = ""
    email: Annotated[str, StringConstraints(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")] = ""
    phone: Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{6,14})?$")] = ""
    customer_success: bool = False  # told of a Severity 1 with level 2 already

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not (self.slack or self.email or self.phone):
            raise ValueError("needs at least one of slack, email, phone")
        return self


class People(Part):
    """Who may decide in Slack: users (U…, W…) and user groups (S…). Nobody is allowed what nobody is named for."""

    respond: tuple[Member, ...] = ()  # acknowledge, escalate, regrade, snooze, resolve, silence
    approve: tuple[Member, ...] = ()  # changes to the workload, and what goes to the customer or AWS; may respond, too


class Override(Part):
    """Somebody takes over for a time."""

    person: Text
    since: Annotated[str, BeforeValidator(_moment)] = Field(alias="from")
    until: Annotated[str, BeforeValidator(_moment)]

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.until <= self.since:
            raise ValueError(f"ends at {self.until}, which is not after {self.since}")
        return self


class Rotation(Part):
    """People who take turns at one escalation level, in the environment's local time."""

    people: tuple[Person, ...] = Field(min_length=1)
    since: Annotated[str, BeforeValidator(_moment)] = Field(alias="from")
    days: Annotated[int, Field(ge=1, le=366)] = 7
    overrides: tuple[Override, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        names = [person.name for person in self.people]
        if len(set(names)) < len(names):
            raise ValueError("two people of one rotation have the same name")
        for override in self.overrides:
            if override.person not in names:
                raise ValueError(
                    f"overrides: '{override.person}' is not in the rotation{nearest(override.person, names)}"
                )
        return self


class Schedule(Part):
    """An external on-call schedule: an https address that answers `{"1": [{"name": …, "slack": …}], …}`."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s@]+$", max_length=500)]
    secret: Text  # name or ARN in Secrets Manager; sent as `Authorization: Bearer …`


class OnCall(Part):
    """Who is on call. A level without a rotation has its contacts; the schedule, where it answers, comes first."""

    rotations: Mapping[Literal["1", "2", "3"], tuple[Rotation, ...]] = Field(default_factory=dict)
    schedule: Schedule | None = None

    @model_validator(mode="before")
    @classmethod
    def _levels_are_text(cls, raw: Any) -> Any:
        return _levels_as_text(raw, "rotations")


class Remedies(Part):
    """Which changes people may approve in Slack, and within which limits (`docs/remedies.md`)."""

    allow: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_kinds)]
    approvals_severity_1: Annotated[int, Field(ge=1, le=2)] = 1  # different people
    tag: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/+@-]+=[A-Za-z0-9_.:/+@ -]+$", max_length=300)] = (
        "tocsin:remedies=allowed"
    )
    max_tasks: Annotated[int, Field(ge=1, le=5000)] = 20
    max_capacity_units: Annotated[int, Field(ge=1, le=40_000)] = 4000

    @property
    def tag_pair(self) -> tuple[str, str]:
        """Key and value."""
        key, _, value = self.tag.partition("=")
        return key, value


class Workload(Part):
    """What discovery cannot know of one workload. Empty fields are discovered."""

    service: Text
    cluster: str = ""
    ecs_service: str = ""
    load_balancer: str = ""
    target_groups: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def _local(value: object) -> object:
    """YAML reads some local times as numbers or as moments."""
    if isinstance(value, int):
        raise ValueError('write the time in quotes, such as "02:00": YAML reads the bare one as a number')  # noqa: TRY004 — pydantic turns ValueError into a problem, TypeError into a crash
    return value.isoformat() if isinstance(value, datetime) else value


LocalTime = Annotated[str, BeforeValidator(_local), StringConstraints(max_length=40)]
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Maintenance(Part):
    """A maintenance window: what rings inside is recorded, and told at its end. By a rule, or once."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    every: str = ""  # "first saturday of the month", "last friday of the quarter", "sunday", "15 of the month", "day"
    begin: Annotated[LocalTime, Field(alias="from")] = ""
    until: LocalTime = ""
    start: LocalTime = ""
    end: LocalTime = ""
    time_zone: Annotated[str, AfterValidator(lambda zone: zone and _time_zone(zone))] = ""  # the environment's
    services: tuple[Pattern, ...] = ()
    alarms: tuple[Pattern, ...] = ()
    severity_1: bool = False  # keep Severity 1 quiet too

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        if said := wrong(self.window("UTC")):
            raise ValueError(said)
        return self

    def window(self, zone: str) -> Window:
        """As the functions read it; `zone` is the environment's."""
        return Window(
            name=self.name,
            every=self.every.lower(),
            begin=self.begin,
            until=self.until,
            start=self.start,
            end=self.end,
            zone=self.time_zone or zone,
            services=self.services,
            alarms=self.alarms,
            severity_1=self.severity_1,
        )


class Environment(Part):
    """One customer environment: one stack."""

    customer: Slug
    environment: Slug
    account: Annotated[
        str, BeforeValidator(_account), StringConstraints(pattern=r"^\d{12}$")
    ]  # twelve digits, in quotes
    region: Annotated[str, AfterValidator(_region)]
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    alarm_topics: tuple[Topic, ...] = ("create",)
    alarm_state_changes: bool = False  # also take every alarm's state change from the event bus
    slack: Slack
    contacts: Mapping[Literal["1", "2", "3"], tuple[Person, ...]] = Field(default_factory=dict)
    people: People = Field(default_factory=People)
    on_call: OnCall = Field(default_factory=OnCall)
    channels: Channels = Field(default_factory=Channels)
    dashboard: str = ""
    thresholds: Annotated[Mapping[str, Annotated[float, Field(ge=0)]], AfterValidator(_thresholds)] = Field(
        default_factory=dict
    )
    workloads: tuple[Workload, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    remedies: Remedies | None = None  # None: nothing is ever proposed or changed
    support_case: bool = False  # draft a case with AWS Support for Severity 1 and 2
    operator_email: Annotated[str, StringConstraints(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")] = ""
    architecture: Literal["arm64", "x86_64"] = "arm64"
    removal: Literal["retain", "destroy"] = "retain"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_retention_days: Annotated[int, AfterValidator(_retention)] = 90
    recording_days: Annotated[int, Field(ge=0, le=3650)] = 90  # how long recordings of diagnoses are kept; 0: none are
    document_days: Annotated[int, Field(ge=1, le=3650)] = 1095  # how long post-mortems are kept

    @model_validator(mode="before")
    @classmethod
    def _levels_are_text(cls, raw: Any) -> Any:
        return _levels_as_text(raw, "contacts")

    @model_validator(mode="after")
    def _somebody_may_approve(self) -> Self:
        """Remedies that nobody could approve would be proposed in vain."""
        named = self.people.approve
        if self.remedies is None:
            return self
        if not named:
            raise ValueError("remedies: nobody could approve them: name somebody under people.approve")
        if self.remedies.approvals_severity_1 > len(named) and not any(name.startswith("S") for name in named):
            raise ValueError(
                f"remedies.approvals_severity_1: takes {self.remedies.approvals_severity_1} different people, and"
                f" people.approve names {len(named)}"
            )
        return self

    @model_validator(mode="after")
    def _topics_are_here(self) -> Self:
        """An alarm publishes only to topics of its own region and partition."""
        for topic in self.alarm_topics:
            if isinstance(topic, TopicArn):
                _, partition, _, region, *_ = topic.arn.split(":")
                if (partition, region) != (partition_of(self.region), self.region):
                    raise ValueError(f"alarm_topics: {topic.arn} is not in {self.region}")
        if not self.alarm_topics:
            raise ValueError("alarm_topics: needs at least one topic; leave the field out for 'create'")
        if self.alarm_topics.count("create") > 1:
            raise ValueError("alarm_topics: 'create' stands more than once; one created topic is enough")
        return self

    @model_validator(mode="after")
    def _everybody_can_be_told(self) -> Self:
        """Whoever stands in this file must be reached in a way that it configures; else nobody would tell them."""
        turns = (person for turns in self.on_call.rotations.values() for turn in turns for person in turn.people)
        for person in (*(person for people in self.contacts.values() for person in people), *turns):
            by_mail = person.email and self.channels.email
            by_phone = person.phone and (self.channels.sms or self.channels.call)
            if not (person.slack or by_mail or by_phone):
                needs = "channels.email" if person.email else "channels.sms or channels.call"
                raise ValueError(f"contacts: {person.name} would never be told: configure {needs}, or add their slack")
        return self

    @property
    def name(self) -> str:
        """`<customer>-<environment>`: the file's and the stack's name."""
        return f"{self.customer}-{self.environment}"

    @property
    def partition(self) -> str:
        """The partition of the region: aws, aws-cn, aws-us-gov and so on."""
        return partition_of(self.region)

    @property
    def dashboard_name(self) -> str:
        """The technical dashboard, as the runbook names it."""
        return self.dashboard or f"{self.name}-technical-dashboard"

    @property
    def slack_secret(self) -> str:
        """Name or ARN of the secret with Slack's tokens."""
        return self.slack.secret

    @property
    def operator_emails(self) -> tuple[str, ...]:
        """Who hears of trouble of this product itself."""
        return (self.operator_email,) if self.operator_email else ()

    @property
    def keep_data(self) -> bool:
        """Whether the incidents outlive the stack."""
        return self.removal == "retain"

    @property
    def account_alarms(self) -> bool:
        """Whether every alarm's state change is taken from the event bus too."""
        return self.alarm_state_changes

    @property
    def _rotations(self) -> list[tuple[str, tuple[Rotation, ...]]]:
        return sorted(self.on_call.rotations.items())

    def settings(self, table: str, slack_secret: str = "", queue: str = "", bus: str = "") -> runtime.Settings:
        """Render what the functions read. The arguments are deployed names (or CDK tokens)."""
        return runtime.Settings(
            customer=self.customer,
            environment=self.environment,
            account=self.account,
            region=self.region,
            slack_channel=self.slack.channel,
            table=table,
            slack_secret=slack_secret or self.slack.secret,
            queue=queue,
            time_zone=self.time_zone,
            dashboard=self.dashboard_name,
            contacts={
                level: tuple(runtime.Contact(**person.model_dump()) for person in people)
                for level, people in self.contacts.items()
            },
            responders=self.people.respond,
            approvers=self.people.approve,
            rotations=tuple(_rotation(int(level), turn) for level, turns in self._rotations for turn in turns),
            schedule=self.on_call.schedule.url if self.on_call.schedule else "",
            schedule_secret=self.on_call.schedule.secret if self.on_call.schedule else "",
            channels=self.channels.settings(bus),
            thresholds=dict(self.thresholds),
            workloads=tuple(runtime.Hint(**workload.model_dump()) for workload in self.workloads),
            windows=tuple(planned.window(self.time_zone) for planned in self.maintenance),
            all_alarms=self.alarm_state_changes,
            remedies=_remedies(self.remedies) if self.remedies else None,
            support_case=self.support_case,
        )


def _remedies(written: Remedies) -> runtime.Remedies:
    key, value = written.tag_pair
    return runtime.Remedies(
        allowed=written.allow,
        approvals_sev1=written.approvals_severity_1,
        tag_key=key,
        tag_value=value,
        max_tasks=written.max_tasks,
        max_capacity_units=written.max_capacity_units,
    )


def _rotation(level: int, written: Rotation) -> runtime.Rotation:
    return runtime.Rotation(
        level=level,
        people=tuple(runtime.Contact(**person.model_dump()) for person in written.people),
        since=written.since,
        days=written.days,
        overrides=tuple(runtime.Override(**override.model_dump(by_alias=False)) for override in written.overrides),
    )


class _Loader(yaml.SafeLoader):
    """YAML without surprises: a key that stands twice is an error, where PyYAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 — PyYAML's own signature
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{name}' stands twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def load_environment(path: Path) -> Environment:
    """Read one file. Raise EnvironmentFileError with one line for each problem: file, field, what is allowed."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 — a SafeLoader's subclass
    except OSError as error:
        raise EnvironmentFileError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise EnvironmentFileError([f"{path}: is not UTF-8 text"]) from error
    except yaml.YAMLError as error:
        raise EnvironmentFileError([syntax(path, error)]) from error
    if not isinstance(raw, dict):
        raise EnvironmentFileError([f"{path}: must be a mapping of fields (customer: …), and is {kind(raw)}"])
    try:
        environment = Environment.model_validate(raw)
    except ValidationError as error:
        raise EnvironmentFileError(problems(path, error, tuple(Environment.model_fields))) from error
    if path.stem != environment.name:
        raise EnvironmentFileError(
            [f"{path}: the file's name must be {environment.name}{path.suffix}, after its customer and environment"]
        )
    return environment


def load_environments(folder: Path) -> tuple[Environment, ...]:
    """Read every file of a folder, by name. Raise EnvironmentFileError with the problems of all files together."""
    if not folder.is_dir():
        raise EnvironmentFileError([f"{folder}: there is no such folder"])
    found: list[Environment] = []
    wrong: list[str] = []
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        try:
            found.append(load_environment(path))
        except EnvironmentFileError as error:
            wrong += error.problems
    if wrong:
        raise EnvironmentFileError(wrong)
    return tuple(found)
