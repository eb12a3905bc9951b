"""A replica's lag, and what each side did meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.db import loads, scene, words
from lambdas.causes.db.memo import once
from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.logs import LogSign

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence

NAMES = ("ReplicaLag", "AuroraReplicaLag", "AuroraReplicaLagMaximum")
LEAST = {"ReplicaLag": 10.0, "AuroraReplicaLag": 500.0, "AuroraReplicaLagMaximum": 500.0}  # seconds, milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """One replica that lags. `level` is None where only the alarm says so."""

    replica: Instance
    source: Instance | None
    level: scene.Level | None
    fact: Fact
    since: datetime


@once
def lagging(evidence: Evidence) -> list[Lag]:
    """Replicas that lag, worst first."""
    found = []
    # Only replicas have the metric, also where RDS's description lacks what they follow.
    for replica in evidence.of(Instance):
        for role in NAMES:
            level = scene.level(evidence, role, replica.id)
            if replica.writer:
                continue  # Aurora publishes the cluster's worst lag on the writer too
            if level and level.peak >= LEAST[role] and (level.ratio is None or level.ratio >= 2):
                source = scene.upstream(evidence, replica)
                fact = level.fact(
                    f"{replica.id} lags {words.amount(role, level.peak)}"
                    + (f" behind {source.id}" if source else "")
                    + (f" ({words.amount(role, level.reference)} otherwise)" if level.reference is not None else ""),
                    value=level.peak,
                )
                found.append(Lag(replica=replica, source=source, level=level, fact=fact, since=_since(evidence, level)))
                break
    found.sort(key=lambda x: -(x.level.peak if x.level else 0.0))
    return found or _by_alarm(evidence)


def _by_alarm(evidence: Evidence) -> list[Lag]:
    """The metric is absent, but it is what the alarm is about, or the log shows its consequence."""
    alert = evidence.alert
    replica = next(iter([*scene.replicas(evidence), *evidence.of(Instance)]), None)
    if replica is None:
        return []
    named = any("lag" in m.name.lower() for m in alert.metrics) or "lag" in f"{alert.name} {alert.reason}".lower()
    if not named or alert.state != "ALARM":
        return []
    role = next((m.name for m in alert.metrics if m.name in NAMES), "ReplicaLag")
    if scene.metric(evidence, role, replica.id):
        return []  # it is measured, and does not lag
    value = f" of {words.amount(role, alert.observed)}" if alert.observed is not None else ""
    fact = Fact(text=f"The alarm reports a lag{value}", source="the alarm", at=alert.at)
    return [
        Lag(
            replica=replica,
            source=scene.upstream(evidence, replica),
            level=None,
            fact=fact,
            since=scene.onset(evidence),
        )
    ]


def _since(evidence: Evidence, level: scene.Level) -> datetime:
    floor = max(2 * (level.reference or 0.0), LEAST.get(level.name, 1.0) / 2)
    at = evidence.window.at
    beyond = None
    for moment, value in level.metric.points:
        beyond = (beyond or moment) if value > floor else (None if moment <= at else beyond)
    return beyond or scene.onset(evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side did: the evidence for it, and whether Performance Insights says so too."""

    facts: tuple[Fact, ...]
    direct: bool = False
    dismissed: tuple[Fact, ...] = ()


WRITES = ("WriteIOPS", "WriteThroughput", "TransactionLogsGeneration", "CommitThroughput", "DMLThroughput")


