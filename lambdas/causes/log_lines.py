"""What a log line says went wrong: a missing setting, an unreachable dependency, a crash. Pure.

Logs are JSON or plain text, of any framework; what is read is the sentence, not a field of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

type Kind = Literal["config", "dependency", "memory", "platform", "crash", ""]


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says. `what` names the setting, or the host and port; empty where the line does not."""

    kind: Kind
    what: str = ""
    how: str = ""  # of a dependency: refused | timed out | not resolved | closed | rejected


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_NAME = r"[\"'`“]?([A-Za-z][A-Za-z0-9_.\-]{1,60})[\"'`”]?"
_UPPER = r"([A-Z][A-Z0-9]*_[A-Z0-9_]{1,50})"
_THING = (
    r"(?:environment variables?|env(?:ironment)? vars?|settings?|parameter|property|option|required key|"
    r"config(?:uration)?(?: (?:key|value|property|option))?)"
)
_ABSENT = (
    r"(?:is |was |has |are )?(?:not (?:been )?(?:set|defined|found|provided|configured)|missing|required|undefined|"
    r"unset|empty|invalid|must)"
)
_SETTINGS = (
    re.compile(rf"missing (?:the )?(?:required |mandatory )?(?:{_THING}|key):? {_NAME}", re.IGNORECASE),
    re.compile(rf"{_THING} {_NAME} {_ABSENT}", re.IGNORECASE),
    re.compile(rf"required {_THING}:? {_NAME}", re.IGNORECASE),
    re.compile(rf"could not resolve placeholder {_NAME}", re.IGNORECASE),
    re.compile(
        rf"(?:invalid|bad|illegal|unsupported|malformed) (?:value )?(?:for |of )?(?:the )?{_THING}:? {_NAME}",
        re.IGNORECASE,
    ),
    re.compile(r"invalid value[^:]{0,20} for ['\"]?([A-Z][A-Z0-9_]{2,60})"),
    re.compile(r"KeyError: ['\"]([A-Z][A-Z0-9_]{2,60})['\"]"),
    re.compile(r"key not found: [\"']([A-Z][A-Z0-9_]{2,60})[\"']", re.IGNORECASE),
    re.compile(rf"\b{_UPPER}[\"'`]? {_ABSENT}"),
    re.compile(rf"(?:missing|undefined|unset|no value for|expected|invalid)[^\n]{{0,30}}? [\"'`]?{_UPPER}\b"),
    re.compile(
        rf"\b{_UPPER}\W{{1,4}}(?:field required|missing|required|none is not an|input should be)", re.IGNORECASE
    ),
)
_CONFIG = _any(
    r"improperlyconfigured",
    r"configuration ?(?:error|exception)",
    r"invalid configuration",
    r"missing configuration",
    r"config(?:uration)? (?:file )?(?:not found|is missing|missing)",
    r"failed to (?:load|read|parse|bind) config",
    r"validation error for .*settings",
    r"(?:no such file or directory|ENOENT|cannot open).{0,80}\.(?:ya?ml|json|conf|ini|toml|properties|env|pem|cfg)",
    r"unable to (?:load|read|find) (?:the )?config",
    r"unrecognized (?:option|argument)",
    r"unknown (?:option|flag)",
)
_CREDENTIALS = _any(
    r"password authentication failed",
    r"access denied for user",
    r"invalid (?:api[ _-]?key|credentials|password)",
    r"authentication failed for user",
    r"login failed for user",
    r"WRONGPASS",
    r"NOAUTH",
)
_REFUSED = _any(r"connection refused", r"ECONNREFUSED", r"refused the connection", r"actively refused")
_UNRESOLVED = _any(
    r"ENOTFOUND",
    r"EAI_AGAIN",
    r"getaddrinfo",
    r"no such host",
    r"unknown ?host",
    r"name or service not known",
    r"could not (?:resolve|translate) host",
    r"(?:temporary )?failure in name resolution",
    r"nodename nor servname",
    r"NXDOMAIN",
    r"server misbehaving",
    r"name does not resolve",
    r"failed to resolve (?:host|address)",
)
_TIMED_OUT = _any(
    r"ETIMEDOUT",
    r"connect(?:ion)?(?: attempt)? tim(?:ed|e) ?out",
    r"connect timeout",
    r"timed? ?out.{0,60}connect",
    r"connect.{0,80}timed? ?out",
    r"i/o timeout",
    r"ConnectTimeout",
    r"server selection tim(?:ed|e) ?out",
    r"SocketTimeout",
    r"connection is not available, request timed out",
    r"timeout expired",
    r"dial tcp.{0,80}timeout",
    r"unable to acquire.{0,40}connection",
    r"read timed out",
    r"deadline exceeded",
)
_CLOSED = _any(
    r"ECONNRESET",
    r"EHOSTUNREACH",
    r"ENETUNREACH",
    r"no route to host",
    r"network is unreachable",
    r"connection reset",
    r"communications link failure",
    r"no reachable servers",
    r"host unreachable",
    r"could not connect to (?:server|host|database)",
    r"unable to connect to",
    r"failed to connect to",
    r"connection (?:to \S+ )?(?:failed|lost|closed|terminated) ",
    r"can(?:no|')t connect to",
    r"no brokers? available",
    r"bootstrap broker .* disconnected",
    r"lost connection to",
)
_REJECTED = _any(
    r"too many (?:clients|connections)", r"connection slots are reserved", r"max_connections", r"max number of clients"
)
_MEMORY = _any(
    r"out ?of ?memory",
    r"OutOfMemoryError",
    r"heap out of memory",
    r"MemoryError",
    r"cannot allocate memory",
    r"oom.?kill",
    r"java heap space",
    r"allocation failed - javascript",
)
_PLATFORM = _any(r"exec format error")
_CRASH = _any(
    r"traceback \(most recent call last\)",
    r"unhandled(?:promise)? ?(?:rejection|exception)",
    r"uncaught",
    r"panic(?:ked)?(?::| at)",
    r"segmentation fault",
    r"sigsegv",
    r"fatal error",
    r"\bfatal\b",
    r"[A-Za-z]+(?:Error|Exception)\b",
    r"core dumped",
    r"assertion failed",
    r"\babort(?:ed|ing)\b",
    r"exited with",
    r"\bcritical\b",
    r"cannot find module",
    r"undefined symbol",
    r"no such file or directory",
    r"syntax error",
    r"failed to start",
    r"stack trace",
)
_LEVEL = _any(
    r"\b(?:error|fatal|critical|panic|severe|exception|traceback|err)\b",
    r"E[A-Z]{4,}",
    r"[A-Za-z]+(?:Error|Exception)\b",
    r"panic(?:ked)?(?::| at)",
)
_ENDPOINTS = (
    re.compile(r"lookup ([a-z0-9][a-z0-9.\-]+) on ", re.IGNORECASE),
    re.compile(r"host \"([a-z0-9][a-z0-9.\-]+)\"(?: \([^)]*\))?[^\n]{0,45} port (\d{2,5})", re.IGNORECASE),
    re.compile(r"\b((?:\d{1,3}\.){3}\d{1,3}:\d{2,5})\b"),
    re.compile(r"\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*:\d{2,5})\b", re.IGNORECASE),
    re.compile(
        r"host[=:]? ?[\"']?([a-z0-9][a-z0-9.\-]+)[\"']?[, ]+(?:\([^)]*\)[, ]+)?port[=:]? ?(\d{2,5})", re.IGNORECASE
    ),
    re.compile(r"(?:at|to|server) \"([a-z0-9][a-z0-9.\-]+)\"(?: \([^)]*\))?,? port (\d{2,5})", re.IGNORECASE),
    re.compile(r"\b([a-z][a-z0-9-]{2,}:\d{4,5})\b", re.IGNORECASE),
    re.compile(
        r"(?:ENOTFOUND|EAI_AGAIN|no such host:?|lookup|UnknownHostException:?|host name|resolve host:?|resolve) "
        r"[\"']?([a-z0-9][a-z0-9.\-]+)",
        re.IGNORECASE,
    ),
    re.compile(r"https?://([a-z0-9][a-z0-9.\-]+(?::\d+)?)", re.IGNORECASE),
    re.compile(r"\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){2,}[a-z][a-z0-9-]{1,})\b", re.IGNORECASE),
    re.compile(r"\b((?:\d{1,3}\.){3}\d{1,3})\b"),
)


