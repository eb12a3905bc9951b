"""RDS and Aurora: instances, clusters, events, parameters, maintenance, logs."""

from datetime import timedelta

from local.world.answer import Call, one_of
from local.world.arns import identifier
from local.world.errors import AwsError
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


def _reserved(item: Item, fill: Filler) -> None:
    name = item.setdefault("ReservedDBInstanceId", f"ri-{identifier(str(sorted(item.items(), key=str)), 17)}")
    item.setdefault("ReservedDBInstanceArn", fill.arns.arn("rds", f"ri:{name}"))
    item.setdefault("Duration", 365 * 24 * 60 * 60)
    item.setdefault("DBInstanceCount", 1)
    item.setdefault("State", "active")


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
        "reservedDBInstances": Section("ReservedDBInstance", fill=_reserved, required=("DBInstanceClass", "StartTime")),
        "logFiles": Section(part=LogFile),
    },
)


def _named(call: Call, section: str, key: str, error: str, what: str) -> list[Item]:
    wanted = call.params.get(key)
    items = call.items(section)
    if not wanted:
        return items
    kept = [item for item in items if wanted in (item[key], item.get("DBInstanceArn"), item.get("DBClusterArn"))]
    if not kept:
        raise AwsError(error, f"{what} {wanted} not found.", 404)
    return kept


def _page(call: Call, key: str, items: list[Item]) -> Item:
    page, more = call.page_as(items, size=100, limit="MaxRecords", marker="Marker", answer="Marker")
    return {key: page, **more}


def _filters(call: Call, items: list[Item], keys: dict[str, list[str]]) -> list[Item]:
    for one in call.params.get("Filters", []):
        if one["Name"] not in keys:
            raise AwsError("InvalidParameterValue", f"Unrecognized filter name: {one['Name']}")
        names = keys[one["Name"]]
        items = [item for item in items if any(item.get(name) in one["Values"] for name in names)]
    return items


@service.answers("DescribeDBInstances")
def describe_db_instances(call: Call) -> Item:
    """Instances by identifier, ARN or filter."""
    kept = _named(call, "dbInstances", "DBInstanceIdentifier", "DBInstanceNotFound", "DBInstance")
    keys = {
        "db-instance-id": ["DBInstanceIdentifier", "DBInstanceArn"],
        "db-cluster-id": ["DBClusterIdentifier"],
        "dbi-resource-id": ["DbiResourceId"],
        "engine": ["Engine"],
    }
    return _page(call, "DBInstances", _filters(call, kept, keys))


@service.answers("DescribeDBClusters")
def describe_db_clusters(call: Call) -> Item:
    """Clusters by identifier, ARN or filter."""
    kept = _named(call, "dbClusters", "DBClusterIdentifier", "DBClusterNotFoundFault", "DBCluster")
    keys = {"db-cluster-id": ["DBClusterIdentifier", "DBClusterArn"], "engine": ["Engine"]}
    return _page(call, "DBClusters", _filters(call, kept, keys))


@service.answers("DescribeEvents")
def describe_events(call: Call) -> Item:
    """Events of the last hour, or of `Duration` minutes, or of a range; of one source, type or category."""
    params = call.params
    start = params.get("StartTime") or call.now - timedelta(minutes=params.get("Duration", 60))
    start = max(start, call.now - timedelta(days=14))
    end = min(params.get("EndTime", call.now), call.now)
    if "SourceIdentifier" in params and "SourceType" not in params:
        raise AwsError("InvalidParameterCombination", "SourceType must be supplied with SourceIdentifier.")
    kept = [event for event in call.items("events") if start <= event["Date"] <= end]
    for key in ("SourceIdentifier", "SourceType"):
        if key in params:
            kept = [event for event in kept if event.get(key) == params[key]]
    if wanted := params.get("EventCategories"):
        kept = [event for event in kept if set(wanted) & set(event["EventCategories"])]
    return _page(call, "Events", sorted(kept, key=lambda event: event["Date"]))


def _parameters(call: Call, group_key: str, error: str) -> Item:
    name = call.params[group_key]
    groups = call.mapping("parameters")
    if name not in groups:
        raise AwsError(error, f"DBParameterGroup not found: {name}", 404)
    given = groups[name]
    items = [
        {"ParameterName": key, "Source": "user", "ApplyType": "dynamic", "IsModifiable": True}
        | (value if isinstance(value, dict) else {"ParameterValue": str(value)})
        for key, value in given.items()
    ]
    if source := call.params.get("Source"):
        items = [item for item in items if item["Source"] == source]
    return _page(call, "Parameters", items)


