"""Scenario 4's resolution actions, made specific. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fix
from lambdas.causes.wording import number

if TYPE_CHECKING:
    from lambdas.causes.ddb.scene import Side

BACKOFF = Action(
    text="Implement exponential backoff with jitter for throttled requests, where the client does not retry by itself"
)


def demand(side: Side) -> float:
    """Units a second that were asked for: consumed, and at least one for each throttled event."""
    refused = max((v for _, v in side.throttles), default=0.0) / 60
    return max(side.used or 0.0, side.peak) + refused


def raise_capacity(side: Side) -> Action:
    """Increase provisioned capacity to what was asked for, at 70 % utilisation."""
    wanted = _round(demand(side) / 0.7)
    table = side.subject.partition("/")[0]
    other = side.table.capacity_of(side.index) if side.table else None
    reads = wanted if side.kind == "read" else int((other.read if other else None) or 0)
    writes = wanted if side.kind == "write" else int((other.write if other else None) or 0)
    throughput = f"ReadCapacityUnits={reads},WriteCapacityUnits={writes}"
    change = (
        f'--global-secondary-index-updates \'[{{"Update":{{"IndexName":"{side.index}","ProvisionedThroughput":'
        f'{{"ReadCapacityUnits":{reads},"WriteCapacityUnits":{writes}}}}}}}]\''
        if side.index
        else f"--provisioned-throughput {throughput}"
    )
    return Action(
        text=f"Increase provisioned capacity for {side.name} from {number(side.allowed or 0)}"
        f" to about {wanted} {side.unit}",
        command=f"aws dynamodb update-table --table-name {table} {change}" if reads and writes else "",
        link=side.table.link if side.table else "",
        fix=Fix(remedy="raise_provisioned_capacity", resource=resource(side), to={"read": reads, "write": writes})
        if reads and writes
        else None,
    )


def resource(side: Side) -> str:
    """As Application Auto Scaling names it."""
    return f"table/{side.subject.replace('/', '/index/')}"


def register(side: Side) -> Action:
    """Enable auto scaling for the side."""
    table, _, index = side.subject.partition("/")
    units = f"{side.kind.capitalize()}CapacityUnits"
    lowest = _round(side.allowed or side.used or 5)
    return Action(
        text=f"Enable auto scaling for {side.name}, with a target tracking policy at 70 %",
        command="aws application-autoscaling register-scalable-target --service-namespace dynamodb"
        f" --resource-id table/{table}{f'/index/{index}' if index else ''}"
        f" --scalable-dimension dynamodb:{'index' if index else 'table'}:{units}"
        f" --min-capacity {lowest} --max-capacity {max(lowest * 2, _round(demand(side) * 2))}",
        link=side.table.link if side.table else "",
    )


def spread_keys(side: Side) -> Action:
    """Design the keys so that the load spreads."""
    key = side.table.keys[0] if side.table and side.table.keys else "the partition key"
    return Action(
        text="Optimize query patterns to avoid hot partitions: "
        + (
            f"cache the hot items of {side.subject} (DAX, or in the service), or read them less strictly"
            if side.kind == "read"
            else f"spread the writes of {side.subject} over suffixes of {key}, or gather them before they are written"
        )
        + "; consider design changes for better key distribution",
        link=side.table.link if side.table else "",
    )


def _round(units: float) -> int:
    """Up to two significant figures: nobody provisions 1,937 units."""
    if units <= 10:
        return max(1, math.ceil(units))
    scale: int = 10 ** (math.floor(math.log10(units)) - 1)
    return math.ceil(units / scale) * scale
