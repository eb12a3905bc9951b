"""What each AWS service cost against the week before, and the anomalies that AWS itself found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.cost import bill
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import money

if TYPE_CHECKING:
    from datetime import date

DAYS = 7
MORE, MORE_USD = 1.2, 20.0  # both: a fifth more, and worth a look (USD a week)
MUCH, MUCH_USD = 1.5, 100.0
LEAST_IMPACT = 5.0  # USD: smaller anomalies are noise
ROWS = 25


@part(
    "weekly.bill",
    title="Cost by service against the week before",
    runbook="Weekly Capacity Planning Review, 3: Cost Optimization Review",
    place=60,
    # Cost Explorer takes no resource for either (Service Authorization Reference, AWS Cost Explorer Service).
    allow=(*bill.ALLOW, Allow("ce:GetAnomalies")),
)
def costs(tour: Tour) -> Iterator[Piece]:
    """Seven settled days against the seven before them: the last two days are still estimates."""
    start, end = bill.week(tour.end.date())
    anomalies = _anomalies(tour, start)
    for raw in anomalies:
        yield _anomaly(raw)
    named = {service for raw in anomalies for service in _services(raw)}
    days = bill.daily(tour.aws, start - timedelta(days=DAYS), end)
    rows = []
    for service, costs_ in days.items():
        now = sum(usd for day, usd in costs_.items() if day >= start)
        before = sum(usd for day, usd in costs_.items() if day < start)
        rows.append((now, before, service))
        if service not in named and now - before >= MORE_USD and now >= before * MORE:
            yield _dearer(service, now, before)
    rows.sort(reverse=True)
    total, past = sum(row[0] for row in rows), sum(row[1] for row in rows)
    if rows:
        yield _table(rows, start, end)
    yield Note(
        text=f"{money(total)} from {start:%d %b} to {end - timedelta(days=1):%d %b}, {money(past)} in the week before"
        + (f" ({total / past - 1:+.0%})." if past else ".")
    )
    if not anomalies:
        yield Note(text="AWS named no anomaly. It looks only where a cost monitor is set up.")


def _anomalies(tour: Tour, start: date) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {"DateInterval": {"StartDate": start.isoformat(), "EndDate": tour.end.date().isoformat()}}
    found: list[dict[str, Any]] = []
    while True:
        answer: Any = tour.aws.ce.get_anomalies(**asked)
        found += answer.get("Anomalies") or ()
        if not answer.get("NextPageToken"):
            break
        asked["NextPageToken"] = answer["NextPageToken"]
    return [
        raw for raw in found if _impact(raw) >= LEAST_IMPACT and raw.get("Feedback") not in {"NO", "PLANNED_ACTIVITY"}
    ]


def _impact(raw: dict[str, Any]) -> float:
    impact = raw.get("Impact") or {}
    return float(impact.get("TotalImpact", impact.get("MaxImpact", 0.0)))


def _services(raw: dict[str, Any]) -> list[str]:
    causes = [cause.get("Service", "") for cause in raw.get("RootCauses") or ()]
    return [name for name in (raw.get("DimensionValue", ""), *causes) if name]


def _anomaly(raw: dict[str, Any]) -> Item:
    impact = raw.get("Impact") or {}
    expected = impact.get("TotalExpectedSpend")
    actual = impact.get("TotalActualSpend")
    instead = f" ({money(actual)} instead of {money(expected)})" if expected is not None and actual is not None else ""
    facts = tuple(
        Fact(
            text=", ".join(
                text for text in (cause.get("Service"), cause.get("Region"), cause.get("UsageType")) if text
            ),
            source="ce:GetAnomalies",
        )
        for cause in (raw.get("RootCauses") or ())[:3]
    )
    last = str(raw.get("AnomalyEndDate", ""))[:10]
    return Item(
        id="weekly.bill.anomaly",
        weight="warning",
        subject=next(iter(_services(raw)), "the account"),
        text=f"AWS sees {money(_impact(raw))} more than expected{instead} since "
        f"{str(raw.get('AnomalyStartDate', ''))[:10]}" + (f", until {last}." if last else ", and it goes on."),
        facts=facts,
        actions=(Action(text="Look at the usage type that grew; tell AWS in the console whether it was planned."),),
        level=_impact(raw),
    )


def _dearer(service: str, now: float, before: float) -> Item:
    much = now >= before * MUCH and now - before >= MUCH_USD
    rise = f"+{now / before - 1:.0%}" if before else "it is new"
    return Item(
        id="weekly.bill.dearer",
        weight="warning" if much else "advice",
        subject=service,
        text=f"{money(now)} in the week, {money(before)} in the week before ({rise}).",
        facts=(Fact(text=f"{money(now)} against {money(before)}", source="ce:GetCostAndUsage, unblended"),),
        actions=(Action(text="Look at its usage types in Cost Explorer for the day on which it rose."),),
        level=now - before,
    )


def _table(rows: list[tuple[float, float, str]], start: date, end: date) -> Table:
    shown = rows[:ROWS]
    return Table(
        title=f"Cost by service, {start:%d %b} to {end - timedelta(days=1):%d %b} (unblended)",
        columns=("Service", "Week", "Week before", "Change"),
        rows=tuple(
            (name, money(now), money(before), f"{now / before - 1:+.0%}" if before else "new")
            for now, before, name in shown
        ),
        right=(1, 2, 3),
        more=len(rows) - len(shown),
    )
