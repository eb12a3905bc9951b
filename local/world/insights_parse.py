"""The grammar of the Logs Insights subset: a query's text → commands. Unknown syntax is a MalformedQueryException."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from local.world.errors import AwsError

_TOKEN = re.compile(
    r"\s*(?:(?P<regex>/(?:\\.|[^/\\\n])+/[a-z]*)|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<quoted>`[^`]+`)|(?P<span>\d+(?:ms|s|m|h|d|w)\b)|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>@?[A-Za-z_][\w.]*(?:\[\d+\])*|\*)|(?P<symbol>!=|<=|>=|=~|[=<>(),\[\]|+\-/%^]))"
)
_SLASH = re.compile(r"\s*(?P<symbol>/)")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)

# An expression begins with its kind: field, value, call, compare, and, or, not, in, like, math or bin. What follows are
# its operands: names, numbers, texts, patterns, or expressions again.
type Node = tuple[Any, ...]


def malformed(why: str) -> AwsError:
    """The error of StartQuery for a query that cannot be read."""
    return AwsError("MalformedQueryException", why)


@dataclass(frozen=True)
class Stat:
    """One aggregate: its function, argument and column name."""

    function: str
    argument: Node | None
    name: str


@dataclass
class Command:
    """One step of a pipeline.

    Attributes:
        name: fields, display, filter, parse, stats, sort, limit, dedup.
        columns: (expression, column name) for fields, display, dedup and `by`.
        condition: for filter.
        stats: for stats.
        order: (expression, descending) for sort.
        count: for limit.
        pattern: for parse, a regular expression with groups.
    """

    name: str
    columns: list[tuple[Node, str]] = field(default_factory=list)
    condition: Node | None = None
    stats: list[Stat] = field(default_factory=list)
    order: list[tuple[Node, bool]] = field(default_factory=list)
    count: int = 0
    pattern: re.Pattern[str] | None = None
    source: Node = ("field", "@message")


AGGREGATES = {"count", "count_distinct", "avg", "max", "min", "sum", "earliest", "latest", "pct", "stddev", "median"}
FUNCTIONS = {
    "abs", "ceil", "floor", "coalesce", "concat", "strlen", "trim", "ltrim", "rtrim", "toupper", "tolower", "substr",
    "replace", "strcontains", "ispresent", "isblank", "isempty", "fromMillis", "toMillis", "datefloor",
}  # fmt: skip
_SPAN = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONG_SPAN = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def parse(query: str) -> list[Command]:
    """A query's text → its commands. Raises AwsError MalformedQueryException."""
    return _Parser(_COMMENT.sub("", query)).pipeline()


