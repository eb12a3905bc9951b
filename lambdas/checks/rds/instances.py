"""The database that an alert is about, and those it stands with: its cluster's members, its source, its replicas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.rds import links
from lambdas.checks.rds.classes import Hardware, hardware
from lambdas.targets import Database

PEERS = 5  # beside the subject: metrics of more would tell nothing new

type Role = Literal["subject", "source", "replica", "member"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """One entry of an instance's `StatusInfos`: how its replication goes."""

    status: str  # replicating | replication stop point set | error | stopped | terminated
    normal: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(Finding):
    """A DB instance as it is now. Sizes in GiB, throughput in MiB/s. `at` is when it was created."""

    id: str
    role: Role  # towards the alert
    arn: str = ""
    resource_id: str = ""  # DbiResourceId, by which Performance Insights knows it
    cls: str = ""
    engine: str = ""
    version: str = ""
    status: str = ""
    storage_type: str = ""  # gp2 | gp3 | io1 | io2 | standard | aurora | aurora-iopt1
    allocated: int | None = None
    max_allocated: int | None = None  # of storage autoscaling; None: off
    iops: int | None = None
    throughput: int | None = None
    multi_az: bool = False
    zone: str = ""
    cluster: str = ""
    writer: bool | None = None  # within a cluster
    follows: str = ""  # what it is a replica of: an instance, or a cluster
    replicas: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()  # parameter groups with their apply status
    pending: tuple[tuple[str, str], ...] = ()  # modifications that wait for a window or a reboot
    replication: tuple[Replication, ...] = ()
    insights: bool | None = None  # Performance Insights; None: AWS did not say
    insights_days: int | None = None
    log_exports: tuple[str, ...] = ()
    capacity: float | None = field(default=None, repr=False)  # Aurora Serverless: most capacity units

    @property
    def aurora(self) -> bool:
        """Whether its storage is the cluster's."""
        return self.engine.startswith("aurora")

    @property
    def family(self) -> Literal["postgres", "mysql", ""]:
        """Which engine's words and limits hold."""
        if "postgres" in self.engine:
            return "postgres"
        return "mysql" if self.engine.startswith(("mysql", "mariadb", "aurora")) else ""

    @property
    def is_replica(self) -> bool:
        """Whether it follows another one."""
        return bool(self.follows) or self.writer is False

    @property
    def hardware(self) -> Hardware | None:
        """Its class's vCPUs and memory."""
        return hardware(self.cls, capacity=self.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(Finding):
    """An Aurora or Multi-AZ DB cluster."""

    id: str
    status: str = ""
    engine: str = ""
    writer: str = ""
    readers: tuple[str, ...] = ()
    group: str = ""  # cluster parameter group
    multi_az: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseMissing(Finding):
    """RDS has no such database here: deleted, or of another region or account."""

    id: str
    reason: str


@check(
    "rds.instances",
    title="The database, its cluster, source and replicas",
    yields=(Instance, Cluster, DatabaseMissing),
    allow=(
        Allow("rds:DescribeDBInstances", "arn:{partition}:rds:{region}:{account}:db:*"),
        Allow("rds:DescribeDBClusters", "arn:{partition}:rds:{region}:{account}:cluster:*"),
    ),
    calls=4,
)
def instances(look: Look) -> Iterator[Finding]:
    """The subject first. For a cluster it is the writer, or a reader where the alarm is about readers."""
    match look.target:
        case Database(identifier, cluster=True):
            yield from _of_cluster(look, identifier, "")
        case Database(identifier):
            try:
                answer: Any = look.aws.rds.describe_db_instances(DBInstanceIdentifier=identifier)
            except ClientError as error:
                if missing := _missing(identifier, error):
                    yield missing
                    return
                raise
            raws = [
                r for r in answer.get("DBInstances") or () if r.get("DBInstanceIdentifier", identifier) == identifier
            ]
            if not raws:
                yield DatabaseMissing(id=identifier, reason="not found", source="rds:DescribeDBInstances")
            for raw in raws[:1]:
                if raw.get("DBClusterIdentifier"):
                    yield from _of_cluster(look, raw["DBClusterIdentifier"], identifier, known=raw)
                else:
                    yield instance(raw, "subject", look.aws.region)
                    yield from _peers(look, raw)
        case _:
            return


def _of_cluster(
    look: Look, identifier: str, subject: str, *, known: Mapping[str, Any] | None = None
) -> Iterator[Finding]:
    """The cluster and its members. What is known of the subject is told even where the cluster cannot be read."""
    try:
        answer: Any = look.aws.rds.describe_db_clusters(DBClusterIdentifier=identifier)
    except ClientError as error:
        if known is not None:
            yield instance(known, "subject", look.aws.region)
        if missing := _missing(identifier, error):
            yield missing
            return
        raise
    raw: Mapping[str, Any] = next(iter(answer.get("DBClusters") or ()), {})
    cluster = _cluster(raw, identifier, look.aws.region)
    yield cluster
    subject = subject or _subject(look, cluster)
    listed: Any = look.aws.rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [identifier]}])
    names = {cluster.writer, *cluster.readers, subject}
    members = [
        r
        for r in listed.get("DBInstances") or ()
        if r.get("DBClusterIdentifier") == identifier or r.get("DBInstanceIdentifier") in names
    ]
    if known is not None and not any(r.get("DBInstanceIdentifier") == subject for r in members):
        members.append(dict(known))
    members.sort(key=lambda r: r.get("DBInstanceIdentifier") != subject)
    scaling = raw.get("ServerlessV2ScalingConfiguration") or {}
    for i, member in enumerate(members[: PEERS + 1]):
        writer = (member.get("DBInstanceIdentifier") == cluster.writer) if cluster.writer else None
        yield instance(
            member,
            "subject" if i == 0 else ("source" if writer else "member"),
            look.aws.region,
            writer=writer,
            capacity=scaling.get("MaxCapacity"),
        )


