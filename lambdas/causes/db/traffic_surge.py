"""More is asked of the database, of everything alike."""

from __future__ import annotations

from lambdas.causes.base import Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, loads, scene, statements, words
from lambdas.causes.db.lock_contention import lock_contention

ASKED = ("NetworkReceiveThroughput", "CommitThroughput", "Queries", "DatabaseConnections")
DONE = ("NetworkTransmitThroughput", "ReadIOPS", "WriteIOPS", "CPUUtilization", "DBLoad")


@cause(
    "db.traffic_surge",
    title="The database gets more traffic, of all kinds alike",
    reads=("rds.metrics", "rds.metrics_baseline", "pi.statements"),
    effects=(*actions.FELT,
        "db.slow_query", "db.io_saturation", "db.connection_exhaustion", "db.memory_pressure",
        "db.cpu_credits_exhausted", "db.replica_lag_writes",
    ),
    depth=6,
    runbook=actions.RUNBOOK,
)  # fmt: skip
def traffic_surge(evidence: Evidence) -> Judgement:
    """What comes in and what is done for it rise in proportion, and no single statement stands out."""
    asked = [x for n in ASKED if (x := scene.level(evidence, n))]
    done = [x for n in DONE if (x := scene.level(evidence, n))]
    if not any(x.ratio is not None for x in (*asked, *done)):
        return scene.unseen(evidence, scene.metrics_gap(evidence, *ASKED) or "nothing is known of before")
    risen = [x for x in (*asked, *done) if x.up(1.4)]
    incoming = next((x for x in asked if x.name == "NetworkReceiveThroughput"), None)
    commits = [x for x in asked if x.name in {"CommitThroughput", "Queries"}]
    wanted = [x for x in asked if x.up(1.4)]
    if (
        len(risen) < 3
        or not wanted
        or (incoming and not incoming.up(1.3))
        or (commits and not any(c.up(1.3) for c in commits))
    ):
        return Judgement(verdict="ruled_out", evidence=scene.facts((*asked[:3], *done[-2:])))
    found = loads.of(evidence)
    top = statements.dominant(found) if found else None
    alike = _alike(found)
    if top and top.changed and not alike and top.share >= 0.35:
        text = f"The rise is that of one statement: `{top.statement.key}`"
        return Judgement(verdict="ruled_out", evidence=(loads.fact(top.statement, found, text),))
    if lock_contention(evidence).verdict == "confirmed":
        return Judgement(verdict="ruled_out", evidence=(Fact(text="Sessions pile up behind locks, not by traffic"),))
    ratios = [x.ratio for x in risen if x.ratio is not None]
    together = max(ratios) <= 3.5 * min(ratios)
    known = bool(incoming or commits)
    base = f", {words.times(min(ratios))} to {words.times(max(ratios))} of before" if ratios else ""
    return Judgement(
        verdict="likely" if known and together and (alike or not found.statements) else "possible",
        summary=f"{scene.name(evidence)} gets more of everything{base}: {', '.join(x.name for x in risen[:5])}",
        evidence=(
            *scene.facts(risen),
            *(loads.fact(s, found, f"`{s.key}` rose with the others") for s in found.statements[:3] if alike),
        ),
        actions=(
            actions.replica(evidence),
            actions.scale(evidence, "if the traffic stays"),
            actions.pool(evidence, "limit what one client may open"),
        ),
        would_confirm="requests of the load balancer or callers that rise at the same time",
        since=scene.onset(evidence),
        score=0.6 if alike else 0.5,
    )


def _alike(found: loads.Loads) -> bool:
    """Whether the statements that matter rose by about the same factor."""
    ratios = [
        s.now / s.reference
        for s in found.statements[:6]
        if s.reference is not None and s.reference >= 0.05 and s.kind not in loads.UPKEEP
    ]
    if len(ratios) < 2:
        return False
    up = [r for r in ratios if r >= 1.3]
    return len(up) >= max(2, round(0.6 * len(ratios))) and max(up) <= 3 * min(up)
