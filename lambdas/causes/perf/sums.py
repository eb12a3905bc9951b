"""Counts of the week before, made comparable with the window's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Past

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.causes.measured import Measured
    from lambdas.diagnosis.timeseries import Point

SUMMED = ("Sum", "SampleCount")


def past_of(evidence: Evidence, metric: Measured) -> list[Point]:
    """The week before in the window's own period: a sum over five minutes is five times one over a minute."""
    found = next(
        (p for p in evidence.of(Past) if (p.role, p.of) == (metric.series.role, metric.series.of)),
        None,
    )
    if found is None:
        return []
    scale = metric.series.period / found.period if metric.series.stat in SUMMED and found.period else 1.0
    return [(moment, value * scale) for moment, value in found.points]
