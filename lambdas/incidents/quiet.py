"""What is kept quiet: silences that people set, and the configuration's maintenance windows. Pure."""

from __future__ import annotations

import calendar
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lambdas.incidents.model import Quiet

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_RULE = re.compile(
    rf"(?:(?P<nth>{'|'.join(_NTH)}) )?(?P<day>{'|'.join(_DAYS)})(?: of (?:the|each) (?P<span>month|quarter))?"
    r"|(?P<date>[1-9]|[12][0-9]|3[01]) of (?:the|each) month|(?P<daily>day)"
)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window of the configuration: once (`start`, `end`), or by a rule (`every`, `begin`, `until`).

    Times are local to `zone`. `every`: "first saturday of the month", "last friday of the quarter", "sunday",
    "15 of the month", "day". A window that ends before it begins ends on the next day.
    """

    name: str
    every: str = ""
    begin: str = ""  # "02:00"
    until: str = ""  # "06:00"
    start: str = ""  # "2026-12-24T22:00"
    end: str = ""
    zone: str = "UTC"
    services: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    severity_1: bool = False  # whether Severity 1 is kept quiet too


def wrong(window: Window) -> str:
    """What cannot be meant, as a sentence; empty where all is well."""
    if window.every:
        if window.start or window.end:
            return "has a rule ('every') and fixed times ('start', 'end'): one of the two"
        rule = _RULE.fullmatch(window.every.lower())
        if not rule or bool(rule["nth"]) != bool(rule["span"]):
            return (
                f"'{window.every}' is no rule such as 'first saturday of the month', 'last friday of the quarter', "
                "'sunday', '15 of the month' or 'day'"
            )
        if not (_CLOCK.fullmatch(window.begin) and _CLOCK.fullmatch(window.until)) or window.begin == window.until:
            return "needs 'from' and 'until', two times such as \"02:00\" and \"06:00\""
        return ""
    try:
        start, end = datetime.fromisoformat(window.start), datetime.fromisoformat(window.end)
    except ValueError:
        return "needs either 'every' with 'from' and 'until', or 'start' and 'end' such as 2026-12-24T22:00"
    if start.tzinfo or end.tzinfo:
        return "'start' and 'end' are local times: leave the offset out"
    return "" if start < end else "ends before it starts"


def holding(windows: Iterable[Window], now: int) -> Mapping[str, Quiet]:
    """The windows that hold now, by the id of their silence: the same for as long as one window lasts."""
    return {
        f"SIL-{_slug(window.name)}-{day:%Y%m%d}": quiet for window in windows for day, quiet in _around(window, now)
    }


def named(windows: Iterable[Window], silence: str) -> str:
    """The name of the configuration's window that a silence's id belongs to; empty where a person set the silence."""
    return next((w.name for w in windows if silence.startswith(f"SIL-{_slug(w.name)}-")), "")


def covers(quiet: Quiet, now: int, *, service: str, target: str, alarm: str, severity: int) -> bool:
    """Whether what rings now is kept quiet. Severity 1 breaks through unless the silence says otherwise."""
    if not quiet.start <= now < quiet.end or (severity == 1 and not quiet.severity_1):
        return False
    if not quiet.services and not quiet.alarms:
        return True
    return _fits(quiet.services, service) or _fits(quiet.services, target) or _fits(quiet.alarms, alarm)


def _fits(patterns: Iterable[str], text: str) -> bool:
    return any(fnmatch.fnmatchcase(text.casefold(), pattern.casefold()) for pattern in patterns)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "window"


def _around(window: Window, now: int) -> Iterator[tuple[date, Quiet]]:
    """The window's run that holds now: there is at most one."""
    zone = ZoneInfo(window.zone)
    for start, end in _runs(window, datetime.fromtimestamp(now, zone).date()):
        begins, ends = (int(local.replace(tzinfo=zone).timestamp()) for local in (start, end))
        if begins <= now < ends:
            quiet = Quiet(
                start=begins,
                end=ends,
                services=window.services,
                alarms=window.alarms,
                severity_1=window.severity_1,
                window=window.name,
            )
            yield start.date(), quiet
            return


def _runs(window: Window, today: date) -> Iterator[tuple[datetime, datetime]]:
    if not window.every:
        yield datetime.fromisoformat(window.start), datetime.fromisoformat(window.end)
        return
    begin, until = time.fromisoformat(window.begin), time.fromisoformat(window.until)
    for day in (today, today - timedelta(days=1)):  # yesterday's may last past midnight
        if _is_day(window.every.lower(), day):
            ends = day if until > begin else day + timedelta(days=1)
            yield datetime.combine(day, begin), datetime.combine(ends, until)


def _is_day(rule: str, day: date) -> bool:
    found = _RULE.fullmatch(rule)
    if found is None:
        return False
    if found["daily"]:
        return True
    if found["date"]:
        return day.day == int(found["date"])
    if day.weekday() != _DAYS.index(found["day"]):
        return False
    if not found["nth"]:
        return True
    length = calendar.monthrange(day.year, day.month)[1]
    first, last = (day.day - 1) // 7, day.day + 7 > length
    if found["span"] == "quarter":
        opens, closes = day.month % 3 == 1, day.month % 3 == 0
        if found["nth"] == "last":
            return closes and last
        return opens and first == _NTH[found["nth"]]
    return last if found["nth"] == "last" else first == _NTH[found["nth"]]
