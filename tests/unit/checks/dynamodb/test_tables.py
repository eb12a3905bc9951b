from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.checks.dynamodb.insights import shorten
from lambdas.checks.dynamodb.scope import mentions, named_in
from lambdas.checks.dynamodb.tables import state

AT = datetime(2026, 5, 12, tzinfo=UTC)


def test_a_provisioned_table_without_a_billing_summary() -> None:
    raw = {
        "TableName": "orders",
        "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 50, "LastIncreaseDateTime": AT},
        "KeySchema": [{"AttributeName": "at", "KeyType": "RANGE"}, {"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "byDay", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}
        ],
        "ItemCount": 10,
        "TableSizeBytes": 5120,
    }
    table = state(raw, "orders", "eu-west-1")
    assert table.on_demand is False
    assert (table.capacity.provisioned("read"), table.capacity_of("byDay").provisioned("write")) == (100, 6)
    assert (table.keys, table.at, table.item_size) == (("id", "at"), AT, 512)


def test_an_on_demand_table_has_limits_and_no_units() -> None:
    raw = {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 500},
    }
    table = state(raw, "votes", "eu-west-1")
    assert table.on_demand is True
    assert table.capacity.provisioned("read") is None
    assert (table.capacity.limit("read"), table.capacity.limit("write")) == (None, 500)


def test_a_table_of_which_nothing_is_said() -> None:
    table = state({}, "x", "eu-west-1")
    assert (table.name, table.on_demand, table.indexes, table.item_size) == ("x", None, (), None)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("resource arn:aws:dynamodb:eu-west-1:123456789012:table/scores", ["scores"]),
        ("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/scores/index/byDay is slow", ["scores"]),
        ("Requested resource not found: Table: 'carts' not found", ["carts"]),
        ("GetItem TableName=carts-v2 failed", ["carts-v2"]),
        ("the table is full", []),
    ],
)
def test_tables_that_a_line_names(line: str, names: list[str]) -> None:
    assert named_in(line) == names


def test_lines_about_dynamodb() -> None:
    assert mentions("ProvisionedThroughputExceededException: rate")
    assert not mentions("connect ECONNREFUSED 10.0.0.1:5432")


@pytest.mark.parametrize("key", ["jane.doe@example.com", "p-000017", "ab", "x", ""])
def test_a_key_is_never_shown_whole(key: str) -> None:
    shown = shorten(key)
    assert shown == shorten(key)
    assert not key or key not in shown.partition("…")[0]
