"""What a cause is: a pure judgement over the evidence (`diagnosis.md`).

A cause is a function in `causes/<family>/<name>.py`, found by walking the folder. It reads findings and returns a
judgement; it does no I/O and knows no Slack.

    @cause("ecs.image_missing", title="The image does not exist", reads=("ecs.stopped_tasks",), ...)
    def image_missing(evidence: Evidence) -> Judgement:
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.checks.base import Finding, Found, Window
    from lambdas.targets import Target

type Verdict = Literal["confirmed", "likely", "possible", "ruled_out", "could_not_check"]
ORDER: tuple[Verdict, ...] = ("confirmed", "likely", "possible", "ruled_out", "could_not_check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of evidence: a sentence with its value, baseline, time, source and link. Plain text, not escaped."""

    text: str
    source: str = ""
    at: datetime | None = None
    value: str = ""
    baseline: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What an action would change, exactly: a remedy may be proposed from it (`lambdas.remedies`)."""

    remedy: str  # the remedy's kind, e.g. "scale_out"
    resource: str  # as Application Auto Scaling names it: "service/<cluster>/<name>", "table/<name>[/index/<index>]"
    to: Mapping[str, str | int] = field(default_factory=dict)  # the new values, by the remedy's own names


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The runbook's resolution action, made specific; `command` can be pasted into a shell."""

    text: str
    command: str = ""
    link: str = ""
    fix: Fix | None = None  # where the action is one specific change


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a cause makes of the evidence."""

    verdict: Verdict
    summary: str = ""  # one sentence, specific: names, numbers, times; the headline if this cause leads
    evidence: tuple[Fact, ...] = ()
    actions: tuple[Action, ...] = ()
    would_confirm: str = ""  # for `likely` and `possible`: what would confirm it
    missing: tuple[str, ...] = ()  # sources that were absent; for could_not_check: the reason
    since: datetime | None = None  # when it began: a cause starts before its symptom
    score: float = 0.0  # orders causes of equal verdict; 0–1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the checks found about one incident, and what could not be looked at."""

    alert: Alert
    target: Target
    window: Window
    found: Found

    def of[T: Finding](self, kind: type[T]) -> list[T]:
        """All findings of a type, in the order found."""
        return self.found.of(kind)

    def first[T: Finding](self, kind: type[T]) -> T | None:
        """The first finding of a type."""
        return self.found.first(kind)

    def looked(self, check: str) -> bool:
        """Whether a check ran to its end: only then does finding nothing mean anything."""
        return check in self.found.looked

    def gap(self, check: str) -> str:
        """Why a check could not look; empty if it could."""
        return next((g.why for g in self.found.gaps if g.check == check), "" if self.looked(check) else "not run")


type Judge = Callable[[Evidence], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause's declaration."""

    id: str  # public name, `diagnosis.md`
    title: str  # for people, e.g. "The container image does not exist"
    judge: Judge
    reads: tuple[str, ...]  # ids of the checks it judges on; the first is its main source
    effects: tuple[str, ...] = ()  # causes that this one explains when it is confirmed or likely
    depth: int = 0  # along load balancer (0) → service (1) → task (2) → dependency (3): the deepest cause wins
    runbook: str = ""  # the section whose resolution action it carries


CAUSES: dict[str, Cause] = {}


def cause(
    id: str,  # noqa: A002 — the field's own name
    *,
    title: str,
    reads: tuple[str, ...],
    effects: tuple[str, ...] = (),
    depth: int = 0,
    runbook: str = "",
) -> Callable[[Judge], Judge]:
    """Register a cause. A duplicate id fails at import."""

    def register(judge: Judge) -> Judge:
        if id in CAUSES:
            raise ValueError(f"two causes are called {id}")
        CAUSES[id] = Cause(id=id, title=title, judge=judge, reads=reads, effects=effects, depth=depth, runbook=runbook)
        return judge

    return register
