"""What a task of a service costs a month: its size by its task definition, its prices by the bill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.base import Allow
from lambdas.reviews.cost import bill
from lambdas.reviews.cost.bill import HOURS, Bill
from lambdas.reviews.cost.fargate import Size

if TYPE_CHECKING:
    from lambdas.checks.ecs.services import ServiceState
    from lambdas.reviews.base import Tour

# No resource-level permission for DescribeTaskDefinition (Service Authorization Reference, Amazon ECS).
ALLOW = (*bill.ALLOW, Allow("ecs:DescribeTaskDefinition"))


def billed(tour: Tour) -> Bill:
    """The settled week's bill, read once. Where AWS refuses it, a bill without entries that says why.

    The refusal is `weekly.bill`'s gap; here it only makes prices unknown.
    """

    def read() -> Bill:
        start, end = bill.week(tour.end.date())
        try:
            return bill.read(tour.aws, start, end)
        except (ClientError, BotoCoreError) as error:
            said = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            return Bill(region=tour.aws.region, missing=said)

    return tour.inventory.once("bill", read)


def sized(tour: Tour, service: ServiceState) -> tuple[Size, str] | None:
    """A Fargate task's size and architecture; None on instances, or where the definition says no size."""
    name = service.task_definition
    if not on_fargate(service) or not name:
        return None
    raw = definition(tour, name)
    if not raw.get("cpu") or not raw.get("memory"):
        return None
    platform = raw.get("runtimePlatform") or {}
    return Size(int(raw["cpu"]), int(raw["memory"])), platform.get("cpuArchitecture", "X86_64")


def definition(tour: Tour, name: str) -> dict[str, Any]:
    """A task definition ("family:revision"), read once for all parts. Needs ecs:DescribeTaskDefinition."""

    def read() -> dict[str, Any]:
        answer: Any = tour.aws.ecs.describe_task_definition(taskDefinition=name)
        found: dict[str, Any] = answer.get("taskDefinition") or {}
        return found

    return tour.inventory.once(("task definition", name), read)


def on_fargate(service: ServiceState) -> bool:
    """Whether its tasks are billed by their size."""
    return service.launch_type == "FARGATE" or any(p.startswith("FARGATE") for p in service.capacity_providers)


def hourly(prices: Bill, size: Size, architecture: str, *, spot: bool = False) -> float | None:
    """USD an hour for one task; None where a price is not known."""
    arm = "ARM-" if architecture == "ARM64" else ""
    kind = "SpotUsage-Fargate" if spot else "Fargate"
    cpu = prices.price(f"{kind}-{arm}vCPU-Hours:perCPU")
    memory = prices.price(f"{kind}-{arm}GB-Hours")
    return size.vcpus * cpu.usd + size.gib * memory.usd if cpu and memory else None


def monthly(tour: Tour, service: ServiceState, count: float) -> float | None:
    """USD a month for `count` tasks of a service; None where it is not on Fargate, or a price is not known."""
    found = sized(tour, service)
    if found is None:
        return None
    each = hourly(billed(tour), *found)
    return each * HOURS * count if each is not None else None
