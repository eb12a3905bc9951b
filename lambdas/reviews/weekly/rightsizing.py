"""Resources that do much less than they could: services, databases, tables, load balancers, NAT gateways.

By this account's own metrics, which see a week; what Compute Optimizer already names (`weekly.optimizer`) is not
repeated. Money by the account's bill, else a list price, else unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.base import Allow
from lambdas.checks.rds.instances import instance
from lambdas.diagnosis.timeseries import values
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity import usage
from lambdas.reviews.capacity.scaling import judge
from lambdas.reviews.capacity.sustained import LEAST, level
from lambdas.reviews.capacity.usage import HOUR, WEEK, hours
from lambdas.reviews.cost import optimizer, tasks
from lambdas.reviews.cost.bill import HOURS
from lambdas.reviews.cost.fargate import fitting
from lambdas.reviews.inventory import dimension
from lambdas.reviews.model import Action, Fact, Item, Note
from lambdas.reviews.series import Ask
from lambdas.reviews.words import number

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.checks.rds.instances import Instance

IDLE_CPU = 20.0  # % sustained: a service that stays below it is worth a smaller task
QUIET_CPU, QUIET_PEAK, QUIET_MEMORY = 15.0, 40.0, 0.55  # a database: sustained %, highest hour %, share of memory free
USED = 0.3  # of a table's provisioned capacity, in its busiest hour
LEAST_UNITS = 10
YOUNG = timedelta(days=7)  # younger resources have not shown a week yet
NOTHING = 1_000_000  # bytes a week: what a NAT gateway's own housekeeping may be
SMALLER = {"2xlarge": "xlarge", "xlarge": "large", "4xlarge": "2xlarge", "8xlarge": "4xlarge", "16xlarge": "8xlarge",
           "12xlarge": "8xlarge", "24xlarge": "16xlarge"}  # fmt: skip
HALF = frozenset({"2xlarge", "xlarge", "4xlarge", "8xlarge", "16xlarge"})  # the smaller one costs half
WATCH = "Hourly averages were looked at: shorter peaks are not in them. Change one service at a time and watch it."


@part(
    "weekly.rightsizing",
    title="Under-used resources",
    runbook="Weekly Capacity Planning Review, 3: Identify underutilized resources",
    place=80,
    allow=(
        *usage.ALLOW,
        *tasks.ALLOW,
        *optimizer.ALLOW,
        *inventory.DATABASES,
        *inventory.BALANCERS,
        *inventory.METRICS,
        *usage.SCALING,
        Allow("ec2:DescribeNatGateways"),
    ),
)
def rightsizing(tour: Tour) -> Iterator[Piece]:
    """What could be smaller or go away."""
    named = _named_by_aws(tour)
    yield from _services(tour, named)
    yield from _databases(tour, named)
    yield from _tables(tour)
    yield from _balancers(tour)
    yield from _gateways(tour)
    missing = tasks.billed(tour).missing
    if missing:
        yield Note(text=f"Prices are unknown where no list price is pinned: the bill could not be read ({missing}).")


def _named_by_aws(tour: Tour) -> frozenset[str]:
    """ARNs that Compute Optimizer judged. Where it cannot be asked (its own section says so) there are none."""
    try:
        return frozenset(one.arn for one in optimizer.findings(tour))
    except (ClientError, BotoCoreError):
        return frozenset()


def _services(tour: Tour, named: frozenset[str]) -> Iterator[Item]:
    """Not those of which fewer tasks would do (`weekly.scaling`): that is worth more, and both would count twice."""
    fewer = {
        id_
        for id_, one in (usage.scaled_if_readable(tour) or {}).items()
        if any(verdict.spare for verdict in judge(one))
    }
    for week in usage.weeks(tour):
        cpu, memory = week.levels
        if cpu is None or memory is None or cpu.sustained >= IDLE_CPU:
            continue
        if week.state.arn in named or week.resource in fewer:
            continue
        sized = tasks.sized(tour, week.state)
        smaller = fitting(sized[0], cpu.peak, memory.peak) if sized else None
        if sized is None or smaller is None:
            continue
        now, architecture = sized
        prices = tasks.billed(tour)
        dear, cheap = tasks.hourly(prices, now, architecture), tasks.hourly(prices, smaller, architecture)
        saving = (dear - cheap) * HOURS * week.mean_tasks if dear is not None and cheap is not None else None
        yield Item(
            id="weekly.rightsizing.service",
            weight="advice",
            subject=week.subject,
            text=f"Its {week.mean_tasks:.1f} tasks of {now} use {cpu.peak:.0f} % CPU and {memory.peak:.0f} % memory in "
            f"the highest hour; {smaller} would do.{_unknown(saving)}",
            facts=(
                Fact(text=f"CPU sustained at {cpu.sustained:.0f} %", source="AWS/ECS, hourly averages of the week"),
            ),
            actions=(Action(text=f"Register a revision with {smaller} and roll it out.", link=week.state.link),),
            saving=saving,
            risk=WATCH,
        )


def _unknown(saving: float | None) -> str:
    return " What it saves is unknown: no price." if saving is None else ""


# databases ------------------------------------------------------------------------------------------------------------


def _databases(tour: Tour, named: frozenset[str]) -> Iterator[Item]:
    found = [instance(raw, "subject", tour.aws.region) for raw in tour.inventory.databases()]
    end = hours(tour.end)
    young = {
        raw["DBInstanceIdentifier"] for raw in tour.inventory.databases() if _is_young(raw, "InstanceCreateTime", end)
    }
    asks = []
    for one in found:
        of = {"DBInstanceIdentifier": one.id}
        asks += [Ask("AWS/RDS", "CPUUtilization", of), Ask("AWS/RDS", "FreeableMemory", of, "Minimum")]
        asks.append(Ask("AWS/RDS", "DatabaseConnections", of, "Maximum"))
    points = series.read(tour.aws, asks, end - WEEK, end, HOUR)
    for n, one in enumerate(found):
        cpu, memory, connections = points[3 * n : 3 * n + 3]
        if one.arn in named or one.id in young or len(connections) < LEAST:
            continue
        if not any(values(connections)):
            yield _unused(tour, one)
        elif item := _quiet(tour, one, level(cpu), min(values(memory), default=0.0)):
            yield item


def _is_young(raw: dict[str, Any], key: str, end: datetime) -> bool:
    made = raw.get(key)
    return made is not None and end - made < YOUNG


def _price(tour: Tour, one: Instance) -> float | None:
    """USD an hour for the instance's class, without storage."""
    kind = "Multi-AZUsage" if one.multi_az else "InstanceUsage"
    price = tasks.billed(tour).price(f"{kind}:{one.cls}")
    return price.usd if price else None


