"""Moments as a person reads them outside Slack: the environment's own time, and UTC beside it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local(at: float, zone: str) -> str:
    """`2026-11-24 04:06 CET (03:06 UTC)`; only UTC where that is the environment's own or the zone is unknown."""
    utc = datetime.fromtimestamp(at, UTC)
    there = utc.astimezone(_zone(zone))
    if there.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if there.date() == utc.date() else f"{utc:%Y-%m-%d} "
    return f"{there:%Y-%m-%d %H:%M} {there:%Z} ({day}{utc:%H:%M} UTC)"


def clock(at: float, zone: str) -> str:
    """`04:06 CET`: where there is room for a few letters only."""
    there = datetime.fromtimestamp(at, UTC).astimezone(_zone(zone))
    return f"{there:%H:%M %Z}"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
