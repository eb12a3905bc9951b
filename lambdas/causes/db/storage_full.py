"""The storage is full, or about to be."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import ORDER, Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.checks.rds.classes import GIB
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.logs import LogSign
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Verdict
    from lambdas.causes.measured import Measured

SCARCE = 10 * GIB  # where nobody says what is allocated
# RDS gives both sizes in brackets, or only a percentage; who stands in for it writes "9 GB remaining of 98 GB".
_SHARES = (
    re.compile(r"provisioned storage: (?P<all>[\d.]+) \w+, free storage: (?P<free>[\d.]+)", re.IGNORECASE),
    re.compile(r"(?P<free>[\d.]+) ?% of"),
    re.compile(r"(?P<free>[\d.]+) ?[GT]i?B\b.{0,20}\bof (?P<all>[\d.]+) ?[GT]i?B", re.IGNORECASE),
)
FULL = ("storage_full", "storage_low", "storage_unscalable")


@cause(
    "db.storage_full",
    title="The database's storage is full or filling up",
    reads=("rds.metrics", "rds.events", "rds.instances", "rds.logs"),
    effects=(*actions.FELT,
        "db.failover", "db.replica_unavailable", "db.configuration_change", "db.connection_exhaustion",
        "db.io_saturation", "db.lock_contention",
    ),
    depth=7,
    runbook=actions.RUNBOOK,
)  # fmt: skip
def storage_full(evidence: Evidence) -> Judgement:
    """Free space against what is allocated, RDS's own events and status; storage that has grown since is not full.

    The subject first; then those it stands with: a source whose disk is full is its replica's trouble too.
    """
    known: list[Instance | None] = [*evidence.of(Instance)]
    judged = [_judge(evidence, one) for one in known or [None]]
    return min(judged, key=lambda j: ORDER.index(j.verdict))


def _judge(evidence: Evidence, subject: Instance | None) -> Judgement:
    local = bool(subject and subject.aurora)
    name = subject.id if subject else scene.name(evidence)
    free = scene.metric(evidence, "FreeLocalStorage" if local else "FreeStorageSpace", name)
    events = [e for e in _events(evidence, subject) if e.kind in FULL]
    said = [s for s in evidence.of(LogSign) if s.kind == "storage" and s.of == name]
    grown = _grown(evidence, subject, free, events)
    if grown:
        return Judgement(verdict="ruled_out", summary=grown.text, evidence=(grown, *_free_fact(subject, free)))
    stopped = bool(subject and subject.status == "storage-full")
    told = (
        *(Fact(text=e.message, source=e.source, at=e.at, link=e.link) for e in events[-3:]),
        *(Fact(text=s.line, source=s.source, at=s.at, link=s.link) for s in said[:1]),
        *((Fact(text="The instance's status is storage-full", source="rds:DescribeDBInstances"),) if stopped else ()),
    )
    share = _share(subject, free)
    if share is None:
        share = _told_share(events)
    last = free.points[-1][1] if free else None
    exhausted = stopped or bool(said) or any(e.kind != "storage_low" for e in events)
    low = (share is not None and share <= 0.03) or (last is not None and last <= GIB / 2 and not local)
    scarce = share <= 0.15 if share is not None else last is None or last <= SCARCE
    if exhausted or (events and scarce) or low:
        return _yes(evidence, subject, free, told, "confirmed")
    falling = _hours_left(free)
    watched = last is not None and any("Storage" in m.name for m in evidence.alert.metrics)
    little = watched or (share is not None and share <= 0.25)
    if (watched and scarce) or (little and falling is not None and falling <= 12):
        return _yes(evidence, subject, free, told, "likely")
    if events or (share is not None and share <= 0.1):  # enough for today: what begins now does not come from it
        return _yes(evidence, subject, free, told, "possible")
    if free is None:
        looked = evidence.looked("rds.events")
        gap = scene.metrics_gap(evidence, "FreeStorageSpace")
        if looked and subject and subject.status == "available" and subject.aurora:
            return Judgement(verdict="ruled_out", missing=(gap,))
        return scene.unseen(evidence, gap)
    return Judgement(verdict="ruled_out", evidence=_free_fact(subject, free))


def _events(evidence: Evidence, subject: Instance | None) -> list[RdsEvent]:
    """Its own events of the window, oldest first."""
    name = subject.id if subject else scene.name(evidence)
    own = {name, subject.cluster if subject else ""}
    found = [e for e in evidence.of(RdsEvent) if e.id in own and e.at and e.at >= evidence.window.start]
    return sorted(found, key=lambda e: e.at or evidence.window.start)


def _yes(
    evidence: Evidence, subject: Instance | None, free: Measured | None, told: tuple[Fact, ...], verdict: Verdict
) -> Judgement:
    name = subject.id if subject else scene.name(evidence)
    left = _hours_left(free)
    if free:
        total = f" of {subject.allocated} GiB" if subject and subject.allocated and not subject.aurora else ""
        summary = f"{name} has {words.size(free.points[-1][1])}{total} of storage left"
    else:
        summary = f"The storage of {name} is exhausted, by RDS's own account"
    if left is not None and left < 24 and free and free.points[-1][1] > 0:
        summary += f", enough for {words.duration(left * 3600)} at this pace"
    filler = _filler(evidence, name)
    ceiling = _ceiling(subject)
    return Judgement(
        verdict=verdict,
        summary=summary + (f"; {filler.text}" if filler else ""),
        evidence=(
            *told,
            *_free_fact(subject, free),
            *((filler,) if filler else ()),
            *((ceiling,) if ceiling else ()),
            *scene.facts(
                x for n in ("WriteIOPS", "WriteThroughput") if (x := scene.level(evidence, n, name)) and x.up(1.5)
            ),
        ),
        actions=_actions(subject, name, filler),
        would_confirm="" if verdict == "confirmed" else "an RDS event of low storage, or the space going on falling",
        missing=tuple(x for x in (scene.metrics_gap(evidence, "FreeStorageSpace", "FreeLocalStorage"),) if x),
        since=_since(evidence, free, told),
        score={"confirmed": 0.9, "likely": 0.6}.get(verdict, 0.2),
    )


def _free_fact(subject: Instance | None, free: Measured | None) -> tuple[Fact, ...]:
    if free is None:
        return ()
    first, last = free.points[0], free.points[-1]
    share = _share(subject, free)
    return (
        Fact(
            text=f"{free.series.name} {words.size(last[1])}"
            + (f" ({share:.0%} of what is allocated)" if share is not None else "")
            + f", {words.size(first[1])} at {words.clock(first[0])}",
            source="cloudwatch:GetMetricData",
            at=last[0],
            value=words.size(last[1]),
            baseline=words.size(first[1]),
            link=free.series.link,
        ),
    )


def _share(subject: Instance | None, free: Measured | None) -> float | None:
    if free is None or subject is None or not subject.allocated or subject.aurora:
        return None
    return free.points[-1][1] / (subject.allocated * GIB)


def _told_share(events: list[RdsEvent]) -> float | None:
    """The share that is free, as the newest event that gives figures says."""
    for event in reversed(events):
        for pattern in _SHARES:
            if found := pattern.search(event.message):
                whole = float(found["all"]) if "all" in pattern.groupindex else 100.0
                return min(1.0, float(found["free"]) / whole) if whole else None
    return None


def _grown(evidence: Evidence, subject: Instance | None, free: Measured | None, events: list[RdsEvent]) -> Fact | None:
    """Storage that was added since: by RDS's event, and by the free space itself."""
    scaled = [e for e in _events(evidence, subject) if e.kind == "storage_scaled"]
    last_bad = max((e.at for e in events if e.at), default=None)
    after = [e for e in scaled if e.at and (last_bad is None or e.at >= last_bad)]
    if any(e.kind == "storage_unscalable" for e in events):
        return None
    if free is None:
        done = next((e for e in after if "finish" in e.message.lower() or "complet" in e.message.lower()), None)
        return Fact(text=f"Storage has grown since: {done.message}", source=done.source, at=done.at) if done else None
    lowest = min(ts.values(free.points))
    last = free.points[-1][1]
    share = _share(subject, free)
    jumped = last >= 1.3 * max(lowest, 1.0) and last - lowest >= GIB
    if not jumped or (share is not None and share < 0.05):
        return None
    event = after[-1] if after else None
    text = f"Storage has grown: {words.size(lowest)} free at the lowest, {words.size(last)} now"
    return Fact(
        text=text + (f" ({event.message})" if event else ""),
        source=event.source if event else "cloudwatch:GetMetricData",
        at=event.at if event else free.points[-1][0],
        value=words.size(last),
        baseline=words.size(lowest),
        link=free.series.link,
    )