def _unused(tour: Tour, one: Instance) -> Item:
    price = _price(tour, one)
    saving = price * HOURS if price is not None else None
    return Item(
        id="weekly.rightsizing.idle_database",
        weight="advice",
        subject=one.id,
        text=f"Nobody connected all week ({one.cls}).{_unknown(saving)}",
        facts=(Fact(text="0 connections in every hour", source="AWS/RDS DatabaseConnections, maxima"),),
        actions=(Action(text="Take a last snapshot and delete it, or stop it.", link=one.link),),
        saving=saving,
        risk="Make sure that nothing needs it monthly or quarterly. Its storage stays billed while it is stopped.",
    )


def _quiet(tour: Tour, one: Instance, cpu: Any, free: float) -> Item | None:
    size = one.cls.rpartition(".")[2]
    hardware = one.hardware
    if cpu is None or hardware is None or size not in SMALLER or one.cls.startswith("db.t"):
        return None
    if cpu.sustained >= QUIET_CPU or cpu.peak >= QUIET_PEAK or free < QUIET_MEMORY * hardware.memory:
        return None
    smaller = f"{one.cls.rpartition('.')[0]}.{SMALLER[size]}"
    price = _price(tour, one)
    saving = price / 2 * HOURS if price is not None and size in HALF else None
    return Item(
        id="weekly.rightsizing.database",
        weight="advice",
        subject=one.id,
        text=f"CPU is sustained at {cpu.sustained:.0f} % (highest hour {cpu.peak:.0f} %) and "
        f"{free / hardware.memory:.0%} of its memory stays free; {smaller} would do instead of {one.cls}."
        f"{_unknown(saving)}",
        facts=(Fact(text=f"{number(free / 1024**3)} GiB free at least", source="AWS/RDS FreeableMemory, minima"),),
        actions=(Action(text=f"Change the class to {smaller} in the maintenance window.", link=one.link),),
        saving=saving,
        risk="The change restarts the database (a failover with Multi-AZ). A smaller class takes fewer connections and "
        "caches less; a reservation for the present class would no longer be used.",
    )


# tables, load balancers, NAT gateways ---------------------------------------------------------------------------------


