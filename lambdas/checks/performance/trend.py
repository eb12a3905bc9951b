"""A regression: the last day against the same hours of the week before, and where it began. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Point, Points

WEEK = timedelta(days=7)
BUCKET = 900  # seconds: single slow minutes are no trend
LEAST = 4  # buckets on each side of a change point
WORSE = 1.3  # times the same hours of the week before
STRONG = 2.0  # step over noise, of the relation to the week before


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How the last day compares. Values are in the metric's unit."""

    before: float  # the same hours of the week before (median)
    after: float  # since then (median)
    since: datetime | None  # None: longer than the day that was compared
    strength: float = 0.0

    @property
    def factor(self) -> float:
        """How many times as much."""
        return self.after / self.before


def relation(now: Points, before: Points) -> list[tuple[datetime, float, float]]:
    """(time, value, value a week earlier) in quarters of an hour, where both weeks have data."""
    shifted: list[Point] = [(moment + WEEK, value) for moment, value in before]
    present = {int(t.timestamp() // BUCKET): (t, v) for t, v in ts.bucket(now, BUCKET)}
    past = {int(t.timestamp() // BUCKET): v for t, v in ts.bucket(shifted, BUCKET)}
    return [(present[key][0], present[key][1], past[key]) for key in sorted(present) if past.get(key, 0.0) > 0]


def shift(now: Points, before: Points) -> Shift | None:
    """The regression, if there is one that lasts; None with too little data, or where nothing got worse.

    It is judged on the relation to the week before, so that a day's own swing is no change point.
    """
    rows = relation(now, before)
    if len(rows) < 2 * LEAST:
        return None
    ratios = [(moment, value / past) for moment, value, past in rows]
    last = ts.middle(ratios[-LEAST:]) or 0.0
    if last < WORSE:
        return None
    step = ts.change(ratios, least=LEAST)
    since: datetime | None = None
    strength = 0.0
    if step and step.ratio >= WORSE and step.strength >= STRONG and step.after >= WORSE:
        since, strength = step.at, step.strength
    elif (ts.share(ratios, WORSE) or 0.0) < 0.7:
        return None  # neither a step nor the whole day: single slow hours
    during = [row for row in rows if since is None or row[0] >= since]
    old = ts.middle([(t, past) for t, _, past in during]) or 0.0
    new = ts.middle([(t, value) for t, value, _ in during]) or 0.0
    if not old or new < WORSE * old:
        return None
    return Shift(before=old, after=new, since=since, strength=strength)
