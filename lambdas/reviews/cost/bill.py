"""The account's own bill, from Cost Explorer: what each service cost a day, and what a unit really cost.

A unit's price is what was paid for it, discounts and all: USD divided by the quantity, over the reviewed week and this
region. It is unknown where nothing was used, or where reservations and credits paid all of it. Cost Explorer costs 0.01
USD a request; the whole review makes three or four for the bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.reviews.cost.prices import LISTED, Price

if TYPE_CHECKING:
    from lambdas.aws import Aws

ALLOW = (Allow("ce:GetCostAndUsage"),)
HOURS = 730.0  # of a month, as AWS counts them


@dataclass(frozen=True, slots=True)
class Usage:
    """What one usage type cost, and how much of it was used, over some days."""

    cost: float
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Usage of this region by its type without the region's prefix, e.g. "Fargate-vCPU-Hours:perCPU"."""

    region: str
    usage: Mapping[str, Usage] = field(default_factory=dict)
    missing: str = ""  # why there is none: AWS's refusal

    def price(self, kind: str) -> Price | None:
        """A unit's price in USD: from the bill, else from the pinned list, else unknown."""
        used = self.usage.get(kind)
        if used and used.quantity > 0 and used.cost / used.quantity > 1e-6:
            return Price(used.cost / used.quantity, "the account's bill")
        listed = LISTED.get(self.region, {}).get(kind)
        return Price(listed, "list price") if listed else None


def bare(usage_type: str) -> str:
    """A usage type without its region: `EUC1-Fargate-GB-Hours` → `Fargate-GB-Hours`."""
    head, dash, tail = usage_type.partition("-")
    is_region = bool(dash) and head.isupper() and head.isalnum() and 2 <= len(head) <= 4
    return tail if is_region else usage_type


def read(aws: Aws, start: date, end: date) -> Bill:
    """This region's usage in [start, end). Needs ALLOW."""
    sums: dict[str, Usage] = {}
    for row in pages(
        aws,
        start,
        end,
        granularity="MONTHLY",
        metrics=["UnblendedCost", "UsageQuantity"],
        group="USAGE_TYPE",
        where={"Dimensions": {"Key": "REGION", "Values": [aws.region]}},
    ):
        for group in row.get("Groups") or ():
            name, got = bare(group["Keys"][0]), group["Metrics"]
            before = sums.get(name, Usage(0.0, 0.0))
            sums[name] = Usage(
                before.cost + float(got["UnblendedCost"]["Amount"]),
                before.quantity + float(got["UsageQuantity"]["Amount"]),
            )
    return Bill(region=aws.region, usage=sums)


def daily(aws: Aws, start: date, end: date) -> dict[str, dict[date, float]]:
    """USD by service and day in [start, end), of the whole account. Needs ALLOW."""
    found: dict[str, dict[date, float]] = {}
    for row in pages(aws, start, end, granularity="DAILY", metrics=["UnblendedCost"], group="SERVICE"):
        day = date.fromisoformat(row["TimePeriod"]["Start"])
        for group in row.get("Groups") or ():
            found.setdefault(group["Keys"][0], {})[day] = float(group["Metrics"]["UnblendedCost"]["Amount"])
    return found


def pages(
    aws: Aws,
    start: date,
    end: date,
    *,
    granularity: str,
    metrics: list[str],
    group: str,
    where: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Every page of GetCostAndUsage."""
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Granularity": granularity,
        "Metrics": metrics,
        "GroupBy": [{"Type": "DIMENSION", "Key": group}],
    } | ({"Filter": where} if where else {})
    found: list[dict[str, Any]] = []
    while True:
        answer: Any = aws.ce.get_cost_and_usage(**asked)
        found += answer.get("ResultsByTime") or ()
        if not answer.get("NextPageToken"):
            return found
        asked["NextPageToken"] = answer["NextPageToken"]


def week(end: date) -> tuple[date, date]:
    """The last seven days whose costs are settled: Cost Explorer is a day or two behind (User Guide)."""
    last = end - timedelta(days=2)
    return last - timedelta(days=7), last