def _subject(look: Look, cluster: Cluster) -> str:
    """Which member a cluster's alarm is about."""
    of_readers = any(
        m.dimensions.get("Role") == "READER" or "ReplicaLag" in m.name for m in look.alert.metrics if m.dimensions
    )
    return cluster.readers[0] if of_readers and cluster.readers else cluster.writer


def _peers(look: Look, raw: Mapping[str, Any]) -> Iterator[Finding]:
    """An instance's source and replicas, in one call. Those of other regions cannot be read from here."""
    source = _here(raw.get("ReadReplicaSourceDBInstanceIdentifier") or "", look.aws.region)
    replicas = [_here(r, look.aws.region) for r in raw.get("ReadReplicaDBInstanceIdentifiers") or ()]
    wanted = [name for name in (source, *replicas) if name][:PEERS]
    if not wanted:
        return
    answer: Any = look.aws.rds.describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": wanted}])
    seen: set[str] = set()
    for peer in answer.get("DBInstances") or ():
        name = peer.get("DBInstanceIdentifier", "")
        if name in wanted:
            seen.add(name)
            yield instance(peer, "source" if name == source else "replica", look.aws.region)
    for name in wanted:
        if name not in seen:
            yield DatabaseMissing(id=name, reason="not found", source="rds:DescribeDBInstances")


def _here(name: str, region: str) -> str:
    """The identifier of an ARN of this region; empty for one of another."""
    if not name.startswith("arn:"):
        return name
    parts = name.split(":")
    return parts[-1] if len(parts) > 6 and parts[3] == region else ""


def _missing(identifier: str, error: ClientError) -> DatabaseMissing | None:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if "NotFound" not in code:
        return None
    return DatabaseMissing(id=identifier, reason="not found", source=f"rds:{error.operation_name}")


def _cluster(raw: Mapping[str, Any], identifier: str, region: str) -> Cluster:
    members: Sequence[Mapping[str, Any]] = raw.get("DBClusterMembers") or ()
    return Cluster(
        at=raw.get("ClusterCreateTime"),
        id=raw.get("DBClusterIdentifier", identifier),
        status=raw.get("Status", ""),
        engine=raw.get("Engine", ""),
        writer=next((m.get("DBInstanceIdentifier", "") for m in members if m.get("IsClusterWriter")), ""),
        readers=tuple(m.get("DBInstanceIdentifier", "") for m in members if not m.get("IsClusterWriter")),
        group=raw.get("DBClusterParameterGroup", ""),
        multi_az=bool(raw.get("MultiAZ")),
        source="rds:DescribeDBClusters",
        link=links.cluster(region, identifier),
    )


def instance(
    raw: Mapping[str, Any], role: Role, region: str, *, writer: bool | None = None, capacity: float | None = None
) -> Instance:
    """Read one instance of DescribeDBInstances; every field but the name may be absent."""
    name = raw.get("DBInstanceIdentifier", "")
    source = raw.get("ReadReplicaSourceDBInstanceIdentifier") or raw.get("ReadReplicaSourceDBClusterIdentifier") or ""
    pending = raw.get("PendingModifiedValues") or {}
    on: bool | None = raw.get("PerformanceInsightsEnabled")
    if raw.get("DatabaseInsightsMode") == "advanced":
        on = True
    created: datetime | None = raw.get("InstanceCreateTime")
    return Instance(
        at=created,
        id=name,
        role=role,
        arn=raw.get("DBInstanceArn", ""),
        resource_id=raw.get("DbiResourceId", ""),
        cls=raw.get("DBInstanceClass", ""),
        engine=raw.get("Engine", ""),
        version=raw.get("EngineVersion", ""),
        status=raw.get("DBInstanceStatus", ""),
        storage_type=raw.get("StorageType", ""),
        allocated=raw.get("AllocatedStorage"),
        max_allocated=raw.get("MaxAllocatedStorage"),
        iops=raw.get("Iops"),
        throughput=raw.get("StorageThroughput"),
        multi_az=bool(raw.get("MultiAZ")),
        zone=raw.get("AvailabilityZone", ""),
        cluster=raw.get("DBClusterIdentifier", ""),
        writer=writer,
        follows=source.rpartition(":")[2] if source.startswith("arn:") else source,
        replicas=tuple(raw.get("ReadReplicaDBInstanceIdentifiers") or ()),
        groups=tuple(
            (g.get("DBParameterGroupName", ""), g.get("ParameterApplyStatus", ""))
            for g in raw.get("DBParameterGroups") or ()
        ),
        pending=tuple((str(k), str(v)) for k, v in pending.items() if k != "MasterUserPassword"),
        replication=tuple(
            Replication(
                status=str(s.get("Status", "")), normal=bool(s.get("Normal", True)), message=str(s.get("Message", ""))
            )
            for s in raw.get("StatusInfos") or ()
        ),
        insights=on,
        insights_days=raw.get("PerformanceInsightsRetentionPeriod"),
        log_exports=tuple(raw.get("EnabledCloudwatchLogsExports") or ()),
        capacity=capacity,
        source="rds:DescribeDBInstances",
        link=links.database(region, name),
    )
