"""One statement carries the load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, loads, scene, statements, words
from lambdas.causes.db.lag import lagging
from lambdas.causes.db.storage_full import storage_full

if TYPE_CHECKING:
    from lambdas.causes.db.loads import Loads
    from lambdas.causes.db.statements import Dominant


@cause(
    "db.slow_query",
    title="One statement dominates the database's load",
    reads=("pi.totals", "pi.statements", "pi.load", "pi.history", "rds.metrics"),
    effects=(
        *actions.FELT,
        "db.io_saturation",
        "db.connection_exhaustion",
        "db.memory_pressure",
        "db.cpu_credits_exhausted",
    ),
    depth=5,
    runbook=actions.RUNBOOK,
)
def slow_query(evidence: Evidence) -> Judgement:
    """It departs from its own past, the others do not, and it works rather than waits for locks."""
    found = loads.of(evidence)
    if not found.statements:
        return _by_metrics(evidence, found)
    top = statements.dominant(found)
    heavy = found.statements[0]
    if creeping := _creeping(evidence, found):
        return creeping
    if top is None or top.own < 0.5:
        return Judgement(
            verdict="ruled_out",
            evidence=(
                loads.fact(heavy, found, f"The heaviest statement is `{heavy.key}`"),
                *statements.innocent(found),
            ),
        )
    if scene.level(evidence, "CPUUtilization") is None and found.total.now < 1.0:
        return _no(found, top)
    if top.statement.kind == "write" and (full := storage_full(evidence)).verdict == "confirmed" and _writing(found):
        facts = (loads.fact(top.statement, found, f"`{top.statement.key}` waits for storage"), *full.evidence[:1])
        return Judgement(verdict="ruled_out", evidence=facts)
    if top.statement.reference is None:
        return _without_past(evidence, found, top)
    if not top.statement.new or top.share < 0.25:
        return _no(found, top)
    if harmless := _harmless(evidence, found):
        return Judgement(
            verdict="ruled_out",
            evidence=(loads.fact(top.statement, found, f"`{top.statement.key}` is new, but hurts nobody"), *harmless),
        )
    if not top.changed or (top.of_rise is not None and top.of_rise < 0.35):
        others = f"the others rose {words.times(top.others)} as well" if top.others else "others rose as well"
        return Judgement(
            verdict="ruled_out",
            evidence=(loads.fact(top.statement, found, f"`{top.statement.key}` rose, but {others}"),),
        )
    return _yes(evidence, found, top)


def _writing(found: Loads) -> bool:
    """Whether sessions wait to write, foremost."""
    return found.share(found.by_wait("write", "wal")) >= 0.4


def _creeping(evidence: Evidence, found: Loads) -> Judgement | None:
    """A statement that grew day by day: yesterday looks much like today, but not last week."""
    heavy = found.statements[0]
    if not heavy.creeping or found.share(heavy) < 0.5 or heavy.kind in (*loads.UPKEEP, "transaction"):
        return None
    if heavy.waiting("lock") >= 0.3 * heavy.now:
        return None
    harm = [
        x for n in ("ReadLatency", "CPUUtilization", "ReadIOPS") if (x := scene.level(evidence, n)) and _above_usual(x)
    ]
    if not harm:
        return None
    days = ", ".join(f"{words.number(load)} {back} d ago" for back, load in reversed(heavy.days))
    return Judgement(
        verdict="likely",
        summary=f"`{heavy.key}` grew over the days to {words.number(heavy.now)} of {words.number(found.total.now)} "
        f"active sessions on {scene.name(evidence)} ({days})",
        evidence=(
            loads.fact(heavy, found, f"`{heavy.key}` ({days})"),
            *(loads.fact(w, found, f"Wait {w.key}") for w in found.waits[:2]),
            *scene.facts(harm),
        ),
        actions=(actions.optimise(heavy), actions.replica(evidence)),
        would_confirm="its plan, and the rows it reads for each row it returns",
        since=evidence.window.start,
        score=0.5,
    )


def _above_usual(level: scene.Level) -> bool:
    return bool(level.usual and level.now > level.usual.high)


def _harmless(evidence: Evidence, found: Loads) -> tuple[Fact, ...]:
    """Why new load does no harm: CPU and latency are as usual, and the whole load hardly rose."""
    whole = found.total
    if whole.reference is None or whole.now >= 1.6 * whole.reference:
        return ()
    levels = [scene.level(evidence, n) for n in ("CPUUtilization", "ReadLatency", "WriteLatency")]
    known = [x for x in levels if x and x.ratio is not None]
    if not known or any(x.up(1.3) for x in known) or any(x.name == "CPUUtilization" and x.now >= 75 for x in known):
        return ()
    return scene.facts(known)


def _yes(evidence: Evidence, found: Loads, top: Dominant) -> Judgement:
    statement = top.statement
    upkeep = found.share(found.upkeep())
    mostly = top.share >= 0.5 or (top.of_rise or 0.0) >= 0.6
    weak = top.share < 0.4 and (top.of_rise or 0.0) < 0.5
    strong = mostly and top.own >= 1.0 and upkeep < 0.2
    did = _doing(top)
    fresh = (statement.reference or 0.0) < 0.1
    return Judgement(
        verdict="confirmed" if strong else "possible" if weak else "likely",
        summary=f"`{statement.key}` {'is new and ' if fresh else ''}takes {words.number(top.own)} of "
        f"{words.number(found.total.now)} active sessions on {scene.name(evidence)}" + (f", {did}" if did else ""),
        evidence=(
            loads.fact(statement, found, f"`{statement.key}`"),
            *(loads.fact(w, found, f"Wait {w.key}") for w in found.waits[:2]),
            *statements.innocent(found, statement),
            *_origin(found),
            *scene.facts(
                scene.level(evidence, n) for n in ("CPUUtilization", "ReadIOPS", "BufferCacheHitRatio", "ReadLatency")
            ),
        ),
        actions=(
            actions.optimise(statement),
            actions.replica(evidence) if statement.kind == "read" else actions.scale(evidence, "only if it must stay"),
        ),
        would_confirm="" if strong else "the statement's plan, and the load once it is stopped",
        since=statement.since or scene.onset(evidence),
        score=min(1.0, 0.4 + top.share / 2),
    )


def _without_past(evidence: Evidence, found: Loads, top: Dominant) -> Judgement:
    """Only totals of the trouble's time: who is heaviest is known, not whether that is new."""
    cpu = scene.level(evidence, "CPUUtilization")
    hardware = subject.hardware if (subject := scene.subject(evidence)) else None
    heavy = bool(cpu and cpu.now >= 75) or bool(hardware and top.own >= hardware.vcpus) or found.total.now >= 4
    if top.share < 0.4 or found.share(found.by_wait("lock")) >= 0.3 or found.share(found.upkeep()) >= 0.3:
        return _no(found, top)
    return Judgement(
        verdict="likely" if heavy and top.share >= 0.5 and not lagging(evidence) else "possible",
        summary=f"`{top.statement.key}` takes {words.number(top.own)} of {words.number(found.total.now)} active "
        f"sessions on {scene.name(evidence)}",
        evidence=(
            loads.fact(top.statement, found, f"`{top.statement.key}`"),
            *(loads.fact(w, found, f"Wait {w.key}") for w in found.waits[:2]),
            *_origin(found),
            *scene.facts((cpu, scene.level(evidence, "ReadIOPS"))),
        ),
        actions=(actions.optimise(top.statement), actions.replica(evidence)),
        would_confirm="that it was lighter before: the load over time was not to be had",
        missing=tuple(x for x in (evidence.gap("pi.statements"),) if x),
        since=scene.onset(evidence),
        score=0.3 + top.share / 2,
    )


