"""CloudWatch metric math: the part that diagnosis uses. What it does not know it rejects, as CloudWatch would.

A value is a number or a `Line`: timestamps to values. Arithmetic between lines is by timestamp, as in CloudWatch.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from local.world.errors import AwsError

type Line = dict[float, float]
type Value = float | Line | list[Line]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<symbol>==|!=|<=|>=|&&|\|\||[-+*/^()<>,\[\]]))"
)
_LEVELS: list[dict[str, Callable[[float, float], float]]] = [
    {"||": lambda a, b: float(bool(a) or bool(b)), "OR": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b)), "AND": lambda a, b: float(bool(a) and bool(b))},
    {"==": lambda a, b: float(a == b), "!=": lambda a, b: float(a != b)},
    {
        "<": lambda a, b: float(a < b),
        "<=": lambda a, b: float(a <= b),
        ">": lambda a, b: float(a > b),
        ">=": lambda a, b: float(a >= b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
]


def bad(expression: str, why: str) -> AwsError:
    """The error that GetMetricData gives for an expression."""
    return AwsError("ValidationError", f"Error in expression '{expression}': {why}")


@dataclass
class Scope:
    """What an expression may refer to.

    Attributes:
        lines: id → line, already evaluated.
        periods: id → period in seconds.
        times: every timestamp of the request, for constants and FILL.
        band: id and width → (lower, upper) of its anomaly band.
        metrics: ids that are metrics and not expressions, for METRICS().
    """

    lines: dict[str, Value]
    periods: dict[str, int]
    times: list[float]
    band: Callable[[str, float], list[Line]]
    metrics: list[str]


def evaluate(expression: str, scope: Scope) -> Value:
    """The value of an expression. Raises AwsError ValidationError for what it does not know."""
    parser = _Parser(expression, scope)
    value = parser.level(0)
    if parser.peek() is not None:
        raise bad(expression, f"Unexpected '{parser.peek()}'")
    return value


class _Parser:
    def __init__(self, expression: str, scope: Scope) -> None:
        self.expression = expression
        self.scope = scope
        self.tokens: list[tuple[str, str]] = []
        position = 0
        text = expression.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match or match.lastgroup is None:
                raise bad(expression, f"Unexpected '{text[position:].strip()[:10]}'")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()
        self.position = 0

    def peek(self) -> str | None:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else None

    def take(self, wanted: str | None = None) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise bad(self.expression, "The expression ends too early")
        token = self.tokens[self.position]
        if wanted is not None and token[1] != wanted:
            raise bad(self.expression, f"Expected '{wanted}', not '{token[1]}'")
        self.position += 1
        return token

    def level(self, number: int) -> Value:
        if number == len(_LEVELS):
            return self.unary()
        value = self.level(number + 1)
        while (symbol := self.peek()) is not None and symbol in _LEVELS[number]:
            self.take()
            value = combine(value, self.level(number + 1), _LEVELS[number][symbol])
        return value

    def unary(self) -> Value:
        if self.peek() == "-":
            self.take()
            return combine(0.0, self.unary(), operator.sub)
        return self.atom()

    def atom(self) -> Value:
        kind, text = self.take()
        if kind == "number":
            return float(text)
        if text == "(":
            value = self.level(0)
            self.take(")")
            return value
        if text == "[":
            found = self.arguments("]")
            return [line for one in found for line in _lines(one)]
        if kind == "name" and self.peek() == "(":
            return self.call(text)
        if kind == "name":
            if text not in self.scope.lines:
                raise bad(self.expression, f"The id '{text}' does not refer to a metric or expression of this request")
            return self.scope.lines[text]
        raise bad(self.expression, f"Unexpected '{text}'")

    def arguments(self, end: str) -> list[Value]:
        found: list[Value] = []
        while self.peek() != end:
            found.append(self.level(0))
            if self.peek() == ",":
                self.take()
            elif self.peek() != end:
                raise bad(self.expression, f"Expected ',' or '{end}'")
        self.take(end)
        return found

    def call(self, name: str) -> Value:
        self.take("(")
        match name.upper():
            case "METRICS":
                return self.metrics()
            case "PERIOD":
                return float(self.scope.periods[self.identifier(end=True)])
            case "ANOMALY_DETECTION_BAND":
                return self.band()
            case "FILL":
                return self.fill()
        found = self.arguments(")")
        function = _FUNCTIONS.get(name.upper())
        if function is None:
            raise bad(self.expression, f"Unsupported function '{name}'")
        try:
            return function(self, found)
        except (IndexError, TypeError, ValueError) as error:
            raise bad(self.expression, f"Wrong arguments for {name}") from error

    def identifier(self, *, end: bool) -> str:
        kind, text = self.take()
        if kind != "name" or text not in self.scope.lines:
            raise bad(self.expression, f"The id '{text}' does not refer to a metric or expression of this request")
        if end:
            self.take(")")
        return text

    def metrics(self) -> Value:
        part = ""
        if self.peek() != ")":
            part = self.take()[1].strip("\"'")
        self.take(")")
        chosen = [one for one in self.scope.metrics if part in one]
        return [line for one in chosen for line in _lines(self.scope.lines[one])]

    def band(self) -> Value:
        metric = self.identifier(end=False)
        width = 2.0
        if self.peek() == ",":
            self.take()
            width = float(self.take()[1])
        self.take(")")
        return self.scope.band(metric, width)

    def fill(self) -> Value:
        value = self.level(0)
        self.take(",")
        kind, text = self.take()
        if kind == "symbol" and text == "-":
            kind, text = self.take()
            text = f"-{text}"
        self.take(")")
        filled = [self.filled(line, kind, text) for line in _lines(value)]
        return filled if isinstance(value, list) else filled[0]

    def filled(self, line: Line, kind: str, text: str) -> Line:
        if kind == "number":
            return {at: line.get(at, float(text)) for at in self.scope.times}
        if text.upper() not in {"REPEAT", "LINEAR"}:
            raise bad(self.expression, f"FILL takes a number, REPEAT or LINEAR, not '{text}'")
        known = sorted(line)
        out: Line = {}
        for at in self.scope.times:
            before = [one for one in known if one <= at]
            after = [one for one in known if one >= at]
            if before and after and text.upper() == "LINEAR" and before[-1] != after[0]:
                share = (at - before[-1]) / (after[0] - before[-1])
                out[at] = line[before[-1]] + (line[after[0]] - line[before[-1]]) * share
            elif before:
                out[at] = line[before[-1]]
        return out


def _lines(value: Value) -> list[Line]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise TypeError("a number where a time series is needed")


def combine(left: Value, right: Value, function: Callable[[float, float], float]) -> Value:
    """Two values by an operator, timestamp by timestamp; what cannot be computed is no datapoint."""

    def one(a: float, b: float) -> float:
        try:
            return float(function(a, b))
        except (ZeroDivisionError, OverflowError):
            return math.nan

    if isinstance(left, list):
        rights = right if isinstance(right, list) else [right] * len(left)
        return [_one_line(combine(a, b, function)) for a, b in zip(left, rights, strict=False)]
    if isinstance(right, list):
        return [_one_line(combine(left, line, function)) for line in right]
    if isinstance(left, dict) and isinstance(right, dict):
        return _known({at: one(left[at], right[at]) for at in sorted(left.keys() & right.keys())})
    if isinstance(left, dict):
        assert isinstance(right, float)
        return _known({at: one(value, right) for at, value in left.items()})
    if isinstance(right, dict):
        return _known({at: one(left, value) for at, value in right.items()})
    return one(left, right)


def _one_line(value: Value) -> Line:
    assert isinstance(value, dict)
    return value


def _known(line: Line) -> Line:
    return {at: value for at, value in line.items() if math.isfinite(value)}


def _reduce(function: Callable[[list[float]], float]) -> Callable[[_Parser, list[Value]], Value]:
    """SUM and friends: of an array, a line; of one line, the number of its values."""

    def apply(_: _Parser, arguments: list[Value]) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], dict):
            return function(list(arguments[0].values())) if arguments[0] else math.nan
        lines = [line for value in arguments for line in _lines(value)]
        times = sorted({at for line in lines for at in line})
        return {at: function([line[at] for line in lines if at in line]) for at in times}

    return apply


def _each(function: Callable[[float], float]) -> Callable[[_Parser, list[Value]], Value]:
    return lambda _, arguments: combine(arguments[0], 0.0, lambda value, _zero: function(value))


def _if(parser: _Parser, arguments: list[Value]) -> Value:
    condition, yes = arguments[0], arguments[1]
    no = arguments[2] if len(arguments) > 2 else math.nan

    def at(value: Value, when: float) -> float:
        return value.get(when, math.nan) if isinstance(value, dict) else value if isinstance(value, float) else math.nan

    if isinstance(condition, float):
        return yes if condition else no
    times = condition if isinstance(condition, dict) else parser.scope.times
    return _known({when: at(yes, when) if at(condition, when) else at(no, when) for when in times})


def _rate(_: _Parser, arguments: list[Value]) -> Value:
    line = _lines(arguments[0])[0]
    times = sorted(line)
    return {b: (line[b] - line[a]) / (b - a) for a, b in pairwise(times)}


def _diff(_: _Parser, arguments: list[Value]) -> Value:
    line = _lines(arguments[0])[0]
    times = sorted(line)
    return {b: line[b] - line[a] for a, b in pairwise(times)}


def _running_sum(_: _Parser, arguments: list[Value]) -> Value:
    total, out = 0.0, {}
    line = _lines(arguments[0])[0]
    for at in sorted(line):
        total += line[at]
        out[at] = total
    return out


def _datapoint_count(_: _Parser, arguments: list[Value]) -> Value:
    return float(len(_lines(arguments[0])[0]))


_FUNCTIONS: dict[str, Callable[[_Parser, list[Value]], Value]] = {
    "SUM": _reduce(sum),
    "AVG": _reduce(lambda values: sum(values) / len(values)),
    "MIN": _reduce(min),
    "MAX": _reduce(max),
    "ABS": _each(abs),
    "CEIL": _each(math.ceil),
    "FLOOR": _each(math.floor),
    "IF": _if,
    "RATE": _rate,
    "DIFF": _diff,
    "RUNNING_SUM": _running_sum,
    "DATAPOINT_COUNT": _datapoint_count,
    "FIRST": lambda _, arguments: _lines(arguments[0])[0],
    "LAST": lambda _, arguments: _lines(arguments[0])[-1],
}
