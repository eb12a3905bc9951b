"""Resources without the alarms that the runbook's tables ask for, with the code to add them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews import alarms as reading
from lambdas.reviews import cdk, inventory, limits, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Item, Note, Table
from lambdas.reviews.words import listed, many

if TYPE_CHECKING:
    from lambdas.reviews.watched import Resource, Watched

KINDS = {
    "service": "ECS service",
    "database": "database",
    "balancer": "load balancer",
    "group": "target group",
    "table": "DynamoDB table",
}


@part(
    "daily.coverage",
    title="Alarms that the runbook asks for and nobody made",
    runbook="Alert Response Procedures: the trigger conditions of all three tables",
    place=95,
    allow=(
        *inventory.ALARMS,
        *inventory.SERVICES,
        *inventory.DATABASES,
        *inventory.BALANCERS,
        *inventory.TARGET_GROUPS,
        *inventory.TABLES,
    ),
    present=True,
)
def coverage(tour: Tour) -> Iterator[Piece]:
    """By resource. An alarm on a metric that says the same does as well; whether it tells anybody is the audit's."""
    covered = _covered(tour)
    resources = watched.everything(tour.inventory, tour.settings.table)
    without = 0
    counts: dict[str, list[int]] = {}
    for resource in resources:
        wanted = [one for one in watched.ALL if one.what == resource.what]
        missing = [one for one in wanted if not _has(covered, resource, one)]
        row = counts.setdefault(resource.what, [0, 0, 0])
        row[0] += 1
        row[1] += len(wanted)
        row[2] += len(missing)
        if missing:
            without += 1
            yield _item(tour, resource, missing)
    if counts:
        yield Table(
            title="Alarms by kind of resource",
            columns=("Kind", "Resources", "Alarms asked for", "Missing"),
            rows=tuple((KINDS[what], *(f"{n:,}" for n in row)) for what, row in counts.items()),
            right=(1, 2, 3),
        )
    said = (
        f"{without} of them without an alarm it needs" if without else "each has the alarms that the runbook asks for"
    )
    yield Note(text=f"{many(len(resources), 'resource')} looked at; {said}.")


def _covered(tour: Tour) -> dict[tuple[str, str], list[set[tuple[str, str]]]]:
    """The dimensions that alarms look at, by metric. Of metric math each metric counts."""
    found: dict[tuple[str, str], list[set[tuple[str, str]]]] = {}
    for alarm in tour.inventory.alarms():
        if not reading.for_scaling(alarm):
            for one in reading.metrics(alarm):
                found.setdefault((one.namespace, one.name), []).append(set(one.dimensions))
    return found


def _has(covered: dict[tuple[str, str], list[set[tuple[str, str]]]], resource: Resource, wanted: Watched) -> bool:
    """Whether an alarm is on this metric, or one that does as well, of this very resource."""
    key = {"service": "ServiceName", "database": "DBInstanceIdentifier", "balancer": "LoadBalancer"}.get(
        resource.what, "TargetGroup" if resource.what == "group" else "TableName"
    )
    need = {(key, resource.dimensions[key])}
    if resource.what == "service":
        need.add(("ClusterName", resource.dimensions["ClusterName"]))
    for namespace in (wanted.namespace, "ECS/ContainerInsights"):
        for name in (wanted.name, *wanted.instead):
            if any(need <= at for at in covered.get((namespace, name), ())):
                return True
    return False


def _item(tour: Tour, resource: Resource, missing: list[Watched]) -> Item:
    critical = [one for one in missing if one.trigger.tier == "critical"]
    bounds = {one.role: _bound(tour, resource, one) for one in missing}
    what = listed([one.role for one in missing], 5)
    return Item(
        id=f"daily.coverage.{resource.what}",
        weight="warning" if critical else "advice",
        subject=resource.name,
        text=f"This {KINDS[resource.what]} has no alarm on {what}.",
        actions=(Action(text="Add the alarms with the code below, and deploy it with the rest of the stack."),),
        code=cdk.code(resource, missing, bounds),
    )


def _bound(tour: Tour, resource: Resource, wanted: Watched) -> float:
    """The runbook's limit in the metric's own unit; of connections the share of what the database takes."""
    limit = wanted.limit(tour.settings.thresholds)
    if wanted.trigger.family == "connections":
        most = limits.value(resource.document or {})
        return round(limit / 100 * most) if most else 100.0
    return limit / wanted.scale
