"""The incident desk: takes alerts and the clock's ticks, and keeps the table.

Handlers and the replay command both work through it, so what is replayed is what runs. It posts nothing itself: each
event leaves rows in the outbox, which `slack.poster` delivers. On the path to the first post.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.alerts.encode import encode
from lambdas.errors import Contended, Duplicate, StoreError
from lambdas.incidents.lifecycle import reduce, starts_anew
from lambdas.incidents.model import (
    POST_ORDER,
    Alarm,
    Cleared,
    Event,
    Incident,
    Judged,
    Linked,
    Noted,
    Post,
    Raised,
    Silent,
    Tick,
)
from lambdas.incidents.store import Head, Move, Timeline
from lambdas.targets import resolve
from lambdas.triage.classify import classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.incidents.store import Store
    from lambdas.settings import Settings
    from lambdas.triage.model import Classification

    type Outward = Callable[[Incident | None, Incident, tuple[Post, ...], Settings, int], tuple[Post, ...]]

TRIES = 8  # how often a contended write is read and reduced again
NOTED_TEXT = 20_000  # characters kept of an event that is not understood; its post shows fewer

log = logging.getLogger("tocsin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one alert, and the outbox rows that are to be delivered for it."""

    alert: Alert
    classification: Classification
    outcome: str  # "opened", "joined", "updated", "noted", "duplicate", "stale", "suppressed", "nothing to do"
    incident: Incident | None = None
    posts: tuple[Post, ...] = ()


def judged(classification: Classification) -> Judged:
    """Triage's decision, as the incident keeps it."""
    return Judged(
        severity=classification.severity,
        tier=classification.tier,
        scope=classification.scope,
        service=classification.service,
        target=str(classification.target),
        impact=classification.impact,
        why=classification.why,
    )


def nothing_outward(
    before: Incident | None, after: Incident, posts: tuple[Post, ...], settings: Settings, now: int
) -> tuple[Post, ...]:
    """No rows for other channels: what a desk without them uses."""
    del before, after, posts, settings, now
    return ()


