"""The database failed over."""

from __future__ import annotations

from datetime import timedelta

from lambdas.causes.alarm import state
from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.instances import Cluster

KINDS = ("failover", "failover_started", "failover_done")
BEFORE = timedelta(minutes=30)
AROUND = timedelta(minutes=10)


@cause(
    "db.failover",
    title="The database failed over",
    reads=("rds.events", "rds.instances", "rds.metrics"),
    effects=(*actions.FELT,
        "db.configuration_change", "db.replica_unavailable", "db.replica_lag_reads", "db.replica_lag_writes",
        "db.connection_exhaustion", "db.traffic_surge", "db.slow_query", "db.io_saturation",
    ),
    depth=6,
    runbook=actions.RUNBOOK,
)  # fmt: skip
def failover(evidence: Evidence) -> Judgement:
    """RDS's events state it; it counts only where it lies at the trouble's beginning."""
    events = [e for e in evidence.of(RdsEvent) if e.kind in KINDS and e.at]
    if not events:
        if not evidence.looked("rds.events"):
            return scene.unseen(evidence, f"rds.events: {evidence.gap('rds.events')}")
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text="No failover in RDS's events", source="rds:DescribeEvents"),)
        )
    began = scene.onset(evidence)
    near = [e for e in events if e.at and began - BEFORE <= e.at <= evidence.window.at + timedelta(minutes=15)]
    if not near:
        last = max(events, key=lambda e: e.at or began)
        when = last.at or began
        text = f"The failover of {when:%d %b} {words.clock(when)} lies outside the trouble's time: {last.message}"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=text, source=last.source, at=last.at, link=last.link),)
        )
    near.sort(key=lambda e: e.at or began)
    first = near[0]
    since = first.at or began
    why = [
        e
        for e in evidence.of(RdsEvent)
        if e.at and e.kind not in KINDS and e.kind not in {"backup", ""} and since - AROUND <= e.at <= since + AROUND
    ]
    done = next((e for e in near if e.kind == "failover_done"), None)
    connections = scene.metric(evidence, "DatabaseConnections")
    dip = None
    if connections:
        around = [p for p in connections.points if since - timedelta(minutes=2) <= p[0] <= since + AROUND]
        before = [v for at, v in connections.points if at < since - timedelta(minutes=2)][-10:]
        if around and before and min(v for _, v in around) < 0.5 * (sum(before) / len(before)):
            at, low = min(around, key=lambda p: p[1])
            dip = Fact(
                text=f"Connections fell to {words.number(low)} (before: {words.number(sum(before) / len(before))})",
                source="cloudwatch:GetMetricData",
                at=at,
                value=words.number(low),
                baseline=words.number(sum(before) / len(before)),
            )
    cluster = evidence.first(Cluster)
    writer = f"; the writer is now {cluster.writer}" if cluster and cluster.writer else ""
    named = first.id or scene.name(evidence)
    present = state(evidence)
    recovered = bool(done) and present is not None and present.state == "OK"  # true, but no longer what is wrong
    over = f", completed at {words.clock(done.at)}" if done and done.at else ", not yet reported as completed"
    return Judgement(
        verdict="likely" if recovered else "confirmed",
        would_confirm="the alarm's return" if recovered else "",
        summary=f"{named} failed over at {words.clock(since)}{over}{writer}",
        evidence=(
            *(Fact(text=e.message, source=e.source, at=e.at, link=e.link) for e in near[:4]),
            *((dip,) if dip else ()),
            *(Fact(text=f"At the same time: {e.message}", source=e.source, at=e.at, link=e.link) for e in why[:2]),
        ),
        actions=(
            Action(
                text="Verify that the application reconnects: DNS not cached, pools that test connections",
                link=first.link,
            ),
            Action(
                text="Look for the reason in RDS's events", command=actions.describe_events(evidence), link=first.link
            ),
        ),
        since=since,
        score=0.8,
    )
