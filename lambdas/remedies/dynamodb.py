"""What the remedies of a DynamoDB table share: finding it in the evidence, reading it afresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.checks.dynamodb.tables import TableState, state
from lambdas.errors import RemedyError
from lambdas.remedies.base import State

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values

TABLE = "arn:{partition}:dynamodb:{region}:{account}:table/*"
READS = (Allow("dynamodb:DescribeTable", TABLE), Allow("dynamodb:ListTagsOfResource", TABLE))
WRITES = (Allow("dynamodb:UpdateTable", TABLE),)  # an index is changed through its table


def subject(resource: str) -> str:
    """`table/orders/index/by-day` → `orders/by-day`."""
    return resource.removeprefix("table/").replace("/index/", "/")


def called(subject: str) -> str:
    """As people say it."""
    table, _, index = subject.partition("/")
    return f"index {index} of {table}" if index else table


def table_of(resource: str, case: Case) -> TableState | None:
    """The table that a fix names, if it was seen, is ready for a change and its capacity is ours to set."""
    name = subject(resource).partition("/")[0]
    found = next((t for t in case.evidence.of(TableState) if t.name == name), None)
    if found is None or not found.arn or found.on_demand is not False or found.status not in ("ACTIVE", "UPDATING"):
        return None
    return found


def at(resource: str, table: TableState) -> Values:
    """How to find it again."""
    index = subject(resource).partition("/")[2]
    return {"table": table.name} | ({"index": index} if index else {})


def live(aws: Aws, remedy: Remedy) -> tuple[TableState, State]:
    """The table as it is now, and its state, whose values the caller fills in."""
    name = str(remedy.params["table"])
    try:
        answer: Any = aws.dynamodb.describe_table(TableName=name)
    except aws.dynamodb.exceptions.ResourceNotFoundException as error:
        raise RemedyError(f"there is no table {name} any more") from error
    table = state(answer.get("Table") or {}, name, aws.region)
    tags = aws.dynamodb.list_tags_of_resource(ResourceArn=table.arn).get("Tags", [])
    ready = table.status == "ACTIVE" and all(index.status in ("ACTIVE", "") for index in table.indexes)
    return table, State(
        values={},
        tags={tag["Key"]: tag["Value"] for tag in tags},
        settled=ready,
        told=f"the table is {table.status}",
        busy="" if ready else "the table or one of its indexes is being updated",
    )