def text(message: str) -> str:
    """The sentence in a line: of JSON its message, error and stack, else the line itself."""
    start = message.find("{")
    if start < 0 or not message.rstrip().endswith("}"):
        return message
    try:
        record = json.loads(message[start:])
    except ValueError:
        return message
    return _flat(record) or message if isinstance(record, dict) else message


def _flat(record: dict[str, Any]) -> str:
    parts = []
    for key, value in record.items():
        if key.lower() in (
            "timestamp",
            "time",
            "ts",
            "@timestamp",
            "traceid",
            "requestid",
            "request_id",
            "pid",
            "hostname",
        ):
            continue
        if isinstance(value, dict):
            parts.append(_flat(value))
        elif isinstance(value, str | int | float):
            parts.append(str(value))
    return " ".join(p for p in parts if p)


def said(message: str) -> Said:
    """What one line says. Connection errors are told before settings: their text often names a setting too."""
    line = text(message)
    if _PLATFORM.search(line):
        return Said("platform")
    if _MEMORY.search(line):
        return Said("memory")
    for pattern, how in (
        (_REFUSED, "refused"),
        (_UNRESOLVED, "not resolved"),
        (_REJECTED, "rejected"),
        (_TIMED_OUT, "timed out"),
        (_CLOSED, "closed"),
    ):
        if pattern.search(line):
            return Said("dependency", endpoint(line), how)
    for setting in _SETTINGS:
        if found := setting.search(line):
            return Said("config", found[1])
    if _CREDENTIALS.search(line):
        return Said("config", "credentials")
    if _CONFIG.search(line):
        return Said("config")
    return Said("crash") if _CRASH.search(line) else Said("")


