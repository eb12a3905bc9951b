"""Load balancers' target response time above 1,000 ms, where it was better last week."""

from __future__ import annotations

from collections.abc import Iterator

from lambdas.reviews import inventory, series, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action
from lambdas.reviews.regress import Speed, regressions


@part(
    "hourly.balancers",
    title="Load balancer target response time",
    runbook="Performance Alert Response: Load balancer target response time >1000ms",
    place=30,
    allow=(*inventory.BALANCERS, *inventory.TARGET_GROUPS, *series.ALLOW),
)
def balancers(tour: Tour) -> Iterator[Piece]:
    """Of each balancer as a whole, and of each of its target groups: a slow service hides behind fast ones."""
    limit, sentence = watched.RESPONSE.limit(tour.settings.thresholds), watched.RESPONSE.trigger.sentence
    whole = list(watched.balancers(tour.inventory.balancers()))
    groups = list(watched.groups(tour.inventory.target_groups()))
    speeds = [
        Speed(subject=one.name, ask=one.ask(watched.RESPONSE), limit=limit, sentence=sentence, scale=1000.0)
        for one in (*whole, *groups)
    ]
    yield from regressions(
        tour,
        "hourly.balancers",
        speeds,
        Action(text="Review the code path and what the targets wait for; right-size them if they are saturated."),
    )
