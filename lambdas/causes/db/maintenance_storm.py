"""The engine's own upkeep takes the machine: vacuum, checkpoints, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, loads, scene, words
from lambdas.checks.pi.counters import Counter
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.logs import LogSign, sign
from lambdas.checks.rds.parameters import Parameter
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.db.loads import Load, Loads
    from lambdas.checks.base import Finding

WRAPAROUND = 200e6  # autovacuum_freeze_max_age of PostgreSQL: from here it vacuums whether there is time or not
HISTORY = 1e6  # length of InnoDB's history list that slows reads down

_NAMES = {"vacuum": "Vacuum", "checkpoint": "A checkpoint storm", "purge": "InnoDB's purge"}


@cause(
    "db.maintenance_storm",
    title="The database's own maintenance takes its capacity",
    reads=("pi.totals", "pi.load", "pi.statements", "rds.metrics", "pi.transactions", "rds.logs"),
    effects=(
        *actions.FELT,
        "db.io_saturation",
        "db.slow_query",
        "db.connection_exhaustion",
        "db.replica_lag_writes",
        "db.cpu_credits_exhausted",
        "db.memory_pressure",
        "db.traffic_surge",
    ),
    depth=6,
    runbook=actions.RUNBOOK,
)
def maintenance_storm(evidence: Evidence) -> Judgement:
    """Waits and statements name upkeep; else the write-out that checkpoints and vacuum cause, and the logs."""
    found = loads.of(evidence)
    purge = _history(evidence)
    said = _said(evidence)
    if found:
        upkeep = found.upkeep()
        share = found.share(upkeep)
        if upkeep.now >= 0.5 and share >= 0.12 and not upkeep.habitual:
            return _named(evidence, found, upkeep, share, said)
        flood = _flood(evidence, found)
        if flood:
            return flood
    if purge:
        return purge
    if said:
        return Judgement(
            verdict="likely",
            summary=f"Checkpoints follow each other too fast on {scene.name(evidence)}",
            evidence=(*said[:2], *_writes(evidence)),
            actions=_actions(evidence, "checkpoint"),
            would_confirm="checkpoint and WAL waits of Performance Insights",
            since=min((s.at for s in said if s.at), default=scene.onset(evidence)),
            score=0.5,
        )
    if found:
        upkeep = found.upkeep()
        usual = ", as usual" if upkeep.now >= 0.5 and upkeep.habitual else ""
        part = f"{words.number(upkeep.now)} of {words.number(found.total.now)} active sessions"
        text = f"Vacuum, checkpoints and purge are {part}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text + usual, source="pi:DescribeDimensionKeys"),))
    return scene.unseen(evidence, scene.insights_gap(evidence))


def _said(evidence: Evidence) -> list[Fact]:
    """PostgreSQL's own complaint about its checkpoints, in its log or passed on as an event."""
    found: list[tuple[str, Finding]] = [(s.line, s) for s in evidence.of(LogSign) if s.kind == "checkpoint"]
    events = [e for e in evidence.of(RdsEvent) if e.at and e.at in evidence.window]
    found += [(e.message, e) for e in events if sign(e.message) == "checkpoint"]
    return [Fact(text=text, source=one.source, at=one.at, link=one.link) for text, one in found]


def _named(evidence: Evidence, found: Loads, upkeep: Load, share: float, said: list[Fact]) -> Judgement:
    kind = _kind(found)
    writes = _writes(evidence)
    aged = scene.level(evidence, "MaximumUsedTransactionIDs")
    wraparound = bool(aged and aged.now >= 0.9 * WRAPAROUND) or any(
        "wraparound" in s.key.lower() for s in found.statements if s.kind == "vacuum"
    )
    strong = (share >= 0.3 and upkeep.now >= 1.0 and upkeep.new) or bool(said and share >= 0.15)
    likely = strong or share >= 0.25 or bool(writes)
    named = [s for s in found.statements if s.kind in loads.UPKEEP][:2]
    events = [w for w in found.waits if w.wait in loads.UPKEEP_WAITS][:3]
    what = named[0].key if named and kind == "vacuum" else events[0].key if events else named[0].key if named else ""
    return Judgement(
        verdict="confirmed" if strong else "likely" if likely else "possible",
        summary=f"{_NAMES[kind]} takes {words.number(upkeep.now)} of {words.number(found.total.now)} active sessions "
        f"on {scene.name(evidence)} (`{what}`)" + (", to prevent transaction id wraparound" if wraparound else ""),
        evidence=(
            loads.fact(upkeep, found, f"{_NAMES[kind]} in the load"),
            *(loads.fact(s, found, f"`{s.key}`") for s in named),
            *(loads.fact(w, found, f"Wait {w.key}") for w in events),
            *said[:1],
            *(scene.facts((aged,)) if wraparound else ()),
            *writes,
            *_driver(found),
            *scene.facts((scene.level(evidence, "CPUUtilization"),)),
        ),
        actions=_actions(evidence, kind),
        would_confirm="" if strong else "its share of the load over more minutes",
        since=_since(evidence, upkeep, events),
        score=min(1.0, 0.5 + share / 2),
    )


