"""Sustained utilisation: what a service lives with, not its peaks. Pure.

The *sustained level* of a week is what the hourly averages reached or exceeded in a fifth of its hours: 34 of 168,
about five hours of each day. The runbook's 'approaching 70% sustained utilization' is read so, because

- an hour of batch work each night (4 % of the hours) or one bad afternoon does not move it,
- a working day's load does: eight hours on five days are 24 % of the week,
- nights and the weekend do not water it down, as they do the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.diagnosis.timeseries import percentile, values

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points

SHARE = 0.2
LEAST = 72  # hours with data: less than three days say nothing about a week
LIMIT = 70.0  # %, the runbook's
NEAR = 60.0  # %: 'approaching' it


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One week of a utilisation, in its own unit. All from hourly averages."""

    sustained: float
    usual: float  # the median
    peak: float  # the highest hour
    hours: int


def level(hourly: Points) -> Level | None:
    """The level of a week's hourly averages; None with fewer than LEAST hours of data."""
    if len(hourly) < LEAST:
        return None
    ordered = sorted(values(hourly), reverse=True)
    held = ordered[max(1, math.ceil(SHARE * len(ordered))) - 1]
    return Level(sustained=held, usual=percentile(hourly, 50) or 0.0, peak=ordered[0], hours=len(ordered))


def weeks_until(before: Level | None, now: Level, limit: float = LIMIT, *, most: int = 26) -> int | None:
    """In how many weeks the sustained level reaches `limit`, if each adds what the last one did.

    Two weeks make no trend: this is only said of a rise that is more than a tenth of the level before and more than two
    points. None without one, or where it is more than `most` weeks away.
    """
    if before is None or now.sustained >= limit:
        return None
    rise = now.sustained - before.sustained
    if rise <= 2 or rise <= before.sustained / 10:
        return None
    weeks = math.ceil((limit - now.sustained) / rise)
    return weeks if weeks <= most else None


def tasks_for(tasks: float, level_: float, wanted: float) -> int:
    """How many tasks bring a level that `tasks` carry down (or up) to `wanted`; at least one."""
    return max(1, math.ceil(round(tasks * level_ / wanted, 6)))