@service.answers("DescribeDBParameters")
def describe_db_parameters(call: Call) -> Item:
    """Parameters of a group."""
    return _parameters(call, "DBParameterGroupName", "DBParameterGroupNotFound")


@service.answers("DescribeDBClusterParameters")
def describe_db_cluster_parameters(call: Call) -> Item:
    """Parameters of a cluster's group."""
    return _parameters(call, "DBClusterParameterGroupName", "DBParameterGroupNotFound")


@service.answers("DescribeDBParameterGroups")
def describe_db_parameter_groups(call: Call) -> Item:
    """Parameter groups that the world has parameters of."""
    wanted = call.params.get("DBParameterGroupName")
    names = [name for name in call.mapping("parameters") if wanted in (None, name)]
    if wanted and not names:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {wanted}", 404)
    groups = [{"DBParameterGroupName": n, "DBParameterGroupArn": call.world.arns.arn("rds", f"pg:{n}")} for n in names]
    return _page(call, "DBParameterGroups", groups)


@service.answers("DescribePendingMaintenanceActions")
def describe_pending_maintenance_actions(call: Call) -> Item:
    """Pending maintenance, of one resource or of all."""
    wanted = call.params.get("ResourceIdentifier")
    kept = one_of(call.items("pendingMaintenanceActions"), "ResourceIdentifier", [wanted] if wanted else None)
    for one in call.params.get("Filters", []):
        values = [value.rsplit(":", 1)[-1] for value in one["Values"]]
        kept = [item for item in kept if item["ResourceIdentifier"].rsplit(":", 1)[-1] in values]
    return _page(call, "PendingMaintenanceActions", kept)


@service.answers("DescribeDBSnapshots")
def describe_db_snapshots(call: Call) -> Item:
    """Snapshots of an instance, or by identifier."""
    kept = call.items("dbSnapshots")
    for key in ("DBInstanceIdentifier", "DBSnapshotIdentifier", "SnapshotType"):
        if key in call.params:
            kept = [item for item in kept if item.get(key) == call.params[key]]
    if "DBSnapshotIdentifier" in call.params and not kept:
        raise AwsError("DBSnapshotNotFound", f"DBSnapshot {call.params['DBSnapshotIdentifier']} not found.", 404)
    return _page(call, "DBSnapshots", kept)


@service.answers("DescribeReservedDBInstances")
def describe_reserved_db_instances(call: Call) -> Item:
    """Reserved DB instances, the expired ones too, as in AWS."""
    kept = call.items("reservedDBInstances")
    if wanted := call.params.get("DBInstanceClass"):
        kept = [item for item in kept if item["DBInstanceClass"] == wanted]
    return _page(call, "ReservedDBInstances", kept)


def _log_files(call: Call) -> list[LogFile]:
    _named(call, "dbInstances", "DBInstanceIdentifier", "DBInstanceNotFound", "DBInstance")
    files: list[LogFile] = call.world.body.get("rds", {}).get("logFiles", [])
    return [file for file in files if file.instance == call.params["DBInstanceIdentifier"]]


@service.answers("DescribeDBLogFiles")
def describe_db_log_files(call: Call) -> Item:
    """Log files of an instance."""
    part = call.params.get("FilenameContains", "")
    written = int(call.now.timestamp() * 1000)
    files = [
        {"LogFileName": file.name, "LastWritten": written, "Size": len(file.text.encode())}
        for file in _log_files(call)
        if part in file.name
    ]
    return _page(call, "DescribeDBLogFiles", files)


@service.answers("DownloadDBLogFilePortion")
def download_db_log_file_portion(call: Call) -> Item:
    """The text of a log file, the last lines of it when `NumberOfLines` says how many."""
    for file in _log_files(call):
        if file.name == call.params["LogFileName"]:
            lines = file.text.splitlines(keepends=True)[-call.params.get("NumberOfLines", 10_000) :]
            return {"LogFileData": "".join(lines), "Marker": "0", "AdditionalDataPending": False}
    raise AwsError(
        "DBLogFileNotFoundFault", f"DBLog File: {call.params['LogFileName']}, is not found on the DB instance", 404
    )


@service.answers("ListTagsForResource")
def list_tags_for_resource(call: Call) -> Item:
    """Tags of an instance or cluster."""
    wanted = call.params["ResourceName"]
    for item in call.items("dbInstances") + call.items("dbClusters"):
        if wanted in (item.get("DBInstanceArn"), item.get("DBClusterArn")):
            return {"TagList": item.get("TagList", [])}
    raise AwsError("DBInstanceNotFound", f"{wanted} not found.", 404)
