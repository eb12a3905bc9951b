"""Runs the Logs Insights subset over the log events of a world.

As in CloudWatch, a JSON key `level` is discovered as `level`; `@level` is only a key that is really called `@level`.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.world.insights_parse import Command, Node, Stat, parse
from local.world.series import percentile

if TYPE_CHECKING:
    from local.world.events_log import Event

DEFAULT_LIMIT = 10_000


@dataclass
class Row:
    """One row on its way through the pipeline: an event, or a group of them."""

    event: Event | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A field's value, or None when the row has none."""
        if name in self.values:
            return self.values[name]
        event = self.event
        if event is None:
            return None
        match name:
            case "@message":
                return event.message
            case "@timestamp" | "@ingestionTime":
                return event.at
            case "@logStream":
                return event.stream
            case "@log":
                return event.group
            case "@ptr":
                return event.id
        return event.fields.get(name)


@dataclass
class Result:
    """A finished query: rows as (field, value) pairs, and its statistics."""

    rows: list[list[tuple[str, str]]]
    matched: int
    scanned: int
    bytes_scanned: int


def run(query: str, events: list[Event], limit: int | None = None) -> Result:
    """Run a query over events. Raises AwsError MalformedQueryException for syntax that the World does not know."""
    commands = parse(query)
    rows = [Row(event) for event in events]
    matched = len(rows)
    shown: list[str] = []
    grouped = False
    most = limit or DEFAULT_LIMIT
    for command in commands:
        match command.name:
            case "fields":
                for node, name in command.columns:
                    if node[0] != "field" or node[1] != name:
                        for row in rows:
                            row.values[name] = compute(node, row)
                    shown = [*[one for one in shown if one != name], name]
            case "display":
                shown = [name for _, name in command.columns]
            case "filter":
                assert command.condition is not None
                rows = [row for row in rows if truth(command.condition, row)]
                matched = matched if grouped else len(rows)
            case "parse":
                _parse(command, rows)
            case "stats":
                rows = _stats(command, rows)
                shown = [name for _, name in command.columns] + [stat.name for stat in command.stats]
                grouped = True
            case "sort":
                for node, descending in reversed(command.order):
                    rows.sort(key=_sorter(node), reverse=descending)
            case "dedup":
                rows = _dedup(command, rows)
            case "limit":
                rows, most = rows[: command.count], command.count
    ordered = any(command.name == "sort" for command in commands)
    if not grouped and not ordered:
        rows.sort(key=lambda row: row.event.at if row.event else 0, reverse=True)
    shown = shown or ["@timestamp", "@message"]
    scanned = sum(len(event.message.encode()) for event in events)
    return Result([_cells(row, shown) for row in rows[:most]], matched, len(events), scanned)


def _cells(row: Row, shown: list[str]) -> list[tuple[str, str]]:
    cells = [(name, text(row.get(name), name)) for name in shown if row.get(name) is not None]
    return [*cells, ("@ptr", row.event.id)] if row.event is not None else cells


def text(value: Any, name: str = "") -> str:
    """A value as Insights shows it."""
    if name in {"@timestamp", "@ingestionTime"} and isinstance(value, int):
        return stamp(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.4f}".rstrip("0")
    return str(value)


def stamp(milliseconds: float) -> str:
    """`2026-11-24 03:04:05.678`."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def number(value: Any) -> float | None:
    """A value as a number, also one written as text; None when it is none."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value)) if value is not None else None
    except ValueError:
        return None


def truth(node: Node, row: Row) -> bool:
    """Whether a condition holds; anything about a missing field does not, but `!=` and `not` do."""
    match node[0]:
        case "and":
            return truth(node[1], row) and truth(node[2], row)
        case "or":
            return truth(node[1], row) or truth(node[2], row)
        case "not":
            return not truth(node[1], row)
        case "like":
            value = compute(node[1], row)
            return value is not None and node[2].search(text(value)) is not None
        case "in":
            value = compute(node[1], row)
            return any(_equal(value, compute(option, row)) for option in node[2])
        case "compare":
            return _compare(node[1], compute(node[2], row), compute(node[3], row), node)
    return bool(compute(node, row))


