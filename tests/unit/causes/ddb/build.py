"""Evidence of a table built by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import CAUSES, Evidence, Judgement
from lambdas.checks.base import Found, Gap, Window
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.dynamodb.tables import Capacity, Index, TableState
from lambdas.diagnosis.catalogue import loaded
from lambdas.targets import Table

if TYPE_CHECKING:
    from lambdas.checks.base import Finding

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=2), now=AT + timedelta(minutes=2))
CHECKS = (
    "dynamodb.table", "dynamodb.metrics", "dynamodb.scaling", "dynamodb.scaling_activities", "dynamodb.limits",
    "dynamodb.contributor_insights", "cloudtrail.changes", "health.events",
)  # fmt: skip


def series(role: str, per_minute: float, *, of: str = "orders", ago: int = 180, until: int = -2) -> Series:
    """A level from `ago` minutes before the alarm; `until` minutes before it (negative: after)."""
    points = tuple((AT - timedelta(minutes=m), per_minute) for m in range(ago, until - 1, -1))
    return Series(role=role, of=of, namespace="AWS/DynamoDB", name=role, stat="Sum", period=60, points=points)


def table(*indexes: Index, on_demand: bool = False, **units: float) -> TableState:
    return TableState(name="orders", on_demand=on_demand, capacity=Capacity(**units), indexes=indexes)


def evidence(*findings: Finding, gaps: tuple[str, ...] = (), metric: str = "WriteThrottleEvents") -> Evidence:
    found = Found()
    for finding in findings:
        found.add(finding)
    found.looked.update(c for c in CHECKS if c not in gaps)
    found.gaps.extend(Gap(c, "access denied") for c in gaps)
    alert = Alert(
        kind="alarm", source="sns", name="orders-throttles", state="ALARM", at=AT, account="123456789012",
        region="eu-west-1",
        metrics=(Metric(namespace="AWS/DynamoDB", name=metric, dimensions={"TableName": "orders"}),),
    )  # fmt: skip
    return Evidence(alert=alert, target=Table("orders"), window=WINDOW, found=found)


def judge(cause: str, given: Evidence) -> Judgement:
    loaded()
    return CAUSES[cause].judge(given)