def _tables(tour: Tour) -> Iterator[Item]:
    """Provisioned tables without auto scaling. Only those send ProvisionedReadCapacityUnits: no table is described."""
    provisioned = sorted(
        {
            _dimension(metric, "TableName")
            for metric in tour.inventory.metrics("AWS/DynamoDB", "ProvisionedReadCapacityUnits")
            if len(metric.get("Dimensions") or ()) == 1
        }
        - {tour.settings.table, ""}
    )
    if not provisioned:
        return
    client: Any = tour.aws.application_autoscaling
    pages = client.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="dynamodb")
    scaled = {(t["ResourceId"], t["ScalableDimension"]) for page in pages for t in page.get("ScalableTargets") or ()}
    end = hours(tour.end)
    asks = []
    for table in provisioned:
        of = {"TableName": table}
        for what in ("Read", "Write"):
            asks.append(Ask("AWS/DynamoDB", f"Provisioned{what}CapacityUnits", of, "Average"))
            asks.append(Ask("AWS/DynamoDB", f"Consumed{what}CapacityUnits", of, "Sum"))
    points = series.read(tour.aws, asks, end - WEEK, end, HOUR)
    for n, table in enumerate(provisioned):
        spare: list[tuple[str, float, float, float]] = []
        for m, what in enumerate(("Read", "Write")):
            given, used = points[4 * n + 2 * m], points[4 * n + 2 * m + 1]
            if (f"table/{table}", f"dynamodb:table:{what}CapacityUnits") in scaled or len(given) < LEAST:
                continue
            units, top = given[-1][1], max((value / HOUR for value in values(used)), default=0.0)
            if units >= LEAST_UNITS and top < USED * units:
                spare.append((what, units, top, max(5.0, 2 * top)))
        if spare:
            yield _table(tour, table, spare)


def _table(tour: Tour, table: str, spare: list[tuple[str, float, float, float]]) -> Item:
    saved: list[float | None] = []
    for what, units, _, enough in spare:
        price = tasks.billed(tour).price(f"{what}CapacityUnit-Hrs")
        saved.append((units - enough) * price.usd * HOURS if price else None)
    saving = sum(one for one in saved if one is not None) if None not in saved else None
    said = " and ".join(f"{top:.1f} of {units:.0f} {what.lower()} units" for what, units, top, _ in spare)
    wanted = " and ".join(f"{enough:.0f} {what.lower()} units" for what, _, _, enough in spare)
    return Item(
        id="weekly.rightsizing.table",
        weight="advice",
        subject=table,
        text=f"Its busiest hour used {said}; it has no auto scaling.{_unknown(saving)}",
        facts=(Fact(text="hourly means of the week", source="AWS/DynamoDB Consumed- and ProvisionedCapacityUnits"),),
        actions=(Action(text=f"Let auto scaling set it from {wanted} upwards, or change the table to on-demand."),),
        saving=saving,
        risk="Bursts within the hour may be throttled until auto scaling has followed.",
    )


def _dimension(metric: dict[str, Any], name: str) -> str:
    return next((d["Value"] for d in metric.get("Dimensions") or () if d.get("Name") == name), "")


_TRAFFIC = {"application": ("AWS/ApplicationELB", "RequestCount"), "network": ("AWS/NetworkELB", "ProcessedBytes")}


def _balancers(tour: Tour) -> Iterator[Item]:
    end = hours(tour.end)
    found = [
        raw
        for raw in tour.inventory.balancers()
        if raw.get("Type") in _TRAFFIC and not _is_young(raw, "CreatedTime", end)
    ]
    asks = [Ask(*_TRAFFIC[raw["Type"]], {"LoadBalancer": dimension(raw["LoadBalancerArn"])}, "Sum") for raw in found]
    points = series.read(tour.aws, asks, end - WEEK, end, HOUR)
    price = tasks.billed(tour).price("LoadBalancerUsage")
    for n, raw in enumerate(found):
        if any(values(points[n])):  # a load balancer without requests sends no datapoints at all
            continue
        saving = price.usd * HOURS if price else None
        yield Item(
            id="weekly.rightsizing.idle_balancer",
            weight="advice",
            subject=raw["LoadBalancerName"],
            text=f"Not one request came all week.{_unknown(saving)}",
            actions=(Action(text="Delete it with its listeners and target groups, if nothing points at it."),),
            saving=saving,
            risk="A name in DNS may still point at it, or a release that is yet to come may need it.",
        )


def _gateways(tour: Tour) -> Iterator[Item]:
    pages: Any = tour.aws.ec2.get_paginator("describe_nat_gateways").paginate()
    end = hours(tour.end)
    found = [
        raw
        for page in pages
        for raw in page.get("NatGateways") or ()
        if raw.get("State") == "available" and not _is_young(raw, "CreateTime", end)
    ]
    asks = [
        Ask("AWS/NATGateway", "BytesOutToDestination", {"NatGatewayId": raw["NatGatewayId"]}, "Sum") for raw in found
    ]
    points = series.read(tour.aws, asks, end - WEEK, end, HOUR)
    price = tasks.billed(tour).price("NatGateway-Hours")
    for n, raw in enumerate(found):
        sent = points[n]
        if len(sent) < LEAST or sum(values(sent)) > NOTHING:
            continue
        saving = price.usd * HOURS if price else None
        yield Item(
            id="weekly.rightsizing.idle_nat",
            weight="advice",
            subject=raw["NatGatewayId"],
            text=f"It sent {number(sum(values(sent)) / 1e6)} MB all week.{_unknown(saving)}",
            actions=(Action(text="Delete it and its routes, if no subnet needs the way out."),),
            saving=saving,
            risk="Its subnets lose the internet: look at the route tables first.",
        )
