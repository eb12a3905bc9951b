"""When something that fills up is full: a date with its uncertainty, or why there is none. Pure.

A straight line through daily values, by Theil and Sen: the median of the slopes between all pairs of days, which a few
odd days do not move. Its 90 % interval comes from Kendall's S (Sen 1968; Helsel and Hirsch, "Statistical Methods in
Water Resources", chapter 10). A date is given only where the whole interval points towards the limit, the last week
goes on as the weeks before, and the date is near enough to be worth planning for. Days depend on each other, so the
interval is too narrow rather than too wide: the sentences say 'about'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.diagnosis.timeseries import Point, Points

LEAST = 10  # days
RECENT = 7  # days that must go on as those before
HORIZON = 180  # days: further away is no plan
Z = 1.645  # 90 %, both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """When a limit is reached. Rates in units a day, towards the limit."""

    a_day: float
    low: float
    high: float
    now: float  # the line's value today
    limit: float
    day: datetime
    earliest: datetime
    latest: datetime | None  # None: beyond the horizon
    days: int  # of data that it rests on


@dataclass(frozen=True, slots=True)
class NoDate:
    """Why no date is given, as a clause: 'it is flat'."""

    why: str
    worth_saying: bool = False  # it moves, but not so that a date would be honest


def daily(points: Points, pick: str) -> list[Point]:
    """One value a day (UTC): its `max` or `min`. The first and the last day are left out where they are not whole."""
    days: dict[datetime, list[float]] = {}
    for at, value in points:
        days.setdefault(at.replace(hour=0, minute=0, second=0, microsecond=0), []).append(value)
    most = max((len(found) for found in days.values()), default=0)
    whole = [(at, found) for at, found in sorted(days.items()) if len(found) * 2 > most]
    return [(at, max(found) if pick == "max" else min(found)) for at, found in whole]


def since_break(points: Sequence[Point], size: float, *, rising: bool) -> Sequence[Point]:
    """The points after the last day on which the level went away from the limit by more than `size` at once."""
    start = 0
    for index in range(1, len(points)):
        step = points[index][1] - points[index - 1][1]
        if (-step if rising else step) > size:
            start = index
    return points[start:]


def run_out(points: Sequence[Point], limit: float, *, rising: bool = True) -> RunOut | NoDate:
    """When daily values reach `limit` from below (`rising`) or from above.

    Args:
        points: one value a day, oldest first, since the last break.
        limit: in the points' unit.
        rising: whether the limit lies above.
    """
    if len(points) < LEAST:
        return NoDate(f"there are only {len(points)} comparable days of data")
    sign = 1.0 if rising else -1.0
    xs = [(at - points[0][0]) / timedelta(days=1) for at, _ in points]
    ys = [sign * value for _, value in points]
    slope, low, high = _sen(xs, ys)
    spread = max(ys) - min(ys)
    if spread <= abs(limit) * 0.01 and spread <= abs(ys[-1]) * 0.05:
        return NoDate("it is flat")
    if low <= 0:
        return NoDate("it goes up and down without a direction" if high > 0 else "it moves away from its limit")
    line = median(y - slope * x for x, y in zip(xs, ys, strict=True))
    now = line + slope * xs[-1]
    noise = median(abs(y - line - slope * x) for x, y in zip(xs, ys, strict=True))
    if slope * (xs[-1] - xs[0]) < 2 * noise:
        return NoDate("its ups and downs are larger than its growth", worth_saying=True)
    recent, _, _ = _sen(xs[-RECENT:], ys[-RECENT:])
    if recent < slope / 4:
        return NoDate("it grew, but hardly in the last week", worth_saying=True)
    left = sign * limit - now
    if left <= 0:
        return NoDate("it is at its limit already", worth_saying=True)
    if left / slope > HORIZON:
        return NoDate(f"at this pace it takes more than {HORIZON} days")
    today = points[-1][0]
    last = left / low
    return RunOut(
        a_day=slope,
        low=low,
        high=high,
        now=sign * now,
        limit=limit,
        day=today + timedelta(days=left / slope),
        earliest=today + timedelta(days=left / high),
        latest=today + timedelta(days=last) if last <= 3 * HORIZON else None,
        days=len(points),
    )


def _sen(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float, float]:
    """Theil–Sen slope with the ends of its 90 % interval."""
    n = len(xs)
    slopes = sorted((ys[j] - ys[i]) / (xs[j] - xs[i]) for i in range(n) for j in range(i + 1, n) if xs[j] > xs[i])
    if not slopes:
        return 0.0, 0.0, 0.0
    reach = Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first = max(0, math.floor((len(slopes) - reach) / 2))
    last = min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))
    return median(slopes), slopes[first], slopes[last]
