"""What an error line says about something else: which dependency, and how it fails. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lambdas.causes import log_lines
from lambdas.checks.dynamodb.scope import mentions, named_in
from lambdas.checks.logs.signatures import read


@dataclass(frozen=True, slots=True)
class Dependency:
    """What fails. `name` is a host, a service, or a table; empty where the line names none."""

    name: str
    how: str  # refused | timed out | not resolved | closed | rejected | throttled | answers errors | circuit open | …


_HOST = re.compile(r"\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]{1,}(?::\d{2,5})?)\b", re.IGNORECASE)
_NOT_HOSTS = re.compile(
    r"\.(?:py|js|ts|java|go|rb|kt|cs|php|mjs|cjs|json|ya?ml|html?|jar|so|log|class|scala)$", re.IGNORECASE
)
_CLASS = re.compile(r"[A-Z]\w*$")
_OTHER = r"(?:upstream|downstream|remote|partner|provider|acquirer|gateway|backend|third.?party|external|vendor)"
_TOP = frozenset(
    {"com", "net", "org", "io", "dev", "local", "internal", "cloud", "app", "eu", "de", "fr", "uk", "ca", "us", "co",
     "ch", "at", "nl", "es", "it", "jp", "cn", "au", "biz", "info", "example", "test", "intranet", "lan", "corp"}
)  # fmt: skip
_ANSWERED = re.compile(
    rf"{_OTHER}[^\n]{{0,60}}\b(?:50[0234]|429|unavailable|timed? ?out|failed|error)\b|"
    r"\b(?:50[0234]|429)\b[^\n]{0,40}\b(?:from|by) (?:https?://)?[\w.-]+|"
    r"(?:service unavailable|bad gateway|gateway time-?out)[^\n]{0,60}(?:from|calling|https?://)|"
    r"(?:call(?:ing)?|request) (?:to|of) \S+ (?:failed|returned|answered)[^\n]{0,40}\b(?:50\d|429)\b|"
    r"https?://\S+[^\n]{0,60}\b(?:returned|responded|answered|status(?: code)?)\b[^\n]{0,12}\b(?:50\d|429)\b",
    re.IGNORECASE,
)
_CIRCUIT = re.compile(r"circuit.?breaker[^\n]{0,60}\bopen|CallNotPermitted|BulkheadFull", re.IGNORECASE)
_CIRCUIT_NAME = re.compile(r"circuit.?breaker ['\"]?([\w.-]+)['\"]?", re.IGNORECASE)
_THROTTLED = re.compile(
    r"ProvisionedThroughputExceeded|ThrottlingException|RequestLimitExceeded|TooManyRequestsException|SlowDown\b|"
    r"Throughput exceeds|Rate exceeded",
    re.IGNORECASE,
)
_AWS = re.compile(
    r"\b(dynamodb|s3|sqs|sns|kms|kinesis|secretsmanager|ssm|sts|lambda|eventbridge|cognito)\b", re.IGNORECASE
)
_DATABASE = re.compile(
    r"read.?only (?:transaction|replica|mode)|ReadOnlyError|the database system is|terminating connection due to|"
    r"server closed the connection|deadlock (?:detected|found)|lock wait timeout|canceling statement due to|"
    r"no more connections|remaining connection slots|READONLY You can|CLUSTERDOWN|LOADING Redis|MOVED \d+|"
    r"SQLTransientConnectionException|PoolTimeout|QueuePool limit|pool.{0,20}(?:exhausted|timed? ?out)|"
    r"connection (?:has been|is|was) (?:already )?closed|I/O error (?:occurred )?while sending|server has gone away|"
    r"Lost connection to|broken pipe|"
    r"(?:could not|unable to|cannot) (?:get|obtain|acquire).{0,20}connection",
    re.IGNORECASE,
)
_DATABASE_NAME = re.compile(
    r"(redis|postgres(?:ql)?|psycopg|psql|mysql|mariadb|mongo(?:db)?|jdbc|sqlalchemy|hikari)", re.IGNORECASE
)
_TLS = re.compile(
    r"certificate (?:has expired|verify failed|is not (?:yet )?valid|signed by unknown)|self.signed certificate|CERT_|"
    r"unable to verify the first certificate|SSLHandshake|handshake_failure|tls: |x509: |SSL routines",
    re.IGNORECASE,
)
_SLOW = re.compile(
    r"(?:timeout|time limit) of \d+ ?m?s (?:was )?exceeded|read tim(?:ed|e) ?out|context deadline exceeded|"
    r"request timed out|(?:Read|Socket|Connect|Http)Timeout|no (?:answer|response|reply) (?:was )?(?:received )?from|"
    r"(?:did not|didn't|failed to|never) (?:answer|respond|reply)",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(r"\b\w*time(?:d[ -]?)?out\w*\b", re.IGNORECASE)  # of whom, its host must say


def dependency(message: str) -> Dependency | None:
    """What a line blames; None where it blames nothing outside its own process."""
    text = read(message).text
    if _THROTTLED.search(text):
        return Dependency(_throttler(text), "throttled")
    if _DATABASE.search(text):
        name = _DATABASE_NAME.search(text)
        return Dependency(_host(text) or (name[1].lower() if name else "the database"), "refuses work")
    if _CIRCUIT.search(text):
        name = _CIRCUIT_NAME.search(text)
        return Dependency(name[1] if name and name[1].lower() not in ("is", "open") else "", "circuit breaker open")
    said = log_lines.said(message)
    if said.kind == "dependency":
        return Dependency(said.what if _plausible(said.what) else _host(text), said.how)
    if _TLS.search(text) and (host := _host(text)):
        return Dependency(host, "TLS")
    if _ANSWERED.search(text):
        return Dependency(_host(text), "answers errors")
    if _SLOW.search(text) or (_TIMEOUT.search(text) and _host(text)):
        return Dependency(_host(text), "timed out")
    return None


def _throttler(text: str) -> str:
    if tables := named_in(text):
        return f"DynamoDB table {tables[0]}"
    if mentions(text):
        return "DynamoDB"
    found = _AWS.search(text)
    return found[1].lower() if found else ""


def _host(text: str) -> str:
    for found in _HOST.findall(text):
        if _plausible(found):
            return str(found)
    return ""


def _plausible(name: str) -> bool:
    """A host, not a file or a class of some package."""
    bare = name.partition(":")[0]
    if not name or _NOT_HOSTS.search(bare):
        return False
    if bare.count(".") == 1 and ":" not in name and bare.rpartition(".")[2].lower() not in _TOP:
        return False  # a module of some package
    last = bare.rpartition(".")[2]
    return not (
        _CLASS.match(last)
        or (bare.startswith(("java.", "javax.", "org.", "com.", "sun.", "kotlin.", "net.")) and bare.count(".") > 2)
    )
