"""A read replica cannot be used, or its replication has stopped."""

from __future__ import annotations

from datetime import timedelta

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.instances import Cluster, DatabaseMissing, Instance

# What a replica may do while it serves; all else is trouble (RDS User Guide, "Viewing DB instance status").
SERVES = {
    "available", "backing-up", "configuring-enhanced-monitoring", "configuring-log-exports", "modifying",
    "storage-optimization", "configuring-iam-database-auth", "converting-to-vpc", "moving-to-vpc", "",
}  # fmt: skip
BEFORE = timedelta(hours=6)


@cause(
    "db.replica_unavailable",
    title="A read replica is not available or does not replicate",
    reads=("rds.instances", "rds.events"),
    effects=(*actions.FELT, "db.replica_lag_reads", "db.replica_lag_writes", "db.connection_exhaustion"),
    depth=5,
    runbook=actions.RUNBOOK,
)
def replica_unavailable(evidence: Evidence) -> Judgement:
    """Its status, its replication's state, and RDS's events of stopped replication that has not resumed."""
    found = scene.replicas(evidence)
    if scene.subject(evidence) is None:
        return scene.unseen(evidence, evidence.gap("rds.instances"))
    missing = evidence.of(DatabaseMissing)
    if not found and not missing:
        text = "it has no replica" if evidence.looked("rds.instances") else ""
        return Judgement(verdict="ruled_out", summary=text)
    told: list[tuple[str, Fact]] = [fact for replica in found for fact in _of(evidence, replica)]
    told += [(m.id, Fact(text=f"{m.id} does not exist any more", source=m.source)) for m in missing]
    if not told:
        states = ", ".join(f"{r.id} {r.status or 'of unknown status'}" for r in found)
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"Replicas: {states}", source="rds:DescribeDBInstances"),)
        )
    name = told[0][0]
    cluster = evidence.first(Cluster)
    left = [r for r in (cluster.readers if cluster else ()) if r != name]
    return Judgement(
        verdict="confirmed",
        summary=f"Replica {name}: {told[0][1].text}",
        evidence=tuple(f for _, f in told[:6]),
        actions=(
            Action(
                text=f"Verify read replica availability: route reads away from {name}"
                + (f" to {', '.join(left[:3])}" if left else "")
                + ", then repair or recreate it",
                command=f"aws rds describe-db-instances --db-instance-identifier {actions.quoted(name)}",
            ),
        ),
        since=min((f.at for _, f in told if f.at), default=None),
        score=0.9,
    )


def _of(evidence: Evidence, replica: Instance) -> list[tuple[str, Fact]]:
    told = []
    if replica.status not in SERVES:
        fact = Fact(text=f"its status is {replica.status}", source="rds:DescribeDBInstances", link=replica.link)
        told.append((replica.id, fact))
    for state in replica.replication:
        if not state.normal or state.status in {"error", "stopped", "terminated"}:
            text = f"its replication is in state {state.status or 'unknown'}" + (
                f": {state.message}" if state.message else ""
            )
            told.append((replica.id, Fact(text=text[:300], source="rds:DescribeDBInstances", link=replica.link)))
    events = [
        e
        for e in evidence.of(RdsEvent)
        if e.id == replica.id and e.at and e.at >= evidence.window.at - BEFORE and e.kind.startswith("replication_")
    ]
    events.sort(key=lambda e: e.at or evidence.window.start)
    if events and events[-1].kind == "replication_stopped" and not _replicates(replica):
        told.append(
            (
                replica.id,
                Fact(text=events[-1].message, source=events[-1].source, at=events[-1].at, link=events[-1].link),
            )
        )
    return told


def _replicates(replica: Instance) -> bool:
    """RDS says by now that it replicates."""
    return bool(replica.replication) and all(s.normal and s.status == "replicating" for s in replica.replication)
