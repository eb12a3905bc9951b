"""Log groups of what has no task definition: a function's own, those behind a metric filter, those of a hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.logs.groups import GROUPS, LogGroup, named
from lambdas.targets import Function, service_name

if TYPE_CHECKING:
    from lambdas.alerts.model import Metric

_AWS = ("AWS/", "ECS/", "LambdaInsights", "CWAgent", "ContainerInsights")  # namespaces that no metric filter feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilter(Finding):
    """A metric filter that feeds the alarm's metric: which lines of which group it counts."""

    group: str
    name: str
    pattern: str
    metric: str


@check(
    "logs.sources",
    title="Log groups behind the alarm: of its function, its metric filters, the environment's hints",
    yields=(LogGroup, MetricFilter),
    uses=(TaskDefinition,),
    allow=(
        Allow("logs:DescribeMetricFilters", "arn:{partition}:logs:{region}:{account}:log-group:*"),
        Allow("logs:DescribeLogGroups", "arn:{partition}:logs:{region}:{account}:log-group:*"),
    ),
    calls=6,
)
def sources(look: Look) -> Iterator[Finding]:
    """Only where no task definition names a group: the service's own logs tell more than a filter's."""
    if named(look):
        return
    service = service_name(look.alert, look.target, look.settings.workloads)
    groups = [group for hint in look.settings.workloads if hint.service == service for group in hint.log_groups]
    if isinstance(look.target, Function):
        groups.append(f"/aws/lambda/{look.target.name}")
    for metric in look.alert.metrics[:3]:
        groups += [value for name, value in metric.dimensions.items() if name in ("LogGroupName", "LogGroup")]
        if metric.namespace and not metric.namespace.startswith(_AWS):
            for found in _filters(look, metric):
                groups.append(found.group)
                yield found
    for name in list(dict.fromkeys(groups))[:GROUPS]:
        listed = look.aws.logs.describe_log_groups(logGroupNamePrefix=name).get("logGroups") or []
        group = next((g for g in listed if g.get("logGroupName") == name), None)
        yield LogGroup(
            name=name,
            service=service,
            exists=group is not None,
            retention=group.get("retentionInDays") if group else None,
            source="logs:DescribeLogGroups",
            link=links.log_group(look.aws.region, name),
        )


def _filters(look: Look, metric: Metric) -> Iterator[MetricFilter]:
    answer = look.aws.logs.describe_metric_filters(metricNamespace=metric.namespace, metricName=metric.name)
    for raw in (answer.get("metricFilters") or ())[:GROUPS]:
        if raw.get("logGroupName"):
            yield MetricFilter(
                group=raw["logGroupName"],
                name=raw.get("filterName", ""),
                pattern=raw.get("filterPattern", ""),
                metric=metric.name,
                source="logs:DescribeMetricFilters",
                link=links.log_group(look.aws.region, raw["logGroupName"]),
            )
