"""Requests that were answered with 4XX, and authentication failures: around the alarm, and hours before.

User names are not kept, only how many different ones there were can be told from their hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.logs.access import Proof, access
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.lines import _at
from lambdas.checks.logs.signatures import signature

SPAN = timedelta(minutes=5)  # before the alarm
LINES = 1000  # of one page: a sample, whose shares count
ALLOW = (Allow("logs:FilterLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:*"),)
PATTERN = (
    "?400 ?401 ?403 ?404 ?405 ?409 ?410 ?422 ?429 ?uthentication ?nauthorized ?password ?Password ?credential"
    " ?oken ?ogin ?ignature"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFailure(Finding):
    """A request that failed through its sender, as its line says."""

    group: str
    status: int | None = None
    path: str = ""
    client: str = ""
    agent: str = ""
    user: str = ""  # hashed
    authentication: bool = False  # it failed to prove who it is
    refused: Proof = ""
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierClientFailure(ClientFailure):
    """The same from the beginning of the window: what clients always do wrong."""


@check(
    "logs.clients",
    title="4XX by path and client, authentication failures by source address",
    yields=(ClientFailure,),
    needs=(LogGroup,),
    allow=ALLOW,
    calls=3,
)
def clients(look: Look) -> Iterator[Finding]:
    """From five minutes before the alarm on, one page of each group."""
    for found in _failures(look, look.window.at - SPAN, look.window.end):
        yield ClientFailure(**found)


@check(
    "logs.clients_before",
    title="4XX and authentication failures before the incident",
    yields=(EarlierClientFailure,),
    needs=(LogGroup,),
    allow=ALLOW,
    calls=3,
    optional=True,
)
def clients_before(look: Look) -> Iterator[Finding]:
    """As long a time at the beginning of the window."""
    length = look.window.end - look.window.at + SPAN
    for found in _failures(look, look.window.start, look.window.start + length):
        yield EarlierClientFailure(**found)


def _failures(look: Look, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    for group in [g for g in look.found.of(LogGroup) if g.exists]:
        answer: Any = look.aws.logs.filter_log_events(
            logGroupName=group.name,
            startTime=int(start.timestamp() * 1000),
            endTime=int(end.timestamp() * 1000),
            filterPattern=PATTERN,
            limit=LINES,
        )
        for raw in answer.get("events") or ():
            message = raw.get("message", "")
            told = access(message)
            if told is None or not (told.client_error or told.failed_to_prove):
                continue
            yield {
                "at": _at(raw),
                "group": group.name,
                "status": told.status,
                "path": told.path,
                "client": told.client,
                "agent": told.agent[:80],
                "user": hashlib.sha256(told.user.encode()).hexdigest()[:8] if told.user else "",
                "authentication": told.failed_to_prove,
                "refused": told.refused,
                "signature": signature(message)[:120],
                "source": f"logs:{group.name}",
                "link": links.log_stream(look.aws.region, group.name, raw.get("logStreamName", "")),
            }