def _hours_left(free: Measured | None) -> float | None:
    if free is None or len(free.points) < 4:
        return None
    recent = [p for p in free.points if p[0] >= free.points[-1][0] - timedelta(hours=1)]
    line = ts.trend(recent if len(recent) >= 4 else free.points)
    if line is None or line.per_hour >= 0 or line.fit < 0.5:
        return None
    return max(0.0, free.points[-1][1] / -line.per_hour)


def _filler(evidence: Evidence, name: str) -> Fact | None:
    """What fills it, where a metric says so: WAL that a slot holds back, binary logs."""
    for role, what in (
        ("OldestReplicationSlotLag", "a replication slot that nobody reads holds back WAL"),
        ("ReplicationSlotDiskUsage", "a replication slot that nobody reads holds back WAL"),
        ("TransactionLogsDiskUsage", "WAL piles up"),
        ("BinLogDiskUsage", "binary logs pile up"),
    ):
        found = scene.metric(evidence, role, name)
        if found is None:
            continue
        last, first = found.points[-1][1], found.points[0][1]
        if last >= GIB and (last >= 1.3 * max(first, 1.0) or last >= 10 * GIB):
            return Fact(
                text=f"{what}: {words.size(last)}",
                source="cloudwatch:GetMetricData",
                at=found.points[-1][0],
                value=words.size(last),
                baseline=words.size(first),
                link=found.series.link,
            )
    return None


