"""What a review is made of: findings, tables, curves, and what could not be looked at. Pure values.

A part of a review yields `Item`, `Table`, `Curve` and `Note`; the runner puts them into a `Section`; a `Report` is all
sections of one slot. Texts are plain, never escaped: whoever renders them does that. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from lambdas.causes.base import Action, Fact

if TYPE_CHECKING:
    from lambdas.reviews.slots import Slot

type Kind = Literal["daily", "hourly", "weekly", "monthly", "quarterly"]
KINDS: tuple[Kind, ...] = ("daily", "hourly", "weekly", "monthly", "quarterly")

type Weight = Literal["critical", "warning", "advice", "info"]
WEIGHTS: tuple[Weight, ...] = ("critical", "warning", "advice", "info")  # worst first

LONGEST_SUBJECT = 500  # bytes

TITLES: dict[Kind, str] = {
    "daily": "Morning health check",
    "hourly": "Performance review",
    "weekly": "Weekly capacity and cost review",
    "monthly": "Monthly report",
    "quarterly": "Quarterly report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding. `id` is a public name, `<kind>.<part>.<what>`; `subject` is the resource, as people call it."""

    id: str
    weight: Weight
    subject: str
    text: str  # one sentence: names, numbers, times
    facts: tuple[Fact, ...] = ()
    actions: tuple[Action, ...] = ()
    code: str = ""  # something to paste: CDK code, a configuration
    saving: float | None = None  # USD a month
    risk: str = ""  # of doing what is advised
    level: float | None = None  # how bad, as a number: a finding that was told is told again when this moves
    known: bool = False  # it was told in an earlier slot, and has not changed since

    @property
    def key(self) -> str:
        """What the finding is about, stable between slots, and short enough for a key of the table."""
        subject = self.subject
        if len(subject.encode()) > LONGEST_SUBJECT:
            subject = f"{subject[:60]}…{sha256(subject.encode()).hexdigest()}"
        return f"{self.id}/{subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows for people. `right` are the columns (by index) that are set to the right: numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    more: int = 0  # rows that were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series of a curve, oldest point first. Gaps are absent points."""

    label: str
    points: tuple[tuple[datetime, float], ...]
    faint: bool = False  # a baseline: drawn behind, dashed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment of a curve: a deployment, a change point."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A chart over time: at most six lines, a threshold, and marks."""

    title: str
    unit: str  # "%", "ms", "GiB", "" for a count
    lines: tuple[Line, ...]
    threshold: float | None = None
    marks: tuple[Mark, ...] = ()
    about: str = ""  # one sentence that says what there is to see: also for those who do not see it


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One sentence on what was looked at: a quiet section says it too. `count` adds up in the quiet day's line."""

    text: str
    count: tuple[tuple[str, int], ...] = ()  # e.g. (("services", 12),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report. A gap is 'could not look: why'; with one, no item means nothing."""

    id: str
    title: str
    runbook: str  # the runbook's heading that asks for it
    items: tuple[Item, ...] = ()
    tables: tuple[Table, ...] = ()
    curves: tuple[Curve, ...] = ()
    notes: tuple[Note, ...] = ()
    gaps: tuple[str, ...] = ()
    more: int = 0  # items that were left out because there are too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one slot's review found."""

    kind: Kind
    environment: str  # "<customer> <environment>"
    account: str
    region: str
    slot: Slot
    made_at: datetime
    sections: tuple[Section, ...]
    missed: tuple[str, ...] = ()  # sentences on slots that did not run

    @property
    def title(self) -> str:
        """What the report is called."""
        return TITLES[self.kind]

    @property
    def items(self) -> tuple[Item, ...]:
        """All findings, worst first; within a weight in the order of the sections."""
        found = [item for section in self.sections for item in section.items]
        return tuple(sorted(found, key=lambda item: WEIGHTS.index(item.weight)))

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """(section's title, why) of everything that could not be looked at."""
        return tuple((section.title, gap) for section in self.sections for gap in section.gaps)

    @property
    def quiet(self) -> bool:
        """Nothing above `info` was found, everything was looked at, and no slot was missed."""
        return not self.gaps and not self.missed and all(item.weight == "info" for item in self.items)

    @property
    def saving(self) -> float:
        """What all advice together would save, USD a month."""
        return sum(item.saving or 0.0 for item in self.items)

    @property
    def counts(self) -> dict[Weight, int]:
        """How many findings of each weight."""
        items = self.items
        return {weight: sum(item.weight == weight for item in items) for weight in WEIGHTS}

    @property
    def looked(self) -> dict[str, int]:
        """How much was looked at, e.g. {"services": 12}: the largest number that a section gives."""
        found: dict[str, int] = {}
        for section in self.sections:
            for note in section.notes:
                for name, number in note.count:
                    found[name] = max(found.get(name, 0), number)
        return found

    @property
    def headline(self) -> str:
        """One sentence that says how it is."""
        found = [item for item in self.items if item.weight != "info"]
        gaps = f" {_many(len(self.gaps), 'thing')} could not be looked at." if self.gaps else ""
        if not found:
            said = ", ".join(_many(number, name.removesuffix("s"), name) for name, number in self.looked.items())
            calm = "Nothing to report" if self.gaps else "All quiet"
            return (f"{calm}: {said} looked at." if said else f"{calm}.") + gaps
        counts = self.counts
        parts = [
            _many(counts["critical"], "critical finding"),
            _many(counts["warning"], "warning"),
            _many(counts["advice"], "piece", "pieces") + " of advice",
        ]
        said = ", ".join(part for part, weight in zip(parts, WEIGHTS, strict=False) if counts[weight])
        return f"{said}.{gaps}"


def _many(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


__all__ = [
    "KINDS",
    "TITLES",
    "WEIGHTS",
    "Action",
    "Curve",
    "Fact",
    "Item",
    "Kind",
    "Line",
    "Mark",
    "Note",
    "Report",
    "Section",
    "Table",
    "Weight",
]
