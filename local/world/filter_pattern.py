"""Filter patterns of FilterLogEvents: terms, "phrases", ?any, -none, %regex%, and simple JSON selectors."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from local.world.errors import AwsError
from local.world.insights import number

if TYPE_CHECKING:
    from local.world.events_log import Event

type Test = Callable[[Event], bool]

_TERM = re.compile(r"\s*([?-]?)(?:\"((?:\\.|[^\"\\])*)\"|%([^%]+)%|([^\s\"%]+))")
_SELECTOR = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<join>&&|\|\|)|\$\.(?P<key>[\w.\[\]-]+)\s*"
    r"(?:(?P<symbol>!=|<=|>=|=|<|>)\s*(?P<value>\"(?:\\.|[^\"\\])*\"|%[^%]+%|[\w.*+:/-]+)"
    r"|(?P<is>IS\s+(?:TRUE|FALSE|NULL)|NOT\s+EXISTS)))"
)


def filter_pattern(pattern: str) -> Test:
    """A pattern → a test of events. Raises AwsError InvalidParameterException for one that the World cannot read."""
    pattern = pattern.strip()
    if not pattern:
        return lambda _event: True
    if pattern.startswith("{") and pattern.endswith("}"):
        return _Selector(pattern).read()
    if pattern.startswith("["):
        raise AwsError(
            "InvalidParameterException", "Invalid filter pattern: the World does not read space-delimited patterns"
        )
    return _terms(pattern)


def _terms(pattern: str) -> Test:
    every: list[Callable[[str], bool]] = []
    some: list[Callable[[str], bool]] = []
    none: list[Callable[[str], bool]] = []
    position = 0
    while position < len(pattern):
        match = _TERM.match(pattern, position)
        if not match:
            raise AwsError("InvalidParameterException", f"Invalid character(s) in term '{pattern[position:].strip()}'")
        sign, phrase, regex, word = match.groups()
        {"": every, "?": some, "-": none}[sign].append(_contains(phrase, regex, word))
        position = match.end()

    def test(event: Event) -> bool:
        text = event.message
        if any(one(text) for one in none):
            return False
        return all(one(text) for one in every) and (not some or any(one(text) for one in some))

    return test


def _contains(phrase: str | None, regex: str | None, word: str | None) -> Callable[[str], bool]:
    if regex is not None:
        compiled = re.compile(regex)
        return lambda text: compiled.search(text) is not None
    wanted = re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else word or ""
    return lambda text: wanted in text


class _Selector:
    """`{ $.level = "ERROR" && ($.status >= 500 || $.code = E*) }`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.text = pattern[1:-1].rstrip()
        self.position = 0

    def peek(self) -> re.Match[str] | None:
        if self.position >= len(self.text):
            return None
        match = _SELECTOR.match(self.text, self.position)
        if not match:
            raise self.wrong()
        return match

    def wrong(self) -> AwsError:
        return AwsError("InvalidParameterException", f"Invalid filter pattern: {self.pattern}")

    def read(self) -> Test:
        test = self.joined()
        if self.peek() is not None:
            raise self.wrong()
        return test

    def joined(self) -> Test:
        """Or of ands."""
        options = [self.ands()]
        while (match := self.peek()) and match["join"] == "||":
            self.position = match.end()
            options.append(self.ands())
        return options[0] if len(options) == 1 else lambda event: any(one(event) for one in options)

    def ands(self) -> Test:
        parts = [self.one()]
        while (match := self.peek()) and match["join"] == "&&":
            self.position = match.end()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda event: all(one(event) for one in parts)

    def one(self) -> Test:
        match = self.peek()
        if match is None:
            raise self.wrong()
        self.position = match.end()
        if match["open"]:
            test = self.joined()
            close = self.peek()
            if close is None or not close["close"]:
                raise self.wrong()
            self.position = close.end()
            return test
        if not match["key"]:
            raise self.wrong()
        key = re.sub(r"\[(\d+)\]", r".\1", match["key"])
        if match["is"]:
            return _state(key, match["is"].upper().split())
        return _comparison(key, match["symbol"], match["value"])


def _state(key: str, words: list[str]) -> Test:
    if words[0] == "NOT":
        return lambda event: key not in event.fields
    wanted = {"TRUE": True, "FALSE": False, "NULL": None}[words[1]]
    return lambda event: key in event.fields and event.fields[key] is wanted


def _comparison(key: str, symbol: str, written: str) -> Test:
    quoted = written.startswith('"')
    wanted = written.strip('"') if quoted else written

    def same(value: Any) -> bool:
        if written.startswith("%"):
            return re.search(written.strip("%"), str(value)) is not None
        if not quoted and number(wanted) is not None and number(value) is not None:
            return number(value) == number(wanted)
        return fnmatchcase(str(value), wanted)

    def test(event: Event) -> bool:
        if key not in event.fields:
            return False
        value = event.fields[key]
        if symbol in {"=", "!="}:
            return same(value) == (symbol == "=")
        a, b = number(value), number(wanted)
        if a is None or b is None:
            return False
        return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[symbol]

    return test
