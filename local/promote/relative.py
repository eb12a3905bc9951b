"""Times as a world file writes them: relative to its `now`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000))


def relative(at: datetime, now: datetime) -> str:
    """`-1d2h`, `-12m3.25s`, `+5m`, `now`; to the millisecond."""
    left = round((at.astimezone(UTC) - now).total_seconds() * 1000)
    if left == 0:
        return "now"
    text, left = ("+" if left > 0 else "-"), abs(left)
    for unit, size in _UNITS:
        if left >= size:
            text += f"{left // size}{unit}"
            left %= size
    return text + (f"{left / 1000:g}s" if left else "")


def timed(value: Any, now: datetime) -> Any:
    """A document with every time in it made relative."""
    if isinstance(value, datetime):
        return relative(value, now)
    if isinstance(value, dict):
        return {key: timed(held, now) for key, held in value.items()}
    return [timed(held, now) for held in value] if isinstance(value, list) else value
