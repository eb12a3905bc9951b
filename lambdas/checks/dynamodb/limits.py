"""The account's DynamoDB quotas in this region: for one table, and for all together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.dynamodb.scope import NamedTable, tables

if TYPE_CHECKING:
    from lambdas.checks.dynamodb.tables import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas(Finding):
    """Units a second. None: AWS did not say."""

    account_read: float | None = None
    account_write: float | None = None
    table_read: float | None = None
    table_write: float | None = None

    def table(self, kind: Kind) -> float | None:
        """What one table may have."""
        return self.table_read if kind == "read" else self.table_write

    def account(self, kind: Kind) -> float | None:
        """What all tables may have together."""
        return self.account_read if kind == "read" else self.account_write


@check(
    "dynamodb.limits",
    title="Account and table quotas",
    yields=(Quotas,),
    uses=(NamedTable,),
    allow=(Allow("dynamodb:DescribeLimits"),),  # takes no resource (Service Authorization Reference)
    calls=1,
)
def limits(look: Look) -> Iterator[Finding]:
    """One call, if any table is looked at."""
    if not tables(look):
        return
    answer: Any = look.aws.dynamodb.describe_limits()
    yield Quotas(
        account_read=answer.get("AccountMaxReadCapacityUnits"),
        account_write=answer.get("AccountMaxWriteCapacityUnits"),
        table_read=answer.get("TableMaxReadCapacityUnits"),
        table_write=answer.get("TableMaxWriteCapacityUnits"),
        source="dynamodb:DescribeLimits",
        link=links.quotas(look.aws.region, "dynamodb"),
    )
