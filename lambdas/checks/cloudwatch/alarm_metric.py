"""The metric that the alarm watches, against its own past."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks

if TYPE_CHECKING:
    from lambdas.checks.base import Look

ROLE = "alarm"
MATH = "alarm.math"
_WORD = re.compile(r"[A-Za-z]\w*")
_OTHER = re.compile(
    r"SELECT|SEARCH|ANOMALY_DETECTION_BAND|INSIGHT_RULE_METRIC|DB_PERF_INSIGHTS|SERVICE_QUOTA|LAMBDA|METRICS"
)


def wants(look: Look) -> Iterable[Want]:
    """The alarm's metrics, each on its own, and what the alarm's metric math makes of them."""
    return [*_wants(look), *_math(look)]


def _wants(look: Look) -> Iterator[Want]:
    for index, metric in enumerate(look.alert.metrics[:10]):
        if not metric.namespace or not metric.name:
            continue
        role = ROLE if index == 0 else f"{ROLE}.{metric.id or index}"
        yield Want(
            role, metric.namespace, metric.name, metric.dimensions, metric.statistic or "Average", of=metric.name
        )


def _math(look: Look) -> Iterator[Want]:
    """The compared value itself, by the alarm's period, so that it can be told from what it is every day."""
    parts = {
        metric.id: Want("", metric.namespace, metric.name, metric.dimensions, metric.statistic or "Average")
        for metric in look.alert.metrics[:10]
        if metric.id and metric.namespace and metric.name
    }
    expression = look.alert.expression
    if not parts or _OTHER.search(expression) or not set(parts) & set(_WORD.findall(expression)):
        return  # no metric math of these: a query, a band, a composite's rule
    period = max(60, *(metric.period or 60 for metric in look.alert.metrics))
    yield Want(
        MATH,
        namespace="",
        name=look.alert.name,
        dimensions={},
        expression=expression,
        parts=parts,
        period=period,
    )


metric_checks("cloudwatch.alarm_metric", title="The alarm's own metric", wants=wants)
