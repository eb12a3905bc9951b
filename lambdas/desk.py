"""The incident desk: takes alerts and the clock's ticks, and keeps the table.

Handlers and the replay command both work through it, so what is replayed is what runs. It posts nothing itself: each
event leaves rows in the outbox, which `slack.poster` delivers. On the path to the first post.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.alerts.encode import encode
from lambdas.errors import Contended, Duplicate, StoreError
from lambdas.incidents.cadence import MANY, STORM, VALIDATION
from lambdas.incidents.clocks import LIVE, ringing
from lambdas.incidents.lifecycle import reduce, starts_anew
from lambdas.incidents.model import (
    POST_ORDER,
    Alarm,
    Begun,
    Cleared,
    Closed,
    Event,
    Gathered,
    Incident,
    Judged,
    Lifted,
    Linked,
    Noted,
    Post,
    Quiet,
    Raised,
    Released,
    Silent,
    Tally,
    Tick,
    Unheard,
)
from lambdas.incidents.quiet import covers, holding
from lambdas.incidents.store import Head, Move, Timeline
from lambdas.incidents.tally import RELEASED, seen, tally
from lambdas.notify.changes import marks
from lambdas.targets import resolve
from lambdas.triage.classify import classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.incidents.store import Store
    from lambdas.settings import Settings
    from lambdas.triage.model import Classification

    type Outward = Callable[[Incident | None, Incident, tuple[Post, ...], Settings, int], tuple[Post, ...]]

TRIES = 8  # how often a contended write is read and reduced again
JOINABLE = LIVE | {"SILENCED"}  # what further alarms of the same resource belong to
NO_GROUPS: Mapping[str, str] = {}
NOTED_TEXT = 20_000  # characters kept of an event that is not understood; its post shows fewer

log = logging.getLogger("tocsin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one alert, and the outbox rows that are to be delivered for it."""

    alert: Alert
    classification: Classification
    outcome: str  # "opened", "joined", "updated", "silenced", "gathered", "noted", "duplicate", "stale", ...
    incident: Incident | None = None
    posts: tuple[Post, ...] = ()
    also: tuple[tuple[str, tuple[Post, ...]], ...] = ()  # rows of the storm that gathers it: incident, posts


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
        affected=classification.affected,
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
        group, kin = self.store.kin(target)
        groups = {target: group}
        before = self._concerned(alert, key, (head.incident if head else "", group))
        if before is None and _raises(alert) and (kin := kin or self._hinted(target)):
            groups[kin] = self.store.group(kin)
            before = self._concerned(alert, key, (groups[kin],))
        event = self._event(alert, key, classification, head.incident if head else "")
        also: list[tuple[str, tuple[Post, ...]]] = []
        if isinstance(event, Raised):
            event = self._placed(event, before, also)
        after, posts = reduce(before, event, self.now) if event else (None, ())
        if after is None:
            if move:
                self.store.move_head(move)
            return Taken(alert=alert, classification=classification, outcome="nothing to do")
        taken = {name: was for name, was in groups.items() if was != after.id} if isinstance(event, Raised) else {}
        try:
            after, posts = self._commit(before, after, _row(alert), posts, move=move, groups=taken)
        except Duplicate:
            return self._again(alert, classification, after.id)
        if after.parent and after.status == "OPEN":
            also += self.gather(after.parent, after.judged)
        return Taken(
            alert=alert,
            classification=classification,
            outcome=_outcome(before, after, key),
            incident=after,
            posts=posts,
            also=tuple(also),
        )

    def _commit(
        self,
        before: Incident | None,
        after: Incident,
        row: Timeline,
        posts: tuple[Post, ...],
        *,
        move: Move | None = None,
        groups: Mapping[str, str] = NO_GROUPS,
    ) -> tuple[Incident, tuple[Post, ...]]:
        """Write one event's consequence, with the rows of other channels and of what gathers the incident."""
        part = after.parent and (before is None or before.parent)  # of a storm, which tells for all of its parts
        if after.kind in {"incident", "storm"} and not part:
            more = self._outward(before, after, posts, self.settings, self.now)
            posts = tuple(sorted((*posts, *more), key=lambda post: POST_ORDER.index(post.kind)))
        gathered = [(id_, seen(after, released=id_ == _left(before, after))) for id_ in _gatherings(before, after)]
        row = replace(row, changes=marks(before, after))
        after = self.store.commit(after, row, posts, self.now, move=move, groups=groups, gathered=gathered)
        return after, posts

    def _concerned(self, alert: Alert, key: str, candidates: tuple[str, ...]) -> Incident | None:
        """The incident that an alert continues: its alarm's own, else the one open for its resource."""
        raised = _raises(alert)
        for id_ in dict.fromkeys(filter(None, candidates)):
            incident = self.store.incident(id_)
            if incident is None:
                continue
            if key in incident.alarms and not (raised and starts_anew(incident, int(alert.at.timestamp()))):
                return incident
            if raised and incident.status in JOINABLE and len(incident.alarms) < MANY:
                return incident
        return None

    def _hinted(self, target: str) -> str:
        """The service that the configuration says a resource belongs to."""
        name = target.partition(":")[2]
        for hint in self.settings.workloads:
            known = (hint.load_balancer, *hint.target_groups, *hint.databases, *hint.tables)
            if hint.cluster and any(part and (part == name or f"/{part}/" in f"/{name}/") for part in known):
                return f"ecs:{hint.cluster}/{hint.ecs_service or hint.service}"
        return ""

    # what gathers -----------------------------------------------------------------------------------------------------

    def _placed(self, event: Raised, before: Incident | None, also: list[tuple[str, tuple[Post, ...]]]) -> Raised:
        """The event with the silence that keeps it quiet, or the storm that takes it."""
        if (before is None or before.status in {"SILENCED", "RESOLVED"}) and (silence := self._silence(event)):
            return replace(event, silence=silence)
        if before is None or before.status == "RESOLVED":
            return replace(event, parent=self._storm(event, also))
        if before.parent:
            parent = self.store.incident(before.parent)
            return replace(event, parent=before.parent if parent and parent.status in LIVE else "")
        return event

    def _silence(self, event: Raised) -> str:
        """The id of the silence or maintenance window that an alarm falls into."""
        asked: dict[str, Any] = {
            "service": event.judged.service,
            "target": event.judged.target,
            "alarm": event.alarm.name,
            "severity": event.judged.severity,
        }
        for id_, quiet in holding(self.settings.windows, self.now).items():
            if covers(quiet, self.now, **asked):
                # Somebody may have ended it before its time; if it has not begun yet, it begins now.
                known = self.store.incident(id_) or self.silence(quiet, id_)
                if known and known.quiet and covers(known.quiet, self.now, **asked):
                    return id_
        for silence in self.silences():
            if silence.quiet and covers(silence.quiet, self.now, **asked):
                return silence.id
        return ""

    def _storm(self, event: Raised, also: list[tuple[str, tuple[Post, ...]]]) -> str:
        """The storm that takes a new incident; it begins when more open in a minute than people can read."""
        id_ = self.store.storm()
        storm = self.store.incident(id_) if id_ else None
        if storm and storm.status in LIVE and (storm.gather_until or 0) > self.now:
            return storm.id
        if self.store.count(self.now) <= STORM:
            return ""
        minute = self.now // 60
        id_ = f"INC-{datetime.fromtimestamp(self.now, UTC):%Y%m%d}-storm-{minute % 1440:04d}"
        impact = f"More than {STORM} new incidents within a minute"
        judged = replace(event.judged, service="Many services", scope="multiple services", target="", impact=impact)
        begun = Begun(incident_id=id_, kind="storm", judged=replace(judged, why=()), at=self.now)
        posts = self.record(id_, begun, Timeline(at=minute * 60_000, id="begun", kind="storm"))
        self.store.open_storm(id_)
        also.append((id_, posts))
        return id_

    def gather(self, storm: str, judged: Judged) -> list[tuple[str, tuple[Post, ...]]]:
        """Tell a storm at once of what is worse than all before; the rest waits for its next digest."""
        parent = self.store.incident(storm)
        if parent is None or judged.severity >= parent.judged.severity:
            return []
        row = Timeline(at=self.now * 1000, id=f"worse-{judged.severity}", kind="worse")
        return [(storm, (*self.record(storm, Gathered(judged=judged), row), *self.tick(storm)))]

    def silences(self) -> list[Incident]:
        """The silences and maintenance windows that hold, the next to end first."""
        found = (self.store.incident(id_) for id_ in self.store.silences())
        return [silence for silence in found if silence and silence.quiet and silence.quiet.end > self.now]

    def silence(self, quiet: Quiet, id_: str) -> Incident | None:
        """Begin a silence. `id_` is the request's own, so that a replay begins nothing: it becomes `SIL-<id_>`."""
        id_ = id_ if id_.startswith("SIL-") else f"SIL-{id_}"
        what = ", ".join((*quiet.services, *quiet.alarms)) or "everything"
        judged = Judged(severity=3, tier="performance", scope="unknown", service=what, target="", impact=quiet.reason)
        begun = Begun(incident_id=id_, kind="silence", judged=judged, at=quiet.start, quiet=quiet, until=quiet.end)
        self.record(id_, begun, Timeline(at=quiet.start * 1000, id="begun", kind="silence"))
        return self.store.incident(id_)

    def lift(self, id_: str, by: str) -> tuple[Post, ...]:
        """End a silence before its time: what rang inside is told, and what still rings is opened."""
        row = Timeline(at=self.now * 1000, id=f"lifted-{by}", kind="lifted")
        return (*self.record(id_, Lifted(by=by), row), *self.tick(id_))

    def keep_windows(self) -> list[tuple[str, tuple[Post, ...]]]:
        """Begin the maintenance windows whose time has come. Returns the rows of each that began."""
        began = []
        for id_, quiet in holding(self.settings.windows, self.now).items():
            if self.store.incident(id_) is None:
                self.silence(quiet, id_)
                began.append((id_, tuple(self.store.unsent(id_))))
        return began

    def unheard(self, id_: str, post: Post) -> None:
        """Slack has not taken a page for long: let the operators be told, once."""
        row = Timeline(at=self.now * 1000, id=f"unheard-{post.key}", kind="unheard")
        self.record(id_, Unheard(page=post.key), row)

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
            try:
                _, posts = self._commit(before, after, row, posts)
            except Duplicate:
                return ()
            except Contended:
                continue
            return posts
        raise StoreError(f"{id_}: the table stayed contended through {TRIES} tries")

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
                self.store.adopt(target, id_, holder, ours.judged.target)
            except Contended:
                continue  # an alarm of its own came in between
        row = Timeline(at=self.now * 1000, id=f"linked-{older}", kind="linked")
        return self.record(id_, Linked(other=older), row) if older else ()

    def _look(self, incident: Incident) -> Tick:
        """What the clock cannot know: what has gathered, and what DescribeAlarms says where recovery is verified."""
        if incident.kind != "incident":
            return Tick(tally=self._gathered(incident))
        if incident.recover_at is None or incident.recover_at > self.now:
            return Tick()
        alarms = {key: alarm for key, alarm in incident.alarms.items() if alarm.arn}
        try:
            states = self._states([(alarm.name, alarm.arn) for alarm in alarms.values()]) if alarms else {}
        except (ClientError, BotoCoreError) as error:
            why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            return Tick(unverified=f"DescribeAlarms: {why}")
        return Tick(states={key: states[alarm.arn] for key, alarm in alarms.items() if alarm.arn in states})

    def _gathered(self, gathering: Incident) -> Tally:
        """Count what has gathered. What its end sets free is set free first: its last word must tell what became of it.

        All of it can be done again: a crash in between leaves the gathering due.
        """
        if gathering.kind == "monitor":
            return self._validated(gathering)
        over = gathering.status == "RESOLVED" or (
            gathering.kind == "silence" and gathering.quiet is not None and gathering.quiet.end <= self.now
        )
        children = self.store.children(gathering.id)
        if over:
            for child in children:
                if child.status in {"SILENCED", "OPEN"} and child.status != RELEASED:
                    self._free(child.id, gathering)
            children = self.store.children(gathering.id)
            self._validate(gathering)
        return tally(children)

    def _free(self, id_: str, gathering: Incident) -> None:
        child = self.store.incident(id_)
        if child is None or gathering.id not in {child.parent, child.silence}:
            return
        row = Timeline(at=self.now * 1000, id=f"freed-{gathering.id}", kind="freed")
        if gathering.kind == "storm" and gathering.resolved_by:  # a person closed the storm, and so what is in it
            self.record(
                id_,
                Closed(
                    by=gathering.resolved_by,
                    root_cause=gathering.root_cause,
                    prevention=gathering.prevention,
                    ringing=ringing(child),
                ),
                row,
            )
        elif child.status == "SILENCED" or child.parent:
            self.record(id_, Released(), row)

    def _validate(self, silence: Incident) -> None:
        """After a maintenance window: watch for 30 minutes (runbook, Post-maintenance Validation)."""
        if silence.kind != "silence" or silence.quiet is None or not silence.quiet.window:
            return
        end = silence.quiet.end
        begun = Begun(
            incident_id=silence.id.replace("SIL-", "MON-", 1),
            kind="monitor",
            judged=silence.judged,
            at=end,
            quiet=silence.quiet,
            until=end + VALIDATION,
        )
        self.record(begun.incident_id, begun, Timeline(at=end * 1000, id="begun", kind="monitor"))

    def _validated(self, monitor: Incident) -> Tally:
        """What came out of the window unresolved, and what opened in the half hour after it."""
        if monitor.gather_at is None or monitor.quiet is None:
            return Tally()
        quiet = replace(monitor.quiet, start=0, end=self.now + 1, severity_1=True)
        children = {child.id: child for child in self.store.children(monitor.id.replace("MON-", "SIL-", 1))}
        left = {id_: child for id_, child in children.items() if child.status != "RESOLVED"}
        for incident in self.store.opened(monitor.opened_at, self.now):
            alarms = [alarm.name for alarm in incident.alarms.values()] or [""]
            said: dict[str, Any] = {"service": incident.judged.service, "target": incident.judged.target, "severity": 2}
            if any(covers(quiet, self.now, alarm=name, **said) for name in alarms):
                left[incident.id] = seen(incident)
        now = (self.store.incident(id_) for id_ in left)
        return tally(seen(incident) for incident in now if incident)

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


def _outcome(before: Incident | None, after: Incident, key: str) -> str:
    if after.status in {"NOTED", "SILENCED"}:
        return after.status.lower()
    if before is None:
        return "gathered" if after.parent else "opened"
    return "joined" if key not in before.alarms else "updated"


def _gatherings(before: Incident | None, after: Incident) -> list[str]:
    """What gathers the incident, or did until now."""
    ids = (after.parent, after.silence, _left(before, after))
    return [id_ for id_ in dict.fromkeys(ids) if id_]


def _left(before: Incident | None, after: Incident) -> str:
    """The storm that an incident left with this change."""
    return before.parent if before and before.parent != after.parent else ""