def _flood(evidence: Evidence, found: Loads) -> Judgement | None:
    """WAL and data are written out at a rate that no single statement explains: what a checkpoint storm looks like."""
    out = found.by_wait("wal", "write", "checkpoint")
    share = found.share(out)
    requested = _counter_rise(evidence, "db.Checkpoint.checkpoints_req")
    writes = _writes(evidence)
    if share < 0.4 or out.now < 1.0 or out.habitual or not (requested or writes):
        return None
    single = next((s for s in found.statements if found.share(s) >= 0.5 and s.kind not in loads.UPKEEP), None)
    checkpoints = found.by_wait("checkpoint").now >= 0.05 * found.total.now
    spread = found.by_wait("write").now >= 0.15 * found.total.now  # data files too, not only the log of commits
    if not requested and not checkpoints and (single is not None or not spread):
        return None
    return Judgement(
        verdict="likely",
        summary=f"Checkpoints and WAL are written out by a storm on {scene.name(evidence)}: "
        f"{words.number(out.now)} of {words.number(found.total.now)} active sessions wait for it",
        evidence=(
            loads.fact(out, found, f"Write-out, foremost {out.key}"),
            *((requested,) if requested else ()),
            *writes,
            *_driver(found),
            *scene.facts((scene.level(evidence, "CPUUtilization"),)),
        ),
        actions=_actions(evidence, "checkpoint"),
        would_confirm="log_checkpoints in the log, or db.Checkpoint.checkpoints_req of Performance Insights",
        since=out.since or scene.onset(evidence),
        score=0.4 + share / 3,
    )


def _history(evidence: Evidence) -> Judgement | None:
    """InnoDB keeps old row versions that purge does not get rid of."""
    level = scene.level(evidence, "RollbackSegmentHistoryListLength")
    counter = next((c for c in evidence.of(Counter) if c.name == "db.Transactions.trx_rseg_history_len"), None)
    points = level.metric.points if level else counter.points if counter else ()
    line = ts.trend(points)
    if line is None or points[-1][1] < 0.5 * HISTORY or line.rise < 0.3 * abs(line.start):
        return None
    last = points[-1][1]
    return Judgement(
        verdict="confirmed" if last >= HISTORY and line.fit >= 0.7 else "likely",
        summary=f"InnoDB's purge falls behind on {scene.name(evidence)}: {words.number(last)} old row versions",
        evidence=(
            Fact(
                text=f"History list length {words.number(last)}, {words.number(max(line.start, 0))} at first",
                source="cloudwatch:GetMetricData" if level else "pi:GetResourceMetrics",
                at=points[-1][0],
                value=words.number(last),
                baseline=words.number(max(line.start, 0)),
            ),
            *scene.facts(scene.level(evidence, n) for n in ("CPUUtilization", "ReadIOPS", "SelectLatency")),
        ),
        actions=_actions(evidence, "purge"),
        since=points[0][0],
        score=0.7,
    )


def _kind(found: Loads) -> str:
    sums = {
        "vacuum": found.by_wait("vacuum").now + sum(s.now for s in found.statements if s.kind == "vacuum"),
        "checkpoint": found.by_wait("checkpoint").now + sum(s.now for s in found.statements if s.kind == "checkpoint"),
        "purge": found.by_wait("purge").now + sum(s.now for s in found.statements if s.kind == "purge"),
    }
    return max(sums, key=lambda k: sums[k])


def _since(evidence: Evidence, upkeep: Load, events: list[Load]) -> datetime:
    known = [x.since for x in (upkeep, *events) if x.since]
    return min(known, default=scene.onset(evidence))


def _writes(evidence: Evidence) -> tuple[Fact, ...]:
    names = ("WriteIOPS", "WriteThroughput", "WriteLatency", "DiskQueueDepth", "TransactionLogsGeneration")
    levels = [x for n in names if (x := scene.level(evidence, n))]
    return scene.facts(
        x for x in levels if x.up(1.7) or (x.ratio is None and x.name == "WriteLatency" and x.now >= 0.02)
    )


def _driver(found: Loads) -> tuple[Fact, ...]:
    """The write statement that feeds it, if one rose."""
    best = max((s for s in found.statements if s.kind == "write" and s.new), key=lambda s: s.rise, default=None)
    return (loads.fact(best, found, f"Fed by `{best.key}`"),) if best else ()


def _counter_rise(evidence: Evidence, name: str) -> Fact | None:
    found = next((c for c in evidence.of(Counter) if c.name == name), None)
    if found is None:
        return None
    start, end = scene.trouble(evidence)
    now, before = ts.mean(ts.between(found.points, start, end)), ts.mean([p for p in found.points if p[0] < start])
    if now is None or before is None or now < 2 * before + 0.01:
        return None
    return Fact(
        text=f"{name} {words.number(now)} ({words.number(before)} before)",
        source=found.source,
        value=words.number(now),
        baseline=words.number(before),
        link=found.link,
    )


def _actions(evidence: Evidence, kind: str) -> tuple[Action, ...]:
    parameters = {p.name: p for p in evidence.of(Parameter)}
    subject = scene.subject(evidence)
    group = next((g for g, _ in subject.groups), "") if subject else ""
    match kind:
        case "vacuum":
            text = "Let the vacuum end, or slow it (autovacuum_vacuum_cost_delay of this table) and vacuum off-peak"
        case "purge":
            text = (
                "End the long-running transaction that holds purge back (information_schema.innodb_trx, oldest first)"
            )
        case _:
            size = parameters.get("max_wal_size")
            now = f" (now {size.value})" if size and size.value else ""
            text = (
                f"Throttle the bulk write, and raise max_wal_size{now} in parameter group {group or 'of the instance'}"
            )
    link = next((p.link for p in parameters.values() if p.link), subject.link if subject else "")
    return (Action(text=text, link=link), actions.scale(evidence, "storage and class for write-outs of this size"))
