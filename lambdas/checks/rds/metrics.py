"""CloudWatch's metrics of the database and those it stands with (namespace AWS/RDS)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks
from lambdas.checks.rds.instances import Instance
from lambdas.targets import Database

if TYPE_CHECKING:
    from lambdas.checks.base import Look

# Sources: Amazon RDS User Guide, "Amazon CloudWatch metrics for Amazon RDS"; Aurora User Guide, "Amazon CloudWatch
# metrics for Amazon Aurora". A metric that an engine or class lacks answers no points.
COMMON = (
    "CPUUtilization", "DatabaseConnections", "FreeableMemory", "SwapUsage", "DiskQueueDepth",
    "ReadIOPS", "WriteIOPS", "ReadLatency", "WriteLatency", "ReadThroughput", "WriteThroughput",
    "NetworkReceiveThroughput", "NetworkTransmitThroughput", "DBLoad", "DBLoadCPU", "DBLoadNonCPU",
    "EBSIOBalance%", "EBSByteBalance%",
)  # fmt: skip
OF_RDS = ("FreeStorageSpace", "BurstBalance", "ReplicaLag")
OF_POSTGRES = (
    "TransactionLogsDiskUsage", "TransactionLogsGeneration", "OldestReplicationSlotLag", "ReplicationSlotDiskUsage",
    "MaximumUsedTransactionIDs", "CheckpointLag",
)  # fmt: skip
OF_MYSQL = ("BinLogDiskUsage",)
OF_AURORA = (
    "AuroraReplicaLag", "AuroraReplicaLagMaximum", "CommitThroughput", "CommitLatency", "BufferCacheHitRatio",
    "Deadlocks", "FreeLocalStorage", "SelectLatency", "DMLLatency", "Queries", "BlockedTransactions",
    "RollbackSegmentHistoryListLength", "ServerlessDatabaseCapacity", "ACUUtilization", "VolumeReadIOPs",
)  # fmt: skip
OF_BURSTABLE = ("CPUCreditBalance", "CPUSurplusCreditBalance", "CPUCreditUsage")
OF_PEER = (
    "CPUUtilization", "DatabaseConnections", "ReadIOPS", "WriteIOPS", "WriteThroughput", "WriteLatency", "ReplicaLag",
    "AuroraReplicaLag", "DBLoad", "TransactionLogsGeneration", "CommitThroughput", "DMLThroughput", "DiskQueueDepth",
    "FreeableMemory", "FreeStorageSpace", "NetworkTransmitThroughput", "NetworkReceiveThroughput",
)  # fmt: skip


def role(name: str) -> str:
    """The role under which causes ask for a metric: "db.ReadIOPS"."""
    return f"db.{name}"


def wants(look: Look) -> Iterator[Want]:
    """Everything of the subject; what tells sides apart of its peers."""
    found = look.found.of(Instance)
    if not found and isinstance(look.target, Database):  # RDS would not tell: its metrics may still
        key = "DBClusterIdentifier" if look.target.cluster else "DBInstanceIdentifier"
        for name in (*COMMON, *OF_RDS, *OF_POSTGRES, *OF_MYSQL, *OF_AURORA, *OF_BURSTABLE):
            yield _want(name, key, look.target.identifier)
        return
    for i, database in enumerate(found):
        for name in _names(database) if i == 0 else OF_PEER:
            yield _want(name, "DBInstanceIdentifier", database.id)


def _names(subject: Instance) -> Iterator[str]:
    yield from COMMON
    yield from OF_RDS
    if subject.family != "mysql":
        yield from OF_POSTGRES
    if subject.family != "postgres":
        yield from OF_MYSQL
    if subject.aurora or not subject.engine:
        yield from OF_AURORA
    if subject.cls.startswith("db.t") or not subject.cls:
        yield from OF_BURSTABLE


def _want(name: str, key: str, identifier: str) -> Want:
    stat = "Maximum" if name in _WORST else "Average"
    return Want(role(name), "AWS/RDS", name, {key: identifier}, stat, of=identifier)


# Where the worst second of a minute tells, not its mean.
_WORST = {
    "ReplicaLag",
    "AuroraReplicaLag",
    "OldestReplicationSlotLag",
    "DatabaseConnections",
    "MaximumUsedTransactionIDs",
}

metric_checks(
    "rds.metrics",
    title="CPU, connections, memory, storage, I/O, replication of the database",
    wants=wants,
    uses=(Instance,),
)
