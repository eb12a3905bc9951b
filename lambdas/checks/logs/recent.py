"""The newest error lines, and since when their signatures have been there.

`logs.errors` reads from half an hour before the alarm on, one page: of a storm that is its beginning. Here is its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.lines import ERRORS, TEXT, ErrorLine, LogLine, _at
from lambdas.checks.logs.signatures import clusters, phrase, read
from lambdas.checks.logs.sources import MetricFilter

SPAN = timedelta(minutes=4)
LINES = 400
TOP = 3  # signatures whose past is looked up
PAST = timedelta(hours=24)
NEAR = timedelta(minutes=30)  # before the alarm: what `logs.errors` reads
EARLIER = 100  # lines of a signature's past
PAGES = 3  # FilterLogEvents may answer empty pages while it searches
ALLOW = (Allow("logs:FilterLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:*"),)
_INNOCENT = ("INFO", "DEBUG", "TRACE", "NOTICE")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentErrorLine(LogLine):
    """An error line of the last minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePast(Finding):
    """How often an error was logged in the day before the incident. `at` is the first time."""

    signature: str
    term: str  # what was searched for
    count: int
    last: datetime | None = None
    capped: bool = False  # there may be more


@check(
    "logs.recent",
    title="Task logs: the newest error lines",
    yields=(RecentErrorLine,),
    needs=(LogGroup,),
    uses=(MetricFilter,),
    allow=ALLOW,
    calls=3,
)
def recent(look: Look) -> Iterator[Finding]:
    """Of the last minutes, one page of each group; by the alarm's own metric filter where it has one."""
    patterns = {found.group: found.pattern for found in look.found.of(MetricFilter)}
    for group in _groups(look):
        answer: Any = look.aws.logs.filter_log_events(
            logGroupName=group.name,
            startTime=_stamp(look.window.end - SPAN),
            endTime=_stamp(look.window.end),
            filterPattern=patterns.get(group.name, "") or ERRORS,
            limit=LINES,
        )
        for raw in answer.get("events") or ():
            stream = raw.get("logStreamName", "")
            yield RecentErrorLine(
                at=_at(raw),
                group=group.name,
                stream=stream,
                text=raw.get("message", "")[:TEXT],
                service=group.service,
                source=f"logs:{group.name}",
                link=links.log_stream(look.aws.region, group.name, stream),
            )


@check(
    "logs.signatures_before",
    title="First and last occurrence of the dominant errors in the day before",
    yields=(SignaturePast,),
    needs=(LogGroup,),
    uses=(ErrorLine, RecentErrorLine),
    allow=ALLOW,
    calls=9,
)
def signatures_before(look: Look) -> Iterator[Finding]:
    """Of the largest clusters: a term that all their lines have, searched from a day before to half an hour before."""
    lines = [line for line in (*look.found.of(ErrorLine), *look.found.of(RecentErrorLine)) if is_error(line.text)]
    for cluster in clusters(lines)[:TOP]:
        members = [line.text for line in lines if line.group in cluster.groups]
        term = phrase([cluster.example, *(text for text in members if text == cluster.example)])
        if term:
            yield _past(look, cluster.signature, cluster.groups[0], term)


def is_error(text: str) -> bool:
    """Whether a line that matched the words really is an error: the level decides where the line has one."""
    return read(text).level not in _INNOCENT


def _past(look: Look, signature: str, group: str, term: str) -> SignaturePast:
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(PAGES):
        answer: Any = look.aws.logs.filter_log_events(
            logGroupName=group,
            startTime=_stamp(look.window.at - PAST),
            endTime=_stamp(look.window.at - NEAR),
            filterPattern=f'"{term}"',
            limit=EARLIER,
            **token,  # type: ignore[arg-type] # absent on the first page
        )
        events += [raw for raw in answer.get("events") or () if term in raw.get("message", "")]
        if not answer.get("nextToken") or len(events) >= EARLIER:
            break
        token = {"nextToken": answer["nextToken"]}
    moments = sorted(moment for raw in events if (moment := _at(raw)))
    return SignaturePast(
        at=moments[0] if moments else None,
        signature=signature,
        term=term,
        count=len(events),
        last=moments[-1] if moments else None,
        capped=len(events) >= EARLIER,
        source=f"logs:{group}",
        link=links.log_group(look.aws.region, group),
    )


def _groups(look: Look) -> list[LogGroup]:
    return [group for group in look.found.of(LogGroup) if group.exists]


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
