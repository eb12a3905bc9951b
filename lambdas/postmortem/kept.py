"""What is kept of a diagnosis with the incident, for the post-mortem: bounded, as one row of the timeline holds it.

Pure: a Diagnosis → JSON → the same in short.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.causes.base import Action, Fact
    from lambdas.diagnosis.model import Diagnosis, Ranked

LEADING = ("confirmed", "likely", "possible")
CAUSES, FACTS, ACTIONS, DISMISSED, GAPS = 6, 12, 6, 20, 20  # kept at most; a row of the table has 400 KB
TEXT, LINK = 600, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact."""

    text: str
    value: str = ""
    baseline: str = ""
    at: int | None = None
    source: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One action that the diagnosis proposed."""

    text: str
    command: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One cause that stood."""

    id: str
    title: str
    verdict: str
    summary: str
    effect_of: str = ""
    would_confirm: str = ""
    evidence: tuple[Evidence, ...] = ()
    actions: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A diagnosis, in short. `ruled_out` and `gaps`: (what, why)."""

    section: str = ""
    causes: tuple[Found, ...] = ()
    ruled_out: tuple[tuple[str, str], ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """As the timeline's row keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Kept:
        """Read it back."""
        return cls(
            section=raw["section"],
            causes=tuple(_found(one) for one in raw["causes"]),
            ruled_out=tuple((what, why) for what, why in raw["ruled_out"]),
            gaps=tuple((what, why) for what, why in raw["gaps"]),
        )


def keep(diagnosis: Diagnosis) -> Kept:
    """Shorten a diagnosis to what a post-mortem says of it."""
    standing = [cause for cause in diagnosis.causes if cause.judgement.verdict in LEADING]
    dismissed = [cause for cause in diagnosis.causes if cause.judgement.verdict == "ruled_out"]
    blind = {
        (run.title[:TEXT], run.why[:TEXT])
        for step in diagnosis.steps
        for run in step.checks
        if run.outcome == "could_not_look"
    }
    open_ = [cause for cause in diagnosis.causes if cause.judgement.verdict == "could_not_check"]
    gaps = sorted(blind) + [(f"Whether {_lower(c.title)}"[:TEXT], "; ".join(c.judgement.missing)[:TEXT]) for c in open_]
    return Kept(
        section=diagnosis.section,
        causes=tuple(_short(cause) for cause in standing[:CAUSES]),
        ruled_out=tuple((cause.title[:TEXT], _why(cause)) for cause in dismissed[:DISMISSED]),
        gaps=tuple(gaps[:GAPS]),
    )


def _short(cause: Ranked) -> Found:
    judgement = cause.judgement
    return Found(
        id=cause.id,
        title=cause.title[:TEXT],
        verdict=judgement.verdict,
        summary=(judgement.summary or cause.title)[:TEXT],
        effect_of=cause.effect_of,
        would_confirm=judgement.would_confirm[:TEXT],
        evidence=tuple(_evidence(fact) for fact in judgement.evidence[:FACTS]),
        actions=tuple(_follow_up(action) for action in judgement.actions[:ACTIONS]),
    )


def _evidence(fact: Fact) -> Evidence:
    return Evidence(
        text=fact.text[:TEXT],
        value=fact.value[:TEXT],
        baseline=fact.baseline[:TEXT],
        at=int(fact.at.timestamp()) if fact.at else None,
        source=fact.source[:TEXT],
        link=fact.link if len(fact.link) <= LINK else "",
    )


def _follow_up(action: Action) -> FollowUp:
    return FollowUp(
        text=action.text[:TEXT],
        command=action.command if len(action.command) <= TEXT else "",
        link=action.link if len(action.link) <= LINK else "",
    )


def _why(cause: Ranked) -> str:
    judgement = cause.judgement
    return (judgement.summary or "; ".join(fact.text for fact in judgement.evidence[:2]))[:TEXT]


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _found(raw: dict[str, Any]) -> Found:
    evidence = tuple(Evidence(**fact) for fact in raw["evidence"])
    actions = tuple(FollowUp(**action) for action in raw["actions"])
    return Found(**raw | {"evidence": evidence, "actions": actions})
