"""How well incidents were answered in the quarter: against the runbook's targets, and what targets the data bear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from lambdas.incidents.cadence import CADENCE, MINUTE
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.history.incidents import Response, counted, length, response
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Store

LEAST = 5  # incidents of a severity: fewer say nothing about a team
GOOD = 0.9  # of them within the target
LATE = 2 * MINUTE  # an update may come that much after its time
BOLDEST = 0.25  # of the present target: one quarter's luck is no promise
STEPS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320)  # minutes that people would set


@part(
    "quarterly.response",
    title="Response effectiveness",
    runbook="Quarterly Assessment: Analyze incident response effectiveness; update SLA targets based on performance "
    "data",
    place=10,
)
def effectiveness(tour: Tour) -> Iterator[Piece]:
    """By severity. A missed target is a finding, one that is easily met a proposal; both need enough incidents."""
    found = counted(tour.table.opened(int(tour.start.timestamp()), int(tour.end.timestamp())))
    rows = []
    for severity in sorted(CADENCE):
        own = [one for one in found if one.judged.severity == severity]
        told = response(severity, own)
        updates = _updates(tour.table, severity, own)
        rows.append(_row(told, updates))
        if told.incidents >= LEAST:
            yield from _judged(told)
            yield from _late(severity, updates)
    yield Table(
        title="Against the runbook's targets",
        columns=(
            "Severity (targets)",
            "Incidents",
            "Acknowledged in time",
            "Median / 9 of 10",
            "Resolved in time",
            "Median / 9 of 10",
            "Updates on time",
        ),
        rows=tuple(rows),
        right=(1, 2, 3, 4, 5, 6),
    )
    few = [f"Severity {s}" for s in sorted(CADENCE) if sum(one.judged.severity == s for one in found) < LEAST]
    if few:
        yield Note(text=f"Fewer than {LEAST} incidents, so not judged: {', '.join(few)}.")
    yield Note(text=f"{many(len(found), 'incident')} looked at.", count=(("incidents", len(found)),))


def _judged(told: Response) -> Iterator[Item]:
    subject = f"Severity {told.severity}"
    late = told.acknowledged_in_time < GOOD * told.incidents
    if late:
        never = told.incidents - told.acknowledged
        yield Item(
            id="quarterly.response.acknowledged_late",
            weight="warning",
            subject=subject,
            text=f"{told.acknowledged_in_time} of {many(told.incidents, 'incident')} were acknowledged within "
            f"{length(told.acknowledge_target)}; median {length(told.acknowledge_median)}"
            + (f", {never} never." if never else "."),
            actions=(Action(text=_why_late(told)),),
            level=told.acknowledged_in_time / told.incidents,
        )
    if told.resolved_in_time < GOOD * told.incidents:
        yield Item(
            id="quarterly.response.resolved_late",
            weight="warning",
            subject=subject,
            text=f"{told.resolved_in_time} of {many(told.incidents, 'incident')} were resolved within "
            f"{length(told.resolve_target)}; median {length(told.resolve_median)}, 90 of 100 within "
            f"{length(told.resolve_p90)}.",
            actions=(Action(text="Look at the longest ones: was the cause known late, or the repair slow?"),),
            level=told.resolved_in_time / told.incidents,
        )
    elif not late and told.resolve_p90 is not None and target(told.resolve_p90) < told.resolve_target / 2:
        better = max(target(told.resolve_p90), told.resolve_target * BOLDEST)
        yield Item(
            id="quarterly.response.target",
            weight="advice",
            subject=subject,
            text=f"The resolution target of {length(told.resolve_target)} could be {length(better)}: 90 of 100 were "
            f"resolved within {length(told.resolve_p90)}.",
            facts=(
                Fact(text=f"{many(told.resolved, 'resolved incident')} of the quarter", source="the incident table"),
            ),
            actions=(Action(text="Propose it to the customer, or keep the room on purpose."),),
            risk="A quarter without a hard incident makes targets look easy.",
        )


def _why_late(told: Response) -> str:
    if told.acknowledged < told.incidents / 2:
        return "Most were never acknowledged: settle who does it, and train it (see below)."
    return "Look who was on call at the late ones: nights, hand-overs, or a channel that nobody hears?"


def target(seconds: float) -> float:
    """The next time that people would write down, with a tenth of room; seconds."""
    wanted = seconds * 1.1 / MINUTE
    return next((step for step in STEPS if step >= wanted), STEPS[-1]) * MINUTE


def _updates(store: Store, severity: int, own: Sequence[Incident]) -> tuple[int, int]:
    """(incidents whose updates all were on time, incidents that lasted long enough to need one)."""
    period = CADENCE[severity].updates
    if period is None:
        return 0, 0
    on_time = needed = 0
    for one in own:
        ended = one.resolved_at or one.cleared_at
        if ended is None or ended - one.opened_at <= period + LATE:
            continue
        needed += 1
        at = sorted(row.at / 1000 for row in store.timeline(one.id) if one.opened_at * 1000 <= row.at <= ended * 1000)
        moments = [float(one.opened_at), *at, float(ended)]
        widest = max(b - a for a, b in pairwise(moments))
        on_time += widest <= period + LATE
    return on_time, needed


def _late(severity: int, updates: tuple[int, int]) -> Iterator[Item]:
    on_time, needed = updates
    if needed and on_time < GOOD * needed:
        period = CADENCE[severity].updates or 0
        yield Item(
            id="quarterly.response.updates_late",
            weight="warning",
            subject=f"Severity {severity}",
            text=f"In {needed - on_time} of {many(needed, 'incident')} more than {length(period)} passed without "
            "anything new on the timeline.",
            actions=(Action(text="Look whether the clock ran (its own alarm), or updates were snoozed."),),
            level=on_time / needed,
        )


def _row(told: Response, updates: tuple[int, int]) -> tuple[str, ...]:
    def share(number: int, of: int) -> str:
        return f"{number} of {of}" if of else ""

    def both(middle: float | None, most: float | None) -> str:
        return f"{length(middle)} / {length(most)}" if middle is not None else ""

    return (
        f"{told.severity} ({length(told.acknowledge_target)}, {length(told.resolve_target)})",
        str(told.incidents),
        share(told.acknowledged_in_time, told.incidents),
        both(told.acknowledge_median, told.acknowledge_p90),
        share(told.resolved_in_time, told.incidents),
        both(told.resolve_median, told.resolve_p90),
        share(*updates) or ("not promised" if CADENCE[told.severity].updates is None else "none was due"),
    )
