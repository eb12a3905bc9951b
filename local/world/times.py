"""Spans and moments as world files write them: `15m`, `1d2h`, `-90s`, `+5m`, `now`, or an absolute time."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)([wdhms]))")
_WHOLE_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[wdhms])+")

MINUTE = timedelta(minutes=1)


def span(value: object) -> timedelta:
    """`1d2h` → timedelta. Raises ValueError naming the allowed form."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip()
    if not _WHOLE_SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is not a span of time; write it like 90s, 15m, 2h, 1d2h")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _SPAN.findall(text)))


def moment(value: object, now: datetime, shift: timedelta = timedelta()) -> datetime:
    """A time of the file → aware UTC datetime.

    Relative times count from `now`; absolute times move by `shift` (a world that is replayed at another `now`).
    Raises ValueError naming the allowed forms.
    """
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC) + shift
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC) + shift
    text = str(value).strip()
    if text == "now":
        return now
    if text[:1] in ("-", "+") and _WHOLE_SPAN.fullmatch(text[1:]):
        return now + span(text[1:]) if text[0] == "+" else now - span(text[1:])
    try:
        return moment(datetime.fromisoformat(text), now, shift)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time; write 2026-11-24T02:58:00Z, or relative to `now`: -12m, -1d2h, -90s, +5m, now"
        ) from None


def _in_context(value: Any, info: ValidationInfo) -> datetime:
    context = info.context or {}
    return moment(value, context["now"], context.get("shift", timedelta()))


Moment = Annotated[datetime, BeforeValidator(_in_context)]
"""A pydantic field for a time; the validation context holds `now` (and `shift`)."""

Span = Annotated[timedelta, BeforeValidator(span)]
"""A pydantic field for a span of time."""
