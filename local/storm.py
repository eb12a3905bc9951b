"""A minute in which everything rings: `make storm [ALARMS=10000]`.

Two hundred services in ten environments, each with a load balancer, a target group, a database and a table, as former
diagnoses would have found them to belong together. Their alarms arrive within a minute, in no order, some of them
twice, in batches as the queue brings them, and run through the real handlers: `respond` for each batch, `pulse` each
minute. Our own plane and Slack are in memory; Slack takes a message a second and answers 429 beyond that. Nothing of
the workload can be seen. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3

from lambdas import house
from lambdas.aws import Aws
from lambdas.handlers.pulse import pulse
from lambdas.handlers.respond import respond
from lambdas.incidents.model import Post
from lambdas.settings import Settings
from local.memory import MemoryAws, MemorySlack, busy
from local.world.hook import NoWorld, attached

if TYPE_CHECKING:
    from lambdas.incidents.store import Store

START = 1_795_489_560
MINUTE = 60
AFTER = 5  # minutes in which only the clock goes on
BATCH = 10  # records that the queue brings at once
BURST = 5  # messages that Slack takes at once before it wants one a second
PLACES = 10
SERVICES = 20  # of each
SEV_1 = 0.02  # of the alarms say that a service runs no task any more
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="incidents",
    slack_secret="acme/slack",  # noqa: S106 — its name
    queue="https://sqs.eu-west-1.amazonaws.com/123456789012/errands",
    operators="operators",
)


@dataclass(slots=True)
class Line:
    """Slack's rate: a message a second for a channel, with a little patience."""

    now: float = START
    left: float = BURST
    since: float = START

    def take(self, method: str) -> None:
        """Let a message through, or answer 429."""
        if method != "chat.postMessage":
            return
        self.left = min(BURST, self.left + self.now - self.since)
        self.since = self.now
        if self.left < 1:
            raise busy(method, 1 - self.left)
        self.left -= 1


@dataclass(slots=True)
class Storm:
    """One run."""

    alarms: int
    aws: MemoryAws = field(default_factory=MemoryAws)
    slack: MemorySlack = field(default_factory=lambda: MemorySlack(keep=True))
    line: Line = field(default_factory=Line)
    reads: Counter[str] = field(default_factory=Counter)

    def run(self) -> dict[str, Any]:
        """The minute, what follows it, and what is to be said of it."""
        self.slack.trouble = self.line.take
        session = boto3.session.Session("storm", "storm", region_name=SETTINGS.region)
        reader = Aws(SETTINGS.region, session=session, on_call=lambda call: self.reads.update([call.service]))
        own = cast("Any", self.aws)
        rooms = house.build(
            SETTINGS,
            aws=own,
            observe=lambda: reader,
            slack=cast("Any", self.slack),
            clock=lambda: self.line.now,
        )
        self._know(rooms.store)
        with attached(NoWorld()):
            self._minute(rooms)
            for minute in range(1, AFTER + 1):
                self.line.now = START + (1 + minute) * MINUTE
                pulse(rooms)
                self._work(rooms)
        return self._said(rooms)

    def _minute(self, rooms: house.House) -> None:
        messages = list(_messages(self.alarms))
        step = MINUTE / len(messages)
        for first in range(0, len(messages), BATCH):
            self.line.now = START + first * step
            batch = messages[first : first + BATCH]
            failed = respond(_sqs(batch, first), rooms)
            if failed.failed:
                raise AssertionError(f"{len(failed.failed)} records failed")
        self.line.now = START + MINUTE
        pulse(rooms)
        self._work(rooms)

    def _work(self, rooms: house.House) -> None:
        """Whoever is asked for work does it; what was only just asked for may have been done already."""
        while self.aws.sqs.sent:
            order = self.aws.sqs.sent.popleft()
            respond(
                {"Records": [_record(json.dumps(order), "work", "arn:aws:sqs:eu-west-1:123456789012:errands")]}, rooms
            )

    def _know(self, store: Store) -> None:
        """What former diagnoses found to belong together."""
        for place, service in _services():
            for target in _targets(place, service)[1:]:
                store.adopt(target, "INC-former", "", f"ecs:{place}/{service}")

    def _said(self, rooms: house.House) -> dict[str, Any]:
        lost = 0
        incidents = set[str]()
        for arn in {json.loads(message)["AlarmArn"] for message in _messages(self.alarms)}:
            head = rooms.store.head(arn)
            incident = rooms.store.incident(head.incident) if head else None
            parent = rooms.store.incident(incident.parent) if incident and incident.parent else None
            told = incident is not None and bool(incident.ts or (parent and parent.ts and parent.status == "OPEN"))
            lost += not (incident and arn in incident.alarms and told)
            incidents |= {incident.id} if incident else set()
        waiting = [post for id_ in rooms.store.open_incidents() for post in rooms.store.unsent(id_)]
        lost += sum(post.kind != "diagnosis" for post in waiting)
        return {
            "alarms": self.alarms,
            "incidents": len(incidents),
            "slack_calls": sum(self.slack.calls.values()),
            "dynamodb_calls": sum(self.aws.dynamodb.calls.values()),
            "aws_reads": sum(self.reads.values()),
            "lost": lost,
            "sev1_first": self._sev1_first(),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "posts": dict(Counter(Post.of(_key(key)).kind for key in self.slack.log)),
            "refused": sum(self.slack.calls.values()) - len(self.slack.log) - self.slack.calls["chat.update"],
        }

    def _sev1_first(self) -> bool:
        """Whether each message that lists incidents begins with those of Severity 1, and all that name any do so."""
        seen = False
        for _, payload in self.slack.payloads:
            severities = [int(level) for level in re.findall(r"\*Sev (\d)\*", json.dumps(payload.get("blocks", "")))]
            seen = seen or 1 in severities
            if severities != sorted(severities):
                return False
        return seen


