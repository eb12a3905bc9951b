"""Database read or write latency above 100 ms, where it was better last week."""

from __future__ import annotations

from collections.abc import Iterator

from lambdas.checks.rds import links
from lambdas.reviews import inventory, series, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action
from lambdas.reviews.regress import Speed, regressions


@part(
    "hourly.databases",
    title="Database read and write latency",
    runbook="Performance Alert Response: Database read/write latency >100ms",
    place=20,
    allow=(*inventory.DATABASES, *series.ALLOW),
)
def databases(tour: Tour) -> Iterator[Piece]:
    """Both latencies of every instance."""
    speeds = [
        Speed(
            subject=f"{one.name} {metric.role}",
            ask=one.ask(metric),
            limit=metric.limit(tour.settings.thresholds),
            sentence=metric.trigger.sentence,
            scale=metric.scale,
            link=links.database(tour.aws.region, one.name),
        )
        for one in watched.databases(tour.inventory.databases())
        for metric in (watched.READ, watched.WRITE)
    ]
    yield from regressions(
        tour,
        "hourly.databases",
        speeds,
        Action(text="Look for statements to optimise in Performance Insights (Scenario 2)."),
    )
