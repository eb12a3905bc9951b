"""A burstable instance has spent its CPU credits."""

from __future__ import annotations

from datetime import datetime

from lambdas.causes.base import Action, Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words


@cause(
    "db.cpu_credits_exhausted",
    title="The burstable instance has no CPU credits left",
    reads=("rds.metrics", "rds.instances"),
    effects=(*actions.FELT, "db.connection_exhaustion", "db.replica_lag_reads", "db.traffic_surge"),
    depth=5,
    runbook=actions.RUNBOOK,
)
def cpu_credits_exhausted(evidence: Evidence) -> Judgement:
    """Credits at nothing and the CPU held at its baseline. T3 and T4g are charged instead, unless set to standard."""
    subject = scene.subject(evidence)
    if subject and subject.cls and not subject.cls.startswith("db.t"):
        text = f"{subject.cls} has no CPU credits"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="rds:DescribeDBInstances"),))
    credits_ = scene.level(evidence, "CPUCreditBalance")
    if credits_ is None:
        return scene.unseen(evidence, scene.metrics_gap(evidence, "CPUCreditBalance"))
    cpu = scene.level(evidence, "CPUUtilization")
    surplus = scene.level(evidence, "CPUSurplusCreditBalance")
    lines = scene.facts((credits_, surplus, cpu))
    if credits_.lowest > 5:
        return Judgement(verdict="ruled_out", evidence=lines)
    hardware = subject.hardware if subject else None
    baseline = hardware.baseline if hardware else None
    charged = bool(surplus and surplus.peak > 1)
    held = bool(cpu and baseline and cpu.now <= 1.3 * baseline + 2)
    burning = bool(cpu and baseline and cpu.now > 1.3 * baseline + 2)
    if charged or (burning and hardware and hardware.unlimited):
        lines = (*lines, Fact(text="Unlimited mode: credits beyond the balance are charged, the CPU is not held back"))
        return Judgement(verdict="ruled_out", evidence=lines)
    spent = credits_.reference is not None and credits_.reference > 5
    strong = credits_.lowest <= 1 and held and not (hardware and hardware.unlimited and not spent)
    limit = f", held at about {words.number(baseline)} % CPU" if baseline else ""
    return Judgement(
        verdict="confirmed" if strong else "likely" if credits_.lowest <= 1 or held else "possible",
        summary=f"{scene.name(evidence)} has {words.number(credits_.lowest)} CPU credits left{limit}",
        evidence=lines,
        actions=(
            actions.scale(evidence, "a larger or a fixed-performance class (db.m, db.r)"),
            Action(text="Optimize slow queries identified in Performance Insights: they spend the credits"),
        ),
        would_confirm="" if strong else "CPU that stays at the class's baseline while sessions queue for it",
        since=_since(credits_),
        score=0.8 if strong else 0.5,
    )


def _since(level: scene.Level) -> datetime | None:
    return next((at for at, value in level.metric.points if value <= 5), None)
