"""The runbook's responses to application alarms: errors, degradation, authentication failures.

'Application Errors' (Critical Alert Response), 'Performance Degradation' (Warning Alert Response) and 'Security Event
Monitoring' (Appendix) are for metrics of custom namespaces (also with a service's dimensions), Lambda functions, and
whatever names nothing that has a playbook of its own. 4XX and 5XX of a load balancer play Scenario 3, which judges the
family `app` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.playbooks import ecs as _ecs  # its steps are played here as well
from lambdas.playbooks.base import PLAYBOOKS, Playbook, Step, playbook
from lambdas.targets import EcsService, Function, Unrecognised

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.targets import Target

LOGS = (  # what any playbook needs to judge the family `app`, beside the checks of ecs.services and logs.groups
    "logs.sources",
    "logs.errors",
    "logs.errors_before",
    "logs.recent",
    "logs.signatures_before",
)
CLIENTS = ("logs.clients", "logs.clients_before", "logs.queries")
TABLES = (  # what any playbook needs to judge the family `ddb` of the tables that error lines name
    "dynamodb.named",
    "dynamodb.table",
    "dynamodb.metrics",
    "dynamodb.metrics_baseline",
    "dynamodb.scaling",
    "dynamodb.scaling_activities",
    "dynamodb.limits",
    "dynamodb.contributor_insights",
)


def fits(target: Target, alert: Alert) -> bool:
    """Whether an alert is about an application rather than about the resource that its dimensions name."""
    if isinstance(target, Function):
        return True
    namespaces = {metric.namespace for metric in alert.metrics}
    own = bool(namespaces) and not any(n.startswith(("AWS/", "ECS/")) for n in namespaces)
    return own and isinstance(target, EcsService | Unrecognised)


playbook(
    Playbook(
        id="app",
        title="Application errors",
        section="Critical Alert Response: Application Errors",
        targets=(Function,),
        families=("app", "ecs", "ddb", "aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="app.errors.1",
                title="Execute log query to identify error patterns",
                checks=("logs.groups", *LOGS),
            ),
            Step(
                id="app.degradation.1",
                title="Analyze CloudWatch Logs for application bottlenecks; 4XX and authentication failures by source",
                checks=(*CLIENTS, "performance.regression"),
            ),
            Step(
                id="app.degradation.2",
                title="Check external service dependencies",
                checks=TABLES,
            ),
            *(step for step in PLAYBOOKS[_ecs.__name__.rpartition(".")[2]].steps),
        ),
        fits=fits,
    )
)
