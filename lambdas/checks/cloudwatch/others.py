"""Scope: which other alarms ring right now ('single service vs. multiple services affected', Initial Assessment)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.alerts.model import Alert, Metric
from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.targets import resolve, service_name

MOST = 100  # of one DescribeAlarms page: more alarms than that are a storm whatever their number


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAlarm(Finding):
    """Another alarm in ALARM in this account and region. `at` is when it rang."""

    name: str
    service: str  # the name people use for what it is about
    target: str


@check(
    "cloudwatch.others",
    title="Other alarms that ring now",
    yields=(OtherAlarm,),
    allow=(Allow("cloudwatch:DescribeAlarms", "arn:{partition}:cloudwatch:{region}:{account}:alarm:*"),),
    calls=1,
)
def others(look: Look) -> Iterator[Finding]:
    """Every metric alarm in ALARM but this one; composites repeat their children."""
    answer: Any = look.aws.cloudwatch.describe_alarms(StateValue="ALARM", AlarmTypes=["MetricAlarm"], MaxRecords=MOST)
    for raw in answer.get("MetricAlarms") or ():
        name = raw.get("AlarmName", "")
        if name == look.alert.name:
            continue
        alert = as_alert(raw, look.alert)
        target = resolve(alert)
        yield OtherAlarm(
            at=raw.get("StateTransitionedTimestamp") or raw.get("StateUpdatedTimestamp"),
            name=name,
            service=service_name(alert, target, look.settings.workloads),
            target=str(target),
            source="cloudwatch:DescribeAlarms",
            link=links.alarm(look.aws.region, name),
        )


def as_alert(raw: dict[str, Any], beside: Alert) -> Alert:
    """An alarm of DescribeAlarms in the words that `resolve` knows; account and region are those of another alert."""
    metrics = [raw, *((query.get("MetricStat") or {}).get("Metric") or {} for query in raw.get("Metrics") or ())]
    return Alert(
        kind="alarm",
        source="describe-alarms",
        name=raw.get("AlarmName", ""),
        state="ALARM",
        at=raw.get("StateUpdatedTimestamp") or beside.at,
        account=beside.account,
        region=beside.region,
        arn=raw.get("AlarmArn", ""),
        description=raw.get("AlarmDescription") or "",
        metrics=tuple(
            Metric(
                namespace=metric.get("Namespace", ""),
                name=metric["MetricName"],
                dimensions={d.get("Name", ""): d.get("Value", "") for d in metric.get("Dimensions") or ()},
            )
            for metric in metrics
            if metric.get("MetricName")
        ),
    )
