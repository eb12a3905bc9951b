"""The tables as DescribeTable gives them: billing mode, capacity, on-demand limits, indexes, size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.dynamodb import links
from lambdas.checks.dynamodb.scope import NamedTable, tables

INDEXES = 8  # of one table that are looked at; a table may have 20

type Kind = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a table or an index may do, in units a second. None: AWS set or said nothing."""

    read: float | None = None
    write: float | None = None
    read_limit: float | None = None  # maximum on-demand throughput
    write_limit: float | None = None

    def provisioned(self, kind: Kind) -> float | None:
        """Provisioned units a second; None on demand."""
        return self.read if kind == "read" else self.write

    def limit(self, kind: Kind) -> float | None:
        """The maximum on-demand throughput that somebody set."""
        return self.read_limit if kind == "read" else self.write_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A global secondary index."""

    name: str
    status: str = ""
    backfilling: bool = False
    keys: tuple[str, ...] = ()
    capacity: Capacity = Capacity()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState(Finding):
    """A table as it is now. `at` is when its capacity last changed."""

    name: str
    arn: str = ""
    status: str = ""
    on_demand: bool | None = None  # None: AWS did not say
    on_demand_since: datetime | None = None
    capacity: Capacity = Capacity()
    keys: tuple[str, ...] = ()  # partition key first
    indexes: tuple[Index, ...] = ()
    items: int = 0  # AWS counts about every six hours
    size: int = 0  # bytes, the same
    created_at: datetime | None = None
    table_class: str = "STANDARD"  # STANDARD | STANDARD_INFREQUENT_ACCESS: another price
    replicas: int = 0  # of a global table, in other regions
    increased_at: datetime | None = None
    decreased_at: datetime | None = None

    def capacity_of(self, index: str) -> Capacity:
        """Of the table itself, or of one of its indexes."""
        return next((i.capacity for i in self.indexes if i.name == index), Capacity()) if index else self.capacity

    @property
    def item_size(self) -> float | None:
        """Bytes of an average item."""
        return self.size / self.items if self.items and self.size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMissing(Finding):
    """DynamoDB has no such table here."""

    name: str


@check(
    "dynamodb.table",
    title="Table and indexes: billing mode, provisioned capacity, on-demand limits, size",
    yields=(TableState, TableMissing),
    uses=(NamedTable,),
    allow=(Allow("dynamodb:DescribeTable", "arn:{partition}:dynamodb:{region}:{account}:table/*"),),
    calls=3,
)
def table(look: Look) -> Iterator[Finding]:
    """One call for each table."""
    for name in tables(look):
        try:
            answer: Any = look.aws.dynamodb.describe_table(TableName=name)
        except look.aws.dynamodb.exceptions.ResourceNotFoundException:
            yield TableMissing(name=name, source="dynamodb:DescribeTable")
            continue
        raw = answer.get("Table") or {}
        if raw:
            yield state(raw, name, look.aws.region)


def state(raw: dict[str, Any], name: str, region: str) -> TableState:
    """Read one table of DescribeTable; every field may be absent."""
    mode = raw.get("BillingModeSummary") or {}
    throughput = raw.get("ProvisionedThroughput") or {}
    billing = mode.get("BillingMode", "")
    # A table that was always provisioned has no BillingModeSummary (API reference, TableDescription).
    on_demand = billing == "PAY_PER_REQUEST" if billing or throughput.get("ReadCapacityUnits") else None
    increased, decreased = throughput.get("LastIncreaseDateTime"), throughput.get("LastDecreaseDateTime")
    return TableState(
        at=max((t for t in (increased, decreased) if t), default=None),
        name=raw.get("TableName") or name,
        arn=raw.get("TableArn", ""),
        status=raw.get("TableStatus", ""),
        on_demand=on_demand,
        on_demand_since=mode.get("LastUpdateToPayPerRequestDateTime"),
        capacity=_capacity(raw),
        keys=_keys(raw),
        indexes=tuple(
            Index(
                name=index.get("IndexName", ""),
                status=index.get("IndexStatus", ""),
                backfilling=bool(index.get("Backfilling")),
                keys=_keys(index),
                capacity=_capacity(index),
            )
            for index in (raw.get("GlobalSecondaryIndexes") or ())[:INDEXES]
        ),
        items=raw.get("ItemCount") or 0,
        size=raw.get("TableSizeBytes") or 0,
        created_at=raw.get("CreationDateTime"),
        table_class=(raw.get("TableClassSummary") or {}).get("TableClass") or "STANDARD",
        replicas=len(raw.get("Replicas") or ()),
        increased_at=increased,
        decreased_at=decreased,
        source="dynamodb:DescribeTable",
        link=links.table(region, raw.get("TableName") or name),
    )


def _capacity(raw: dict[str, Any]) -> Capacity:
    provisioned, limits = raw.get("ProvisionedThroughput") or {}, raw.get("OnDemandThroughput") or {}

    def units(value: float | None) -> float | None:
        return float(value) if value and value > 0 else None  # 0: on demand; −1: no maximum

    return Capacity(
        read=units(provisioned.get("ReadCapacityUnits")),
        write=units(provisioned.get("WriteCapacityUnits")),
        read_limit=units(limits.get("MaxReadRequestUnits")),
        write_limit=units(limits.get("MaxWriteRequestUnits")),
    )


def _keys(raw: dict[str, Any]) -> tuple[str, ...]:
    schema = sorted(raw.get("KeySchema") or (), key=lambda key: key.get("KeyType") != "HASH")
    return tuple(key.get("AttributeName", "") for key in schema)
