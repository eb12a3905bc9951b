"""What the alarm feels of an application: which metric, since when, and how much more than usual. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lambdas.causes.base import Fact
from lambdas.causes.measured import measured
from lambdas.causes.wording import at, number
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.causes.measured import Measured
    from lambdas.diagnosis.timeseries import Point

type What = Literal["server", "client", "authentication", "other"]
HOUR = timedelta(hours=1)
BREAK = timedelta(minutes=6)
OVER = timedelta(minutes=4)
ROLES = ("alarm", "tg.target_5xx", "alb.target_5xx", "alb.elb_5xx", "elb.errors")  # whichever playbook ran
_KINDS: tuple[tuple[What, re.Pattern[str]], ...] = (
    ("client", re.compile(r"4xx|client", re.IGNORECASE)),
    ("authentication", re.compile(r"auth|login|signin|unauthor|forbidden", re.IGNORECASE)),
    ("server", re.compile(r"5xx|error|exception|fail|fault|crash", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A metric of errors, and what it does. Values are counts a minute, or as the metric gives them."""

    what: What
    name: str
    points: tuple[Point, ...] = field(repr=False)
    onset: datetime | None = None  # None: it is not above its usual
    now: float = 0.0
    usual: float | None = None  # the top of its usual at this hour
    over_since: datetime | None = None

    def fact(self) -> Fact:
        """One line of evidence."""
        since = f" since {at(self.onset)}" if self.onset else ", as usual"
        over = f" until {at(self.over_since)}" if self.over_since else ""
        return Fact(
            text=f"{self.name} is {number(self.now)} a minute{since}{over}",
            source="cloudwatch:GetMetricData",
            at=self.onset,
            value=number(self.now),
            baseline=f"up to {number(self.usual)}" if self.usual is not None else "",
        )


def kind(evidence: Evidence) -> What:
    """What the alarm is about, by its metric's and its own name."""
    names = [m.name for m in evidence.alert.metrics[:1]] or [evidence.alert.name]
    return next((what for name in names for what, pattern in _KINDS if pattern.search(name)), "other")


def symptom(evidence: Evidence) -> Symptom | None:
    """The alarm's own metric if it counts errors, else the balancer's; None where nothing was measured."""
    for role in ROLES:
        metric = measured(evidence, role)
        if metric and (role != "alarm" or kind(evidence) != "other"):
            return _read(metric)
    return None


def _read(metric: Measured) -> Symptom:
    usual = ts.baseline(metric.past, max(metric.window.start, metric.window.at - HOUR), metric.window.end)
    high = usual.high if usual else None
    level = max(2.0 * high, high + 1.0) if high is not None else _level(metric.points)
    runs = _runs([p for p in metric.points if p[1] > level])
    near = [run for run in runs if run[0][0] <= metric.window.at + BREAK and run[-1][0] >= metric.window.at - 4 * BREAK]
    run = near[-1] if near else []
    last = run[-1][0] if run else None
    over = last if last and metric.window.end - last >= OVER + timedelta(minutes=2) else None
    what: What = next((k for k, pattern in _KINDS if pattern.search(metric.series.name)), "other")
    return Symptom(
        what=what,
        name=metric.series.name,
        points=metric.points,
        onset=run[0][0] if run else None,
        now=(ts.middle(run[-5:]) if run else metric.around_alarm()) or 0.0,
        usual=high,
        over_since=over,
    )


def _level(points: tuple[Point, ...]) -> float:
    """Without a week before: halfway up the step in the window, if there is one."""
    step = ts.change(points)
    if step is None or step.strength < 3 or step.after <= step.before:
        return 0.0
    return (step.before + step.after) / 2


def _runs(points: list[Point]) -> list[list[Point]]:
    runs: list[list[Point]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] <= BREAK:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs
