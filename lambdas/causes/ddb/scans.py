"""Scans take the read capacity that queries need."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ddb.actions import BACKOFF
from lambdas.causes.ddb.scene import FELT, METRICS, RUNBOOK, Side, blind, ended, out, sides
from lambdas.causes.measured import measured
from lambdas.causes.wording import at, number
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.timeseries import Point

BLOCK = 4096  # bytes of one read unit; half of one where the read is eventually consistent
LARGE = 0.3  # of the table's reads
MANY = 0.6  # of the items that queries and scans return


@cause(
    "ddb.scan_heavy",
    title="Scans use up the read capacity",
    reads=("dynamodb.metrics", "dynamodb.table"),
    effects=(
        "ddb.provisioned_too_low",
        "ddb.autoscaling_at_max",
        "ddb.autoscaling_lagging",
        "ddb.autoscaling_off",
        *FELT,
    ),
    depth=2,
    runbook=RUNBOOK,
)
def scan_heavy(evidence: Evidence) -> Judgement:
    """Items returned by scans, against those of queries and against the read units that the table consumes."""
    if unseen := blind(evidence, "dynamodb.metrics"):
        return unseen
    reads = [s for s in sides(evidence) if s.kind == "read" and not s.index]
    seen = []
    for side in reads:
        scans = _returned(evidence, side.subject, "Scan")
        if scans is None:
            return Judgement(verdict="could_not_check", missing=("ReturnedItemCount of Scan has no data",))
        if found := _judge(evidence, side, scans):
            return found
        seen += [value for moment, value in scans if moment >= _start(evidence)]
    limping = [s for s in reads if s.throttled]
    text = f"scans return {number(max(seen))} items a minute" if seen else "nobody scans the table"
    return out(Fact(text=text, source=METRICS), *(limping[0].facts() if limping else ()))


def _returned(evidence: Evidence, table: str, operation: str) -> list[Point] | None:
    """Items a minute: requests, each with its average number of items. None where AWS counts requests but no items."""
    requests = measured(evidence, "ddb.requests", f"{table}#{operation}")
    each = measured(evidence, "ddb.returned", f"{table}#{operation}")
    if requests is None or each is None:
        busy = requests is not None and any(v > 0 for t, v in requests.points if t >= _start(evidence))
        return None if busy else []
    return [(moment, n * items) for moment, n, items in ts.aligned(requests.points, each.points)]


def _judge(evidence: Evidence, side: Side, scans: list[Point]) -> Judgement | None:
    start = side.onset or _start(evidence)
    during = [p for p in scans if p[0] >= start and p[1] > 0]
    during = [p for p in during if not side.throttles or p[0] <= side.throttles[-1][0]] or during
    if not during:
        return None
    items = ts.mean(during) or 0.0
    began = _began(scans, side.onset or evidence.window.at)
    other = ts.mean([p for p in _returned(evidence, side.subject, "Query") or () if p[0] >= start]) or 0.0
    share = _units(side, items) / side.used if side.used and _units(side, items) else None
    refused = measured(evidence, "ddb.throttled", f"{side.subject}#Scan")
    returned = items / (items + other)
    together = ts.correlation(scans, side.consumed)
    large = share is not None and share >= LARGE
    if not large and not (returned >= MANY and (together or 0.0) >= 0.6):
        return None
    part = f", about {min(share, 1.0):.0%} of the read capacity consumed" if share else ""
    summary = f"scans of {side.subject} return {number(items)} items a minute since {at(began)}{part}"
    facts = [
        Fact(
            text=f"scans return {number(items)} items a minute, queries {number(other)}{part}",
            source=METRICS,
            at=began,
            value=number(items),
            link=side.table.link if side.table else "",
        ),
        *side.facts(),
    ]
    if refused and any(v > 0 for t, v in refused.points if t >= _start(evidence)):
        text = f"{number(sum(v for _, v in refused.points))} throttled Scan requests"
        facts.append(Fact(text=text, source=METRICS))
    if not side.throttled:
        return Judgement(
            verdict="possible", summary=summary, evidence=tuple(facts), since=began, score=0.3,
            would_confirm="reads that are throttled, or slower, while it scans",
        )  # fmt: skip
    if side.over_since:
        return ended(side, summary)
    key_range = (side.because("key_range") or 0.0) >= 0.5
    early = began is None or side.onset is None or (began - side.onset).total_seconds() <= 120
    sure = returned >= MANY and (together or 0.0) >= 0.6
    strong = large and early and not key_range and (side.use is None or side.use >= 0.5)
    return Judgement(
        verdict="confirmed" if strong and sure else "likely" if early else "possible",
        summary=summary,
        evidence=tuple(facts),
        actions=(
            Action(
                text=f"Replace the scan of {side.subject} by a query on a suitable index or an export to S3, or slow it"
                " down: a page size and a pause between pages",
                link=side.table.link if side.table else "",
            ),
            BACKOFF,
        ),
        since=began,
        would_confirm="who scans: CloudTrail data events, or the application's own log",
        score=0.6 + side.watched,
    )


def _start(evidence: Evidence) -> datetime:
    """Half an hour before the alarm: where nothing throttles, what runs now counts."""
    return evidence.window.at - timedelta(minutes=30)


def _units(side: Side, items: float) -> float:
    """Read units a second that so many items a minute take at least, where reads are eventually consistent."""
    size = side.table.item_size if side.table else None
    return items / 60 * size / BLOCK * 0.5 if size else 0.0


def _began(scans: list[Point], moment: datetime) -> datetime | None:
    """The start of the run of scans that was going on when the throttles began."""
    level = 0.3 * max((v for t, v in scans if t >= moment), default=0.0)
    since = None
    for t, value in scans:
        if t > moment and since is not None:
            break
        since = (since or t) if value > level else None
    return since
