"""For everything that has no playbook of its own: an alarm on anything gets an honest look."""

from __future__ import annotations

from lambdas.playbooks import GENERIC
from lambdas.playbooks.base import Playbook, Step, playbook

playbook(
    Playbook(
        id=GENERIC,
        title="Alert response",
        section="Warning Alert Response: Analysis Phase",
        targets=(),
        families=("aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="generic.1",
                title="Review alert context and recent trends",
                checks=(
                    "cloudwatch.alarm",
                    "cloudwatch.alarm_history",
                    "cloudwatch.alarm_metric",
                    "cloudwatch.alarm_metric_baseline",
                ),
            ),
            Step(
                id="generic.2",
                title="Check for correlation: configuration changes, AWS's own events",
                checks=("cloudtrail.changes", "health.events"),
            ),
        ),
    )
)