def _ceiling(subject: Instance | None) -> Fact | None:
    if subject is None or subject.aurora:
        return None
    if not subject.max_allocated:
        return Fact(text="Storage autoscaling is off", source="rds:DescribeDBInstances", link=subject.link)
    if subject.allocated and subject.max_allocated <= 1.1 * subject.allocated:
        text = f"Storage autoscaling is at its maximum: {subject.allocated} of {subject.max_allocated} GiB"
        return Fact(text=text, source="rds:DescribeDBInstances", link=subject.link)
    return None


def _actions(subject: Instance | None, name: str, filler: Fact | None) -> tuple[Action, ...]:
    if subject and subject.aurora:
        return (
            Action(
                text="Scale database instance if resource constrained: local storage grows with the class",
                command=actions.modify(name, "--db-instance-class <larger class> --apply-immediately"),
                link=subject.link,
            ),
        )
    size = subject.allocated if subject and subject.allocated else None
    larger = str(round(size * 1.2) + 1) if size else "<GiB>"
    limit = str(round(size * 2)) if size else "<GiB>"
    first = Action(
        text="Scale database instance if resource constrained: add storage now, and raise autoscaling's maximum",
        command=actions.modify(
            name, f"--allocated-storage {larger} --max-allocated-storage {limit} --apply-immediately"
        ),
        link=subject.link if subject else "",
    )
    if filler and "slot" in filler.text:
        return (first, Action(text="Drop the inactive replication slot: SELECT pg_drop_replication_slot(name)"))
    return (first, Action(text="Find what grows: the largest tables, temporary files, logs"))


def _since(evidence: Evidence, free: Measured | None, told: tuple[Fact, ...]) -> datetime:
    known = [f.at for f in told if f.at]
    return min(known) if known else free.points[0][0] if free else scene.onset(evidence)
