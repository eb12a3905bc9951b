"""Auto scaling, judged against what it did in the week."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity import usage
from lambdas.reviews.capacity.scaling import judge
from lambdas.reviews.cost import tasks
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many

if TYPE_CHECKING:
    from lambdas.reviews.capacity.scaling import Fault, Scaled
    from lambdas.reviews.model import Weight

WEIGHTS: dict[Fault, Weight] = {"failing": "warning", "ineffective": "warning", "at_max": "warning"}
RISK: dict[Fault, str] = {
    "min_too_high": "A sudden surge meets fewer tasks until new ones have started.",
    "target_low": "Less room in a surge: a task needs minutes to start.",
    "in_blocked": "Scaling in may meet work that does not end at once: check the stop timeout.",
}
ROWS = 60


@part(
    "weekly.scaling",
    title="Auto scaling: settings against what it did",
    runbook="Weekly Capacity Planning Review, 2: Evaluate auto-scaling configurations",
    place=40,
    allow=(*usage.ALLOW, *usage.SCALING, *tasks.ALLOW),
)
def scaling(tour: Tour) -> Iterator[Piece]:
    """A finding for each thing that is wrong; money only where the bill or the list knows a price."""
    weeks = {week.resource: week for week in usage.weeks(tour)}
    scaled = usage.scaled(tour)
    for id_, one in sorted(scaled.items()):
        for verdict in judge(one):
            saved = tasks.monthly(tour, weeks[id_].state, verdict.spare) if verdict.spare else None
            yield Item(
                id=f"weekly.scaling.{verdict.fault}",
                weight=WEIGHTS.get(verdict.fault, "advice"),
                subject=one.name,
                text=f"{verdict.seen[:1].upper()}{verdict.seen[1:]}.",
                facts=(Fact(text=_settings(one), source="application-autoscaling:DescribeScalableTargets"),),
                actions=(Action(text=verdict.advice, link=weeks[id_].state.link),),
                saving=saved,
                risk=RISK.get(verdict.fault, ""),
            )
    if scaled:
        yield _table(scaled)
    alone = len(weeks) - len(scaled)
    yield Note(
        text=f"{many(len(scaled), 'service')} with auto scaling, {alone} without.",
        count=(("scaled services", len(scaled)),),
    )


def _settings(one: Scaled) -> str:
    aims = [f"{p.name} at {p.target:g}" for p in one.policies if p.target is not None]
    steps = [p.name for p in one.policies if p.target is None]
    return f"{one.lowest} to {one.highest} tasks; policies: {', '.join([*aims, *steps]) or 'none'}"


def _table(scaled: dict[str, Scaled]) -> Table:
    rows = []
    for _, one in sorted(scaled.items())[:ROWS]:
        done = [a for a in one.activities if a.status == "Successful" and not a.not_scaled]
        counts = [value for _, value in one.tasks]
        seen = f"{min(counts):.0f} to {max(counts):.0f}" if counts else "not measured"
        rows.append(
            (one.name, f"{one.lowest} to {one.highest}", seen, str(len(done)), _settings(one).partition(": ")[2])
        )
    return Table(
        title="What scaled",
        columns=("Service", "Allowed", "Ran", "Activities", "Policies"),
        rows=tuple(rows),
        right=(3,),
        more=max(0, len(scaled) - ROWS),
    )
