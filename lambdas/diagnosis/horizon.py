"""How far the metrics reach. Pure.

Silence means something only while others speak: a count of errors without points is zero as long as the same
balancer's requests are counted. Where every metric ends (CloudWatch is some minutes late, a stand-in keeps a recording,
an account's metrics were cut off) nobody knows what came after, and the judgements end there too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Series

if TYPE_CHECKING:
    from lambdas.checks.base import Found, Window


def seen(window: Window, found: Found) -> Window:
    """The window up to where any metric reaches, not before the state change; the whole where there are no metrics."""
    ends = [s.points[-1][0] + timedelta(seconds=s.period) for s in found.of(Series) if s.points]
    if not ends:
        return window
    return replace(window, end=max(window.at, min(window.end, max(ends))))
