"""A replica lags because its source writes more than it can apply."""

from __future__ import annotations

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene
from lambdas.causes.db.lag import lagging, reader_load, upstream_writes
from lambdas.checks.rds.instances import Instance


@cause(
    "db.replica_lag_writes",
    title="A write burst upstream makes the replica lag",
    reads=("rds.metrics", "rds.instances", "pi.totals", "pi.statements"),
    effects=(*actions.FELT, "db.replica_lag_reads", "db.io_saturation"),
    depth=6,
    runbook=actions.RUNBOOK,
)
def replica_lag_writes(evidence: Evidence) -> Judgement:
    """The lag begins with the writes; the reader's own load is as usual, or came later."""
    lags = lagging(evidence)
    if not lags:
        return none_lags(evidence)
    worst = lags[0]
    writes, reads = upstream_writes(evidence, worst), reader_load(evidence, worst)
    evident = (worst.fact, *writes.facts[:5], *reads.dismissed)
    if not writes.facts:
        if worst.source is None and worst.replica.follows:
            where = "out of sight: another region, account or deleted"
            return scene.unseen(evidence, f"the source {worst.replica.follows} is {where}")
        if worst.source and not scene.metric(evidence, "WriteIOPS", worst.source.id):
            return scene.unseen(evidence, f"no write metrics of {worst.source.id}", scene.insights_gap(evidence))
        return Judgement(
            verdict="ruled_out", evidence=(worst.fact, *_quiet(evidence, worst.source.id if worst.source else None))
        )
    clean = not reads.facts
    source = worst.source.id if worst.source else worst.replica.follows or "its source"
    strong = writes.direct and clean and worst.level is not None
    return Judgement(
        verdict="confirmed" if strong else "likely" if clean or (writes.direct and not reads.direct) else "possible",
        summary=f"{worst.replica.id} lags because {source} writes in a burst: {writes.facts[0].text}",
        evidence=evident + (reads.facts[:2] if not clean else ()),
        actions=(
            Action(
                text=f"Slow the writes on {source}: smaller batches with pauses; route reads that must be fresh to it",
                link=writes.facts[0].link,
            ),
            actions.scale(evidence, f"{worst.replica.id} must apply what {source} writes: at least its class and IOPS"),
        ),
        would_confirm="" if strong else f"write statements of {source} that begin with the lag",
        missing=tuple(x for x in ("" if worst.level else "ReplicaLag: no data",) if x),
        since=min([worst.since, *(f.at for f in writes.facts if f.at and f.at < worst.since)]),
        score=0.8 if strong else 0.6,
    )


def none_lags(evidence: Evidence) -> Judgement:
    """No replica lags, or none can be seen."""
    found = scene.replicas(evidence)
    if scene.subject(evidence) and not found:
        return Judgement(verdict="ruled_out", summary="no replica in sight")
    measured = [
        level
        for r in (found or evidence.of(Instance))
        for n in ("ReplicaLag", "AuroraReplicaLag")
        if (level := scene.level(evidence, n, r.id)) is not None
    ]
    if measured:
        return Judgement(verdict="ruled_out", evidence=scene.facts(measured[:3]))
    return scene.unseen(evidence, evidence.gap("rds.instances"), evidence.gap("rds.metrics") or "ReplicaLag: no data")


def _quiet(evidence: Evidence, source: str | None) -> tuple[Fact, ...]:
    return scene.facts(scene.level(evidence, n, source) for n in ("WriteIOPS", "WriteThroughput")) if source else ()