def endpoint(line: str) -> str:
    """The host, with its port if the line has it."""
    for pattern in _ENDPOINTS:
        if found := pattern.search(line):
            return ":".join(g for g in found.groups() if g)
    return ""


def is_error(message: str) -> bool:
    """Whether a line reports trouble at all, rather than mentioning the word."""
    line = text(message)
    return bool(_LEVEL.search(line)) or said(message).kind not in ("", "crash")


def verdict(lines: Iterable[str], *, known: frozenset[str] = frozenset()) -> tuple[Said, str]:
    """What a task's last lines say it died of, and the line: the last specific error, else the last crash.

    `known` are signatures from before the incident: errors that were always there did not kill it.
    """
    last: tuple[Said, str] = (Said(""), "")
    for line in lines:
        what = said(line)
        if not what.kind or signature(line) in known:
            continue
        if what.kind != "crash" or last[0].kind in ("", "crash"):
            last = (what, line)
    return last


_VARIABLE = _any(
    r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b",  # UUIDs
    r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b",  # hexadecimal ids
    r"\b\d{4}-\d\d-\d\d[T ][\d:.,Z+\-]+",  # times
    r"\d+(?:[.:]\d+)*",
    r"\"[^\"]{40,}\"",
)


def signature(message: str) -> str:
    """A line without what differs from one occurrence to the next: ids, numbers, times."""
    return re.sub(r"\s+", " ", _VARIABLE.sub("#", text(message))).strip()[:160]
