"""AWS Compute Optimizer's own findings. An account that is not enrolled is a gap, never 'no savings'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.cost import optimizer
from lambdas.reviews.model import Action, Fact, Item, Note
from lambdas.reviews.words import many

if TYPE_CHECKING:
    from lambdas.reviews.cost.optimizer import Found

KINDS = {"ecs": "service", "rds": "database", "storage": "storage", "function": "function"}
RISK = {
    "ecs": "Peaks shorter than the metric's period are not in AWS's view: watch CPU and memory for a week after it.",
    "rds": "Changing the class restarts the database (a failover with Multi-AZ): in the maintenance window.",
    "storage": "A storage change takes hours and may slow the database meanwhile.",
    "function": "Less memory is also less CPU: watch the duration.",
}


@part(
    "weekly.optimizer",
    title="Compute Optimizer's findings",
    runbook="Weekly Capacity Planning Review, 3: Identify underutilized resources",
    place=70,
    allow=optimizer.ALLOW,
)
def findings(tour: Tour) -> Iterator[Piece]:
    """Savings are AWS's estimates, after the account's discounts where AWS knows them."""
    found = optimizer.findings(tour)
    for one in found:
        yield _item(one)
    yield Note(text=f"Compute Optimizer answers: {many(len(found), 'finding')}.")


def _item(one: Found) -> Item:
    what = KINDS[one.kind]
    change = f"{one.now} → {one.then}" if one.then else one.now
    words = {"over": "larger than it needs", "under": "too small for its load", "idle": "not used at all"}[one.finding]
    advice = {
        "idle": "Take a last snapshot and delete it, or stop it (RDS starts it again after seven days).",
        "under": f"Change it to {one.then}." if one.then else "Give it more.",
        "over": f"Change it to {one.then}." if one.then else "Make it smaller.",
    }[one.finding]
    return Item(
        id=f"weekly.optimizer.{one.kind}_{one.finding}",
        weight="warning" if one.finding == "under" else "advice",
        subject=one.name,
        text=f"AWS finds this {what} {words} over {one.days:g} days ({change}).",
        facts=(Fact(text=one.why or "no reason given", source="compute-optimizer"),),
        actions=(Action(text=advice),),
        saving=one.saving if one.saving and one.saving > 0 else None,
        risk=RISK[one.kind] if one.finding != "idle" else "Make sure that nothing needs it monthly or quarterly.",
    )
