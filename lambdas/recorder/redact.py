"""Takes secrets and people's addresses out of a document before it leaves the process. Pure.

Everything that looks like a secret becomes `[redacted:<kind>:<n>]`; the same value is the same mark everywhere in the
document, so that a replay still sees that two of them are equal. ARNs, ids, digests, numbers and times survive: a
diagnosis lives on them. When in doubt about a word beside 'password' or 'token', it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_NAMED = (
    r"pass(?:word|wd|phrase)|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential|signing[_.-]?key"
    r"|connection[_.-]?string|dsn|authorization"
)
# A field or variable whose name says that its value is secret. Names of other things about it are not.
_SECRET_NAME = re.compile(rf"(?i)(?:{_NAMED})s?(?:[_.-]?(?:value|string|base64|plain))?[_.-]?\d*$")
_NOT_SECRET = re.compile(
    r"(?i)(?:next|forward|backward|pagination|continuation|starting|client|request|idempotency)[a-z]*[_.-]?token$"
)
_REFERENCE = re.compile(r"arn:aws[a-z-]*:|\[redacted:|true$|false$|null$|none$|\d{1,6}$", re.IGNORECASE)
_CODE = re.compile(r"(?:[A-Z][a-z]+){2,}$")  # an error code, e.g. ParameterNotFound after "…/db-password: "

_QUOTE = r"\\*[\"']"
_ASSIGNED = re.compile(
    rf"(?i)(?P<name>(?<!\d{{12}}:)\b[\w.-]*?(?:{_NAMED})s?{_QUOTE}?\s*(?:=>|=|:)\s*)"
    rf"(?P<scheme>(?:bearer|basic|digest|token)\s+)?(?P<open>{_QUOTE})?"
    r"(?P<value>(?(open)(?:[^\"'\\]|\\(?![\"']))+|[^\s\"'&,;(){}<>\]\\]+))"
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    ("jwt", re.compile(r"\beyJ[\w-]{6,}\.[\w-]{4,}\.[\w-]*")),
    ("aws-key-id", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("slack-token", re.compile(r"\bxox[a-z]-[\w-]{8,}|https://hooks\.slack\.com/\S+")),
    ("token", re.compile(r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|[sr]k_(?:live|test)_\w{10,}|AIza[\w-]{30,})")),
    ("signature", re.compile(r"(?i)(?<=x-amz-signature=)[^&\s\"'\[]+")),
    ("signature", re.compile(r"(?i)(?<=x-amz-credential=)[^&\s\"'\[]+")),
    ("token", re.compile(r"(?i)(?<=x-amz-security-token=)[^&\s\"'\[]+")),
    ("password", re.compile(r"(?i)(?<=://)(?P<user>[^\s:/@\[\]]*):(?P<value>(?!\[redacted:)[^\s/@]+)(?=@)")),
    ("bearer", re.compile(r"(?i)\b(?P<user>bearer|basic) (?P<value>(?=\S*[0-9=])[\w.~+/=-]{8,})")),
    # forty characters of base64 with all three kinds in them: a secret access key; a hash has no capitals
    (
        "aws-secret",
        re.compile(
            r"(?<![\w/+=.:-])(?=[^\s]*[a-z])(?=[^\s]*[A-Z])(?=[^\s]*\d)[A-Za-z0-9+][A-Za-z0-9/+]{39}(?![\w/+=.-])"
        ),
    ),
    ("email", re.compile(r"(?<![\w.%+-])[\w.%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b")),
)


@dataclass(slots=True)
class _Marks:
    """The marks of one document."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)

    def mark(self, kind: str, value: str) -> str:
        number = sum(1 for one, _ in self.known if one == kind) + 1
        self.used[kind] += 1
        return self.known.setdefault((kind, value), f"[redacted:{kind}:{number}]")


def redact(document: Any) -> tuple[Any, dict[str, int]]:
    """A copy of a JSON document without secrets, and how often each kind was taken out."""
    marks = _Marks()
    return _value(document, marks), dict(sorted(marks.used.items()))


def secret_name(name: str) -> bool:
    """Whether what has this name is a secret: `DB_PASSWORD`, `apiKey`; not `nextToken`, `secretArn`."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)


def _value(value: Any, marks: _Marks) -> Any:
    if isinstance(value, str):
        return _text(value, marks)
    if isinstance(value, list):
        return [_value(one, marks) for one in value]
    if not isinstance(value, dict):
        return value
    named = next((str(value[key]) for key in ("name", "Name", "Key", "key", "ParameterName") if key in value), "")
    return {
        key: (
            _whole(held, marks)
            if secret_name(key) or (key in {"value", "Value", "ParameterValue"} and secret_name(named))
            else _value(held, marks)
        )
        for key, held in value.items()
    }


def _whole(value: Any, marks: _Marks) -> Any:
    """What stands in a place for secrets: all of a text, unless it only refers to one."""
    if isinstance(value, str) and value and not _REFERENCE.match(value):
        return marks.mark("secret", value)
    return _value(value, marks)


def _text(text: str, marks: _Marks) -> str:
    if text.startswith("t!") or len(text) < 6:
        return text

    def found(kind: str, match: re.Match[str]) -> str:
        groups = match.groupdict()
        if "value" not in groups:
            return marks.mark(kind, match[0])
        start, end = (place - match.start() for place in match.span("value"))
        return match[0][:start] + marks.mark(kind, match["value"]) + match[0][end:]

    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda match, kind=kind: found(kind, match), text)  # type: ignore[misc] # one kind each
    return _ASSIGNED.sub(lambda match: _assigned(match, marks), text)


def _assigned(match: re.Match[str], marks: _Marks) -> str:
    value = match["value"]
    bare = value.rstrip(".:!?")
    name = re.sub(rf"{_QUOTE}?\s*(?:=>|=|:)\s*$", "", match["name"])
    if _NOT_SECRET.search(name) or _REFERENCE.match(bare) or _CODE.match(bare) or not bare:
        return match[0]
    start, end = (place - match.start() for place in match.span("value"))
    return match[0][:start] + marks.mark("secret", value) + match[0][end:]