class Desk:
    """One environment's incidents. `aws` is called only when something needs looking at.

    `outward` is pure: it sees each commit (before, after, posts, settings, now) and says which rows of other channels
    belong to it. The reducer knows no settings; this is where they come in.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        aws: Callable[[], Aws],
        clock: Callable[[], float] = time.time,
        outward: Outward = nothing_outward,
    ) -> None:
        self.settings, self.store, self.aws, self._clock, self._outward = settings, store, aws, clock, outward

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return int(self._clock())

    # alerts -----------------------------------------------------------------------------------------------------------

    def take(self, alert: Alert) -> Taken:
        """Store one alert's whole consequence, once.

        Raises:
            StoreError: the table stayed contended; the caller's queue brings the alert again.
        """
        classification = classify(alert, self.settings, None)
        if alert.suppressed_by and alert.state == "ALARM":
            # CloudWatch holds the actions back on purpose; if the suppression ends, the action brings the alarm itself.
            self.store.keep_stale(alert.key, _row(alert), self.now)
            return Taken(alert=alert, classification=classification, outcome="suppressed")
        for attempt in range(TRIES):
            try:
                return self._try(alert, classification)
            except Contended as error:
                log.info("contended", extra={"alarm": alert.key, "attempt": attempt, "why": str(error)})
        raise StoreError(f"{alert.key}: the table stayed contended through {TRIES} tries")

    def _try(self, alert: Alert, classification: Classification) -> Taken:
        """Read, reduce and commit once."""
        ordered = alert.kind == "alarm"  # an alarm's changes are ordered by its own clock; events have no order
        head = self.store.head(alert.key) if ordered else None
        if head and not self._is_news(alert, head):
            return self._old(alert, classification, head)
        move = Move(key=alert.key, at=_ms(alert), state=alert.state, before=head) if ordered else None
        target = str(resolve(alert))
        key = alert.key if ordered else f"{alert.kind} events of {target}"
        group = self.store.group(target)
        before = self._concerned(alert, key, (head.incident if head else "", group))
        event = self._event(alert, key, classification, head.incident if head else "")
        after, posts = reduce(before, event, self.now) if event else (None, ())
        if after is None:
            if move:
                self.store.move_head(move)
            return Taken(alert=alert, classification=classification, outcome="nothing to do")
        takes_group = isinstance(event, Raised) and group != after.id
        posts = self._with_outward(before, after, posts)
        try:
            after = self.store.commit(
                after, _row(alert), posts, self.now, move=move, group=(target, group) if takes_group else None
            )
        except Duplicate:
            return self._again(alert, classification, after.id)
        outcome = "opened" if before is None else "joined" if key not in before.alarms else "updated"
        if isinstance(event, Noted):
            outcome = "noted"
        return Taken(alert=alert, classification=classification, outcome=outcome, incident=after, posts=posts)

    def _concerned(self, alert: Alert, key: str, candidates: tuple[str, ...]) -> Incident | None:
        """The incident that an alert continues: its alarm's own, else the one open for its resource."""
        raised = _raises(alert)
        for id_ in filter(None, candidates):
            incident = self.store.incident(id_)
            if incident is None:
                continue
            if key in incident.alarms and not (raised and starts_anew(incident, int(alert.at.timestamp()))):
                return incident
            if raised and incident.status in {"OPEN", "RECOVERING"}:
                return incident
        return None

    def _event(self, alert: Alert, key: str, classification: Classification, previous: str) -> Event | None:
        at = int(alert.at.timestamp())
        id_ = f"INC-{alert.at:%Y%m%d}-{alert.identity[:8]}"
        if alert.kind == "unknown":
            text = (alert.description or alert.reason or alert.name)[:NOTED_TEXT]
            return Noted(key=key, judged=judged(classification), incident_id=id_, at=at, text=text)
        if _raises(alert):
            alarm = Alarm(
                name=alert.name,
                state="ALARM" if alert.kind == "alarm" else "EVENT",
                at=at,
                arn=alert.arn if alert.kind == "alarm" else "",
                region=alert.region,
            )
            return Raised(key=key, alarm=alarm, judged=judged(classification), incident_id=id_, previous=previous)
        if alert.routine:
            return None
        return Cleared(key=key, at=at) if alert.state == "OK" else Silent(key=key, at=at)

    def _is_news(self, alert: Alert, head: Head) -> bool:
        """Whether an alarm's change is newer than what is known. Equal times are settled by asking CloudWatch."""
        if _ms(alert) != head.at:
            return _ms(alert) > head.at
        if alert.state == head.state:
            return False
        try:
            return self._states([(alert.name, alert.arn)]).get(alert.arn) == alert.state
        except (ClientError, BotoCoreError) as error:
            log.warning("could not settle two states of one moment", extra={"alarm": alert.key, "why": str(error)})
            return alert.state == "ALARM"  # the side on which nobody is left unaware

    def _old(self, alert: Alert, classification: Classification, head: Head) -> Taken:
        """A duplicate or late alert. What a former delivery left unsent is still to be delivered."""
        if _ms(alert) == head.at and alert.state == head.state:
            return self._again(alert, classification, head.incident)
        self.store.keep_stale(alert.key, _row(alert), self.now)
        return Taken(alert=alert, classification=classification, outcome="stale")

    def _again(self, alert: Alert, classification: Classification, id_: str) -> Taken:
        incident = self.store.incident(id_) if id_ else None
        posts = tuple(self.store.unsent(id_)) if incident else ()
        return Taken(alert=alert, classification=classification, outcome="duplicate", incident=incident, posts=posts)

    # the clock --------------------------------------------------------------------------------------------------------

    def tick(self, id_: str) -> tuple[Post, ...]:
        """Let the clock look at one incident: hold over? update due? Returns the outbox rows that follow."""
        incident = self.store.incident(id_)
        if incident is None or incident.due is None or incident.due > self.now:
            return ()  # the index was behind: nothing is due any more
        row = Timeline(at=self.now * 1000, id=f"tick-{incident.ver}", kind="tick")
        return self.record(id_, self._look(incident), row)

    def record(
        self, id_: str, event: Event, row: Timeline, *, when: Callable[[Incident], bool] = lambda _: True
    ) -> tuple[Post, ...]:
        """Apply an event to an incident that exists, once. Returns the outbox rows that follow.

        `when` is asked of the very state that the event is applied to; where it says no, nothing is written.

        Raises:
            StoreError: the table stayed contended.
        """
        for _ in range(TRIES):
            before = self.store.incident(id_)
            if before is not None and not when(before):
                return ()
            after, posts = reduce(before, event, self.now)
            if after is None or (after == before and not posts):
                return ()
            posts = self._with_outward(before, after, posts)
            try:
                self.store.commit(after, row, posts, self.now)
            except Duplicate:
                return ()
            except Contended:
                continue
            return posts
        raise StoreError(f"{id_}: the table stayed contended through {TRIES} tries")

    def _with_outward(self, before: Incident | None, after: Incident, posts: tuple[Post, ...]) -> tuple[Post, ...]:
        more = self._outward(before, after, posts, self.settings, self.now)
        return tuple(sorted((*posts, *more), key=lambda post: POST_ORDER.index(post.kind)))

    def relate(self, id_: str, targets: Iterable[str]) -> tuple[Post, ...]:
        """Let later alarms on related resources join an incident instead of paging again (`design.md`, Storms).

        A resource that an older open incident holds already stays there, and the two are linked for people.
        """
        ours = self.store.incident(id_)
        if ours is None or ours.status not in {"OPEN", "RECOVERING"}:
            return ()
        older = ""
        for target in targets:
            holder = self.store.group(target)
            if holder == id_:
                continue
            other = self.store.incident(holder) if holder else None
            if other and other.status in {"OPEN", "RECOVERING"}:
                older = older or (other.id if other.opened_at <= ours.opened_at else "")
                continue
            try:
                self.store.adopt(target, id_, holder)
            except Contended:
                continue  # an alarm of its own came in between
        row = Timeline(at=self.now * 1000, id=f"linked-{older}", kind="linked")
        return self.record(id_, Linked(other=older), row) if older else ()

    def _look(self, incident: Incident) -> Tick:
        """What DescribeAlarms says, where recovery is to be verified."""
        if incident.recover_at is None or incident.recover_at > self.now:
            return Tick()
        alarms = {key: alarm for key, alarm in incident.alarms.items() if alarm.arn}
        try:
            states = self._states([(alarm.name, alarm.arn) for alarm in alarms.values()]) if alarms else {}
        except (ClientError, BotoCoreError) as error:
            why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            return Tick(unverified=f"DescribeAlarms: {why}")
        return Tick(states={key: states[alarm.arn] for key, alarm in alarms.items() if alarm.arn in states})

    def _states(self, alarms: list[tuple[str, str]]) -> Mapping[str, str]:
        """What CloudWatch says now, by ARN. An alarm that is gone is not in the answer."""
        pages = (
            self.aws()
            .cloudwatch.get_paginator("describe_alarms")
            .paginate(AlarmNames=[name for name, _ in alarms][:100], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        )
        return {
            alarm["AlarmArn"]: alarm["StateValue"]
            for page in pages
            for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))
        }


def _raises(alert: Alert) -> bool:
    if alert.routine or alert.kind == "unknown":
        return False
    # INSUFFICIENT_DATA is timeline only, unless the alarm says that missing data is a breach (`lifecycle.md`).
    return alert.state == "ALARM" or (alert.state == "INSUFFICIENT_DATA" and alert.missing_data_breaches)


def _ms(alert: Alert) -> int:
    return round(alert.at.timestamp() * 1000)


def _row(alert: Alert) -> Timeline:
    return Timeline(at=_ms(alert), id=alert.identity, kind=f"{alert.kind}.{alert.state}", body=encode(alert))
