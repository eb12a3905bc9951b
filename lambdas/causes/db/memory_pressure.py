"""The instance runs out of memory."""

from __future__ import annotations

from datetime import datetime

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.checks.rds.events import RdsEvent
from lambdas.checks.rds.logs import LogSign
from lambdas.diagnosis import timeseries as ts

MIB = 1024**2


@cause(
    "db.memory_pressure",
    title="The database instance runs out of memory",
    reads=("rds.metrics", "rds.events", "rds.logs", "rds.instances"),
    effects=(*actions.FELT, "db.failover", "db.configuration_change", "db.io_saturation", "db.connection_exhaustion"),
    depth=6,
    runbook=actions.RUNBOOK,
)
def memory_pressure(evidence: Evidence) -> Judgement:
    """RDS's own event or the log; else little memory left and swap that grows, beyond what this hour knows."""
    events = [e for e in evidence.of(RdsEvent) if e.kind == "memory" and e.at and e.at >= evidence.window.start]
    said = [s for s in evidence.of(LogSign) if s.kind == "memory"]
    told = (
        *(Fact(text=e.message, source=e.source, at=e.at, link=e.link) for e in events[-2:]),
        *(Fact(text=s.line, source=s.source, at=s.at, link=s.link) for s in said[:1]),
    )
    free = scene.level(evidence, "FreeableMemory")
    swap = scene.level(evidence, "SwapUsage")
    subject = scene.subject(evidence)
    whole = subject.hardware.memory if subject and subject.hardware else None
    lines = (*told, *scene.facts((free, swap, scene.level(evidence, "DatabaseConnections"))))
    if events or said:
        return _yes(evidence, lines, "confirmed", events[0].at if events else said[0].at)
    if free is None:
        return scene.unseen(evidence, scene.metrics_gap(evidence, "FreeableMemory"))
    share = free.lowest / whole if whole else None
    low = free.lowest < 100 * MIB or (share is not None and share < 0.05)
    fell = free.reference is not None and free.now < 0.6 * free.reference
    swapping = bool(swap and swap.now >= 128 * MIB and (swap.up(1.5) or _grows(swap)))
    usual = bool(free.usual and free.usual.within(free.now, slack=0.2))
    if low and swapping and not usual:
        return _yes(evidence, lines, "likely", None)
    if (low and fell) or (swapping and fell and share is not None and share < 0.1):
        return _yes(evidence, lines, "likely" if swapping else "possible", None)
    if low and free.reference is None:
        return _yes(evidence, lines, "likely" if swap and swap.now >= 256 * MIB else "possible", None)
    return Judgement(verdict="ruled_out", evidence=lines)


def _grows(swap: scene.Level) -> bool:
    line = ts.trend(swap.metric.points)
    return line is not None and line.rise >= 64 * MIB and line.fit >= 0.5


def _yes(evidence: Evidence, lines: tuple[Fact, ...], verdict: str, at: datetime | None) -> Judgement:
    subject = scene.subject(evidence)
    free = scene.level(evidence, "FreeableMemory")
    whole = subject.hardware.memory if subject and subject.hardware else None
    left = f": {words.size(free.lowest)} left" + (f" of {words.size(whole)}" if whole else "") if free else ""
    return Judgement(
        verdict="confirmed" if verdict == "confirmed" else "likely" if verdict == "likely" else "possible",
        summary=f"{scene.name(evidence)} runs out of memory{left}",
        evidence=lines,
        actions=(
            actions.scale(evidence, "a class with more memory"),
            Action(
                text="Adjust connection pool settings in application configuration: each session takes memory",
                link=subject.link if subject else "",
            ),
        ),
        would_confirm=""
        if verdict == "confirmed"
        else "an RDS event of low memory, or Enhanced Monitoring's processes",
        since=_fell(evidence) or at or scene.onset(evidence),
        score=0.9 if verdict == "confirmed" else 0.5,
    )


def _fell(evidence: Evidence) -> datetime | None:
    free = scene.metric(evidence, "FreeableMemory")
    step = ts.change(free.points) if free else None
    return step.at if step and step.ratio < 0.8 else None
