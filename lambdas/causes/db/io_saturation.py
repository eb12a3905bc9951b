"""The storage gives no more: its IOPS, its throughput, its burst balance, or the instance's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, loads, scene, words
from lambdas.causes.db.limits import limits

if TYPE_CHECKING:
    from lambdas.causes.db.limits import Limits
    from lambdas.causes.db.scene import Level

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    text: str
    fact: Fact
    certain: bool


@cause(
    "db.io_saturation",
    title="The database's storage is at its limit",
    reads=("rds.metrics", "rds.instances", "pi.load"),
    effects=(*actions.FELT, "db.connection_exhaustion", "db.replica_lag_reads"),
    depth=4,
    runbook=actions.RUNBOOK,
)
def io_saturation(evidence: Evidence) -> Judgement:
    """Use against what is provisioned, and what it costs: latency, queue, sessions that wait for it."""
    subject = scene.subject(evidence)
    harm = _harm(evidence)
    hits = [*_balances(evidence), *_provisioned(evidence)]
    if hits:
        gap = scene.insights_gap(evidence)
        spent = any(h.certain for h in _balances(evidence))
        # At a provisioned limit something asks for too much: without the statements it cannot be told what.
        certain = any(h.certain for h in hits) and bool(harm) and (spent or not gap)
        return Judgement(
            verdict="confirmed" if certain else "likely" if harm else "possible",
            summary=f"The storage of {scene.name(evidence)} is at its limit: {hits[0].text}",
            evidence=(*(h.fact for h in hits), *harm),
            actions=_actions(evidence),
            would_confirm=""
            if certain
            else "the statements that ask for it"
            if gap
            else "latency or queue depth that rises with it",
            missing=(gap,) if gap else (),
            since=scene.onset(evidence),
            score=0.8 if certain else 0.5,
        )
    if subject and subject.aurora:
        return Judgement(
            verdict="ruled_out",
            evidence=(Fact(text="Aurora's storage has no provisioned limit", source="rds:DescribeDBInstances"),),
        )
    gap = scene.metrics_gap(evidence, "ReadIOPS", "WriteIOPS", "BurstBalance")
    if not gap:
        known = [scene.level(evidence, n) for n in ("ReadIOPS", "WriteIOPS", "BurstBalance", "DiskQueueDepth")]
        return Judgement(verdict="ruled_out", evidence=(*_limit_fact(evidence), *scene.facts(known)))
    found = loads.of(evidence)
    waiting = found.by_wait("read", "write", "wal")
    if found and found.share(waiting) >= 0.5 and waiting.now >= 2 and not waiting.habitual:
        return Judgement(
            verdict="possible",
            summary=f"Sessions of {scene.name(evidence)} wait for its storage",
            evidence=(loads.fact(waiting, found, f"I/O waits, foremost {waiting.key}"),),
            actions=_actions(evidence),
            would_confirm="IOPS and throughput against what is provisioned",
            missing=(gap,),
            since=waiting.since or scene.onset(evidence),
            score=0.3,
        )
    return scene.unseen(evidence, gap)


def _balances(evidence: Evidence) -> list[_Hit]:
    """Credits that are gone: of the gp2 volume, or of the instance's link to its storage."""
    hits = []
    for role, what in (
        ("BurstBalance", "gp2's burst balance is used up"),
        ("EBSIOBalance%", "the instance class's burst of storage IOPS is used up"),
        ("EBSByteBalance%", "the instance class's burst of storage throughput is used up"),
    ):
        level = scene.level(evidence, role)
        if level and level.lowest <= 10:
            text = f"{what} ({words.number(level.lowest)} %)"
            hits.append(_Hit(text=text, fact=level.fact(value=level.lowest), certain=level.lowest <= 3))
    return hits


def _provisioned(evidence: Evidence) -> list[_Hit]:
    subject = scene.subject(evidence)
    given = limits(subject) if subject else None
    if given is None:
        return []
    hits = []
    reads, writes = scene.level(evidence, "ReadIOPS"), scene.level(evidence, "WriteIOPS")
    if reads or writes:
        used = _sum(reads, writes)
        most = _ceiling(evidence, given)
        if used >= 0.9 * most:
            text = f"{words.number(used)} of {words.number(most)} IOPS ({given.how})"
            hits.append(_Hit(text=text, fact=_used(text, reads or writes), certain=used >= 0.95 * most))
    read, write = scene.level(evidence, "ReadThroughput"), scene.level(evidence, "WriteThroughput")
    if given.throughput and (read or write):
        used = _sum(read, write) / MIB
        if used >= 0.9 * given.throughput:
            text = f"{words.number(used)} of {words.number(given.throughput)} MiB/s ({given.how})"
            hits.append(_Hit(text=text, fact=_used(text, read or write), certain=used >= 0.95 * given.throughput))
    return hits


def _sum(*levels: Level | None) -> float:
    return sum(x.now for x in levels if x)


def _ceiling(evidence: Evidence, given: Limits) -> float:
    """Of gp2: the burst while there is balance, the baseline once it is gone."""
    if given.burst is None:
        return given.iops
    balance = scene.level(evidence, "BurstBalance")
    return given.iops if balance and balance.now <= 2 else given.burst


def _used(text: str, level: Level | None) -> Fact:
    return Fact(
        text=text,
        source="cloudwatch:GetMetricData",
        at=level.metric.points[-1][0] if level else None,
        value=text.partition(" (")[0],
        link=level.metric.series.link if level else "",
    )


def _limit_fact(evidence: Evidence) -> tuple[Fact, ...]:
    subject = scene.subject(evidence)
    given = limits(subject) if subject else None
    if given is None:
        return ()
    extra = f", {words.number(given.throughput)} MiB/s" if given.throughput else ""
    return (
        Fact(
            text=f"Provisioned: {words.number(given.iops)} IOPS{extra} ({given.how})", source="rds:DescribeDBInstances"
        ),
    )


def _harm(evidence: Evidence) -> tuple[Fact, ...]:
    """What being at the limit costs."""
    told: list[Fact] = []
    for role, least in (("ReadLatency", 0.01), ("WriteLatency", 0.01), ("DiskQueueDepth", 4.0)):
        level = scene.level(evidence, role)
        if level and level.now >= least and (level.ratio is None or level.up(1.8)):
            told.append(level.fact())
    found = loads.of(evidence)
    waiting = found.by_wait("read", "write", "wal", "checkpoint")
    if found and waiting.now >= 1 and found.share(waiting) >= 0.4 and not waiting.habitual:
        told.append(loads.fact(waiting, found, f"Sessions wait for storage, foremost {waiting.key}"))
    return tuple(told)


def _actions(evidence: Evidence) -> tuple[Action, ...]:
    subject = scene.subject(evidence)
    kind = subject.storage_type if subject else ""
    more = "--storage-type gp3 --apply-immediately" if kind == "gp2" else "--iops <more> --apply-immediately"
    return (
        Action(
            text="Scale database instance if resource constrained: "
            + ("move the volume to gp3, whose baseline needs no credits" if kind == "gp2" else "provision more IOPS"),
            command=actions.modify(scene.name(evidence), more),
            link=subject.link if subject else "",
        ),
        actions.replica(evidence),
    )
