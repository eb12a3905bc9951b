"""The last twelve hours of every critical metric, against the same hours of the week before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.diagnosis import timeseries as ts
from lambdas.reviews import inventory, limits, series, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Curve, Fact, Item, Line, Mark, Note, Table, Weight
from lambdas.reviews.words import many, number, when

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Baseline, Points
    from lambdas.reviews.watched import Resource, Watched

DAY = timedelta(days=1)
SPAN = timedelta(hours=12)
PAST = timedelta(days=7)
PERIOD = 900  # seconds: a week of many series in few calls; single minutes are the alarms' work
LAST = timedelta(hours=2)  # what 'now' means
MUCH = 1.5  # times the highest of the usual
FLOOR = 0.3  # of the limit: below that nothing is worth a line, however unusual
SOON = timedelta(hours=24)
FIT = 0.85  # of a line through the series, to believe in its direction
TABLE = 60
CRITICAL = (watched.CPU, watched.MEMORY, watched.CONNECTIONS, watched.UNHEALTHY, watched.THROTTLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One metric of one resource. Values and `limit` are in the trigger's unit."""

    resource: Resource
    watched: Watched
    limit: float
    past: Points
    recent: Points

    @property
    def now(self) -> float | None:
        """The median of the last hours."""
        return ts.middle([p for p in self.recent if p[0] >= self.recent[-1][0] - LAST]) if self.recent else None


@part(
    "daily.trends",
    title="Critical metrics, last 12 hours against the week before",
    runbook="Morning Health Check, 1: Check last 12-hour trends for all critical metrics",
    place=20,
    allow=(
        *series.ALLOW,
        *limits.ALLOW,
        *inventory.SERVICES,
        *inventory.DATABASES,
        *inventory.BALANCERS,
        *inventory.TARGET_GROUPS,
        *inventory.TABLES,
    ),
)
def trends(tour: Tour) -> Iterator[Piece]:
    """Beyond the runbook's limit, unusual for these hours, or on the way to the limit; each metric once."""
    seen = _read(tour)
    with_data = [one for one in seen if one.recent]
    for one in with_data:
        yield from _judged(tour, one)
    gauges = [one for one in with_data if one.watched.unit == "%"]
    gauges.sort(key=lambda one: -(one.now or 0.0) / one.limit)
    if gauges:
        yield Table(
            title="Nearest to their limits",
            columns=("Resource", "Metric", "Now", "Highest", "Usual", "Limit"),
            rows=tuple(_row(tour, one) for one in gauges[:TABLE]),
            right=(2, 3, 4, 5),
            more=max(0, len(gauges) - TABLE),
        )
    yield Note(text=f"{many(len(with_data), 'critical metric')} with data, of {len(seen)} looked at.")


def _read(tour: Tour) -> list[Seen]:
    """All series with one read: the past and the last hours of a metric are one series."""
    wanted = [
        (resource, one)
        for resource in watched.everything(tour.inventory, tour.settings.table)
        for one in CRITICAL
        if one.what == resource.what
    ]
    start = tour.end - SPAN - PAST
    data = series.read(tour.aws, [resource.ask(one) for resource, one in wanted], start, tour.end, PERIOD)
    found = []
    for (resource, one), points in zip(wanted, data, strict=True):
        limit, scale = one.limit(tour.settings.thresholds), one.scale
        if one.trigger.family == "connections":
            most = limits.connections(tour, resource.document or {})
            if most is None:
                continue
            scale = 100.0 / most
        scaled = [(at, value * scale) for at, value in points]
        cut = tour.end - SPAN
        past, recent = [p for p in scaled if p[0] < cut], [p for p in scaled if p[0] >= cut]
        found.append(Seen(resource=resource, watched=one, limit=limit, past=past, recent=recent))
    return found


def _judged(tour: Tour, one: Seen) -> Iterator[Piece]:
    now, usual = one.now, ts.baseline(one.past, tour.end - SPAN, tour.end)
    if now is None:
        return
    subject = f"{one.resource.name} {one.watched.role}"
    trigger = one.watched.trigger
    beyond = now >= one.limit if trigger.inclusive else now > one.limit
    if beyond:
        since = ts.onset(one.recent, one.limit)
        text = f"{_value(one, now)}, beyond the runbook's {_value(one, one.limit)}"
        text += f" since {when(since, tour.slot.zone)}." if since else "."
        weight: Weight = "critical" if trigger.tier == "critical" else "warning"
        yield Item(id="daily.trends.beyond_limit", weight=weight, subject=subject, text=text, facts=_facts(one, usual))
    elif reaches := _reaches(one, usual):
        text = (
            f"It climbs steadily, to {_value(one, now)}; at this pace it reaches the runbook's "
            f"{_value(one, one.limit)} at about {when(reaches, tour.slot.zone)}."
        )
        yield Item(id="daily.trends.climbing", weight="warning", subject=subject, text=text, facts=_facts(one, usual))
    elif one.watched.unit == "%" and now >= FLOOR * one.limit and usual and now > MUCH * usual.high:
        text = f"{_value(one, now)}, where at most {_value(one, usual.high)} is usual at these hours."
        yield Item(id="daily.trends.unusual", weight="warning", subject=subject, text=text, facts=_facts(one, usual))
    else:
        return
    yield _curve(tour, one)


def _reaches(one: Seen, usual: Baseline | None) -> datetime | None:
    """When a steady climb reaches the limit, if that is soon, and no swing of every day."""
    line = ts.trend(one.recent)
    if line is None or one.watched.unit != "%" or line.fit < FIT or line.per_hour <= 0:
        return None
    if line.rise < 0.1 * one.limit or (usual and usual.within(line.end)) or line.end < FLOOR * one.limit:
        return None
    hours = (one.limit - line.end) / line.per_hour
    return one.recent[-1][0] + timedelta(hours=hours) if 0 <= hours <= SOON.total_seconds() / 3600 else None


def _facts(one: Seen, usual: Baseline | None) -> tuple[Fact, ...]:
    baseline = f"{_value(one, usual.low)} to {_value(one, usual.high)}" if usual else ""
    peak = max(value for _, value in one.recent)
    return (
        Fact(
            text="Highest of the last 12 hours",
            value=_value(one, peak),
            baseline=baseline,
            source=f"{one.watched.namespace} {one.watched.name}",
        ),
    )


def _curve(tour: Tour, one: Seen) -> Curve:
    before = [(at + DAY, value) for at, value in one.past if at >= tour.end - SPAN - DAY and at < tour.end - DAY]
    since = ts.onset(one.recent, one.limit)
    return Curve(
        title=f"{one.resource.name}: {one.watched.role}",
        unit=one.watched.unit,
        lines=(
            Line(label="last 12 hours", points=tuple(one.recent)),
            Line(label="the day before", points=tuple(before), faint=True),
        ),
        threshold=one.limit,
        marks=(Mark(at=since, label="beyond the limit"),) if since else (),
    )


def _row(tour: Tour, one: Seen) -> tuple[str, ...]:
    usual = ts.baseline(one.past, tour.end - SPAN, tour.end)
    return (
        one.resource.name,
        one.watched.role,
        _value(one, one.now or 0.0),
        _value(one, max(value for _, value in one.recent)),
        _value(one, usual.typical) if usual else "",
        _value(one, one.limit),
    )


def _value(one: Seen, value: float) -> str:
    return f"{number(value)} {one.watched.unit}".rstrip()
