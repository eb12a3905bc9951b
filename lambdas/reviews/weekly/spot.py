"""Services that could run on Fargate Spot: those that say themselves that they are not critical."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity import usage
from lambdas.reviews.cost import tasks
from lambdas.reviews.cost.bill import HOURS
from lambdas.reviews.cost.prices import SPOT_DISCOUNT
from lambdas.reviews.model import Action, Fact, Item, Note
from lambdas.reviews.words import listed

if TYPE_CHECKING:
    from lambdas.reviews.capacity.usage import ServiceWeek

KEYS = frozenset({"environment", "env", "stage", "tier", "criticality", "importance", "workload"})
LESS = frozenset(
    {
        "dev", "development", "test", "testing", "qa", "staging", "stage", "sandbox", "preview", "demo", "uat",
        "batch", "low", "non-critical", "noncritical", "best-effort", "background",
    }
)  # fmt: skip
MORE = frozenset({"prod", "production", "live", "critical", "high", "mission-critical"})
_NAME = re.compile(r"(?:^|[-_/])(dev|test|qa|staging|sandbox|preview|demo|uat|batch)(?:$|[-_/])")


@part(
    "weekly.spot",
    title="Fargate Spot for non-critical services",
    runbook="Weekly Capacity Planning Review, 3: Assess spot instance opportunities for non-critical workloads",
    place=100,
    allow=(*usage.ALLOW, *tasks.ALLOW, Allow("tag:GetResources")),
)
def spot(tour: Tour) -> Iterator[Piece]:
    """Judged by tags of the service or its cluster first, by names second; a tag that says 'production' ends it."""
    tags = _tags(tour)
    found = 0
    for week in usage.weeks(tour):
        state = week.state
        if not tasks.on_fargate(state) or "FARGATE_SPOT" in state.capacity_providers or not week.mean_tasks:
            continue
        of_cluster = tags.get(state.arn.replace(":service/", ":cluster/").rpartition("/")[0], {})
        why = judged(state.name, state.cluster, of_cluster | tags.get(state.arn, {}))
        if why:
            found += 1
            yield _item(tour, week, why)
    if not found:
        yield Note(
            text="No service on Fargate says that it is not critical. Tags that are read: "
            f"{listed(sorted(KEYS), 8)}, with values such as staging, test or batch."
        )


def judged(name: str, cluster: str, tags: Mapping[str, str]) -> str:
    """Why a service counts as not critical; empty where nothing says so."""
    known = {key.rpartition(":")[2].lower(): value.strip().lower() for key, value in tags.items()}
    said = {key: value for key, value in known.items() if key in KEYS}
    if any(value in MORE for value in said.values()):
        return ""
    for key, value in sorted(said.items()):
        if value in LESS:
            return f"its tag {key} says {value}"
    for what, text in (("service", name), ("cluster", cluster)):
        if match := _NAME.search(text.lower()):
            return f"the {what}'s name says {match[1]}"
    return ""


def _tags(tour: Tour) -> dict[str, dict[str, str]]:
    def read() -> dict[str, dict[str, str]]:
        pages: Any = tour.aws.resourcegroupstaggingapi.get_paginator("get_resources").paginate(
            ResourceTypeFilters=["ecs:service", "ecs:cluster"], PaginationConfig={"PageSize": 100}
        )
        return {
            one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}
            for page in pages
            for one in page.get("ResourceTagMappingList") or ()
        }

    return tour.inventory.once("ecs tags", read)


def _item(tour: Tour, week: ServiceWeek, why: str) -> Item:
    each = None
    sized = tasks.sized(tour, week.state)
    if sized:
        each = tasks.hourly(tasks.billed(tour), *sized)
    saving = each * HOURS * week.mean_tasks * SPOT_DISCOUNT if each is not None else None
    size = f" of {sized[0]}" if sized else ""
    most = f" At most {SPOT_DISCOUNT:.0%} less: the price moves."
    unknown = " What it saves is unknown: no price." if saving is None else most
    return Item(
        id="weekly.spot.candidate",
        weight="advice",
        subject=week.subject,
        text=f"Its {week.mean_tasks:.1f} tasks{size} could run on Fargate Spot; it is not critical, for {why}."
        f"{unknown}",
        facts=(Fact(text=f"judged by: {why}", source="tag:GetResources, ecs:DescribeServices"),),
        actions=(
            Action(
                text="Set the service's capacity provider strategy to FARGATE_SPOT, with a base of one on FARGATE.",
                link=week.state.link,
            ),
        ),
        saving=saving,
        risk="AWS takes tasks back with two minutes' notice, and may have none to give: the service must take a stop "
        "at any time.",
    )
