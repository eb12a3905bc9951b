"""The runbook's 'Scenario 4: DynamoDB Performance Issues'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.playbooks.base import Playbook, Step, playbook
from lambdas.targets import Table, Unrecognised

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.targets import Target


def fits(target: Target, alert: Alert) -> bool:
    """Whether an alert is about a table, or about DynamoDB in the whole account (UserErrors has no dimensions)."""
    own = any(metric.namespace == "AWS/DynamoDB" for metric in alert.metrics)
    return isinstance(target, Table) or (own and isinstance(target, Unrecognised))


playbook(
    Playbook(
        id="ddb",
        title="DynamoDB performance issues",
        section="Scenario 4: DynamoDB Performance Issues",
        targets=(Table,),
        families=("ddb", "aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="ddb.assess",
                title="Initial Assessment: determine scope, compare with the baseline",
                checks=(
                    "cloudwatch.alarm",
                    "cloudwatch.alarm_history",
                    "cloudwatch.alarm_metric",
                    "cloudwatch.alarm_metric_baseline",
                    "cloudwatch.others",
                ),
            ),
            Step(
                id="ddb.capacity.1",
                title="Review consumed vs. provisioned read/write capacity",
                checks=(
                    "dynamodb.named",
                    "dynamodb.table",
                    "dynamodb.metrics",
                    "dynamodb.metrics_baseline",
                    "dynamodb.scaling",
                    "dynamodb.scaling_activities",
                    "dynamodb.limits",
                ),
            ),
            Step(
                id="ddb.capacity.2",
                title="Check for hot partition issues using CloudWatch Contributor Insights",
                checks=("dynamodb.contributor_insights",),
            ),
            Step(
                id="ddb.capacity.3",
                title="Analyze access patterns and key distribution",
                checks=("dynamodb.metrics", "dynamodb.contributor_insights"),
            ),
            Step(
                id="ddb.query.1",
                title="Identify inefficient scan operations vs. queries",
                checks=("dynamodb.metrics",),
            ),
            Step(
                id="ddb.query.2",
                title="Review Global Secondary Index (GSI) usage patterns; missing or suboptimal indexes",
                checks=("dynamodb.table", "dynamodb.metrics"),
            ),
            Step(
                id="ddb.changes",
                title="Check for correlation: changes and AWS events",
                checks=("cloudtrail.changes", "health.events"),
            ),
        ),
        fits=fits,
    )
)
