"""How causes write numbers, times and quotations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta


def at(moment: datetime | None) -> str:
    """A time of day in UTC, as people on call say it."""
    return f"{moment:%H:%M:%S} UTC" if moment else "an unknown time"


def day(moment: datetime | None) -> str:
    """A date and time in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"


def span(length: timedelta) -> str:
    """A length of time in its natural unit."""
    seconds = int(length.total_seconds())
    if abs(seconds) < 120:
        return f"{seconds} s"
    if abs(seconds) < 7200:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if abs(seconds) < 172800 else f"{round(seconds / 86400)} days"


def number(value: float) -> str:
    """Three significant digits at most, without an exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(value: float | None) -> str:
    """A percentage that already is one."""
    return "unknown" if value is None else f"{number(value)} %"


def times(ratio: float) -> str:
    """A ratio."""
    return f"{number(ratio)}×"


def count(n: int, one: str, many: str = "") -> str:
    """A number and its noun."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def quote(text: str, length: int = 220) -> str:
    """A line of somebody else's, on one line, visibly cut."""
    flat = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    return f"“{flat if len(flat) <= length else flat[: length - 1] + '…'}”"


def some(names: Iterable[str], most: int = 3) -> str:
    """A few names, and how many more."""
    listed = list(dict.fromkeys(n for n in names if n))
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
