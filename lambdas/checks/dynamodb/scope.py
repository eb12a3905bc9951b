"""Which tables an alert is about: the target itself, those of the environment's hints, those that error lines name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.logs.lines import ErrorLine
from lambdas.targets import Table, service_name

TABLES = 3  # looked at for one incident
# A table's name: 3 to 255 characters of these (Amazon DynamoDB Developer Guide, "Naming rules").
_NAME = r"([A-Za-z0-9_.\-]{3,255})"
_NAMED = (
    re.compile(rf"arn:aws[\w-]*:dynamodb:[\w-]*:\d*:table/{_NAME}"),
    re.compile(rf"\btable[/ :=]+[\"'`]{_NAME}[\"'`]", re.IGNORECASE),
    re.compile(rf"\bTableName[\"'\s:=]+{_NAME}"),
)
_DYNAMODB = re.compile(
    r"dynamo ?db|ProvisionedThroughputExceeded|ThrottlingReasons|TransactionCanceledException", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTable(Finding):
    """A table that the service's own error lines name. `at` is the first such line."""

    name: str
    line: str = ""


def tables(look: Look) -> list[str]:
    """Names of the tables to look at, the target first."""
    names = [look.target.name] if isinstance(look.target, Table) else []
    service = service_name(look.alert, look.target, look.settings.workloads)
    names += [name for hint in look.settings.workloads if hint.service == service for name in hint.tables]
    names += [named.name for named in look.found.of(NamedTable)]
    return list(dict.fromkeys(names))[:TABLES]


def mentions(line: str) -> bool:
    """Whether an error line is about DynamoDB at all."""
    return bool(_DYNAMODB.search(line))


def named_in(line: str) -> list[str]:
    """The tables that a line names outright."""
    return [found.rstrip(".") for pattern in _NAMED for found in pattern.findall(line)]


@check(
    "dynamodb.named",
    title="Tables that the service's error lines name",
    yields=(NamedTable,),
    uses=(ErrorLine,),
    allow=(Allow("dynamodb:ListTables"),),  # takes no resource (Service Authorization Reference, Amazon DynamoDB)
    optional=True,
)
def named(look: Look) -> Iterator[Finding]:
    """By ARN or name in the line; else by one page of ListTables, if a line is about DynamoDB and names none."""
    if not isinstance(look.target, Table) and any(m.namespace == "AWS/DynamoDB" for m in look.alert.metrics):
        yield from _only(look)
    lines = [line for line in look.found.of(ErrorLine) if mentions(line.text)]
    if not lines:
        return
    told = {name: line for line in reversed(lines) for name in named_in(line.text)}
    if not told:
        listed = look.aws.dynamodb.list_tables(Limit=100).get("TableNames") or []
        told = {name: line for line in reversed(lines) for name in _words(line.text, listed)}
    for name, line in told.items():
        yield NamedTable(at=line.at, name=name, line=line.text[:300], source=line.source, link=line.link)


def _only(look: Look) -> Iterator[Finding]:
    """The account's tables, where they are few enough to look at all: an alarm on the whole account names none."""
    listed = look.aws.dynamodb.list_tables(Limit=TABLES + 1).get("TableNames") or []
    if len(listed) <= TABLES:
        for name in listed:
            yield NamedTable(name=name, source="dynamodb:ListTables")


def _words(text: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if re.search(rf"(?<![\w.\-]){re.escape(name)}(?![\w\-])", text)]
