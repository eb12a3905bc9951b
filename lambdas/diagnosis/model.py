"""What a diagnosis is: ranked causes, what ran, what could not be looked at. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.causes.base import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One cause with its judgement. `effect_of` names the cause that explains it, if one does."""

    id: str
    title: str
    judgement: Judgement
    effect_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """How one check went."""

    check: str
    title: str
    outcome: Literal["looked", "could_not_look"]
    why: str = ""
    findings: int = 0
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """How one step of the playbook went."""

    id: str
    title: str
    checks: tuple[CheckRun, ...]


NEEDS = "needs "  # how the reason of a check begins that lacked another check's answer (`runner`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """One reason why something could not be looked at, and the titles of all checks that it took with it."""

    why: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The result of a playbook: causes best first. The first one is the headline."""

    playbook: str
    section: str
    causes: tuple[Ranked, ...]
    steps: tuple[StepRun, ...] = ()
    milliseconds: float = field(default=0.0, compare=False)

    @property
    def headline(self) -> Ranked:
        """The cause that is reported first; `unknown` where none stands out."""
        return self.causes[0]

    @property
    def gaps(self) -> tuple[Hole, ...]:
        """What could not be looked at, by reason: a check that only lacked another's answer stands with that one."""
        holes: dict[str, list[str]] = {}
        runs = [run for step in self.steps for run in step.checks if run.outcome == "could_not_look"]
        for run in sorted(runs, key=lambda run: (run.why.startswith(NEEDS), run.title)):
            reason = run.why.partition(": ")[2] if run.why.startswith(NEEDS) else run.why
            titles = holes.setdefault(reason, [])
            if run.title not in titles:
                titles.append(run.title)
        return tuple(Hole(why=why, checks=tuple(titles)) for why, titles in holes.items())


def looked(diagnosis: Diagnosis) -> dict[str, str]:
    """Each step that has checks: "" where one of them looked at least, else why none could."""
    found = {}
    for step in diagnosis.steps:
        if step.checks:
            ran = any(check.outcome == "looked" for check in step.checks)
            found[step.id] = "" if ran else step.checks[0].why or "it could not look"
    return found
