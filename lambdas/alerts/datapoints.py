"""The value that AWS saw: from an alarm's structured state data where present, else from its reason text.

The texts, as CloudWatch writes them (dates are day/month/year):
    Threshold Crossed: 2 out of the last 3 datapoints [88.2 (24/11/26 03:00:00), 86.0 (24/11/26 02:59:00)] was greater …
    Threshold Crossed: 1 datapoint (10.0) was greater than or equal to the threshold (1.0).
    Threshold Crossed: 1 datapoint was less than the threshold (1.0). The most recent datapoint which …: [0.0 (…)]
    Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].
    Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (…)] was less than the lower thresholds [0.02] or greater …
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.alerts.values import clip, mapping, moment, number, sequence

type Point = tuple[float, datetime | None]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_POINT = re.compile(rf"({_NUMBER})(?:\s*\((\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\))?")
_LIST = re.compile(r"datapoints?[^\[\](]{0,80}\[([^\]]*)\]")
_OLD_LIST = re.compile(r"datapoints? \(([^)]*)\)")
_RECENT = re.compile(r"most recent datapoints?[^\[]{0,80}\[([^\]]*)\]")
_THRESHOLD = re.compile(
    rf"(greater than or equal to|greater than|less than or equal to|less than) the threshold \(({_NUMBER})\)"
)
_UPPER = re.compile(rf"upper thresholds? \[(?:[^\]]*,\s*)?({_NUMBER})[^\]]*\]")
_LOWER = re.compile(rf"lower thresholds? \[(?:[^\]]*,\s*)?({_NUMBER})[^\]]*\]")
_OPERATORS = {
    "greater than or equal to": "GreaterThanOrEqualToThreshold",
    "greater than": "GreaterThanThreshold",
    "less than or equal to": "LessThanOrEqualToThreshold",
    "less than": "LessThanThreshold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What an alarm's state change was decided on. `recent` is oldest first."""

    value: float | None = None
    at: datetime | None = None
    recent: tuple[float, ...] = ()
    comparison: str = ""
    threshold: float | None = None
    missing_breached: bool = False  # no data, and that was treated as breaching


def observe(
    reason: str, data: Mapping[str, Any], *, alarming: bool, comparison: str = "", threshold: float | None = None
) -> Observation:
    """Read the observed value; `comparison` and `threshold` are the alarm's own where the payload names them."""
    reason = clip(reason)
    points = _from_data(data) or _from_text(reason)
    lower, upper = _band(reason, data)
    said = _THRESHOLD.search(reason)
    if not comparison:
        comparison = _OPERATORS[said[1]] if said else _band_operator(lower, upper)
    if threshold is None:
        threshold = number(data.get("threshold"))
    if threshold is None and said:
        threshold = number(said[2])
    value, at = _decisive(points, comparison, threshold, lower, upper, alarming=alarming)
    if threshold is None and value is not None:
        below = lower is not None and (upper is None or value < lower)
        threshold = lower if below else upper
    return Observation(
        value=value,
        at=at,
        recent=tuple(v for v, _ in points),
        comparison=comparison,
        threshold=threshold,
        missing_breached="treated as [Breaching]" in reason,
    )


def _from_data(data: Mapping[str, Any]) -> list[Point]:
    """Read `evaluatedDatapoints` (with times, newest first) or `recentDatapoints` (bare, oldest first)."""
    points: list[Point] = []
    for item in map(mapping, sequence(data.get("evaluatedDatapoints"))):
        value = number(item.get("value"))
        if value is not None:
            points.append((value, moment(item.get("timestamp"))))
    if points:
        return _oldest_first(points)
    bare = [value for item in sequence(data.get("recentDatapoints")) if (value := number(item)) is not None]
    start, period = moment(data.get("startDate")), number(data.get("period"))
    if start and period and len(bare) == 1:
        return [(bare[0], start)]
    return [(value, None) for value in bare]


def _from_text(reason: str) -> list[Point]:
    found = _RECENT.search(reason) or _LIST.search(reason) or _OLD_LIST.search(reason)
    if not found:
        return []
    points: list[Point] = []
    for value, at in _POINT.findall(found[1]):
        if (read := number(value)) is not None:
            points.append((read, _text_time(at)))
    return _oldest_first(points)


def _oldest_first(points: list[Point]) -> list[Point]:
    """Both the text and the evaluated datapoints come newest first; a stamp, where there is one, decides."""
    dated = [(at, value) for value, at in points[::-1] if at]
    if len(dated) < len(points):
        return points[::-1]
    return [(value, at) for at, value in sorted(dated, key=lambda point: point[0])]


def _text_time(value: str) -> datetime | None:
    """Read day/month/year; by hand, for strptime imports the locale machinery on the path to the first post."""
    if not value:
        return None
    day, month, year, hour, minute, second = map(int, re.split(r"[/ :]", value))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _band(reason: str, data: Mapping[str, Any]) -> tuple[float | None, float | None]:
    lower = [v for item in sequence(data.get("recentLowerThresholds")) if (v := number(item)) is not None]
    upper = [v for item in sequence(data.get("recentUpperThresholds")) if (v := number(item)) is not None]
    said_lower, said_upper = _LOWER.search(reason), _UPPER.search(reason)
    return (
        lower[-1] if lower else number(said_lower[1]) if said_lower else None,
        upper[-1] if upper else number(said_upper[1]) if said_upper else None,
    )


def _band_operator(lower: float | None, upper: float | None) -> str:
    if lower is not None and upper is not None:
        return "LessThanLowerOrGreaterThanUpperThreshold"
    if upper is not None:
        return "GreaterThanUpperThreshold"
    return "LessThanLowerThreshold" if lower is not None else ""


def _decisive(
    points: list[Point],
    comparison: str,
    threshold: float | None,
    lower: float | None,
    upper: float | None,
    *,
    alarming: bool,
) -> tuple[float | None, datetime | None]:
    """Pick the newest datapoint; for 'M out of N' the newest that breached, for it is what raised the alarm."""
    if not points:
        return None, None
    if alarming:
        for value, at in reversed(points):
            if _breaches(value, comparison, threshold, lower, upper):
                return value, at
    return points[-1]


def _breaches(value: float, comparison: str, threshold: float | None, lower: float | None, upper: float | None) -> bool:
    match comparison:
        case "GreaterThanThreshold":
            return threshold is not None and value > threshold
        case "GreaterThanOrEqualToThreshold":
            return threshold is not None and value >= threshold
        case "LessThanThreshold":
            return threshold is not None and value < threshold
        case "LessThanOrEqualToThreshold":
            return threshold is not None and value <= threshold
        case _:
            return (lower is not None and value < lower) or (upper is not None and value > upper)
