"""Runbook steps that never ran, and those that could never look."""

from __future__ import annotations

from collections.abc import Iterator

from lambdas.checks.base import load
from lambdas.playbooks.base import PLAYBOOKS
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many

FAILS = 3  # times, and never once could it look


@part(
    "monthly.steps",
    title="Runbook steps: what ran and what could not look",
    runbook="Runbook Maintenance, monthly: Review and update troubleshooting scenarios",
    place=30,
)
def steps(tour: Tour) -> Iterator[Piece]:
    """Counted at each diagnosis, by calendar months in UTC. A playbook that never ran is a row, not a finding."""
    load("lambdas.playbooks")
    counts = tour.table.steps(int(tour.start.timestamp()), int(tour.end.timestamp()))
    rows, idle = [], []
    for book in sorted(PLAYBOOKS.values(), key=lambda one: one.id):
        used = any(step.id in counts for step in book.steps)
        if not used:
            idle.append(book.section)
            continue
        for step in book.steps:
            count = counts.get(step.id)
            ran, failed = (count.ran, count.failed) if count else (0, 0)
            rows.append((step.id, step.title, str(ran), str(failed)))
            if count and not ran and failed >= FAILS:
                yield Item(
                    id="monthly.steps.always_fails",
                    weight="warning",
                    subject=step.id,
                    text=f"“{step.title}” could not look in any of {many(failed, 'diagnosis', 'diagnoses')}: "
                    f"{count.why}.",
                    facts=(Fact(text=count.why, source="diagnoses of the month"),),
                    actions=(Action(text="Grant what it lacks, or strike the step from the runbook."),),
                    level=float(failed),
                )
            elif not count and step.checks:
                yield Item(
                    id="monthly.steps.never_ran",
                    weight="advice",
                    subject=step.id,
                    text=f"“{step.title}” never ran, although its section did.",
                    actions=(Action(text="Look why: a check that was removed, or diagnoses that ended before it?"),),
                )
    if rows:
        yield Table(
            title="Steps of the month",
            columns=("Step", "Title", "Looked", "Could not look"),
            rows=tuple(rows),
            right=(2, 3),
        )
    if idle:
        yield Note(text=f"Sections that no incident needed: {'; '.join(sorted(set(idle)))}.")
    if not counts:
        yield Note(text="No diagnosis was counted in this time.")
