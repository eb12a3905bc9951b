"""Sessions wait for each other's locks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.alarm import watched
from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, loads, scene, words
from lambdas.causes.db.waits import kind
from lambdas.checks.pi.counters import Counter
from lambdas.checks.pi.load import LoadSeries
from lambdas.checks.pi.statements import tables
from lambdas.checks.rds.logs import LogSign
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.db.loads import Load, Loads


@cause(
    "db.lock_contention",
    title="Sessions block each other on locks",
    reads=("pi.totals", "pi.load", "pi.statements", "pi.transactions", "rds.metrics"),
    effects=(*actions.FELT, "db.slow_query", "db.connection_exhaustion", "db.connection_leak", "db.traffic_surge"),
    depth=6,
    runbook=actions.RUNBOOK,
)
def lock_contention(evidence: Evidence) -> Judgement:
    """Lock waits carry the load (Performance Insights); else what counters of blocked transactions say."""
    found = loads.of(evidence)
    if not found:
        return _by_log(evidence) or _by_counters(evidence)
    waiting = found.by_wait("lock")
    share = found.share(waiting)
    if waiting.now < 0.5 or share < 0.15:
        text = f"Lock waits are {words.number(waiting.now)} of {words.number(found.total.now)} active sessions"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="pi:DescribeDimensionKeys"),))
    usual = waiting.reference is not None and waiting.now < 1.5 * waiting.reference
    if usual:
        return Judgement(
            verdict="ruled_out",
            evidence=(loads.fact(waiting, found, "Lock waits are as usual"),),
        )
    blocked = _blocked(found)
    holder = _holder(evidence, found, blocked)
    strong = waiting.now >= 1.0 and share >= 0.4
    over = _over(evidence, waiting)
    worst = next((w for w in found.waits if w.wait == "lock"), waiting)
    begins = f"until {words.clock(over)}: " if over else ""
    return Judgement(
        verdict="possible" if over else "confirmed" if strong else "likely" if share >= 0.25 else "possible",
        summary=f"{begins}{words.number(waiting.now)} sessions wait for locks ({worst.key}) on {scene.name(evidence)}"
        + (f"; blocked: `{blocked[0].key}`" if blocked else "")
        + (f"; likely holder: {holder.text}" if holder else ""),
        evidence=(
            loads.fact(waiting, found, f"Lock waits, foremost {worst.key}"),
            *(loads.fact(s, found, f"Blocked: `{s.key}`") for s in blocked[:3]),
            *((holder,) if holder else ()),
            *(
                Fact(
                    text="Sessions by user: " + ", ".join(f"{u.key} {words.number(u.now)}" for u in found.users[:3]),
                    source=found.users[0].source,
                    link=found.users[0].link,
                )
                for _ in found.users[:1]
            ),
            *scene.facts(scene.level(evidence, n) for n in ("Deadlocks", "CPUUtilization", "DatabaseConnections")),
        ),
        actions=_actions(evidence, found),
        would_confirm=""
        if strong and not over
        else "pg_blocking_pids() or sys.innodb_lock_waits on the database itself",
        since=waiting.since or scene.onset(evidence),
        score=min(1.0, 0.5 + share / 2),
    )


def _over(evidence: Evidence, waiting: Load) -> datetime | None:
    """Since when nobody waits any more, where the alarm's metric is back as well; None while it goes on."""
    watch = watched(evidence)
    if watch is None or watch.back_since is None:
        return None
    of = [s for s in evidence.of(LoadSeries) if s.of == scene.name(evidence) and s.group == "wait" and not s.days]
    points = [p for s in of if kind(s.key, s.wait_type) == "lock" for p in s.points]
    last = [p for p in points if p[0] >= evidence.window.end - timedelta(minutes=6)]
    return watch.back_since if last and max(v for _, v in last) < 0.1 * waiting.now else None


def _blocked(found: Loads) -> list[Load]:
    """Statements that wait for locks, those that wait most first; by their split, else none can be told."""
    listed = [s for s in found.statements if s.waiting("lock") >= 0.3 * s.now and s.waiting("lock") >= 0.2]
    return sorted(listed, key=lambda s: -s.waiting("lock"))


