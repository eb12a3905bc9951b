from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.alerts.model import Alert, Metric
from lambdas.diagnosis.target import find
from lambdas.targets import Database, EcsService, Unrecognised


def alert(description: str = "", name: str = "too slow", **dimensions: str) -> Alert:
    return Alert(
        kind="alarm", source="sns", name=name, state="ALARM", at=datetime(2026, 11, 24, 3, tzinfo=UTC), account="1",
        region="eu-west-1", description=description,
        metrics=(Metric(namespace="Acme/Probe", name="latency_ms", dimensions=dimensions),),
    )  # fmt: skip


class Rds:
    """Knows some databases; counts how often it is asked."""

    def __init__(self, *names: str, error: str = "") -> None:
        self.names, self.error, self.asked = names, error, 0

    def describe_db_instances(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "DescribeDBInstances")
        return {"DBInstances": [{"DBInstanceIdentifier": name} for name in self.names]}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (alert("Queries of RDS instance till-pg take longer than a second."), Database("till-pg")),
        (alert("Queries are slow", "database (till-pg)"), Database("till-pg")),
        (alert("the replica lags its primary till-pg", db="till-ro"), Database("till-ro")),
        (alert("The database is slow"), None),
        (alert("Queries of RDS instance till-pg-old"), None),
        (alert("checkout answers slowly; see till-one"), None),
    ],
    ids=["described", "in its name", "a dimension first", "unnamed", "part of a name", "no word of databases"],
)
def test_a_database_counts_as_named_only_if_rds_knows_it(told: Alert, expected: Database | None) -> None:
    rds = Rds("till-pg", "till-ro", "till-one", "database")
    found = find(told, SimpleNamespace(rds=rds))  # type: ignore[arg-type] # only rds is asked
    assert found == expected if expected else isinstance(found, Unrecognised)


def test_nobody_is_asked_where_no_word_speaks_of_databases() -> None:
    rds = Rds("web")
    assert isinstance(find(alert("web is slow"), SimpleNamespace(rds=rds)), Unrecognised)  # type: ignore[arg-type]
    assert rds.asked == 0


def test_a_refusal_leaves_the_target_open() -> None:
    rds = Rds(error="AccessDenied")
    assert isinstance(find(alert("database till-pg"), SimpleNamespace(rds=rds)), Unrecognised)  # type: ignore[arg-type]


def test_an_arn_in_the_description_needs_no_call() -> None:
    text = "runbook https://x; acts on arn:aws:ecs:eu-west-1:123456789012:service/prod/web."
    assert find(alert(text), SimpleNamespace()) == EcsService("prod", "web")  # type: ignore[arg-type] # nothing is asked
