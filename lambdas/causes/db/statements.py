"""Which statement carries the load, and which merely look heavy. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.db import loads, words

if TYPE_CHECKING:
    from lambdas.causes.db.loads import Load, Loads

WORK = ("cpu", "read", "write", "wal", "temp", "latch", "client", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominant:
    """The statement that explains the load."""

    statement: Load
    own: float  # sessions of it that work rather than wait for locks
    share: float  # of the whole load
    of_rise: float | None  # of what the load rose by; None where nothing is known of before
    others: float | None  # by which factor all the other statements rose together

    @property
    def changed(self) -> bool:
        """Whether it departs from its own past, and the others do not do so alike."""
        reference = self.statement.reference
        if reference is None or not self.statement.new:
            return False
        if (self.of_rise or 0.0) >= 0.6 or self.others is None:
            return True
        if self.others >= 2 and (self.of_rise or 0.0) < 0.55:
            return False  # all got heavier: what they share is slow, not this one
        return self.statement.now / max(reference, 0.05) >= 1.6 * self.others


def dominant(found: Loads) -> Dominant | None:
    """The statement with the most new work; None where no statement is known. Upkeep and lock waits do not count."""
    best: Dominant | None = None
    for statement in found.statements:
        if statement.kind in (*loads.UPKEEP, "transaction"):
            continue
        waiting = statement.waiting("lock", "vacuum", "checkpoint", "purge", "replication")
        own = statement.now - waiting
        rise = own - (statement.reference or 0.0)
        whole = found.total.now - (found.total.reference or 0.0)
        of_rise = None
        if found.total.reference is not None and statement.reference is not None and whole > 0.3:
            of_rise = max(0.0, min(1.0, rise / whole))
        one = Dominant(
            statement=statement,
            own=own,
            share=min(1.0, own / found.total.now) if found.total.now > 0 else 0.0,
            of_rise=of_rise,
            others=_others(found, statement),
        )
        if best is None or _weight(one) > _weight(best):
            best = one
    return best


def _weight(one: Dominant) -> float:
    return one.own - (one.statement.reference or 0.0)


def _others(found: Loads, but: Load) -> float | None:
    rest = [s for s in found.statements if s is not but and s.kind not in loads.UPKEEP]
    before = [s.reference for s in rest if s.reference is not None]
    if not before or sum(before) < 0.1:
        return None
    return sum(s.now for s in rest) / sum(before)


def innocent(found: Loads, but: Load | None = None) -> tuple[Fact, ...]:
    """Heavy statements that are always so: named, and dismissed."""
    listed = [s for s in found.statements if s is not but and s.habitual and not s.new and found.share(s) >= 0.1]
    return tuple(
        Fact(
            text=f"Not the cause: `{s.key}` is as heavy as "
            + (
                "at this hour of other days" if s.usual is not None and s.usual >= 0.7 * s.now else "before the trouble"
            ),
            source=s.source,
            value=f"{words.number(s.now)} AAS",
            baseline=f"{words.number(s.reference or 0.0)} AAS",
            link=s.link,
        )
        for s in listed[:2]
    )
