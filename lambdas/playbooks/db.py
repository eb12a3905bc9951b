"""The runbook's 'Database Issues' (Critical Alert Response) and 'Scenario 2: Database Performance Degradation'."""

from __future__ import annotations

from lambdas.playbooks.base import Playbook, Step, playbook
from lambdas.targets import Database

playbook(
    Playbook(
        id="db",
        title="Database issues and performance degradation",
        section="Critical Alert Response: Database Issues; Scenario 2: Database Performance Degradation",
        targets=(Database,),
        families=("db", "aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="db.assess",
                title="Initial Assessment: determine scope, compare with the baseline",
                checks=(
                    "cloudwatch.alarm",
                    "cloudwatch.alarm_history",
                    "cloudwatch.alarm_metric",
                    "cloudwatch.alarm_metric_baseline",
                    "rds.instances",
                ),
            ),
            Step(
                id="db.issues.1",
                title="Review active connections and blocking queries",
                checks=("pi.sessions", "pi.transactions"),
            ),
            Step(
                id="db.issues.2",
                title="Check RDS performance insights for slow queries",
                checks=("pi.totals",),
            ),
            Step(
                id="db.issues.3",
                title="Verify read replica availability",
                checks=("rds.instances", "rds.events"),
            ),
            Step(
                id="db.performance.1",
                title="Performance Insights Analysis: top SQL statements, wait events and resource utilization",
                checks=("pi.load", "pi.statements", "pi.history"),
            ),
            Step(
                id="db.performance.2",
                title="Connection Analysis: active vs. maximum connections, connection leaks, pooling",
                checks=("rds.parameters", "rds.logs"),
            ),
            Step(
                id="db.performance.3",
                title="Resource Utilization Review: CPU, storage I/O, memory and buffer cache efficiency",
                checks=("rds.metrics", "rds.metrics_baseline"),
            ),
            Step(
                id="db.changes",
                title="Check for correlation: maintenance, configuration changes, AWS's own events",
                checks=("rds.maintenance", "cloudtrail.changes", "health.events"),
            ),
        ),
    )
)
