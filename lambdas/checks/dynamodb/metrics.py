"""DynamoDB's metrics: capacity and throttles with their reasons, of each table and index; requests by operation.

`of` is the table's name, "table/index", or "table#Operation". DynamoDB sends most of them only when there is something
to count: an absent throttle metric of a table that is otherwise measured means none (Developer Guide, "Metrics and
dimensions").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks
from lambdas.checks.dynamodb.scope import NamedTable, tables
from lambdas.checks.dynamodb.tables import TableState
from lambdas.targets import Table

if TYPE_CHECKING:
    from lambdas.checks.base import Look

NAMESPACE = "AWS/DynamoDB"
# AWS's reasons, each a role "ddb.read.by_<reason>" → metric, without its "Read" or "Write" and "ThrottleEvents".
REASONS = {
    "provisioned": "ProvisionedThroughput",
    "key_range": "KeyRangeThroughput",
    "maximum": "MaxOnDemandThroughput",
    "account": "AccountLimit",
}
READS = ("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
RETURNING = ("Query", "Scan")
ACCOUNT = (  # role, metric: of the account in this region, without dimensions
    ("ddb.account_read_use", "AccountProvisionedReadCapacityUtilization"),
    ("ddb.account_write_use", "AccountProvisionedWriteCapacityUtilization"),
)


def wants(look: Look) -> Iterable[Want]:
    """The series of all tables; an index counts apart from its table."""
    return list(_wants(look))


def _wants(look: Look) -> Iterator[Want]:
    names = tables(look)
    for name in names:
        indexes = [i.name for t in look.found.of(TableState) if t.name == name for i in t.indexes]
        if isinstance(look.target, Table) and look.target.name == name and look.target.index:
            indexes = list(dict.fromkeys([look.target.index, *indexes]))
        yield from _of(name, {"TableName": name})
        for index in indexes:
            yield from _of(f"{name}/{index}", {"TableName": name, "GlobalSecondaryIndexName": index})
        yield from _operations(name)
    if names or any(metric.namespace == NAMESPACE for metric in look.alert.metrics):
        if not any(m.namespace == NAMESPACE and m.name == "UserErrors" for m in look.alert.metrics):
            yield Want("ddb.user_errors", NAMESPACE, "UserErrors", {}, "Sum")  # else it is the alarm's own metric
        for role, metric in ACCOUNT:
            yield Want(role, NAMESPACE, metric, {}, "Maximum", baseline=False)


def _of(subject: str, dimensions: dict[str, str]) -> Iterator[Want]:
    """Of a table or an index."""
    for kind in ("Read", "Write"):
        role = f"ddb.{kind.lower()}"
        yield Want(f"{role}.consumed", NAMESPACE, f"Consumed{kind}CapacityUnits", dimensions, "Sum", of=subject)
        yield Want(
            f"{role}.provisioned",
            NAMESPACE,
            f"Provisioned{kind}CapacityUnits",
            dimensions,
            of=subject,
            baseline=False,
        )
        yield Want(f"{role}.throttles", NAMESPACE, f"{kind}ThrottleEvents", dimensions, "Sum", of=subject)
        for reason, metric in REASONS.items():
            name = f"{kind}{metric}ThrottleEvents"
            yield Want(f"{role}.by_{reason}", NAMESPACE, name, dimensions, "Sum", of=subject, baseline=False)


def _operations(table: str) -> Iterator[Want]:
    """Of each operation on a table: how many, how long, refused, failed, and what scans and queries return."""
    for operation in (*READS, *WRITES):
        dimensions, of = {"TableName": table, "Operation": operation}, f"{table}#{operation}"
        latency = "SuccessfulRequestLatency"
        yield Want("ddb.requests", NAMESPACE, latency, dimensions, "SampleCount", of=of)
        yield Want("ddb.latency", NAMESPACE, latency, dimensions, "Average", of=of)
        yield Want("ddb.throttled", NAMESPACE, "ThrottledRequests", dimensions, "Sum", of=of)
        yield Want("ddb.system_errors", NAMESPACE, "SystemErrors", dimensions, "Sum", of=of)
        if operation in RETURNING:
            yield Want("ddb.returned", NAMESPACE, "ReturnedItemCount", dimensions, of=of)  # by request


metric_checks(
    "dynamodb.metrics",
    title="Consumed against provisioned capacity, throttles and their reasons, requests by operation",
    wants=wants,
    uses=(TableState, NamedTable),
)
