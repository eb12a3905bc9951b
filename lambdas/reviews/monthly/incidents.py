"""The month's incidents by cause, against the month before, and those that come again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.history.incidents import UNKNOWN, by, cause_of, counted, length, moment
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import listed, many, when

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident

AGAIN = 3  # times the same cause at the same service: it was not mended
UNSOLVED = 0.5  # of at least UNSOLVED_LEAST incidents without a cause
UNSOLVED_LEAST = 4
ROWS = 40


@part(
    "monthly.incidents",
    title="Incidents by cause",
    runbook="Runbook Maintenance, monthly: Update procedures based on recent incidents; Knowledge Management: "
    "Knowledge base articles created for recurring issues",
    place=10,
)
def incidents(tour: Tour) -> Iterator[Piece]:
    """Without events that were only noted, what fell into a silence, and the children of a storm."""
    start, end = int(tour.start.timestamp()), int(tour.end.timestamp())
    found = counted(tour.table.opened(start, end))
    before = counted(tour.table.opened(start - (end - start), start))
    groups = by(found, lambda one: (cause_of(one), one.judged.service))
    for (cause, service), same in sorted(groups.items(), key=lambda row: (-len(row[1]), row[0])):
        if cause != UNKNOWN and len(same) >= AGAIN:
            yield _recurring(cause, service, same, tour.settings.time_zone)
    yield from _unsolved(found)
    if found:
        yield _causes(found, before)
        yield _services(found)
    change = f", {len(before)} in as many days before" if before else ""
    worst = sum(one.judged.severity == 1 for one in found)
    yield Note(
        text=f"{many(len(found), 'incident')}{change}; {worst} of Severity 1.", count=(("incidents", len(found)),)
    )


def _recurring(cause: str, service: str, same: Sequence[Incident], zone: str) -> Item:
    last = same[-1]
    prevented = [one.prevention for one in same[:-1] if one.prevention]
    said = (
        f" “{prevented[-1][:120]}” was noted, and it came again."
        if prevented
        else ""
        if last.prevention
        else " Nobody noted what would prevent it."
    )
    days = len({moment(one.opened_at).date() for one in same})
    return Item(
        id="monthly.incidents.recurring",
        weight="warning",
        subject=service,
        text=f"{_named(cause, last)} came {len(same)} times on {many(days, 'day')}, the last on "
        f"{when(moment(last.opened_at), zone)}.{said}",
        facts=tuple(Fact(text=f"{one.id}: {one.headline.summary if one.headline else ''}"[:300]) for one in same[-3:]),
        actions=(Action(text="Write a knowledge base article, and plan the lasting repair."),),
        level=float(len(same)),
    )


def _named(cause: str, incident: Incident) -> str:
    """The cause's title, and its public name."""
    title = incident.headline.title if incident.headline else ""
    return f"{title} ({cause})" if title and title != cause else cause


def _unsolved(found: Sequence[Incident]) -> Iterator[Item]:
    unknown = [one for one in found if cause_of(one) == UNKNOWN and not one.root_cause]
    if len(unknown) >= UNSOLVED_LEAST and len(unknown) >= UNSOLVED * len(found):
        services = sorted({one.judged.service for one in unknown})
        yield Item(
            id="monthly.incidents.unsolved",
            weight="advice",
            subject="all services",
            text=f"Of {many(len(found), 'incident')} {len(unknown)} have no cause, neither diagnosed nor written by a "
            f"person: {listed(services)}.",
            actions=(
                Action(
                    text="Let whoever resolves one write its cause; a pattern that the diagnosis misses can be added."
                ),
            ),
            level=float(len(unknown)),
        )


def _causes(found: Sequence[Incident], before: Sequence[Incident]) -> Table:
    past = {cause: len(same) for cause, same in by(before, cause_of).items()}
    groups = sorted(by(found, cause_of).items(), key=lambda row: (-len(row[1]), row[0]))
    rows = []
    for cause, same in groups[:ROWS]:
        lasted = [one.resolved_at - one.opened_at for one in same if one.resolved_at]
        rows.append(
            (
                cause,
                str(len(same)),
                str(past.get(cause, 0)),
                listed(sorted({one.judged.service for one in same}), 3),
                length(sum(lasted) / len(lasted)) if lasted else "open",
            )
        )
    return Table(
        title="By cause",
        columns=("Cause", "Incidents", "Before", "Services", "Mean duration"),
        rows=tuple(rows),
        right=(1, 2, 4),
        more=max(0, len(groups) - ROWS),
    )


def _services(found: Sequence[Incident]) -> Table:
    groups = sorted(by(found, lambda one: one.judged.service).items(), key=lambda row: (-len(row[1]), row[0]))
    rows = [
        (
            service,
            str(len(same)),
            str(sum(one.judged.severity == 1 for one in same)),
            length(sum(max(0, (one.resolved_at or one.opened_at) - one.opened_at) for one in same)),
        )
        for service, same in groups[:ROWS]
    ]
    return Table(
        title="By service",
        columns=("Service", "Incidents", "Severity 1", "Time in incidents"),
        rows=tuple(rows),
        right=(1, 2, 3),
        more=max(0, len(groups) - ROWS),
    )