def _key(key: str) -> str:
    return key.split("/")[1]


def _services() -> Iterator[tuple[str, str]]:
    for place in range(PLACES):
        for number in range(SERVICES):
            yield f"acme-env{place}", f"service-{number:02d}"


def _targets(place: str, service: str) -> tuple[str, ...]:
    name = f"{place}-{service}"
    return (
        f"ecs:{place}/{service}",
        f"elb:app/{name}/50dc6c495c0c9188",
        f"elb:targetgroup/{name}/73e2d6bc24d8a067",
        f"rds:{name}-db",
        f"dynamodb:{name}-sessions",
    )


_WATCHED = (  # namespace, metric, observed, threshold, what of the workload
    ("AWS/ECS", "CPUUtilization", 91.0, 85.0, "ecs"),
    ("AWS/ECS", "MemoryUtilization", 84.0, 80.0, "ecs"),
    ("AWS/ApplicationELB", "TargetResponseTime", 1.8, 1.0, "group"),
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", 120.0, 10.0, "balancer"),
    ("AWS/RDS", "ReadLatency", 0.15, 0.1, "db"),
    ("AWS/DynamoDB", "ThrottledRequests", 12.0, 0.0, "table"),
)
_DOWN = ("ECS/ContainerInsights", "RunningTaskCount", 0.0, 1.0, "ecs")


def _messages(alarms: int) -> Iterator[str]:
    """The alarms as SNS carries them, in no order; one in twenty comes twice."""
    dice = random.Random(4)  # noqa: S311 — to be reproduced, not to be secret
    services = list(_services())
    made = [
        _message(number, *services[number % len(services)], _DOWN if dice.random() < SEV_1 else dice.choice(_WATCHED))
        for number in range(alarms)
    ]
    made += dice.sample(made, alarms // 20)
    dice.shuffle(made)
    yield from made


def _message(number: int, place: str, service: str, watched: tuple[str, str, float, float, str]) -> str:
    namespace, metric, observed, threshold, what = watched
    name = f"{place}-{service}"
    dimensions = {
        "ecs": {"ClusterName": place, "ServiceName": service},
        "group": {
            "TargetGroup": f"targetgroup/{name}/73e2d6bc24d8a067",
            "LoadBalancer": f"app/{name}/50dc6c495c0c9188",
        },
        "balancer": {"LoadBalancer": f"app/{name}/50dc6c495c0c9188"},
        "db": {"DBInstanceIdentifier": f"{name}-db"},
        "table": {"TableName": f"{name}-sessions"},
    }[what]
    alarm = f"{name}-{metric}-{number}"
    below = metric == "RunningTaskCount"
    body = {
        "AlarmName": alarm,
        "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{alarm}",
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": f"Threshold Crossed: 1 datapoint [{observed} (24/11/26 03:04:00)] was "
        f"{'less' if below else 'greater'} than the threshold ({threshold}).",
        "StateChangeTime": f"{datetime.fromtimestamp(START - 5, UTC):%Y-%m-%dT%H:%M:%S}.{number % 1000:03d}+0000",
        "Region": "EU (Ireland)",
        "Trigger": {
            "MetricName": metric,
            "Namespace": namespace,
            "Statistic": "AVERAGE",
            "Dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "LessThanThreshold" if below else "GreaterThanThreshold",
            "Threshold": threshold,
        },
    }
    return json.dumps(body)


def _sqs(messages: list[str], first: int) -> dict[str, Any]:
    records = [
        _record(
            json.dumps({"Type": "Notification", "Message": text}), f"m-{first + n}", "arn:aws:sqs:eu-west-1:1:alarms"
        )
        for n, text in enumerate(messages)
    ]
    return {"Records": records}


def _record(body: str, id_: str, arn: str) -> dict[str, Any]:
    return {"messageId": id_, "eventSource": "aws:sqs", "eventSourceARN": arn, "body": body}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=10_000)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    said = Storm(asked.alarms).run()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    print(json.dumps(said))
    return 0 if not said["lost"] and said["sev1_first"] else 1


if __name__ == "__main__":
    sys.exit(main())
