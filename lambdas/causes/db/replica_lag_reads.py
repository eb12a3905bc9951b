"""A replica lags because of its own readers."""

from __future__ import annotations

from lambdas.causes.base import Action, Evidence, Judgement, cause
from lambdas.causes.db import actions
from lambdas.causes.db.lag import lagging, reader_load, upstream_writes
from lambdas.causes.db.replica_lag_writes import none_lags


@cause(
    "db.replica_lag_reads",
    title="The replica's own readers make it lag",
    reads=("rds.metrics", "rds.instances", "pi.totals", "pi.statements"),
    effects=(*actions.FELT, "db.slow_query", "db.io_saturation", "db.memory_pressure", "db.traffic_surge"),
    depth=6,
    runbook=actions.RUNBOOK,
)
def replica_lag_reads(evidence: Evidence) -> Judgement:
    """The reader's load departs from what is usual before the lag; the source writes as always."""
    lags = lagging(evidence)
    if not lags:
        return none_lags(evidence)
    worst = lags[0]
    reads, writes = reader_load(evidence, worst), upstream_writes(evidence, worst)
    if not reads.facts:
        return Judgement(verdict="ruled_out", evidence=(worst.fact, *reads.dismissed, *writes.facts[:2]))
    clean = not writes.facts
    strong = reads.direct and clean and worst.level is not None
    return Judgement(
        verdict="confirmed" if strong else "likely" if clean or (reads.direct and not writes.direct) else "possible",
        summary=f"{worst.replica.id} lags under its own readers: {reads.facts[0].text}",
        evidence=(worst.fact, *reads.facts[:5], *reads.dismissed, *writes.facts[:2]),
        actions=(
            Action(
                text=f"Stop or move the heavy reader of {worst.replica.id}; implement read replica for such workloads",
                link=reads.facts[0].link,
            ),
            actions.scale(evidence, f"{worst.replica.id} serves reads and applies writes"),
        ),
        would_confirm="" if strong else f"lag that shrinks once the reader on {worst.replica.id} is stopped",
        missing=tuple(x for x in ("" if worst.level else "ReplicaLag: no data",) if x),
        since=min([worst.since, *(f.at for f in reads.facts if f.at and f.at < worst.since)]),
        score=0.7 if strong else 0.5,
    )
