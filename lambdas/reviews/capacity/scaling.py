"""Auto scaling judged against what it did in a week. Pure.

AWS's side: Application Auto Scaling User Guide, "Target tracking scaling policies" (scale-in can be disabled, alarms
act on the metric, cooldowns), "Suspend and resume scaling", "Scaling activities" (status codes, reasons for not
scaling).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from lambdas.diagnosis.timeseries import percentile, share, values

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points

LEAST = 72  # hours with data
AT_MAX = 0.10  # of the hours: 'often'
AT_MIN = 0.90
IDLE = 0.5  # of the target, at the busy hours: fewer tasks would do
REVERSAL = timedelta(minutes=30)  # out and in again within this is no answer to load
REVERSALS = 8  # a week: more than once a day
HIGH_TARGET = 80.0  # %: tasks need minutes to start, so that there is no room left
LOW_TARGET = 40.0  # %
LEAST_TASKS = 2  # below it one lost task is an outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A scaling policy. `target` is None for steps; `metric` is the predefined metric's name, or 'custom'."""

    name: str
    kind: str
    metric: str = ""
    target: float | None = None
    scale_in: bool = True

    @property
    def cpu(self) -> bool:
        """Whether it follows the service's average CPU."""
        return self.metric == "ECSServiceAverageCPUUtilization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One scaling activity. `to` is the capacity that it set; None where AWS did not say."""

    at: datetime
    status: str
    to: int | None = None
    message: str = ""
    not_scaled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A scalable target, its policies, and one week of it."""

    name: str
    lowest: int
    highest: int
    policies: tuple[Policy, ...] = ()
    activities: tuple[Activity, ...] = ()  # oldest first
    suspended: tuple[str, ...] = ()  # "scale out", "scale in", "scheduled"
    scheduled: int = 0  # scheduled actions: they move the limits by themselves
    cpu: Points = field(default=(), repr=False)  # hourly averages, %
    memory: Points = field(default=(), repr=False)
    tasks: Points = field(default=(), repr=False)  # running tasks, hourly means


type Fault = Literal[
    "failing", "suspended", "ineffective", "at_max", "in_blocked", "oscillating", "min_too_high", "target_high",
    "target_low",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing that is wrong with a configuration: what was seen, and what to set."""

    fault: Fault
    seen: str
    advice: str
    spare: float = 0.0  # tasks that would be saved, on the average


def reached(description: str) -> int | None:
    """The capacity in an activity's description, 'Setting desired count to 6.'."""
    found = re.search(r"\bto (\d+)", description)
    return int(found[1]) if found else None


def judge(one: Scaled) -> list[Verdict]:
    """What is wrong, worst first. A week with fewer than LEAST hours of data is judged by its activities alone."""
    found = [*_failing(one), *_suspended(one)]
    if len(one.cpu) >= LEAST and len(one.tasks) >= LEAST:
        held = list(_ceiling(one))
        found += held or _ineffective(one)
        found += _blocked(one)
        found += _oscillating(one)
        if not found:
            found += _floor(one) or _targets(one)
    else:
        found += _oscillating(one)
    return found


def _failing(one: Scaled) -> Iterator[Verdict]:
    failed = [a for a in one.activities if a.status in {"Failed", "Unfulfilled"}]
    if not failed:
        return
    said = Counter(a.message or "no reason given" for a in failed).most_common(1)[0][0]
    yield Verdict(
        fault="failing",
        seen=f"{len(failed)} of {len(one.activities)} scaling activities failed, the last at "
        f"{failed[-1].at:%d %b %H:%M} UTC: {said[:200]}",
        advice="Mend what the message names: until then the capacity stays where it is, whatever the load.",
    )


def _suspended(one: Scaled) -> Iterator[Verdict]:
    if one.suspended:
        yield Verdict(
            fault="suspended",
            seen=f"{' and '.join(one.suspended)} {'is' if len(one.suspended) == 1 else 'are'} suspended",
            advice="Resume it (register-scalable-target with --suspended-state), or note why it must stay suspended.",
        )


def _ceiling(one: Scaled) -> Iterator[Verdict]:
    """At the maximum often, and busy there: a maximum that is reached with idle tasks is no ceiling."""
    at = {when for when, value in one.tasks if value >= one.highest - 0.05}
    if not at or len(at) < AT_MAX * len(one.tasks) or one.lowest == one.highest:
        return
    there = [(when, value) for when, value in one.cpu if when in at]
    memory = [(when, value) for when, value in one.memory if when in at]
    target = _target(one)
    wanted = target or 60.0
    level = max(percentile(there, 50) or 0.0, (percentile(memory, 50) or 0.0) if not target else 0.0)
    refused = sum("AlreadyAtMaxCapacity" in a.not_scaled for a in one.activities)
    if level < 0.9 * wanted and not refused:
        return
    top = percentile(there, 95) or level
    needed = max(one.highest + 1, math.ceil(one.highest * max(top, wanted) / wanted))
    yield Verdict(
        fault="at_max",
        seen=f"{len(at)} of {len(one.tasks)} hours at the maximum of {one.highest} tasks, with a median CPU of "
        f"{level:.0f} % there"
        + (f"; {refused} scale-out{' was' if refused == 1 else 's were'} refused" if refused else ""),
        advice=f"Raise the maximum to about {needed}: that carries the busiest hours ({top:.0f} %) at {wanted:.0f} %.",
    )