class _Parser:
    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens: list[tuple[str, str, int, int]] = []
        position, text = 0, query.rstrip()
        while position < len(text):
            if text[position].isspace():
                position += 1
                continue
            match = self.match(text, position)
            if not match or match.lastgroup is None:
                raise malformed(f"unexpected symbol found {text[position]} at position {position}")
            start = match.start(match.lastgroup)
            self.tokens.append((match.lastgroup, match.group(match.lastgroup), start, match.end()))
            position = match.end()
        self.position = 0
        if not self.tokens:
            raise malformed("Query string is empty")

    def match(self, text: str, position: int) -> re.Match[str] | None:
        """A slash opens a regular expression only where one may stand: after like, =~ or parse's field."""
        match = _TOKEN.match(text, position)
        if match and match.lastgroup == "regex" and not self.regex_expected():
            return _SLASH.match(text, position)
        return match

    def regex_expected(self) -> bool:
        if not self.tokens:
            return False
        words = [token[1].lower() for token in self.tokens[-2:]]
        return words[-1] in {"like", "=~", "parse"} or words[0] == "parse"

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self.position + ahead
        return self.tokens[at][:2] if at < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        if token[0] == "end":
            raise malformed("unexpected end of the query")
        self.position += 1
        return token

    def expect(self, text: str) -> None:
        kind, found = self.take()
        if found.lower() != text:
            raise malformed(f"unexpected symbol found {found} ({kind}); expected {text}")

    def accept(self, *texts: str) -> bool:
        if self.peek()[1].lower() in texts and self.peek()[0] in {"name", "symbol"}:
            self.position += 1
            return True
        return False

    def pipeline(self) -> list[Command]:
        commands = [self.command()]
        while self.peek()[0] != "end":
            self.expect("|")
            commands.append(self.command())
        return commands

    def command(self) -> Command:
        _, text = self.take()
        match text.lower():
            case "fields" | "display" | "dedup":
                return Command(text.lower(), columns=self.columns())
            case "filter":
                return Command("filter", condition=self.either())
            case "stats":
                return self.stats()
            case "sort":
                return self.sort()
            case "limit":
                kind, count = self.take()
                if kind != "number":
                    raise malformed(f"limit needs a number, not {count}")
                return Command("limit", count=int(count))
            case "parse":
                return self.parse_command()
        raise malformed(f"unexpected symbol found {text}: not a command that the World knows")

    def columns(self) -> list[tuple[Node, str]]:
        found = [self.column()]
        while self.accept(","):
            found.append(self.column())
        return found

    def column(self) -> tuple[Node, str]:
        first = self.position
        node = self.sum()
        name = self.text(first)
        if self.accept("as"):
            name = self.take()[1].strip("`")
        return node, name.strip("`")

    def text(self, first: int) -> str:
        """The query's own words since a token: the name of an unnamed column."""
        return self.query[self.tokens[first][2] : self.tokens[self.position - 1][3]]

    def stats(self) -> Command:
        command = Command("stats")
        while True:
            first = self.position
            _, name = self.take()
            if name.lower() not in AGGREGATES:
                raise malformed(f"unexpected symbol found {name}: stats needs an aggregate function")
            self.expect("(")
            argument = None
            function = name.lower()
            if self.peek()[1] == "*":
                self.take()
            elif self.peek()[1] != ")":
                argument = self.sum()
                if self.accept(","):
                    function = f"pct{self.take()[1]}"
            self.expect(")")
            column = self.text(first)
            if self.accept("as"):
                column = self.take()[1]
            command.stats.append(Stat(function, argument, column))
            if not self.accept(","):
                break
        if self.accept("by"):
            command.columns = self.columns()
        return command

    def sort(self) -> Command:
        command = Command("sort")
        while True:
            node = self.sum()
            descending = False
            if self.accept("desc"):
                descending = True
            elif not self.accept("asc"):
                descending = False
            command.order.append((node, descending))
            if not self.accept(","):
                return command

    def parse_command(self) -> Command:
        source: Node = ("field", "@message")
        if self.peek()[0] in {"name", "quoted"}:
            source = ("field", self.take()[1].strip("`"))
        kind, text = self.take()
        if kind == "regex":
            return Command("parse", pattern=compiled(text), source=source)
        if kind != "text":
            raise malformed(f"parse needs a pattern, not {text}")
        glob = unquote(text)
        self.expect("as")
        names = [self.take()[1]]
        while self.accept(","):
            names.append(self.take()[1])
        parts = glob.split("*")
        if len(parts) - 1 != len(names):
            raise malformed(f"parse has {len(parts) - 1} wildcards and {len(names)} names")
        groups = [f"(?P<{_group(name)}>.*?)" for name in names]
        groups[-1] = groups[-1] if parts[-1] else f"(?P<{_group(names[-1])}>.*)"
        pieces = [re.escape(parts[0])]
        for group, part in zip(groups, parts[1:], strict=True):
            pieces += [group, re.escape(part)]
        return Command("parse", pattern=re.compile("".join(pieces), re.DOTALL), source=source)

    def either(self) -> Node:
        node = self.both()
        while self.accept("or"):
            node = ("or", node, self.both())
        return node

    def both(self) -> Node:
        node = self.negated()
        while self.accept("and"):
            node = ("and", node, self.negated())
        return node

    def negated(self) -> Node:
        if self.peek()[1].lower() == "not" and self.peek(1)[1].lower() not in {"like", "in"}:
            self.take()
            return ("not", self.negated())
        return self.comparison()

    def comparison(self) -> Node:
        if self.peek()[1] == "(":
            mark = self.position
            self.take()
            node = self.either()
            if self.peek()[1] == ")":
                self.take()
                if self.peek()[1] not in {"=", "!=", "<", ">", "<=", ">=", "+", "-", "/", "%"}:
                    return node
            self.position = mark
        left = self.sum()
        negated = self.accept("not")
        _, text = self.peek()
        if text.lower() in {"like", "=~"}:
            self.take()
            node = ("like", left, self.pattern())
        elif text.lower() == "in":
            self.take()
            self.expect("[")
            options = [self.sum()]
            while self.accept(","):
                options.append(self.sum())
            self.expect("]")
            node = ("in", left, options)
        elif text in {"=", "!=", "<", ">", "<=", ">="}:
            self.take()
            node = ("compare", text, left, self.sum())
        elif left[0] == "call":
            node = left
        else:
            raise malformed(f"unexpected symbol found {text or 'end of query'}: a comparison is missing")
        return ("not", node) if negated else node

    def pattern(self) -> re.Pattern[str]:
        kind, text = self.take()
        if kind == "regex":
            return compiled(text)
        if kind == "text":
            return re.compile(re.escape(unquote(text)))
        raise malformed(f"unexpected symbol found {text}: like needs a string or a regular expression")

    def sum(self) -> Node:
        node = self.product()
        while self.peek()[1] in {"+", "-"} and self.peek()[0] == "symbol":
            node = ("math", self.take()[1], node, self.product())
        return node

    def product(self) -> Node:
        node = self.primary()
        while self.peek() in {("name", "*"), ("symbol", "/"), ("symbol", "%")}:
            node = ("math", self.take()[1], node, self.primary())
        return node

    def primary(self) -> Node:
        kind, text = self.take()
        match kind:
            case "number":
                return ("value", float(text))
            case "text":
                return ("value", unquote(text))
            case "quoted":
                return ("field", text.strip("`"))
            case "span":
                return ("value", _seconds(text))
            case "symbol" if text == "(":
                node = self.sum()
                self.expect(")")
                return node
            case "symbol" if text == "-":
                return ("math", "-", ("value", 0.0), self.primary())
            case "name" if text != "*" and self.peek()[1] == "(":
                return self.function(text)
            case "name" if text != "*" and text.lower() not in {"by", "as", "and", "or", "like", "in"}:
                return ("field", text)
        raise malformed(f"unexpected symbol found {text}")

    def function(self, name: str) -> Node:
        self.expect("(")
        if name == "bin":
            return ("bin", self.span())
        if name not in FUNCTIONS:
            raise malformed(f"Invalid function name: {name}")
        arguments: list[Node] = []
        while self.peek()[1] != ")":
            arguments.append(self.sum())
            if not self.accept(","):
                break
        self.expect(")")
        return ("call", name, arguments)

    def span(self) -> float:
        kind, text = self.take()
        if kind == "number":
            unit = self.take()[1].lower().rstrip("s")
            if unit not in _LONG_SPAN:
                raise malformed(f"unexpected symbol found {unit}: bin needs a span of time")
            seconds = float(text) * _LONG_SPAN[unit]
        elif kind == "span":
            seconds = _seconds(text)
        else:
            raise malformed(f"unexpected symbol found {text}: bin needs a span of time")
        self.expect(")")
        return seconds


def _group(name: str) -> str:
    if not re.fullmatch(r"@?[A-Za-z_]\w*", name):
        raise malformed(f"{name} cannot be a field's name")
    return name.replace("@", "at__")


def _seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", text).groups()  # type: ignore[union-attr] # the token's own pattern
    return float(number) * _SPAN[unit]


def unquote(text: str) -> str:
    """A string literal's value."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def compiled(text: str) -> re.Pattern[str]:
    """`/re/i` → a pattern; Insights' named groups are PCRE's."""
    body, _, flags = text[1:].rpartition("/")
    body = re.sub(r"\(\?<(@?)([A-Za-z]\w*)>", r"(?P<\1\2>", body).replace("(?P<@", "(?P<at__")
    try:
        return re.compile(body, re.IGNORECASE if "i" in flags else 0)
    except re.error as error:
        raise malformed(f"Invalid regular expression {text}: {error}") from error
