"""The CDK code (Python) of an alarm that a resource ought to have. Pure.

Every name from outside is written as a Python literal, so that a hostile one stays a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.reviews.watched import Resource, Watched

HEAD = """\
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions

# inside a Stack; `alarm_topic` is the SNS topic of your alarms
tell = actions.SnsAction(alarm_topic)
"""
RATES = frozenset({"5xx", "4xx"})


def code(resource: Resource, missing: Iterable[Watched], limits: Mapping[str, float]) -> str:
    """All missing alarms of one resource. `limits`: by role, in the metric's own unit."""
    return HEAD + "\n".join(_alarm(resource, one, limits[one.role]) for one in missing)


def _alarm(resource: Resource, watched: Watched, limit: float) -> str:
    name = f"{resource.name} {watched.role}"
    trigger = watched.trigger
    threshold = f"{limit:.6g}"
    comparison = "GREATER_THAN_OR_EQUAL_TO_THRESHOLD" if trigger.inclusive else "GREATER_THAN_THRESHOLD"
    periods, needed = (3, 2) if trigger.tier == "critical" else (5, 4)
    if trigger.family in {"throttle", "health"}:
        periods, needed = 2, 2
    return (
        f"\nalarm = cloudwatch.Alarm(\n"
        f"    self,\n"
        f"    {_id(name)!r},\n"
        f"    alarm_description={trigger.sentence!r},\n"
        f"    metric={_metric(resource, watched)},\n"
        f"    threshold={threshold},\n"
        f"    comparison_operator=cloudwatch.ComparisonOperator.{comparison},\n"
        f"    evaluation_periods={periods},\n"
        f"    datapoints_to_alarm={needed},\n"
        f"    treat_missing_data=cloudwatch.TreatMissingData.{_missing(watched)},\n"
        f")\n"
        f"alarm.add_alarm_action(tell)\n"
        f"alarm.add_ok_action(tell)\n"
    )


def _metric(resource: Resource, watched: Watched) -> str:
    if watched.trigger.family not in RATES:
        return _one(resource, watched.namespace, watched.name, watched.stat, "    ")
    errors = _one(resource, watched.namespace, watched.name, "Sum", "            ")
    requests = _one(resource, watched.namespace, "RequestCount", "Sum", "            ")
    return (
        "cloudwatch.MathExpression(\n"
        '        expression="100 * FILL(errors, 0) / requests",\n'
        "        period=Duration.minutes(1),\n"
        "        using_metrics={\n"
        f'            "errors": {errors},\n'
        f'            "requests": {requests},\n'
        "        },\n"
        "    )"
    )


def _one(resource: Resource, namespace: str, name: str, stat: str, indent: str) -> str:
    return (
        "cloudwatch.Metric(\n"
        f"{indent}    namespace={namespace!r},\n"
        f"{indent}    metric_name={name!r},\n"
        f"{indent}    dimensions_map={dict(resource.dimensions)!r},\n"
        f"{indent}    statistic={stat!r},\n"
        f"{indent}    period=Duration.minutes(1),\n"
        f"{indent})"
    )


def _missing(watched: Watched) -> str:
    """A service or database that stops reporting is no good sign; a count that is absent is."""
    return "BREACHING" if watched.role in {"CPU", "memory", "connections"} else "NOT_BREACHING"


def _id(name: str) -> str:
    """A construct id: letters and digits."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name)) or "Alarm"
