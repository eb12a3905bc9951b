"""The runbook's 'Performance Alert Response': 24-hour patterns against the previous week's baseline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.checks import links
from lambdas.checks.base import Finding, Look, Window, check
from lambdas.checks.cloudwatch.metrics import ALLOW, Want, recent
from lambdas.checks.performance.trend import WEEK, WORSE, shift
from lambdas.diagnosis import timeseries as ts

DAY = timedelta(hours=24)
PERIOD = 300  # seconds
MOST = 6  # metrics of one alarm
# Response times and latencies: what the runbook's performance triggers are about.
SLOWNESS = re.compile(r"latency|response.?time|duration|elapsed", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression(Finding):
    """A metric that got worse than in the same hours of last week, and stays so. `at` is the change point.

    `at` is None where it has been so for longer than the 24 hours that are compared.
    """

    metric: str
    of: str = ""  # the metric's dimensions, for people
    before: float
    after: float
    factor: float

    @property
    def since(self) -> datetime | None:
        """The change point."""
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeLastWeek(Finding):
    """A metric that is now as it was in the same hours of last week."""

    metric: str
    of: str = ""
    before: float
    now: float


@check(
    "performance.regression",
    title="Review 24-hour performance patterns, compare with previous week's baseline",
    yields=(Regression, LikeLastWeek),
    allow=ALLOW,
    calls=2,
    optional=True,
)
def regression(look: Look) -> Iterator[Finding]:
    """Of the alarm's own metrics, where they are response times or latencies: two calls, whatever their number."""
    metrics = [m for m in look.alert.metrics if m.namespace and SLOWNESS.search(m.name)][:MOST]
    if not metrics:
        return
    wants = [
        Want(f"performance.{i}", m.namespace, m.name, m.dimensions, m.statistic or "Average", of=m.name)
        for i, m in enumerate(metrics)
    ]
    end = look.window.end
    now = list(recent(_over(look, end - DAY, end), wants, period=PERIOD))
    before = list(recent(_over(look, end - DAY - WEEK, end - WEEK), wants, period=PERIOD))
    for metric, here, there in zip(metrics, now, before, strict=True):
        of = ", ".join(f"{name} {value}" for name, value in sorted(metric.dimensions.items()))
        link = links.metrics(look.aws.region, metric.namespace)
        source = "cloudwatch:GetMetricData"
        if found := shift(here.points, there.points):
            yield Regression(
                at=found.since,
                metric=metric.name,
                of=of,
                before=found.before,
                after=found.after,
                factor=found.factor,
                source=source,
                link=link,
            )
        elif here.points and there.points:
            hour = timedelta(hours=1)
            present = ts.middle(ts.between(here.points, end - hour, end))
            past = ts.middle(ts.between(there.points, end - WEEK - hour, end - WEEK))
            newest = ts.middle(ts.between(here.points, end - hour / 4, end))
            then = ts.middle(ts.between(there.points, end - WEEK - hour / 4, end - WEEK)) or past
            # What began minutes ago is no trend yet, but it is not 'like last week' either.
            if present is not None and past is not None and (newest or present) < WORSE * (then or 0.0):
                yield LikeLastWeek(
                    at=end, metric=metric.name, of=of, before=past, now=present, source=source, link=link
                )


def _over(look: Look, start: datetime, end: datetime) -> Look:
    """The same look over another time."""
    return replace(look, window=Window(start=start, at=end, end=end, now=end))
