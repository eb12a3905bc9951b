"""DynamoDB, what is observed of it: tables of the world. Everything else is our own table's, and falls through."""

from local.world.answer import Call, short
from local.world.errors import AwsError
from local.world.remedied import changed
from local.world.service import Filler, Item, Section, Service
from local.world.tags import tag_list


def _table(item: Item, fill: Filler) -> None:
    item.setdefault("TableArn", fill.arn(f"table/{item['TableName']}"))
    item.setdefault("TableStatus", "ACTIVE")
    item.setdefault("TableSizeBytes", 0)
    item.setdefault("ItemCount", 0)
    for index in item.get("GlobalSecondaryIndexes", []):
        index.setdefault("IndexStatus", "ACTIVE")
        index.setdefault("IndexArn", f"{item['TableArn']}/index/{index['IndexName']}")


def _insights(item: Item, _fill: Filler) -> None:
    item.setdefault("ContributorInsightsStatus", "ENABLED")


service = Service(
    "dynamodb",
    {
        "tables": Section("TableDescription", {"tags": "any", "pointInTimeRecovery": "any"}, _table, ("TableName",)),
        "contributorInsights": Section("DescribeContributorInsightsOutput", fill=_insights, required=("TableName",)),
        "limits": Section(kind="any", mapping=True),
    },
)


def _name(call: Call) -> str:
    return short(call.params.get("TableName") or call.params.get("ResourceArn", ""))


def _declared(call: Call) -> bool:
    """A call is the World's when it names a table of the world, or names none."""
    if call.operation in {"DescribeLimits", "ListContributorInsights"} and "TableName" not in call.params:
        return True
    if call.operation == "ListTables":
        return True  # a customer without tables has none: ours is not theirs
    return any(item["TableName"] == _name(call) for item in call.items("tables"))


service.split = _declared


def _table_of(call: Call) -> Item:
    return next(item for item in call.items("tables") if item["TableName"] == _name(call))


@service.answers("DescribeTable")
def describe_table(call: Call) -> Item:
    """A table of the world."""
    return {"Table": call.public("tables", [_table_of(call)])[0]}


@service.answers("UpdateTable")
def update_table(call: Call) -> Item:
    """Set the provisioned throughput of a table of the world, or of its indexes."""
    params, table = call.params, _table_of(call)
    if set(params) - {"TableName", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates"}:
        raise call.world.failed(f"dynamodb:UpdateTable: the World does not do {sorted(params)}")
    wanted = [("", params["ProvisionedThroughput"])] if "ProvisionedThroughput" in params else []
    wanted += [
        (update["Update"]["IndexName"], update["Update"]["ProvisionedThroughput"])
        for update in params.get("GlobalSecondaryIndexUpdates", [])
    ]
    with call.world.lock:
        for index, units in wanted:
            named = (
                [i for i in table.get("GlobalSecondaryIndexes", []) if i["IndexName"] == index] if index else [table]
            )
            if not named:
                raise AwsError("ResourceNotFoundException", f"Requested resource not found: index {index}")
            held = named[0].setdefault("ProvisionedThroughput", {})
            before = {key: held.get(key) for key in ("ReadCapacityUnits", "WriteCapacityUnits")}
            if before == units:
                text = "The provisioned throughput for the table will not change"
                raise AwsError("ValidationException", text)
            changed(call.world, ("dynamodb", table["TableName"], index), before, dict(units))
            held |= units
    return {"TableDescription": call.public("tables", [table])[0]}


@service.answers("ListTables")
def list_tables(call: Call) -> Item:
    """The tables of the world."""
    return {"TableNames": sorted(item["TableName"] for item in call.items("tables"))}


@service.answers("DescribeContinuousBackups")
def describe_continuous_backups(call: Call) -> Item:
    """Point-in-time recovery, off unless the table says `pointInTimeRecovery: true`."""
    state = "ENABLED" if _table_of(call).get("pointInTimeRecovery") else "DISABLED"
    recovery: Item = {"PointInTimeRecoveryStatus": state}
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


@service.answers("DescribeContributorInsights")
def describe_contributor_insights(call: Call) -> Item:
    """Contributor Insights of a table or index; off unless the world says otherwise."""
    index = call.params.get("IndexName")
    for item in call.items("contributorInsights"):
        if item["TableName"] == _name(call) and item.get("IndexName") == index:
            return item
    off: Item = {"TableName": _name(call), "ContributorInsightsStatus": "DISABLED"}
    return off | ({"IndexName": index} if index else {})


@service.answers("ListContributorInsights")
def list_contributor_insights(call: Call) -> Item:
    """Contributor Insights of one table, or of all."""
    kept = [
        i
        for i in call.items("contributorInsights")
        if not call.params.get("TableName") or i["TableName"] == _name(call)
    ]
    keys = ("TableName", "IndexName", "ContributorInsightsStatus")
    return {"ContributorInsightsSummaries": [{key: item[key] for key in keys if key in item} for item in kept]}


@service.answers("DescribeLimits")
def describe_limits(call: Call) -> Item:
    """Account and table limits, AWS's defaults below the world's."""
    defaults = {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    }
    return defaults | call.mapping("limits")


@service.answers("ListTagsOfResource")
def list_tags_of_resource(call: Call) -> Item:
    """Tags of a table."""
    return {"Tags": tag_list(_table_of(call).get("tags"))}
