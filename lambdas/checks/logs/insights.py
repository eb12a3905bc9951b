"""The runbook's Logs Insights query over the service's log groups, with a bounded scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.results import LOOKS, results

SPAN = timedelta(hours=1)  # Insights is priced by what it scans (performance.md)
# The runbook's words: Critical Alert Response, Application Errors.
QUERY = 'fields @timestamp, @message, @requestId, @level | filter @level = "ERROR" | sort @timestamp desc | limit 20'


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorQuery(Finding):
    """What the runbook's query found. None of `rows` may only mean that the logs have no `@level`."""

    groups: tuple[str, ...]
    rows: tuple[str, ...]  # messages, newest first
    scanned: float = 0.0  # bytes


@check(
    "logs.insights",
    title="Log query for error patterns (the runbook's)",
    yields=(ErrorQuery,),
    needs=(LogGroup,),
    allow=(
        Allow("logs:StartQuery", "arn:{partition}:logs:{region}:{account}:log-group:*"),
        Allow("logs:GetQueryResults"),  # takes no resource (Service Authorization Reference, Amazon CloudWatch Logs)
    ),
    calls=1 + LOOKS,
    optional=True,
)
def insights(look: Look) -> Iterator[Finding]:
    """One query over all groups, for the hour up to now."""
    groups = [g.name for g in look.found.of(LogGroup) if g.exists]
    if not groups:
        return
    started = look.aws.logs.start_query(
        logGroupNames=groups,
        startTime=int((look.window.at - SPAN).timestamp()),
        endTime=int(look.window.end.timestamp()),
        queryString=QUERY,
        limit=20,
    )
    answer = results(look, started["queryId"])
    rows = [{f.get("field"): f.get("value", "") for f in row} for row in answer.get("results") or ()]
    yield ErrorQuery(
        groups=tuple(groups),
        rows=tuple(row.get("@message", "") for row in rows),
        scanned=(answer.get("statistics") or {}).get("bytesScanned") or 0.0,
        source="logs:StartQuery",
        link=links.log_group(look.aws.region, groups[0]),
    )
