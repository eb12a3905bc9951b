"""Many incident lives with everything that can go wrong: `make fuzz LIFECYCLES=10000 [SEED=1]`.

Each life has a few alarms that change their minds, deliveries that come twice, late or never, people who press buttons,
silences and maintenance, a Slack that is down or busy, two workers at once, and processes that die before and after
each write and each message. At its end the faults stop and the clock goes on: then every message must have been posted
once, in its order; every alarm that rings must belong to somebody; and nothing may be due. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import functools
import json
import logging
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from lambdas import house
from lambdas.alerts.model import Alert, Metric
from lambdas.errors import StoreError
from lambdas.handlers.pulse import RECONCILING, pulse
from lambdas.incidents.model import (
    ACT,
    OPERATORS,
    OUTWARD,
    WORK,
    Acknowledged,
    Closed,
    Diagnosed,
    Escalated,
    Event,
    Headline,
    Post,
    Quiet,
    Regraded,
    Snoozed,
)
from lambdas.incidents.quiet import Window
from lambdas.incidents.store import Timeline
from lambdas.settings import Settings
from lambdas.slack.poster import OVERTAKEN
from local.memory import MemoryAws, MemorySlack, busy, unreachable

MINUTE = 60
LIFE = 2 * 60 * MINUTE  # seconds in which things happen
AFTERWARDS = 100 * MINUTE  # and in which only the clock goes on
PORTION = 250  # lives that one process lives before it says so
DIES = 0.08  # at each of the points where a process may die
MEETS = 0.03  # how often another worker comes between a claim and its message
START = 1_795_489_560
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="incidents",
    slack_secret="acme/slack",  # noqa: S106 — its name
    queue="queue",
    operators="operators",
    all_alarms=True,
    windows=(Window(name="Patching", every="day", begin="03:40", until="04:10", services=("batch*",)),),
)
PEOPLE = ("U0000001", "U0000002")
METRICS = (  # what an alarm watches, and what it saw: Severities 3, 2 and 1 by the runbook
    (Metric(namespace="AWS/ECS", name="CPUUtilization"), 74.0),
    (Metric(namespace="AWS/ECS", name="CPUUtilization"), 91.0),
    (Metric(namespace="ECS/ContainerInsights", name="RunningTaskCount"), 0.0),
)


class Crash(BaseException):
    """The process dies: nothing of ours may catch it."""


@dataclass(slots=True)
class Found:
    """What a life, or many of them, showed."""

    duplicates: int = 0
    lost: int = 0
    overdue: int = 0
    disorder: int = 0
    posts: int = 0
    crashes: int = 0
    why: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Sum up."""
        for name in ("duplicates", "lost", "overdue", "disorder", "posts", "crashes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.why += other.why


@dataclass(slots=True)
class Life:
    """One life, reproduced by its seed. `kind` of house may be broken on purpose by a test."""

    seed: int
    dice: random.Random = field(init=False)
    aws: MemoryAws = field(default_factory=MemoryAws)
    slack: MemorySlack = field(default_factory=MemorySlack)
    now: float = START
    faults: bool = True
    found: Found = field(default_factory=Found)
    down: list[tuple[float, float, str]] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 — to be reproduced, not to be secret
        self.aws.dynamodb.before = self.aws.dynamodb.after = self._may_die
        self.slack.trouble = self._trouble
        self.slack.before, self.slack.after = self._meets, self._may_die
        start = START + self.dice.randint(0, LIFE)
        if self.dice.random() < 0.4:
            self.down.append((start, start + self.dice.choice((5, 30)) * MINUTE, "down"))
        if self.dice.random() < 0.4:
            end = start + self.dice.randint(30, 35) * MINUTE
            self.down.append((end - 5 * MINUTE, end, "busy"))

    # faults -----------------------------------------------------------------------------------------------------------

    def _may_die(self, _what: str) -> None:
        if self.faults and self.dice.random() < DIES:
            self.found.crashes += 1
            raise Crash

    def _trouble(self, method: str) -> None:
        for start, end, what in self.down:
            if self.faults and start <= self.now < end:
                raise busy(method, self.dice.randint(1, 90)) if what == "busy" else unreachable(method)

    def _meets(self, key: str) -> None:
        """Another worker runs between a claim and its message."""
        if self.faults and self.depth == 0 and self.dice.random() < MEETS:
            self.depth += 1
            self._survive(lambda: pulse(self._house()))
            self.depth -= 1
        self._may_die(key)

    def _house(self) -> house.House:
        """A process that has just started."""
        aws = cast("Any", self.aws)
        return house.build(SETTINGS, aws=aws, slack=cast("Any", self.slack), clock=lambda: self.now)

    def _survive(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except (Crash, StoreError):
            return False
        return True

    # a life -----------------------------------------------------------------------------------------------------------

    def run(self) -> Found:
        """Live it, and look at what is left."""
        pending = sorted(self._deliveries(), key=lambda due: due[0])
        acts = sorted(START + self.dice.randint(0, LIFE) for _ in range(self.dice.choice((0, 0, 1, 2, 4))))
        end = START + LIFE
        while self.now < end:
            self.now += MINUTE
            while pending and pending[0][0] <= self.now:
                _, alert = pending.pop(0)
                if not self._survive(lambda alert=alert: self._respond(alert)):  # type: ignore[misc] # bound at once
                    pending.append((self.now + 30, alert))
                    pending.sort(key=lambda due: due[0])
            while acts and acts[0] <= self.now:
                at = acts.pop(0)
                self._survive(lambda at=at: self._act(at))  # type: ignore[misc] # bound at once
            due = self.aws.dynamodb.first_due()
            idle = self.now % (10 * MINUTE) and (due is None or due > self.now)  # the clock would find nothing
            if not idle and self.dice.random() < 0.9:
                self._minute()
        self.faults = False
        for _, alert in pending:  # the queue brings it until somebody has taken it
            self._respond(alert)
        self._settle()
        self._judge()
        return self.found

    def _settle(self) -> None:
        """The clock alone: whatever is due happens, until nothing but promised updates is left."""
        end = self.now + AFTERWARDS
        while self.now < end:
            first = self.aws.dynamodb.first_due()
            if first is None:
                break
            self.now = max(self.now + MINUTE, min(first, end))
            self._minute()
        self.now += 1

    def _minute(self) -> None:
        """What one minute's clock does, and those who are asked for work by it."""
        left = RECONCILING + 1
        for _ in range(1 + (self.dice.random() < 0.1)):  # the second rule fires too
            self._survive(lambda: pulse(self._house(), lambda: left))
        while self.aws.sqs.sent:
            order = self.aws.sqs.sent.popleft()["tocsin.work"]
            self._survive(lambda order=order: self._work(order["incident"], order["kind"]))  # type: ignore[misc] # bound at once

    def _respond(self, alert: Alert) -> None:
        """What the function does with one record; the order of steps is `handlers.respond`'s."""
        rooms = self._house()
        taken = rooms.desk.take(alert)
        if taken.incident:
            mine, fresh = frozenset({"diagnosis", "chart"}), taken.outcome in {"opened", "noted"}
            rooms.deliver(taken.incident.id, taken.posts, mine=mine, fresh=fresh)
        for id_, posts in taken.also:
            rooms.deliver(id_, posts)
        if taken.incident and any(post.kind == "diagnosis" for post in taken.posts):
            self._work(taken.incident.id, "diagnosis")

    def _work(self, id_: str, kind: str) -> None:
        """Work that looks at the workload: here it looks at nothing, and says so."""
        rooms = self._house()
        for post in [post for post in rooms.store.unsent(id_) if post.kind == kind]:
            claim = rooms.store.claim(id_, post, rooms.desk.now, 180)
            incident = rooms.store.incident(id_)
            if claim is None or incident is None:
                continue
            if kind != "diagnosis":
                rooms.store.sent(claim, "")
                continue
            headline = Headline(cause="unknown", title="t", verdict="possible", summary=f"seen {post.reopen}")
            event = Diagnosed(headline=headline, judged=incident.judged)
            row = Timeline(at=rooms.desk.now * 1000, id=f"diagnosed-{post.reopen}", kind="diagnosed")
            rooms.deliver(id_, rooms.desk.record(id_, event, row))
            rooms.poster.attempt(claim, [{"text": "report", "blocks": []}])

    def _act(self, at: int) -> None:
        """A person does something with an incident that is open, or silences."""
        rooms = self._house()
        by = self.dice.choice(PEOPLE)
        what = self.dice.choice(("ack", "ack", "escalate", "grade", "snooze", "close", "silence", "lift"))
        if what == "silence":
            services = (self.dice.choice(("checkout*", "*")),)
            end = self.dice.choice((20, 60)) * MINUTE
            quiet = Quiet(start=at, end=at + end, by=by, services=services, severity_1=self.dice.random() < 0.3)
            rooms.desk.silence(quiet, f"{at}")
            return
        if what == "lift":
            for silence in rooms.desk.silences()[:1]:
                rooms.deliver(silence.id, rooms.desk.lift(silence.id, by))
            return
        events: dict[str, Event] = {
            "ack": Acknowledged(by=by),
            "escalate": Escalated(by=by),
            "grade": Regraded(by=by, severity=self.dice.randint(1, 3)),
            "snooze": Snoozed(by=by, until=at + self.dice.randint(5, 120) * MINUTE),
            "close": Closed(by=by, root_cause="known", prevention="none", ringing=True),
        }
        for id_ in rooms.store.open_incidents()[:1]:
            row = Timeline(at=at * 1000, id=f"click-{at}", kind=what)
            rooms.deliver(id_, rooms.desk.record(id_, events[what], row))

    def _deliveries(self) -> Iterator[tuple[float, Alert]]:
        """Alarms that change their minds; each change delivered once, twice, late, or never."""
        crowd = self.dice.random() < 0.05  # a storm
        for number in range(self.dice.randint(12, 40) if crowd else self.dice.randint(1, 4)):
            service = f"{self.dice.choice(('checkout', 'batch'))}-{number if crowd else self.dice.randint(0, 2)}"
            metric, seen = self.dice.choice(METRICS)
            at = START + (self.dice.randint(0, 50) if crowd else self.dice.randint(0, LIFE // 2))
            state = "OK"
            for _ in range(self.dice.randint(1, 2 if crowd else 9)):
                state = self.dice.choice([s for s in ("ALARM", "OK", "INSUFFICIENT_DATA") if s != state])
                alert = _alert(f"acme-production-{service}-{number}", service, state, at, (metric, seen))
                self.aws.cloudwatch.change(alert.name, alert.arn, state, at)
                times = self.dice.choice((1, 1, 1, 2, 3))
                if self.dice.random() < 0.05:
                    times = 0  # lost on its way: reconciliation must find out
                for _ in range(times):
                    yield at + self.dice.choice((0, 0, 0, 5, 60, 400)), alert
                at += self.dice.choice((self.dice.randint(1, 240), self.dice.randint(60, 3000)))

    # judgement --------------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        posted = Counter(self.slack.log)
        found, now = self.found, int(self.now)
        found.posts = len(self.slack.log)
        for key, times in posted.items():
            if times > 1:
                found.duplicates += times - 1
                found.why.append(f"seed {self.seed}: {key} was posted {times} times")
        rows = [item for item in self.aws.dynamodb.items() if item["sk"]["S"].startswith("OUT#")]
        for row in rows:
            self._judge_row(row, posted)
        self._judge_order(rows)
        rooms = self._house()
        for due in rooms.store.due(now - MINUTE):
            found.overdue += 1
            found.why.append(f"seed {self.seed}: {due} is overdue at {now}")
        for name, alarm in self.aws.cloudwatch.alarms.items():
            if alarm["StateValue"] == "ALARM" and not self._held(rooms, alarm["AlarmArn"]):
                found.lost += 1
                found.why.append(f"seed {self.seed}: {name} rings and belongs to nobody")

    def _judge_row(self, row: dict[str, Any], posted: Counter[str]) -> None:
        id_, post = row["pk"]["S"].partition("#")[2], Post.of(row["sk"]["S"].removeprefix("OUT#"))
        if row["state"]["S"] != "SENT":
            self.found.lost += 1
            self.found.why.append(f"seed {self.seed}: {id_} {post.key} is {row['state']['S']}")
            return
        overtaken = row["ts"]["S"] == "" and post.kind in OVERTAKEN
        if post.kind not in SILENT and not overtaken and not posted[f"{id_}/{post.key}"]:
            self.found.lost += 1
            self.found.why.append(f"seed {self.seed}: {id_} {post.key} is SENT and nobody saw it")

    def _judge_order(self, rows: list[dict[str, Any]]) -> None:
        """Posts of one incident in the order in which they were written, the root first; reports come when done."""
        place = {key: number for number, key in reversed(list(enumerate(self.slack.log)))}
        written: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            id_, post = row["pk"]["S"].partition("#")[2], Post.of(row["sk"]["S"].removeprefix("OUT#"))
            at = place.get(f"{id_}/{post.key}")
            if at is not None and post.kind != "diagnosis":
                written.setdefault(id_, []).append((int(row["seq"]["N"]), at))
        for id_, those in written.items():
            places = [at for _, at in sorted(those)]
            if places != sorted(places):
                self.found.disorder += 1
                self.found.why.append(f"seed {self.seed}: {id_} was posted out of order")

    def _held(self, rooms: house.House, arn: str) -> bool:
        """Whether somebody knows of an alarm that rings: its incident is open, silenced, or was closed by a person."""
        head = rooms.store.head(arn)
        incident = rooms.store.incident(head.incident) if head and head.incident else None
        if incident is None or arn not in incident.alarms:
            return False
        for gathering in filter(None, (incident.parent, incident.silence if incident.status == "SILENCED" else "")):
            known = rooms.store.incident(gathering)
            if known is None or (known.status == "RESOLVED" and not known.resolved_by):
                return False
        if incident.status == "SILENCED":
            return True
        return incident.status in {"OPEN", "RECOVERING"} or bool(incident.resolved_by)


SILENT = WORK - {"diagnosis"} | ACT | OUTWARD | OPERATORS | {"edit"}  # rows that leave no message of their own


def _alert(name: str, service: str, state: Any, at: int, watched: tuple[Metric, float]) -> Alert:
    metric, seen = watched
    return Alert(
        kind="alarm",
        source="sns",
        name=name,
        state=state,
        at=datetime.fromtimestamp(at, UTC),
        account="123456789012",
        region="eu-west-1",
        arn=f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}",
        metrics=(
            Metric(
                namespace=metric.namespace,
                name=metric.name,
                dimensions={"ClusterName": "acme-production", "ServiceName": service},
            ),
        ),
        comparison="LessThanThreshold" if seen == 0 else "GreaterThanThreshold",
        threshold=1.0 if seen == 0 else 70.0,
        observed=seen if state == "ALARM" else None,
    )


def fuzz(lives: range, seed: int) -> Found:
    """Live many lives; each has a seed of its own, so that it does not matter who lives it."""
    logging.disable(logging.CRITICAL)
    total = Found()
    for number in lives:
        total.add(Life(seed * 1_000_003 + number).run())
    return total


def spread(lifecycles: int, seed: int, jobs: int, tell: Callable[[str], None]) -> Found:
    """The same on several processes, a portion at a time."""
    portions = [range(first, min(first + PORTION, lifecycles)) for first in range(0, lifecycles, PORTION)]
    total, began, done = Found(), time.monotonic(), 0
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        for portion, found in zip(portions, pool.map(fuzz, portions, [seed] * len(portions)), strict=True):
            total.add(found)
            done += len(portion)
            tell(f"{done} lives, {total.posts} posts, {total.crashes} crashes, {time.monotonic() - began:.0f} s")
    return total


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifecycles", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    tell = functools.partial(print, file=sys.stderr, flush=True)
    found = spread(asked.lifecycles, asked.seed, asked.jobs, tell)
    for line in found.why[:20]:
        print(line, file=sys.stderr)
    said = {
        "lifecycles": asked.lifecycles,
        "duplicates": found.duplicates,
        "lost": found.lost,
        "overdue": found.overdue,
        "disorder": found.disorder,
        "posts": found.posts,
        "crashes": found.crashes,
        "seed": asked.seed,
    }
    print(json.dumps(said))
    return 1 if found.duplicates or found.lost or found.overdue or found.disorder else 0


if __name__ == "__main__":
    sys.exit(main())