def _ineffective(one: Scaled) -> Iterator[Verdict]:
    """The load went well above the target for hours, there was room, and nothing happened."""
    target = _target(one)
    done = [a for a in one.activities if a.status == "Successful" and not a.not_scaled]
    if target is None or done or "scale out" in one.suspended or one.lowest == one.highest:
        return
    above = share(one.cpu, target * 1.1)
    if above and above >= 0.05:
        hours = round(above * len(one.cpu))
        yield Verdict(
            fault="ineffective",
            seen=f"it never scaled, though CPU was above its target of {target:.0f} % by a tenth for {hours} hours",
            advice="Look whether the policy's alarms exist and are in ALARM then; put-scaling-policy makes them anew.",
        )


def _blocked(one: Scaled) -> Iterator[Verdict]:
    tracking = [p for p in one.policies if p.target is not None]
    off = [p.name for p in tracking if not p.scale_in]
    if not tracking or len(off) < len(tracking) or one.scheduled or any(p.target is None for p in one.policies):
        return
    if "scale in" in one.suspended:
        return
    idle = [(at, value) for at, value in one.cpu if value < IDLE * (_target(one) or 60.0)]
    above = {at for at, value in one.tasks if value >= one.lowest + 1}
    both = sum(at in above for at, _ in idle)
    if both < 24:
        return
    yield Verdict(
        fault="in_blocked",
        seen=f"scale-in is disabled in {', '.join(off)}, and {both} of {len(one.tasks)} hours ran more than the "
        "minimum of tasks at less than half of the target",
        advice="Allow scale-in, or add a policy that does it: capacity only ever grows now.",
        spare=_mean_above(one),
    )


def _mean_above(one: Scaled) -> float:
    """Tasks above what the target needs, on the average; never below the minimum."""
    target = _target(one) or 60.0
    cpu = dict(one.cpu)
    spare = [
        max(0.0, tasks - max(one.lowest, math.ceil(tasks * cpu[at] / target))) for at, tasks in one.tasks if at in cpu
    ]
    return sum(spare) / len(spare) if spare else 0.0


def _oscillating(one: Scaled) -> Iterator[Verdict]:
    steps = [a for a in one.activities if a.status == "Successful" and a.to is not None and not a.not_scaled]
    moves: list[tuple[datetime, int]] = [
        (after.at, 1 if (after.to or 0) > (before.to or 0) else -1)
        for before, after in pairwise(steps)
        if after.to != before.to
    ]
    turns = sum(a[1] != b[1] and b[0] - a[0] <= REVERSAL for a, b in pairwise(moves))
    if turns >= REVERSALS:
        yield Verdict(
            fault="oscillating",
            seen=f"it turned {turns} times between scaling out and in within 30 minutes, in {len(steps)} activities",
            advice="Lengthen the scale-in cooldown (300 s or more), or let the policy follow a metric that the new "
            "task count brings down for good.",
        )


def _floor(one: Scaled) -> list[Verdict]:
    target = _target(one) or 60.0
    at_min = share(one.tasks, one.lowest + 0.05, above=False) or 0.0
    busy = percentile(one.cpu, 95) or 0.0
    memory = percentile(one.memory, 95)
    if one.lowest <= LEAST_TASKS or at_min < AT_MIN or busy >= IDLE * target:
        return []
    # Memory does not spread over fewer tasks as CPU does: where it is high, fewer tasks may not hold it.
    if memory is None or memory >= 70:
        return []
    needed = max(LEAST_TASKS, math.ceil(one.lowest * busy / target))
    if needed >= one.lowest:
        return []
    return [
        Verdict(
            fault="min_too_high",
            seen=f"{at_min * 100:.0f} % of the hours at the minimum of {one.lowest} tasks, where CPU stays below "
            f"{busy:.0f} % in 95 of 100 hours (target {target:.0f} %) and memory below {memory:.0f} %",
            advice=f"Lower the minimum to {needed}: scaling out still answers a surge.",
            spare=(one.lowest - needed) * at_min,
        )
    ]


def _targets(one: Scaled) -> list[Verdict]:
    target = _target(one)
    if target is None or one.lowest == one.highest:
        return []
    top = max(values(one.cpu))
    if target > HIGH_TARGET and top >= 95:
        hours = sum(value >= 95 for value in values(one.cpu))
        return [
            Verdict(
                fault="target_high",
                seen=f"the target is {target:.0f} % CPU, and {hours} hours averaged 95 % or more all the same",
                advice="Lower the target to 60–70 %: a task takes minutes to start, and the load does not wait.",
            )
        ]
    mean = sum(values(one.tasks)) / len(one.tasks)
    if target < LOW_TARGET and mean > one.lowest + 0.5:
        better = 60.0
        fewer = mean - max(one.lowest, mean * target / better)
        if fewer < 1:
            return []
        return [
            Verdict(
                fault="target_low",
                seen=f"the target is {target:.0f} % CPU, so that {mean:.1f} tasks run on the average where "
                f"{mean - fewer:.1f} would at {better:.0f} %",
                advice=f"Raise the target step by step towards {better:.0f} %, watching the response time.",
                spare=fewer,
            )
        ]
    return []


def _target(one: Scaled) -> float | None:
    """The CPU that the policies aim at; None where none of them follows it."""
    return next((p.target for p in one.policies if p.cpu and p.target is not None), None)


def by_design(one: Scaled | None, level: float) -> bool:
    """Whether a sustained CPU is what target tracking was told to keep: no news, as long as it had room to scale."""
    if one is None or one.lowest == one.highest or "scale out" in one.suspended:
        return False
    target = _target(one)
    if target is None or level > target + 5:
        return False
    return not any(_ceiling(one)) if len(one.tasks) >= LEAST else True


def sorted_activities(found: Sequence[Activity]) -> tuple[Activity, ...]:
    """Oldest first."""
    return tuple(sorted(found, key=lambda a: a.at))
