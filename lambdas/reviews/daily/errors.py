"""Error patterns by service, with the runbook's own query, against the same time of last week."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.logs.queries import QUERIES
from lambdas.reviews import logged
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.reviews.logged import Row

WEEK = timedelta(days=7)
GROUPS = 200  # log groups at most: the largest; Insights is priced by what it scans
FIRST = 10  # errors of a service that had none last week
MORE = 3.0  # times last week
LEAST = 30
UNNAMED = "(no service named)"
RUNBOOK = next(one for one in QUERIES if one.name == "error-analysis")


@part(
    "daily.errors",
    title="Error patterns by service",
    runbook="Morning Health Check, 4: Execute CloudWatch Logs Insights queries for error patterns",
    place=80,
    allow=logged.ALLOW,
)
def errors(tour: Tour) -> Iterator[Piece]:
    """The runbook's query, word for word. Where logs have no `@level`, the same question in other words."""
    names = logged.groups(tour, GROUPS)
    if not names:
        yield Note(text="There is no log group of a workload here.")
        return
    text = RUNBOOK.text
    now = logged.query(tour.aws, names, text, tour.start, tour.end)
    if not now:
        text = RUNBOOK.asked
        now = logged.query(tour.aws, names, text, tour.start, tour.end)
    before = logged.query(tour.aws, names, text, tour.start - WEEK, tour.end - WEEK) if now else []
    counted, earlier = _counts(now), _counts(before)
    for service, count in sorted(counted.items(), key=lambda one: -one[1]):
        yield from _compared(service, count, earlier.get(service, 0.0))
    if counted:
        rows = [
            (service, number(count), number(earlier.get(service, 0.0)))
            for service, count in sorted(counted.items(), key=lambda one: -one[1])
        ]
        yield Table(
            title="Errors by service", columns=("Service", "Errors", "Last week"), rows=tuple(rows), right=(1, 2)
        )
    how = "the runbook's query" if text == RUNBOOK.text else "the runbook's query in words that these logs have"
    found = f"{number(sum(counted.values()))} errors" if counted else "no error"
    yield Note(
        text=f"{many(len(names), 'log group')} searched with {how}: {found}.", count=(("log groups", len(names)),)
    )


def _counts(rows: list[Row]) -> dict[str, float]:
    """Errors by service; a row without one is of lines that name none."""
    found: dict[str, float] = {}
    for row in rows:
        service = row.get("@service") or row.get("svc") or UNNAMED
        count = next((value for name, value in row.items() if name in {"errors", "count()", "count(*)"}), "0")
        found[service] = found.get(service, 0.0) + _float(count)
    return found


def _compared(service: str, count: float, before: float) -> Iterator[Item]:
    if before and (count < MORE * before or count < LEAST):
        return
    if not before and count < FIRST:
        return
    than = f"where there were {number(before)} in the same time of last week" if before else "and none a week ago"
    yield Item(
        id="daily.errors.more" if before else "daily.errors.new",
        weight="warning",
        subject=service,
        text=f"{number(count)} errors since yesterday morning, {than}.",
        facts=(Fact(text=_shown(RUNBOOK.text), source="logs:StartQuery"),),
        actions=(Action(text="Look at its newest errors in its log group, and at its last deployments."),),
    )


def _shown(text: str) -> str:
    return " ".join(text.split())


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