def _equal(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return False
    x, y = number(a), number(b)
    if x is not None and y is not None:
        return x == y
    return text(a) == text(b)


def _compare(symbol: str, a: Any, b: Any, node: Node) -> bool:
    if symbol == "=":
        return _equal(a, b)
    if symbol == "!=":
        return not _equal(a, b)
    x, y = _ordinal(a, node[2]), _ordinal(b, node[3])
    if node[2] == ("field", "@timestamp") and isinstance(b, str):
        y = _time(b)
    if x is None or y is None:
        return False
    return {"<": x < y, ">": x > y, "<=": x <= y, ">=": x >= y}[symbol]


def _ordinal(value: Any, _node: Node) -> float | None:
    return number(value)


def _time(written: str) -> float | None:
    """A quoted time compared with `@timestamp`, as the runbook's query does."""
    try:
        at = datetime.fromisoformat(written.strip().replace(" ", "T", 1))
    except ValueError:
        return number(written)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000


def compute(node: Node, row: Row) -> Any:
    """An expression's value."""
    match node[0]:
        case "field":
            return row.get(node[1])
        case "value":
            return node[1]
        case "bin":
            at = row.get("@timestamp")
            return None if at is None else stamp(at // (node[1] * 1000) * node[1] * 1000)
        case "math":
            a, b = number(compute(node[2], row)), number(compute(node[3], row))
            return None if a is None or b is None else _arithmetic(node[1], a, b)
        case "call":
            return _CALLS[node[1]]([compute(argument, row) for argument in node[2]])
    return truth(node, row)


def _arithmetic(symbol: str, a: float, b: float) -> float | None:
    if symbol in "/%" and b == 0:
        return None
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b, "%": lambda: a % b}[
        symbol
    ]()


def _floor_to(arguments: list[Any]) -> Any:
    at, seconds = number(arguments[0]), number(arguments[1])
    return None if at is None or not seconds else stamp(at // (seconds * 1000) * seconds * 1000)


def _each(function: Callable[[str], Any]) -> Callable[[list[Any]], Any]:
    return lambda arguments: None if arguments[0] is None else function(text(arguments[0]))


def _numeric(function: Callable[[float], float]) -> Callable[[list[Any]], Any]:
    def apply(arguments: list[Any]) -> Any:
        value = number(arguments[0])
        return None if value is None else float(function(value))

    return apply


def _substr(arguments: list[Any]) -> str:
    start = int(arguments[1])
    end = start + int(arguments[2]) if len(arguments) > 2 else None
    return text(arguments[0])[start:end]


_CALLS: dict[str, Callable[[list[Any]], Any]] = {
    "abs": _numeric(abs),
    "ceil": _numeric(math.ceil),
    "floor": _numeric(math.floor),
    "coalesce": lambda arguments: next((value for value in arguments if value is not None), None),
    "concat": lambda arguments: "".join(text(value) for value in arguments if value is not None),
    "strlen": _each(lambda value: float(len(value))),
    "trim": _each(str.strip),
    "ltrim": _each(str.lstrip),
    "rtrim": _each(str.rstrip),
    "toupper": _each(str.upper),
    "tolower": _each(str.lower),
    "substr": _substr,
    "replace": lambda arguments: text(arguments[0]).replace(text(arguments[1]), text(arguments[2])),
    "strcontains": lambda arguments: arguments[0] is not None and text(arguments[1]) in text(arguments[0]),
    "ispresent": lambda arguments: arguments[0] is not None,
    "isblank": lambda arguments: arguments[0] is None or not text(arguments[0]).strip(),
    "isempty": lambda arguments: arguments[0] is None or text(arguments[0]) == "",
    "fromMillis": lambda arguments: stamp(float(arguments[0])),
    "toMillis": lambda arguments: number(arguments[0]),
    "datefloor": _floor_to,
}


def _parse(command: Command, rows: list[Row]) -> None:
    assert command.pattern is not None
    for row in rows:
        source = compute(command.source, row)
        found = command.pattern.search(text(source)) if source is not None else None
        if found:
            row.values.update({name.replace("at__", "@"): value for name, value in found.groupdict().items()})


def _dedup(command: Command, rows: list[Row]) -> list[Row]:
    seen: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: row.event.at if row.event else 0, reverse=True):
        seen.setdefault(tuple(text(compute(node, row)) for node, _ in command.columns), row)
    return list(seen.values())


def _stats(command: Command, rows: list[Row]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(compute(node, row) for node, _ in command.columns)
        groups.setdefault(tuple(None if one is None else text(one) for one in key), []).append(row)
    if not command.columns and not groups:
        groups[()] = []
    out = []
    for found, members in groups.items():
        values: dict[str, Any] = {name: one for (_, name), one in zip(command.columns, found, strict=True)}
        values |= {stat.name: _aggregate(stat, members) for stat in command.stats}
        out.append(Row(None, values))
    return out


def _aggregate(stat: Stat, rows: list[Row]) -> Any:
    if stat.function == "count" and stat.argument is None:
        return float(len(rows))
    assert stat.argument is not None
    pairs = [(row, compute(stat.argument, row)) for row in rows]
    given = [(row, value) for row, value in pairs if value is not None]
    if stat.function == "count":
        return float(len(given))
    if stat.function == "count_distinct":
        return float(len({text(value) for _, value in given}))
    if stat.function in {"earliest", "latest"}:
        pick = min if stat.function == "earliest" else max
        if not given:
            return None
        value = pick(given, key=lambda pair: pair[0].event.at if pair[0].event else 0)[1]
        return stamp(value) if stat.argument == ("field", "@timestamp") else value
    numbers = [x for _, value in given if (x := number(value)) is not None]
    if stat.function in {"max", "min"} and given and not numbers:
        return (max if stat.function == "max" else min)(text(value) for _, value in given)
    if not numbers:
        return None
    if stat.function.startswith("pct"):
        return percentile(numbers, float(stat.function[3:]))
    if stat.function in {"max", "min"} and stat.argument == ("field", "@timestamp"):
        return stamp((max if stat.function == "max" else min)(numbers))
    return _NUMERIC[stat.function](numbers)


_NUMERIC: dict[str, Callable[[list[float]], float]] = {
    "avg": statistics.fmean,
    "sum": math.fsum,
    "max": max,
    "min": min,
    "stddev": statistics.pstdev,
    "median": statistics.median,
}


def _sorter(node: Node) -> Callable[[Row], tuple[int, float, str]]:
    """Numbers by size, text by letters, what is missing first."""

    def key(row: Row) -> tuple[int, float, str]:
        name = node
        if node[0] == "bin":
            name = ("field", f"bin({_span(node[1])})")
        value = compute(name, row)
        if value is None and node[0] != "field":
            value = compute(node, row)
        as_number = number(value)
        if as_number is not None:
            return (1, as_number, "")
        return (0, 0.0, "") if value is None else (2, 0.0, text(value))

    return key


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def group_filter(pattern: str) -> Callable[[str], bool]:
    """A log group name pattern for DescribeLogGroups."""
    return lambda name: re.search(re.escape(pattern), name, re.IGNORECASE) is not None
