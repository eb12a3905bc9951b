"""The database's own words: lines of its exported log that state a cause, literals removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.pi.statements import normalised
from lambdas.checks.rds.instances import Instance

LINES = 50
GROUPS = 2
SHOWN = 200

# What each engine writes (PostgreSQL manual, "Error Reporting and Logging"; MySQL Server Error Message Reference).
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("connections", r"remaining connection slots|too many (clients|connections)|max_user_connections"),
        ("checkpoint", r"checkpoints are occurring too frequently"),
        ("storage", r"no space left on device|disk full|could not (extend|write).*No space|table .* is full"),
        ("memory", r"out of memory|OOM|terminated by signal 9|cannot allocate memory"),
        ("lock", r"deadlock|waiting for .*lock|lock (wait )?timeout|holding the lock"),
        ("conflict", r"conflict with recovery"),
    )
)
_PATTERN = (
    '?"connection slots" ?"too many clients" ?"Too many connections" ?"occurring too frequently" ?"No space left" '
    '?"out of memory" ?"Out of memory" ?"deadlock" ?"still waiting" ?"lock timeout" ?"Lock wait timeout" '
    '?"conflict with recovery" ?"signal 9"'
)
_CONTEXT = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:\(\d+\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSign(Finding):
    """One telling line."""

    of: str
    kind: str  # connections | checkpoint | storage | memory | lock | conflict
    line: str


@check(
    "rds.logs",
    title="The database's log (where it is exported to CloudWatch Logs)",
    yields=(LogSign,),
    needs=(Instance,),
    allow=(Allow("logs:FilterLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:/aws/rds/*"),),
    optional=True,
)
def logs(look: Look) -> Iterator[Finding]:
    """Of the subject's error logs in the window. Nothing where none is exported."""
    subject = look.found.first(Instance)
    if subject is None:
        return
    exported = [e for e in subject.log_exports if e in {"postgresql", "error"}]
    of = f"cluster/{subject.cluster}" if subject.cluster and subject.aurora else f"instance/{subject.id}"
    for export in exported[:GROUPS]:
        group = f"/aws/rds/{of}/{export}"
        answer: Any = look.aws.logs.filter_log_events(
            logGroupName=group,
            startTime=int(look.window.start.timestamp() * 1000),
            endTime=int(look.window.end.timestamp() * 1000),
            filterPattern=_PATTERN,
            limit=LINES,
        )
        for raw in answer.get("events") or ():
            text = str(raw.get("message", ""))
            if kind := sign(text):
                stamp = raw.get("timestamp")
                yield LogSign(
                    at=datetime.fromtimestamp(stamp / 1000, UTC) if stamp is not None else None,
                    of=subject.id,
                    kind=kind,
                    line=normalised(_CONTEXT.sub("?", text))[:SHOWN],
                    source=group,
                    link=links.log_group(look.aws.region, group),
                )


def sign(text: str) -> str:
    """Which trouble a line of an engine states; empty for any other line."""
    return next((kind for kind, pattern in _SIGNS if pattern.search(text)), "")
