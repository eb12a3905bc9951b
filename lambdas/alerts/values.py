"""Lenient readers of what AWS, or anybody, sent: each answers a plain value or its default, and none raises."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.alerts.model import State

LIMIT = 8_000  # characters kept of one text: a whole Slack thread message, far above CloudWatch's own 1,023


def clip(value: str, limit: int = LIMIT) -> str:
    """Cut a text to its limit, visibly."""
    if len(value) <= limit:
        return value
    return f"{value[:limit]} … (cut: {len(value):,} characters in all)"


def text(value: object, limit: int = LIMIT) -> str:
    """Read a text that can be encoded and stored; a number becomes its digits, anything else is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clip(str(value) if not isinstance(value, str) else value, limit).encode("utf-8", "replace").decode()


def number(value: object) -> float | None:
    """Read a finite number, also from a text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object, default: int) -> int:
    """Read a whole number of at least one; else the default."""
    found = number(value)
    return int(found) if found is not None and found >= 1 else default


def mapping(value: object) -> Mapping[str, Any]:
    """Read an object; also from the JSON text of one, as `reasonData` is."""
    if isinstance(value, str):
        value = loads(value)
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """Read a list."""
    return value if isinstance(value, list) else []


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts; empty ones are left out."""
    return tuple(item for item in map(text, sequence(value)) if item)


def loads(value: str) -> Any:
    """Read JSON; None where it is not, or is nested beyond reason."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def dumps(value: object) -> str:
    """Write anything as text, for people to read."""
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    try:
        written = json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, TypeError, RecursionError):
        written = f"{type(value).__name__} that cannot be written as JSON"
    return written.encode("utf-8", "replace").decode()


_DAYS = re.compile(r"^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?$")


def moment(value: object) -> datetime | None:
    """Read a time: ISO 8601 in AWS's variants, an HTTP date (AWS Health), or epoch seconds or milliseconds. UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value)) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return _epoch(float(value))
    if parts := _DAYS.match(value):
        value = f"{parts[1]}T{parts[2]}{parts[3] or ''}"
    try:
        if value.endswith(" GMT"):
            return datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _epoch(seconds: float) -> datetime | None:
    milliseconds_from = 1e11  # as seconds that is the year 5138
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds >= milliseconds_from else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def state(value: object) -> State:
    """Read a CloudWatch alarm state; what is unknown counts as ALARM, the safe side."""
    match value:
        case "OK":
            return "OK"
        case "INSUFFICIENT_DATA":
            return "INSUFFICIENT_DATA"
        case _:
            return "ALARM"
