"""Running task counts against what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note
from lambdas.reviews.words import many

if TYPE_CHECKING:
    from lambdas.checks.ecs.services import ServiceState

EVENTS = 2


@part(
    "daily.tasks",
    title="ECS: running tasks against desired",
    runbook="Morning Health Check, 3: Verify running task counts match desired capacity",
    place=50,
    allow=inventory.SERVICES,
    present=True,
)
def tasks(tour: Tour) -> Iterator[Piece]:
    """A service that is being rolled out right now is said to be so; it is no shortage yet."""
    services = tour.inventory.services()
    for service in services:
        if service.short and service.scheduling != "DAEMON":
            yield _short(service)
    yield Note(
        text=f"{many(len(services), 'service')} looked at; {many(sum(s.running for s in services), 'task')} running.",
        count=(("services", len(services)),),
    )


def _short(service: ServiceState) -> Item:
    facts = tuple(Fact(text=e.message, at=e.at, source="ecs:DescribeServices") for e in service.events[:EVENTS])
    running = f"{service.running} of {many(service.desired, 'desired task')} running"
    rolling = next((d for d in service.deployments if d.rollout == "IN_PROGRESS" and not d.failed), None)
    if rolling:
        return Item(
            id="daily.tasks.rolling",
            weight="info",
            subject=service.name,
            text=f"{running} while {rolling.task_definition} is rolled out.",
            facts=facts,
        )
    pending = f", {service.pending} pending" if service.pending else ""
    return Item(
        id="daily.tasks.short" if service.running else "daily.tasks.none_running",
        weight="warning" if service.running else "critical",
        subject=service.name,
        text=f"{running}{pending}, in cluster {service.cluster}.",
        facts=facts,
        actions=(Action(text="Look at the service's events and stopped tasks (Scenario 1).", link=service.link),),
    )
