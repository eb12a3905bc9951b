"""Judge all causes and put them in order: causes before their symptoms, the better founded first. Pure."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import ORDER, Cause, Judgement
from lambdas.diagnosis.model import Ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas.causes.base import Evidence

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)  # metrics are minutes, events are seconds, and ECS reports some of them late
STANDING = ("confirmed", "likely")


def rank(evidence: Evidence, causes: Iterable[Cause]) -> tuple[Ranked, ...]:
    """All causes, best first, never empty. Without a confirmed or likely one the cause `unknown` leads.

    Raises:
        ValueError: nothing stands and `unknown` is not among the causes.
    """
    known = {cause.id: cause for cause in causes}
    fallback = known.pop("unknown", None)
    judged = {cause.id: judge(evidence, cause) for cause in known.values()}
    explained = effects(known, judged)
    ranked = [
        Ranked(id=id_, title=known[id_].title, judgement=_as_effect(j, by), effect_of=by)
        for id_, j in judged.items()
        for by in (explained.get(id_, ""),)
    ]
    ranked.sort(key=lambda r: _place(r, known[r.id]))
    if ranked and ranked[0].judgement.verdict in STANDING:
        return tuple(ranked)
    if fallback is None:
        raise ValueError("nothing stands, and `unknown` is not among the causes")
    return (_unknown(evidence, fallback, ranked), *ranked)


def judge(evidence: Evidence, cause: Cause) -> Judgement:
    """A cause's judgement; one that crashes could not be checked, and is logged."""
    try:
        return cause.judge(evidence)
    except Exception as error:
        log.exception("the judgement of %s crashed", cause.id)
        return Judgement(
            verdict="could_not_check", missing=(f"its judgement failed: {type(error).__name__}: {error}"[:200],)
        )


def effects(causes: Mapping[str, Cause], judged: Mapping[str, Judgement]) -> dict[str, str]:
    """Which standing cause each standing effect comes from: the one that nothing else explains."""
    standing = {id_ for id_, j in judged.items() if j.verdict in STANDING}
    by: dict[str, str] = {}
    for id_ in sorted(standing, key=lambda i: (-causes[i].depth, ORDER.index(judged[i].verdict), -judged[i].score, i)):
        for effect in causes[id_].effects:
            if effect not in standing or effect in by or not _began_before(judged[id_], judged[effect]):
                continue
            if _root(by, id_) != effect:  # two that explain each other: the deeper one came first
                by[effect] = id_
    return {effect: _root(by, id_) for effect, id_ in by.items()}


def _as_effect(judgement: Judgement, by: str) -> Judgement:
    """What another cause explains is never confirmed as a cause itself, however surely it was seen."""
    return replace(judgement, verdict="likely") if by and judgement.verdict == "confirmed" else judgement


def _root(by: Mapping[str, str], id_: str) -> str:
    while id_ in by:
        id_ = by[id_]
    return id_


def _began_before(cause: Judgement, effect: Judgement) -> bool:
    """A cause starts before its symptom; where one time is unknown, the declaration alone decides."""
    if cause.since is None or effect.since is None:
        return True
    return cause.since <= effect.since + TOLERANCE


def _place(ranked: Ranked, cause: Cause) -> tuple[bool, bool, int, int, float, str]:
    j = ranked.judgement
    standing = j.verdict in STANDING
    return (
        not standing,
        standing and bool(ranked.effect_of),
        ORDER.index(j.verdict),
        -cause.depth if standing else 0,
        -j.score,
        ranked.id,
    )


def _unknown(evidence: Evidence, fallback: Cause, others: list[Ranked]) -> Ranked:
    """What was seen, and what it may be."""
    judgement = judge(evidence, fallback)
    maybe = [r for r in others if r.judgement.verdict == "possible"]
    if maybe:
        names = ", ".join(f"{r.title} ({r.id})" for r in maybe[:3])
        judgement = replace(judgement, would_confirm=judgement.would_confirm or f"not excluded: {names}")
    return Ranked(id=fallback.id, title=fallback.title, judgement=judgement)
