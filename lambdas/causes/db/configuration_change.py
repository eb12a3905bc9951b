"""The database was changed, restarted or patched."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import CAUSES, Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.causes.db.failover import KINDS as FAILOVER
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.maintenance import PendingMaintenance
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

OUTAGE = ("patch", "class_changed")
CHANGES = (*OUTAGE, "restart", "parameters", "storage_changed", "modification")
# Causes with a direct sign of their own: where one stands, a change that merely lies near is no cause.
SPECIFIC = (
    "db.lock_contention", "db.maintenance_storm", "db.memory_pressure", "db.slow_query", "db.storage_full",
    "db.replica_lag_writes", "db.replica_lag_reads", "db.traffic_surge", "db.connection_leak",
    "db.cpu_credits_exhausted",
)  # fmt: skip
BEFORE = timedelta(hours=2)
CLOSE = timedelta(minutes=20)
_CALLS = re.compile(r"(Modify|Reboot|Stop|Start|Restore|Promote|Delete|Reset|Failover|Apply)DB|ApplyPendingMaintenance")


@cause(
    "db.configuration_change",
    title="The database was changed, restarted or patched",
    reads=("rds.events", "rds.instances", "rds.maintenance", "cloudtrail.changes", "rds.metrics"),
    effects=(*actions.FELT,
        "db.connection_exhaustion", "db.memory_pressure", "db.io_saturation", "db.failover", "db.slow_query",
        "db.replica_unavailable", "db.traffic_surge", "change.configuration",
    ),
    depth=7,
    runbook=actions.RUNBOOK,
)  # fmt: skip
def configuration_change(evidence: Evidence) -> Judgement:
    """An event or call right before the trouble. That it is near proves nothing: its effect has to fit."""
    began = scene.onset(evidence)
    events = [e for e in evidence.of(RdsEvent) if e.kind in CHANGES and e.at]
    near = [e for e in events if e.at and began - BEFORE <= e.at <= evidence.window.at + scene.SETTLED]
    near = [e for e in near if not _of_failover(evidence, e)]
    calls = [c for c in _calls(evidence) if c.at and began - BEFORE <= c.at <= evidence.window.at]
    if not near and not calls:
        if not evidence.looked("rds.events"):
            return scene.unseen(evidence, f"rds.events: {evidence.gap('rds.events')}")
        return Judgement(verdict="ruled_out", evidence=_none(events, began))
    lines = (
        *(Fact(text=e.message, source=e.source, at=e.at, link=e.link) for e in near[-4:]),
        *(Fact(text=f"{c.who} called {c.event}", source=c.source, at=c.at, link=c.link) for c in calls[:3]),
        *_pending(evidence),
    )
    first = min([x.at for x in (*near, *calls) if x.at], default=began)
    restarts = [e for e in near if e.kind == "restart" and "restarted" in e.message.lower()]
    asked = any("Reboot" in c.event for c in calls) or any(e.kind in OUTAGE for e in near)
    looping = len({e.id for e in restarts}) < len(restarts) and len(restarts) >= 2
    outage = _outage(evidence, [e for e in near if e.kind in OUTAGE or (e.kind == "restart" and asked and not looping)])
    own = evidence.alert.kind == "rds" and any(e.at == evidence.alert.at for e in near)
    if outage or own:
        return _yes(evidence, near, calls, (*lines, *((outage,) if outage else ())), "confirmed", first)
    close = [x for x in (*near, *calls) if x.at and began - CLOSE <= x.at <= began + timedelta(minutes=5)]
    explained = (CAUSES[id_].judge(evidence).verdict in {"confirmed", "likely"} for id_ in SPECIFIC if id_ in CAUSES)
    if close and not looping and not any(explained):
        return _yes(evidence, near, calls, lines, "likely", first)
    return _yes(evidence, near, calls, lines, "possible", first)


def _yes(  # noqa: PLR0917 — the parts of one judgement
    evidence: Evidence,
    near: list[RdsEvent],
    calls: list[Change],
    lines: tuple[Fact, ...],
    verdict: str,
    first: datetime,
) -> Judgement:
    what = near[0].message if near else f"{calls[0].who} called {calls[0].event}"
    groups = scene.subject(evidence)
    group = next((g for g, _ in groups.groups), "") if groups else ""
    reverse = f" (parameter group {group})" if group and any(e.kind == "parameters" for e in near) else ""
    return Judgement(
        verdict="confirmed" if verdict == "confirmed" else "likely" if verdict == "likely" else "possible",
        summary=f"{scene.name(evidence)} was changed at {words.clock(first)}: {what}",
        evidence=lines,
        actions=(
            Action(
                text=f"Ask who changed it, and take the change back if it was not meant{reverse}",
                command=actions.describe_events(evidence),
                link=lines[0].link if lines else "",
            ),
        ),
        would_confirm="" if verdict == "confirmed" else "the trouble ending once the change is taken back",
        since=first,
        score=0.7 if verdict == "confirmed" else 0.3,
    )


def _outage(evidence: Evidence, events: list[RdsEvent]) -> Fact | None:
    """A restart shows as connections that fall away; it is what the alarm is about only at its beginning."""
    connections = scene.metric(evidence, "DatabaseConnections")
    began = scene.onset(evidence)
    for event in events:
        if connections is None or event.at is None or abs(event.at - began) > CLOSE:
            continue
        around = ts.between(connections.points, event.at - timedelta(minutes=6), event.at + timedelta(minutes=4))
        before = ts.middle([p for p in connections.points if p[0] < event.at - timedelta(minutes=6)][-15:])
        if around and before and min(ts.values(around)) < 0.4 * before:
            low = min(ts.values(around))
            return Fact(
                text=f"Connections fell from {words.number(before)} to {words.number(low)} with it",
                source="cloudwatch:GetMetricData",
                at=event.at,
                value=words.number(low),
                baseline=words.number(before),
            )
    return None


def _of_failover(evidence: Evidence, event: RdsEvent) -> bool:
    """A restart within a failover is part of it."""
    return event.kind in {"restart", "modification"} and any(
        o.kind in FAILOVER and o.at and event.at and abs(o.at - event.at) <= timedelta(minutes=10)
        for o in evidence.of(RdsEvent)
    )


def _calls(evidence: Evidence) -> list[Change]:
    """CloudTrail's calls on the databases in sight and their parameter groups."""
    names = {scene.name(evidence)}
    for found in (scene.subject(evidence), *scene.peers(evidence)):
        if found:
            names |= {found.id, found.cluster, *(g for g, _ in found.groups)}
    names.discard("")
    return [
        c
        for c in evidence.of(Change)
        if c.service.startswith("rds.")
        and _CALLS.search(c.event)
        and not c.error
        and (names & {n.rpartition(":")[2] for n in c.names} or any(f'"{n}"' in c.parameters for n in names))
    ]


def _pending(evidence: Evidence) -> tuple[Fact, ...]:
    found = [p for p in evidence.of(PendingMaintenance) if p.at and p.at >= evidence.window.at]
    return tuple(Fact(text=f"Pending: {p.action}", source=p.source, at=p.at, link=p.link) for p in found[:1])


def _none(events: list[RdsEvent], began: datetime) -> tuple[Fact, ...]:
    old = [e for e in events if e.at and e.at < began]
    if not old:
        return (Fact(text="No change, restart or patch in RDS's events before it", source="rds:DescribeEvents"),)
    last = max(old, key=lambda e: e.at or began)
    text = f"The last change lies well before the trouble: {last.message}"
    return (Fact(text=text, source=last.source, at=last.at, link=last.link),)
