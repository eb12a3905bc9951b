"""The runbook's Logs Insights queries as named queries, and what they find in the service's log groups.

`QUERIES` is what the stack saves as query definitions: the runbook's own text. What is run here asks the same in a way
that does not depend on the customer's field names: logs seldom have `@level`, and Insights shows a JSON key that begins
with @ under `@@` (CloudWatch Logs User Guide, "Supported logs and discovered fields").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.results import results

SPAN = timedelta(hours=1)  # before the alarm; Insights is priced by what it scans (performance.md)
ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuery:
    """One query. `text` is the runbook's; `asked` is what is run."""

    name: str
    section: str
    text: str
    asked: str


_LEVEL = "coalesce(@level, level, severity, levelname, log_level)"
_SERVICE = "coalesce(@service, service, serviceName, service_name, @log)"
_SOURCE = "coalesce(@sourceIP, sourceIP, sourceIp, source_ip, client_ip, clientIp, remote_addr, ip)"
_TOOK = "coalesce(ResponseTime, responseTime, response_time, durationMs, duration_ms, duration, latency, ms)"

QUERIES = (
    NamedQuery(
        name="error-analysis",
        section="Appendix: Error Analysis",
        text="fields @timestamp, @message, @requestId, @service\n"
        '| filter @level = "ERROR"\n'
        "| stats count() by @service\n"
        "| sort count desc",
        asked=f"fields {_LEVEL} as lvl, {_SERVICE} as svc"
        ' | filter lvl in ["ERROR", "Error", "error", "FATAL", "fatal", "CRITICAL", "critical"]'
        r" or @message like /(?i)\b(error|exception|fatal|panic|traceback)\b/"
        " | stats count() as errors, min(@timestamp) as first, max(@timestamp) as last by svc"
        " | sort errors desc | limit 20",
    ),
    NamedQuery(
        name="performance-analysis",
        section="Appendix: Performance Analysis",
        text="fields @timestamp, ResponseTime, @requestId\n"
        '| filter @type = "access"\n'
        "| stats avg(ResponseTime), max(ResponseTime), count() by bin(5m)",
        asked=f"fields {_TOOK} as took | filter ispresent(took)"
        " | stats avg(took) as average, max(took) as slowest, count() as requests by bin(5m)",
    ),
    NamedQuery(
        name="security-event-monitoring",
        section="Appendix: Security Event Monitoring",
        text="fields @timestamp, @message, @sourceIP\n"
        "| filter @message like /authentication failed/\n"
        "| stats count() by @sourceIP\n"
        "| sort count desc",
        asked=f"fields {_SOURCE} as src"
        " | filter @message like /(?i)(authentication failed|login failed|invalid (password|credentials))/"
        " | stats count() as failures by src | sort failures desc | limit 20",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult(Finding):
    """What a named query found. `records`: how many lines it read; None or 0 means that no row says nothing."""

    name: str
    groups: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    status: str = ""
    records: float | None = None


@check(
    "logs.queries",
    title="The runbook's log queries: errors by service, response times, authentication failures by source",
    yields=(QueryResult,),
    needs=(LogGroup,),
    allow=(
        Allow("logs:StartQuery", "arn:{partition}:logs:{region}:{account}:log-group:*"),
        Allow("logs:GetQueryResults"),  # takes no resource (Service Authorization Reference, Amazon CloudWatch Logs)
    ),
    calls=10,  # three begin; one waits for all of its looks, and then the others have ended, too
    optional=True,
)
def queries(look: Look) -> Iterator[Finding]:
    """All at once over all groups, for the hour up to now."""
    groups = list(dict.fromkeys(g.name for g in look.found.of(LogGroup) if g.exists))
    if not groups:
        return
    started = {
        query.name: look.aws.logs.start_query(
            logGroupNames=groups,
            startTime=int((look.window.at - SPAN).timestamp()),
            endTime=int(look.window.end.timestamp()),
            queryString=query.asked,
            limit=ROWS,
        ).get("queryId", "")
        for query in QUERIES
    }
    for name, id_ in started.items():
        answer = results(look, id_)
        yield QueryResult(
            name=name,
            groups=tuple(groups),
            rows=tuple(
                {f.get("field", ""): f.get("value", "") for f in row if f.get("field") != "@ptr"}
                for row in answer.get("results") or ()
            ),
            status=answer.get("status", ""),
            records=(answer.get("statistics") or {}).get("recordsScanned"),
            source="logs:StartQuery",
            link=links.log_group(look.aws.region, groups[0]),
        )
