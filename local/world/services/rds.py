"""RDS and Aurora: instances, clusters, events, parameters, maintenance, logs."""

from local.world.arns import identifier
from local.world.model import Part
from local.world.service import Filler, Item, Section, Service


class LogFile(Part):
    """A database log file: its name and text, for DescribeDBLogFiles and DownloadDBLogFilePortion."""

    instance: str
    name: str
    text: str = ""


def _instance(item: Item, fill: Filler) -> None:
    name = item["DBInstanceIdentifier"]
    item.setdefault("DBInstanceArn", fill.arn(f"db/{name}"))
    item.setdefault("DBInstanceStatus", "available")
    item.setdefault("DbiResourceId", f"db-{identifier(name, 26).upper()}")
    item.setdefault("Engine", "postgres")


def _cluster(item: Item, fill: Filler) -> None:
    name = item["DBClusterIdentifier"]
    item.setdefault("DBClusterArn", fill.arn(f"dbcluster/{name}"))
    item.setdefault("Status", "available")
    item.setdefault("Engine", "aurora-postgresql")


def _event(item: Item, fill: Filler) -> None:
    item.setdefault("SourceType", "db-instance")
    kind = "dbcluster" if item["SourceType"] == "db-cluster" else "db"
    if "SourceIdentifier" in item:
        item.setdefault("SourceArn", fill.arn(f"{kind}/{item['SourceIdentifier']}"))
    item.setdefault("EventCategories", [])
    item.setdefault("Date", fill.now)


def _pending(item: Item, fill: Filler) -> None:
    item["ResourceIdentifier"] = fill.arn(item["ResourceIdentifier"])


service = Service(
    "rds",
    {
        "dbInstances": Section("DBInstance", fill=_instance, required=("DBInstanceIdentifier",)),
        "dbClusters": Section("DBCluster", fill=_cluster, required=("DBClusterIdentifier",)),
        "events": Section("Event", fill=_event, required=("Message",)),
        "parameters": Section(kind="any", mapping=True),
        "pendingMaintenanceActions": Section(
            "ResourcePendingMaintenanceActions", fill=_pending, required=("ResourceIdentifier",)
        ),
        "dbSnapshots": Section("DBSnapshot", required=("DBSnapshotIdentifier",)),
        "logFiles": Section(part=LogFile),
    },
)
