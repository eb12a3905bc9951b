"""When each routine is due, in the environment's own time zone. Pure.

A slot is one run of one routine: the schedule's own time, whatever minute the function happened to start. Its id names
it in the table, in S3 and to people: the local date, for the hourly review the hour in UTC (a local hour comes twice
when the clocks go back).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from lambdas.reviews.model import Kind

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FRIDAY = 4
AT: dict[str, time] = {"daily": time(9), "weekly": time(14), "monthly": time(8), "quarterly": time(8, 30)}
# How long after its time a slot that did not run is still worth running; after that it is only said.
LATE: dict[str, timedelta] = {
    "hourly": timedelta(minutes=50),
    "daily": timedelta(hours=8),
    "weekly": timedelta(days=3),
    "monthly": timedelta(days=14),
    "quarterly": timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One run of a routine. `start` to `end` is the time it is about; `at` is when it is due; all UTC."""

    kind: Kind
    id: str
    at: datetime
    start: datetime
    end: datetime
    zone: str

    @property
    def day(self) -> str:
        """The slot for people, e.g. "25 Nov" or "25 Nov 14:00"."""
        local = self.at.astimezone(ZoneInfo(self.zone))
        return f"{local.day} {local:%b %H:%M}" if self.kind == "hourly" else f"{local.day} {local:%b}"


def slot_of(kind: Kind, moment: datetime, zone: str) -> Slot:
    """The latest slot that is due at `moment` (aware)."""
    tz = ZoneInfo(zone)
    if kind == "hourly":
        at = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Slot(kind=kind, id=f"{at:%Y-%m-%dT%HZ}", at=at, start=at - DAY, end=at, zone=zone)
    day = _due_day(kind, moment.astimezone(tz).date())
    if _at(kind, day, tz) > moment:
        day = _due_day(kind, day - DAY)
    at = _at(kind, day, tz)
    start, end = _period(kind, day, at, tz)
    return Slot(kind=kind, id=day.isoformat(), at=at, start=start, end=end, zone=zone)


def slot_on(kind: Kind, day: date, zone: str) -> Slot:
    """The slot of a day that somebody asks for: the last one that is due by the end of that day."""
    end = datetime.combine(day, time.max, ZoneInfo(zone))
    return slot_of(kind, end, zone)


def slot_before(slot: Slot) -> Slot:
    """The slot before this one."""
    return slot_of(slot.kind, slot.at - timedelta(seconds=1), slot.zone)


def slots_between(first: Slot, last: Slot, most: int = 31) -> list[Slot]:
    """The slots after `first` and before `last`, oldest first; the latest `most` of them."""
    found: list[Slot] = []
    one = slot_before(last)
    while one.at > first.at and len(found) < most:
        found.append(one)
        one = slot_before(one)
    return found[::-1]


def expression(kind: Kind) -> str:
    """EventBridge Scheduler's cron expression; the schedule carries the time zone."""
    at = AT.get(kind, time(0))
    return {
        "hourly": "cron(0 * * * ? *)",
        "daily": f"cron({at.minute} {at.hour} * * ? *)",
        "weekly": f"cron({at.minute} {at.hour} ? * FRI *)",
        "monthly": f"cron({at.minute} {at.hour} 1 * ? *)",
        "quarterly": f"cron({at.minute} {at.hour} 1 1,4,7,10 ? *)",
    }[kind]


def _due_day(kind: Kind, day: date) -> date:
    """The last local day, up to `day`, on which the routine is due."""
    if kind == "weekly":
        return day - timedelta(days=(day.weekday() - FRIDAY) % 7)
    if kind == "monthly":
        return day.replace(day=1)
    if kind == "quarterly":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day


def _at(kind: Kind, day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, AT[kind], tz).astimezone(UTC)


def _period(kind: Kind, day: date, at: datetime, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Daily and weekly: up to now. Monthly and quarterly: the calendar month or quarter before, by local midnights."""
    if kind == "daily":
        return _at(kind, day - DAY, tz), at
    if kind == "weekly":
        return at - 7 * DAY, at
    back = _due_day(kind, day - DAY)
    return (
        datetime.combine(back, time(0), tz).astimezone(UTC),
        datetime.combine(day, time(0), tz).astimezone(UTC),
    )
