"""What boto3 takes and gives, as JSON and back: times, bytes, exact numbers and sets keep their type.

A time is the string `t!2026-11-24T03:06:00+00:00`, bytes are `b!<base64>`, a Decimal is `d!1.5`; a string that begins
so by itself is escaped with `s!`. Metric answers hold thousands of times: an object for each would double a recording.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

_MARKS = ("t!", "b!", "d!", "s!")


def encode(value: Any) -> Any:
    """A plain JSON value. What has no JSON form and no mark (a stream) becomes its type's name."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return f"s!{value}" if value.startswith(_MARKS) else value
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return f"t!{moment.astimezone(UTC).isoformat()}"
        case bytes() | bytearray():
            return f"b!{base64.b64encode(bytes(value)).decode()}"
        case Decimal():
            return f"d!{value}"
        case Mapping():
            return {str(key): encode(held) for key, held in value.items()}
        case list() | tuple():
            return [encode(held) for held in value]
        case set() | frozenset():
            return sorted((encode(held) for held in value), key=str)
    return f"({type(value).__name__})"


def decode(value: Any) -> Any:
    """Read an encoded value back. Times are UTC; tuples and sets come back as lists."""
    match value:
        case str():
            kind, rest = value[:2], value[2:]
            if kind == "t!":
                return datetime.fromisoformat(rest)
            if kind == "b!":
                return base64.b64decode(rest)
            if kind == "d!":
                return Decimal(rest)
            return rest if kind == "s!" else value
        case dict():
            return {key: decode(held) for key, held in value.items()}
        case list():
            return [decode(held) for held in value]
    return value


def canonical(encoded: Any) -> str:
    """One text for equal parameters, whatever the order of their keys."""
    return json.dumps(encoded, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
