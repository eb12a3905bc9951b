"""Sessions are opened and never given back."""

from __future__ import annotations

from lambdas.causes.base import Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.causes.db.connections import Sessions, climbs, sessions
from lambdas.checks.pi.counters import Counter
from lambdas.checks.rds.parameters import Parameter
from lambdas.diagnosis import timeseries as ts

IDLE = ("db.state.idle_count", "db.state.idle_in_transaction_count")


@cause(
    "db.connection_leak",
    title="Connections leak: idle sessions climb without load",
    reads=("rds.metrics", "pi.sessions", "pi.load", "rds.metrics_baseline"),
    effects=(*actions.FELT, "db.connection_exhaustion", "db.memory_pressure"),
    depth=5,
    runbook=actions.RUNBOOK,
)
def connection_leak(evidence: Evidence) -> Judgement:
    """Connections climb steadily while load, CPU and traffic stay as they were."""
    found = sessions(evidence)
    if found is None:
        return scene.unseen(evidence, scene.metrics_gap(evidence, "DatabaseConnections"))
    line = climbs(found.points)
    idle = _idle(evidence)
    if line is None and idle is None:
        return Judgement(verdict="ruled_out", evidence=(found.fact(), *found.activity()))
    busy = _busier(evidence, found)
    if busy:
        return Judgement(verdict="ruled_out", evidence=(found.fact(), *busy))
    used = found.used or 0.0
    grown = line is not None and (line.rise >= 0.5 * max(line.start, 1.0) or used >= 0.7)
    if not grown and idle is None:
        return Judgement(verdict="ruled_out", evidence=(found.fact(),))
    if found.level and found.level.usual and found.level.usual.within(found.now) and used < 0.8:
        return Judgement(verdict="ruled_out", evidence=(found.level.fact(), *found.activity()))
    pace = f", {words.number(line.per_hour)} more each hour" if line else ""
    timeout = next(
        (p for p in evidence.of(Parameter) if p.name == "idle_in_transaction_session_timeout" and p.value in {"", "0"}),
        None,
    )
    flat = [
        x
        for n in ("CPUUtilization", "NetworkReceiveThroughput", "DBLoad")
        if (x := scene.level(evidence, n)) and x.flat(1.5)
    ]
    strong = idle is not None and (bool(flat) or found.active is not None)
    return Judgement(
        verdict="confirmed" if strong else "likely" if flat or found.active is not None else "possible",
        summary=f"Idle connections climb on {scene.name(evidence)} without load: {found.text()}{pace}",
        evidence=(
            found.fact(),
            *((idle,) if idle else ()),
            *found.activity(),
            *found.limit_fact(),
            *scene.facts(flat),
            *(Fact(text=f"{timeout.name} is off in {timeout.group}", source=timeout.source) for _ in [0] if timeout),
        ),
        actions=(
            actions.pool(
                evidence, "find the code that does not return connections; set a lifetime and an idle timeout"
            ),
            actions.scale(evidence, "not a remedy: it only delays the end"),
        ),
        would_confirm="" if strong else "idle sessions by application in pg_stat_activity or the process list",
        since=found.points[0][0],
        score=0.8 if strong else 0.5,
    )


def _idle(evidence: Evidence) -> Fact | None:
    """Idle sessions by Performance Insights' own count, climbing."""
    for name in IDLE:
        counter = next((c for c in evidence.of(Counter) if c.name == name), None)
        line = climbs(counter.points) if counter else None
        if counter and line and line.rise >= 5 and line.rise >= 0.4 * max(line.start, 1.0):
            last = ts.middle(counter.points[-5:]) or 0.0
            short = name.rpartition(".")[2]
            return Fact(
                text=f"{short} climbs to {words.number(last)}, from {words.number(max(line.start, 0))}",
                source=counter.source,
                at=counter.points[-1][0],
                value=words.number(last),
                baseline=words.number(max(line.start, 0)),
                link=counter.link,
            )
    return None


def _busier(evidence: Evidence, found: Sessions) -> tuple[Fact, ...]:
    """What shows that more work, not fewer returns, opened them."""
    grown: list[Fact] = []
    if found.active is not None and found.active_before is not None:
        more, opened = found.active - found.active_before, found.now - (found.before or found.now)
        if found.active >= 1.8 * max(found.active_before, 0.5) and more >= 0.25 * max(opened, 1.0):
            grown += found.activity()
    rising = [x for n in ("NetworkReceiveThroughput", "CommitThroughput", "Queries") if (x := scene.level(evidence, n))]
    if rising and all(x.up(1.5) for x in rising):
        grown += scene.facts(rising)
    return tuple(grown)
