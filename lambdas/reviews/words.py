"""Words that all forms of a report share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from lambdas.reviews.model import Weight

MARKS: Mapping[Weight, str] = {"critical": "🔴", "warning": "🟠", "advice": "💡", "info": "🔹"}
NAMES: Mapping[Weight, str] = {
    "critical": "Critical",
    "warning": "Warning",
    "advice": "Advice",
    "info": "For information",
}


def when(at: datetime, zone: str) -> str:
    """A moment in the environment's time zone: `24 Nov 09:00`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %H:%M}"


def money(usd: float) -> str:
    """`12 USD`, `1,240 USD`; below ten with cents."""
    return f"{usd:,.2f} USD" if abs(usd) < 10 else f"{usd:,.0f} USD"


def number(value: float) -> str:
    """A number as people say it: at most three significant figures below a thousand, with commas above."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def many(count: int, one: str, several: str = "") -> str:
    """`1 alarm`, `3 alarms`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """`a, b and c`; `a, b, c, d and 9 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))
