"""DynamoDB, what is observed of it: tables of the world. Everything else is our own table's, and falls through."""

from local.world.service import Filler, Item, Section, Service


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