def _holder(evidence: Evidence, found: Loads, blocked: list[Load]) -> Fact | None:
    """Who may hold what they wait for. PI shows no holder as such: it is what meets them and does not wait itself."""
    ddl = next((s for s in found.statements if s.kind == "ddl" and s.now >= 0.2), None)
    if ddl and any(tables(ddl.key) & tables(s.key) for s in blocked if s is not ddl):
        waits = ddl.waiting("lock") >= 0.5 * ddl.now if ddl.waits else False
        text = f"`{ddl.key}`" + (" (waits itself, and all others queue behind it)" if waits else "")
        return Fact(text=text, source=ddl.source, at=ddl.since, value=f"{words.number(ddl.now)} AAS", link=ddl.link)
    wanted = frozenset().union(*(tables(s.key) for s in blocked)) if blocked else frozenset()
    for statement in found.statements:
        free = statement.now - statement.waiting("lock")
        if statement in blocked or statement.kind not in {"write", "ddl", "read", "other"} or free < 0.2:
            continue
        if statement.kind == "read" and " for " not in f" {statement.key.lower()} ":
            continue
        if wanted & tables(statement.key) and not statement.habitual:
            return Fact(
                text=f"`{statement.key}`, which works on the same table and does not wait",
                source=statement.source,
                at=statement.since,
                value=f"{words.number(statement.now)} AAS",
                link=statement.link,
            )
    idle = _counter(evidence, "db.state.idle_in_transaction_count")
    if idle and idle[1] >= 1 and idle[1] > 1.5 * idle[0]:
        return Fact(
            text=f"a session idle in transaction ({words.number(idle[1])} of them, {words.number(idle[0])} before)",
            source="pi:GetResourceMetrics",
            value=words.number(idle[1]),
            baseline=words.number(idle[0]),
        )
    return None


def _actions(evidence: Evidence, found: Loads) -> tuple[Action, ...]:
    subject = scene.subject(evidence)
    if subject and subject.family == "mysql":
        how = "sys.innodb_lock_waits (rows) or sys.schema_table_lock_waits (metadata), then KILL the blocker"
    else:
        how = "pg_blocking_pids() over pg_stat_activity where wait_event_type is Lock, then pg_terminate_backend()"
    link = found.total.link or (found.waits[0].link if found.waits else "")
    return (
        Action(text=f"Review active connections and blocking queries: {how}", link=link),
        Action(text="Optimize slow queries identified in Performance Insights: shorten the blocking transaction"),
    )


def _by_log(evidence: Evidence) -> Judgement | None:
    """The engine's own lines about sessions that wait, with who holds the lock, in the trouble's time."""
    start, end = scene.trouble(evidence)
    said = [s for s in evidence.of(LogSign) if s.kind == "lock" and s.at and start - scene.SHORTEST <= s.at <= end]
    if not said:
        return None
    gap = scene.insights_gap(evidence)
    return Judgement(
        verdict="confirmed" if len(said) >= 2 else "likely",
        summary=f"Sessions of {scene.name(evidence)} wait for locks, by its own log: {said[0].line}"[:300],
        evidence=(
            *(Fact(text=s.line, source=s.source, at=s.at, link=s.link) for s in said[:4]),
            *scene.facts(scene.level(evidence, n) for n in ("CPUUtilization", "DatabaseConnections", "Deadlocks")),
        ),
        actions=(
            Action(text="Review active connections and blocking queries on the database itself", link=said[0].link),
        ),
        would_confirm="" if len(said) >= 2 else "more such lines, or wait events",
        missing=(gap,) if gap else (),
        since=min(s.at for s in said if s.at),
        score=0.7,
    )


def _by_counters(evidence: Evidence) -> Judgement:
    """Without Performance Insights: Aurora's and PI's own counters, or nothing."""
    gap = scene.insights_gap(evidence)
    levels = [scene.level(evidence, n) for n in ("BlockedTransactions", "Deadlocks")]
    risen = [x for x in levels if x and x.up(2) and x.now >= 1]
    if risen:
        return Judgement(
            verdict="possible",
            summary=f"Blocked transactions or deadlocks rose on {scene.name(evidence)}",
            evidence=scene.facts(risen),
            actions=(Action(text="Review active connections and blocking queries on the database itself"),),
            would_confirm="wait events: switch Performance Insights on",
            missing=(gap,) if gap else (),
            since=scene.onset(evidence),
            score=0.3,
        )
    return scene.unseen(evidence, gap, scene.metrics_gap(evidence, "BlockedTransactions", "Deadlocks"))


def _counter(evidence: Evidence, name: str) -> tuple[float, float] | None:
    """(before, during) of a counter."""
    found = next((c for c in evidence.of(Counter) if c.name == name), None)
    if found is None:
        return None
    start, end = scene.trouble(evidence)
    during, before = (
        ts.middle(ts.between(found.points, start, end)),
        ts.middle([p for p in found.points if p[0] < start - scene.SETTLED]),
    )
    return None if during is None else (before or 0.0, during)
