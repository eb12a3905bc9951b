"""What each function may do, derived from the code: a check declares its IAM actions, a policy is their union.

Pure: plain values in, plain values out, so that tests, the stack and the least-privilege audit share it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lambdas.checks.base import CHECKS, Allow, load
from lambdas.diagnosis.chart import ALLOW as CHART
from lambdas.notify.case import ACTIONS as SUPPORT
from lambdas.remedies.base import KINDS
from lambdas.reviews.base import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas import settings as runtime
    from lambdas.remedies.base import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack lives; fills the patterns in `Allow.on`. Values may be CDK tokens."""

    partition: str
    region: str
    account: str

    def fill(self, pattern: str) -> str:
        """Replace {partition}, {region} and {account}; anything else in braces raises KeyError."""
        return pattern.format(partition=self.partition, region=self.region, account=self.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One IAM statement that allows."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    sid: str = ""
    why: str = ""  # where a resource is wide: the reason
    tag: tuple[str, str] | None = None  # holds only for resources that carry it (`aws:ResourceTag`)


class TooMuchError(ValueError):
    """A declaration asks for more than one action at once."""


def observing() -> list[Allow]:
    """All that the checks and the chart declare."""
    load("lambdas.checks")
    return [*CHART, *(allow for check in CHECKS.values() for allow in check.allow)]


def reviewing() -> list[Allow]:
    """All that the parts of the reviews declare."""
    load("lambdas.reviews")
    return [allow for part in PARTS.values() for allow in part.allow]


# Actions whose resources' tags IAM does not know: RegisterScalableTarget is checked on the scalable target, not on the
# service or table behind it. It is guarded in two other ways: Application Auto Scaling checks that its caller may
# change the resource itself, which `acting` scopes by tag; and `remedies.doing` reads the tags before it writes.
UNTAGGED = frozenset({"application-autoscaling:RegisterScalableTarget"})


def proposing(allowed: Iterable[str]) -> list[Allow]:
    """What `respond` reads to propose remedies and to see whether they helped."""
    return [allow for kind in _kinds(allowed) for allow in kind.reads]


def acting(allowed: Iterable[str], place: Place, tag: tuple[str, str]) -> list[Statement]:
    """What `act` may do for the remedies that an environment allows: read them, and change what carries the tag."""
    kinds = _kinds(allowed)
    writes = [allow for kind in kinds for allow in kind.writes]
    tagged = statements([allow for allow in writes if allow.action not in UNTAGGED], place)
    return [
        *statements([allow for kind in kinds for allow in kind.reads], place),
        *statements([allow for allow in writes if allow.action in UNTAGGED], place),
        *(replace(statement, tag=tag) for statement in tagged),
    ]


def _kinds(allowed: Iterable[str]) -> list[Kind]:
    load("lambdas.remedies")
    return [KINDS[id_] for id_ in sorted(set(allowed))]


def supporting() -> list[Statement]:
    """Opening a case with AWS Support and following it. Its API scopes nothing (Service Authorization Reference)."""
    return [Statement(sid="SupportCase", actions=tuple(sorted(SUPPORT)), resources=("*",))]


def statements(allows: Iterable[Allow], place: Place) -> list[Statement]:
    """Group permissions into the fewest statements: actions on the same resources share one.

    An action that is allowed on everything needs no narrower resources beside it. The result does not depend on the
    order of `allows`. Raises TooMuchError on an action with a wildcard or without a service.
    """
    resources: defaultdict[str, set[str]] = defaultdict(set)
    for allow in allows:
        service, _, operation = allow.action.partition(":")
        if not service or not operation or "*" in allow.action:
            raise TooMuchError(f"{allow.action!r} is not one action")
        resources[allow.action].add(place.fill(allow.on))
    actions: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, on in resources.items():
        actions[("*",) if "*" in on else tuple(sorted(on))].append(action)
    return [Statement(actions=tuple(sorted(names)), resources=on) for on, names in sorted(actions.items())]


# --- what the functions need of our own plane ------------------------------------------------------------------------

# A transaction needs the permissions of the writes in it; TransactWriteItems is no action of its own.
STORE: Mapping[str, str] = {
    "dynamodb:GetItem": "read an incident or an alarm's head",
    "dynamodb:Query": "timeline, outbox, due and open indexes",
    "dynamodb:PutItem": "new rows of a transaction",
    "dynamodb:UpdateItem": "claims and marks in the outbox, conditional writes",
}


def store(table_arn: str) -> list[Statement]:
    """The incident store's operations, on its table and the table's indexes."""
    return [
        Statement(
            sid="IncidentStore",
            actions=tuple(sorted(STORE)),
            resources=(table_arn, f"{table_arn}/index/due", f"{table_arn}/index/open"),
        )
    ]


def post(place: Place, secret: str) -> list[Statement]:
    """Reading the one secret that posts to Slack need."""
    return [_secret(place, secret, "SlackSecret")]


def schedule(place: Place, secret: str) -> list[Statement]:
    """Reading the secret that the external on-call schedule is asked with, where there is one."""
    return [_secret(place, secret, "OnCallSecret")] if secret else []


def _secret(place: Place, secret: str, sid: str) -> Statement:
    """Reading one secret, by its name or ARN. The ARN of one known by name ends in six characters of AWS's choice."""
    named = place.fill("arn:{partition}:secretsmanager:{region}:{account}:secret:") + f"{secret}-??????"
    arn = secret if secret.startswith("arn:") else named
    return Statement(sid=sid, actions=("secretsmanager:GetSecretValue",), resources=(arn,))


def tell(place: Place, channels: runtime.Channels, bus_arn: str = "") -> list[Statement]:
    """What the configured ways of telling outside Slack need, and nothing for those that are not."""
    found = []
    if channels.email_from:
        # SES checks the identity that it finds for the sender: the address itself, or its domain.
        identities = (channels.email_from, channels.email_from.rpartition("@")[2])
        own = place.fill("arn:{partition}:ses:{region}:{account}:identity/")
        found.append(
            Statement(sid="Email", actions=("ses:SendEmail",), resources=tuple(own + name for name in identities))
        )
    if channels.sms and channels.sms_from:
        found.append(Statement(sid="Sms", actions=("sms-voice:SendTextMessage",), resources=(channels.sms_from,)))
    elif channels.sms:
        why = "a telephone number is no resource: what publishes to one cannot be scoped"
        found.append(Statement(sid="Sms", actions=("sns:Publish",), resources=("*",), why=why))
    if channels.call_url:
        found.append(_secret(place, channels.call_secret, "CallSecret"))
    if channels.bus:
        bus = bus_arn or channels.bus
        arn = bus if bus_arn or bus.startswith("arn:") else _bus(place, bus)
        found.append(Statement(sid="Bus", actions=("events:PutEvents",), resources=(arn,)))
    return found


def _bus(place: Place, name: str) -> str:
    return place.fill("arn:{partition}:events:{region}:{account}:event-bus/") + name


def ask(*queue_arns: str) -> list[Statement]:
    """Asking another of our functions, through its own queue: for work that is due, or for what a person decided."""
    return [Statement(sid="Ask", actions=("sqs:SendMessage",), resources=queue_arns)]


def tell_operators(topic_arn: str) -> list[Statement]:
    """Telling the operators of a page that Slack does not take."""
    return [Statement(sid="TellOperators", actions=("sns:Publish",), resources=(topic_arn,))]


def reconciling() -> list[Allow]:
    """Which alarms CloudWatch's own mute rules keep quiet; ListAlarmMuteRules knows no resources."""
    return [Allow("cloudwatch:ListAlarmMuteRules")]


def verifying() -> list[Allow]:
    """What is asked before an incident is said to be over, and where two states claim the same moment.

    On everything: DescribeAlarms answers with composite alarms only where it is allowed on `*` (CloudWatch API
    Reference, DescribeAlarms).
    """
    return [Allow("cloudwatch:DescribeAlarms")]