def upstream_writes(evidence: Evidence, lag: Lag) -> Side:
    """A write burst of the source; where the source is out of sight, what arrives at the replica."""
    told: list[Fact] = []
    if lag.source:
        risen = [x for n in WRITES if (x := scene.level(evidence, n, lag.source.id)) and _risen(x)]
        told += scene.facts(risen)
    direct: list[Fact] = []
    for database in [d for d in (lag.source, lag.replica) if d]:
        found = loads.of(evidence, database.id)
        if not found:
            continue
        writers = [
            s
            for s in found.statements
            if s.kind in {"write", "ddl", "vacuum"}
            and found.share(s) >= 0.2
            and s.now >= 0.5
            and (s.new or (s.reference is None and (database is lag.source or lag.source is None)))
        ]
        if database is lag.source:
            direct += [loads.fact(s, found, f"On {database.id}: `{s.key}`") for s in writers[:2]]
            out = found.by_wait("wal", "write", "checkpoint")
            if out.now >= 0.5 and found.share(out) >= 0.25 and not out.habitual:
                direct.append(loads.fact(out, found, f"On {database.id}: waits to write, foremost {out.key}"))
        elif lag.source is None or not direct:
            apply = loads.together(
                [w for w in found.waits if w.wait in {"wal", "replication"} and "conflict" not in w.key.lower()]
            )
            if writers or (apply.now >= 0.5 and found.share(apply) >= 0.25 and not apply.habitual):
                first = writers[0] if writers else apply
                direct.append(loads.fact(first, found, f"On {database.id}: applying writes, `{first.key}`"))
    if lag.source is None:
        own = [
            x for n in ("WriteIOPS", "WriteThroughput") if (x := scene.level(evidence, n, lag.replica.id)) and x.up(1.8)
        ]
        told += scene.facts(own)
    return Side(facts=(*direct, *told), direct=bool(direct))


def _risen(level: scene.Level) -> bool:
    return level.up(1.6) or (level.ratio is None and level.name == "WriteIOPS" and level.now >= 1000)


def reader_load(evidence: Evidence, lag: Lag) -> Side:
    """The replica's own work: CPU, reads, long statements that hold replay back. What is usual there is dismissed."""
    replica = lag.replica.id
    told: list[Fact] = []
    dismissed: list[Fact] = []
    for role, least in (("CPUUtilization", 75.0), ("ReadIOPS", 1000.0), ("DatabaseConnections", 50.0)):
        level = scene.level(evidence, role, replica)
        if level is None:
            continue
        if level.now >= least and (level.up(1.4) or (level.ratio is None and role == "CPUUtilization")):
            told.append(level.fact())
        elif role == "CPUUtilization" and level.now >= 60 and level.usual and level.usual.within(level.now):
            dismissed.append(
                level.fact(f"Not the cause: CPU of {replica} at {words.number(level.now)} % is usual at this hour")
            )
    found = loads.of(evidence, replica)
    direct = False
    conflict = found.by_wait("replication")
    if conflict.now >= 0.3 and "conflict" in " ".join(w.key.lower() for w in found.waits) and not conflict.habitual:
        told.append(loads.fact(conflict, found, f"Replay waits for readers, {conflict.key}"))
        direct = True
    readers = [
        s for s in found.statements if s.kind in {"read", "other", "backup"} and found.share(s) >= 0.25 and s.now >= 0.8
    ]
    for statement in readers[:3]:
        if statement.habitual or statement.reference is None:
            if statement.habitual:
                text = (
                    f"Not the cause: `{statement.key}` runs on {replica} as on other days, or ran long before the lag"
                )
                dismissed.append(loads.fact(statement, found, text))
            else:
                told.append(loads.fact(statement, found, f"On {replica}: `{statement.key}`"))
            continue
        late = statement.since and (statement.since - lag.since).total_seconds() > 300
        if late:
            dismissed.append(loads.fact(statement, found, f"Not the cause: `{statement.key}` began after the lag"))
        elif statement.new:
            told.append(loads.fact(statement, found, f"On {replica}: `{statement.key}`"))
            direct = True
    conflicts = [s for s in evidence.of(LogSign) if s.kind == "conflict" and s.of == replica]
    if conflicts:
        told.append(
            Fact(text=conflicts[0].line, source=conflicts[0].source, at=conflicts[0].at, link=conflicts[0].link)
        )
        direct = True
    told.sort(key=lambda f: "`" not in f.text)  # whom to stop is said first
    return Side(facts=tuple(told), direct=direct, dismissed=tuple(dismissed))
