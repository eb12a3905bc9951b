"""The metric that the alarm watches, against its own past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks

if TYPE_CHECKING:
    from lambdas.checks.base import Look

ROLE = "alarm"


def wants(look: Look) -> Iterable[Want]:
    """The alarm's metrics, each on its own: what metric math makes of them is in the alert's datapoints."""
    return list(_wants(look))


def _wants(look: Look) -> Iterator[Want]:
    for index, metric in enumerate(look.alert.metrics[:10]):
        if not metric.namespace or not metric.name:
            continue
        role = ROLE if index == 0 else f"{ROLE}.{metric.id or index}"
        yield Want(
            role, metric.namespace, metric.name, metric.dimensions, metric.statistic or "Average", of=metric.name
        )


metric_checks("cloudwatch.alarm_metric", title="The alarm's own metric", wants=wants)