def _no(found: Loads, top: Dominant) -> Judgement:
    return Judgement(
        verdict="ruled_out",
        evidence=(
            loads.fact(top.statement, found, f"The statement with the most new work is `{top.statement.key}`"),
            *statements.innocent(found),
        ),
    )


def _by_metrics(evidence: Evidence, found: Loads) -> Judgement:
    """Without statements: work rose while what is asked for did not. That fits a costlier statement, and more."""
    gap = scene.insights_gap(evidence) or "Performance Insights names no statements"
    cpu, reads = scene.level(evidence, "CPUUtilization"), scene.level(evidence, "ReadIOPS")
    worked = [x for x in (cpu, reads, scene.level(evidence, "ReadThroughput")) if x and x.up(1.6)]
    if not worked and not (cpu and cpu.now >= 85 and cpu.ratio is None):
        if cpu and cpu.flat() and cpu.now < 70:
            return Judgement(verdict="ruled_out", evidence=scene.facts((cpu, reads)), missing=(gap,))
        return scene.unseen(evidence, gap)
    asked = [
        x
        for n in ("NetworkReceiveThroughput", "CommitThroughput", "Queries", "DatabaseConnections")
        if (x := scene.level(evidence, n))
    ]
    if asked and all(x.up(1.5) for x in asked):
        return Judgement(verdict="ruled_out", evidence=scene.facts((*worked, *asked)), missing=(gap,))
    if found and found.share(found.by_wait("lock")) >= 0.4:
        return Judgement(verdict="ruled_out", evidence=scene.facts(worked), missing=(gap,))
    return Judgement(
        verdict="possible",
        summary=f"{scene.name(evidence)} works more for about the same requests: a statement may have become costlier",
        evidence=scene.facts((*worked, *asked)),
        actions=(actions.scale(evidence, "after the statement is found"),),
        would_confirm="the top statements of Performance Insights, or pg_stat_statements / the slow query log",
        missing=(gap,),
        since=scene.onset(evidence),
        score=0.4,
    )


def _doing(top: Dominant) -> str:
    parts = {
        "reading data": top.statement.waiting("read"),
        "on the CPU": top.statement.waiting("cpu"),
        "writing": top.statement.waiting("write", "wal"),
        "in temporary files": top.statement.waiting("temp"),
    }
    best = max(parts, key=lambda k: parts[k])
    return f"mostly {best}" if parts[best] > 0 else ""


def _origin(found: Loads) -> tuple[Fact, ...]:
    """Who sends it: the users and hosts that rose most."""
    listed = []
    for kind, group in (("user", found.users), ("host", found.hosts)):
        best = max(group, key=lambda x: x.rise, default=None)
        if best and best.rise > 0.3:
            listed.append(loads.fact(best, found, f"Most of the new load is of {kind} {best.key}"))
    return tuple(listed)
