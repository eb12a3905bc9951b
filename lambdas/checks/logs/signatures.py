"""Error signatures: log lines without what differs from one occurrence to the next, and clusters of them. Pure.

Lines are JSON of any framework, plain text, or several physical lines with a traceback. What counts as the same error:
the same exception and sentence, whatever the ids, numbers, times, addresses and quoted values in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.checks.logs.lines import LogLine

LENGTH = 200  # characters of a signature
_MESSAGE = ("message", "msg", "@message", "log", "text", "event", "detail", "body")
_ERROR = ("error", "err", "exception", "exc_info", "stack_trace", "stacktrace", "stack", "thrown", "cause", "reason")
_LEVELS = ("level", "@level", "severity", "levelname", "log.level", "log_level", "lvl", "severityText", "loglevel")
_NUMERIC_LEVELS = {"50": "ERROR", "60": "FATAL", "40": "WARN", "30": "INFO", "20": "DEBUG"}  # pino and bunyan

_REPLACED = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d| UTC)?"), "<time>"),
    (re.compile(r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])"), "<ip>"),
    (re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}(?![\w:])"), "<ip>"),
    (re.compile(r"\"(?:[^\"\\\n]|\\.)*\""), "<str>"),
    (re.compile(r"(?<![\w])'(?:[^'\\\n]|\\.)*'(?!\w)"), "<str>"),
    (re.compile(r"[“`][^”`\n]*[”`]"), "<str>"),
    (re.compile(r"\b(for|of|by) ((?:invalid )?(?:user|account|customer|tenant|login)) (?=\S)[\w.@+-]+"), r"\1 \2 <id>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<hex>"),
    (re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b"), "<hex>"),
    (re.compile(r"\d\d:\d\d:\d\d(?:[.,]\d+)?"), "<time>"),
    (re.compile(r"(?<![A-Za-z<])\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"(?<=[-_/#=:.])[A-Za-z]*\d[\w]*"), "<n>"),
)
_EXCEPTION = re.compile(r"\b((?:[a-z_][\w]*[.$])*[A-Z]\w*(?:Error|Exception|Fault|Failure|Timeout|Exit|Interrupt))\b")
_PREFIX = re.compile(
    r"^[\s\[\]|:<>()\-]*(?:<time>|\[?(?:ERROR|WARN|WARNING|FATAL|CRITICAL|SEVERE|E)\]?[\s:|])+", re.IGNORECASE
)
_FRAME = re.compile(r"^\s*(?:at |File \"|\.\.\. \d+ more|goroutine |\w[\w/.]*\.go:\d+|from .*:\d+:in )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line says, without its dress."""

    text: str  # the sentence, exception included
    level: str = ""  # upper case; empty where the line has none
    exception: str = ""  # short name of the class, e.g. "NullPointerException"
    fields: Mapping[str, Any] = field(default_factory=dict)  # of a JSON line, flattened with dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Lines of one signature, oldest first."""

    signature: str
    count: int
    first: datetime | None
    last: datetime | None
    example: str  # the newest line
    exception: str = ""
    groups: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    link: str = ""


def read(message: str) -> Said:
    """Read a line of any kind."""
    record = _record(message)
    if record is None:
        text = _sentence(message)
        return Said(text=text, level=_level(text), exception=_exception(message))
    flat = dict(_flatten(record))
    told = next((str(flat[key]) for key in _MESSAGE if flat.get(key) not in (None, "")), "")
    error = next((str(v) for k, v in flat.items() if _is_error(k) and isinstance(v, str) and v), "")
    if "\n" in told:
        told = _sentence(told)
    sentence = _sentence(error)
    text = told if not sentence or sentence in told else f"{told} {sentence}".strip()
    level = next((str(flat[key]).upper() for key in _LEVELS if flat.get(key) not in (None, "")), "")
    return Said(
        text=text or message[:LENGTH],
        level=_NUMERIC_LEVELS.get(level, level),
        exception=_exception(f"{told}\n{error}"),
        fields=flat,
    )


def signature(message: str) -> str:
    """The same for every occurrence of an error."""
    text = read(message).text
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    text = _PREFIX.sub("", text)
    return re.sub(r"\s+", " ", text).strip()[:LENGTH]


def clusters(lines: Iterable[LogLine]) -> list[Cluster]:
    """Clusters of lines, the largest first; the same line read twice counts once."""
    found: dict[str, list[LogLine]] = {}
    seen: set[tuple[Any, ...]] = set()
    for line in lines:
        key = (line.group, line.stream, line.at, line.text)
        if key not in seen:
            seen.add(key)
            found.setdefault(signature(line.text), []).append(line)
    return sorted((_cluster(of, members) for of, members in found.items()), key=lambda c: (-c.count, c.signature))


def _cluster(of: str, members: list[LogLine]) -> Cluster:
    dated = sorted((line for line in members if line.at), key=lambda line: line.at.timestamp() if line.at else 0.0)
    newest = dated[-1] if dated else members[-1]
    return Cluster(
        signature=of,
        count=len(members),
        first=dated[0].at if dated else None,
        last=newest.at,
        example=newest.text,
        exception=read(newest.text).exception,
        groups=tuple(dict.fromkeys(line.group for line in members)),
        streams=tuple(dict.fromkeys(line.stream for line in members)),
        link=newest.link,
    )


def phrase(lines: Iterable[str]) -> str:
    """The longest run of text that all lines have literally: a term to search for; empty where none is long enough."""
    listed = list(lines)
    if not listed:
        return ""
    best = ""
    for candidate in re.findall(r"[A-Za-z][A-Za-z .,_:-]{7,80}", _stable(listed[0])):
        term = candidate.strip(" .,_:-")
        if len(term) > len(best) and all(term in line for line in listed):
            best = term
    return best


def _stable(line: str) -> str:
    """A line with everything variable blanked out, so that only literal text is left."""
    text = read(line).text
    for pattern, _ in _REPLACED:
        text = pattern.sub("\x00", text)
    return text


def _record(message: str) -> dict[str, Any] | None:
    """The JSON object of a line, also behind a prefix such as a timestamp."""
    start = message.find("{")
    if start < 0 or start > 120 or not message.rstrip().endswith("}"):
        return None
    try:
        record = json.loads(message[start:])
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _flatten(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{name}.")
        else:
            yield name, value


def _is_error(key: str) -> bool:
    return any(part.lower() in _ERROR for part in key.split(".")[:2]) and not key.endswith((".code", "Id"))


def _sentence(text: str) -> str:
    """Of several lines the one that says it: a traceback's last, a stack trace's deepest cause, else the first."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text.strip()
    causes = [line for line in lines if line.strip().startswith("Caused by:")]
    if causes:
        return causes[-1].strip().removeprefix("Caused by:").strip()
    if any(line.startswith("Traceback (most recent call last)") for line in lines):
        last = next((line for line in reversed(lines) if not line.startswith((" ", "\t"))), lines[-1])
        return last.strip()
    said = [line for line in lines if not _FRAME.match(line)]
    return (said or lines)[0].strip()


def _exception(text: str) -> str:
    sentence = _sentence(text)
    found = _EXCEPTION.search(sentence) or _EXCEPTION.search(text)
    return re.split(r"[.$]", found[1])[-1] if found else ""


def _level(text: str) -> str:
    found = re.search(r"\b(ERROR|FATAL|CRITICAL|SEVERE|PANIC|WARN|WARNING|INFO|DEBUG|TRACE)\b", text[:120])
    return found[1] if found else ""
