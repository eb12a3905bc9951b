"""Load balancers: how many requests came and how long they took, against the week before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.diagnosis.timeseries import middle, values
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity.sustained import LEAST
from lambdas.reviews.capacity.usage import HOUR, WEEK, hours
from lambdas.reviews.inventory import dimension
from lambdas.reviews.model import Action, Curve, Item, Line, Note, Table
from lambdas.reviews.series import Ask, shifted, within
from lambdas.reviews.words import many, number

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Point

SLOWER, SLOWER_MS = 1.25, 50.0  # both: a quarter more, and felt
MORE, FEWER = 1.3, 0.5
REQUESTS = 1_000  # a week: fewer make no trend
ROWS, CURVES = 60, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One load balancer's week, hourly. Response times (p95) in milliseconds."""

    name: str
    requests: tuple[Point, ...] = field(default=(), repr=False)
    requests_before: tuple[Point, ...] = field(default=(), repr=False)
    times: tuple[Point, ...] = field(default=(), repr=False)
    times_before: tuple[Point, ...] = field(default=(), repr=False)

    @property
    def counts(self) -> tuple[float, float]:
        """Requests of the week and of the week before."""
        return sum(values(self.requests)), sum(values(self.requests_before))

    @property
    def comparable(self) -> bool:
        """Whether both weeks have enough data and requests."""
        now, before = self.counts
        hours_ = min(len(self.requests), len(self.requests_before))
        return hours_ >= LEAST and min(now, before) >= REQUESTS / 10 and max(now, before) >= REQUESTS


@part(
    "weekly.traffic",
    title="Response times and requests",
    runbook="Weekly Capacity Planning Review, 1: Application response time trends; load balancer request volume "
    "patterns",
    place=30,
    allow=(*inventory.BALANCERS, *series.ALLOW),
)
def traffic(tour: Tour) -> Iterator[Piece]:
    """The median of the hours' p95, so that one bad hour is no trend; the hourly review looks at those."""
    found = _read(tour)
    found.sort(key=lambda one: -one.counts[0])
    curves = 0
    for one in found:
        items = list(_judged(one))
        yield from items
        if items and curves < CURVES:
            curves += 1
            yield _curve(one, times=items[0].id.endswith("slower"))
    if found:
        yield _table(found)
    yield Note(text=f"{many(len(found), 'load balancer')} looked at.", count=(("load balancers", len(found)),))


def _read(tour: Tour) -> list[Traffic]:
    balancers = [raw for raw in tour.inventory.balancers() if raw.get("Type") == "application"]
    end = hours(tour.end)
    start = end - WEEK
    asks = []
    for raw in balancers:
        named = {"LoadBalancer": dimension(raw["LoadBalancerArn"])}
        asks += [
            Ask("AWS/ApplicationELB", "RequestCount", named, "Sum"),
            Ask("AWS/ApplicationELB", "TargetResponseTime", named, "p95"),
        ]
    points = series.read(tour.aws, asks, start - WEEK, end, HOUR)
    found = []
    for n, raw in enumerate(balancers):
        times = tuple((at, value * 1000) for at, value in points[2 * n + 1])
        found.append(
            Traffic(
                name=raw["LoadBalancerName"],
                requests=within(points[2 * n], start, end),
                requests_before=within(points[2 * n], start - WEEK, start),
                times=within(times, start, end),
                times_before=within(times, start - WEEK, start),
            )
        )
    return found


def _judged(one: Traffic) -> Iterator[Item]:
    if not one.comparable:
        return
    now, before = middle(one.times), middle(one.times_before)
    if now and before and now >= before * SLOWER and now - before >= SLOWER_MS:
        yield Item(
            id="weekly.traffic.slower",
            weight="warning",
            subject=one.name,
            text=f"95 of 100 requests took up to {number(now)} ms, {number(before)} ms the week before "
            f"(+{now / before - 1:.0%}; medians of the hours).",
            actions=(Action(text="Compare with the week's releases and the databases above."),),
            level=now,
        )
    count, past = one.counts
    if count >= past * MORE:
        yield Item(
            id="weekly.traffic.growing",
            weight="advice",
            subject=one.name,
            text=f"{count:,.0f} requests, {past:,.0f} the week before (+{count / past - 1:.0%}).",
            actions=(Action(text="If it stays, plan the services behind it for it before the next release."),),
            level=count,
        )
    elif count <= past * FEWER:
        yield Item(
            id="weekly.traffic.falling",
            weight="advice",
            subject=one.name,
            text=f"{count:,.0f} requests, {past:,.0f} the week before ({count / past - 1:.0%}).",
            actions=(Action(text="Ask whether that is meant: a campaign that ended, or clients that no longer come?"),),
            level=count,
        )


def _table(found: list[Traffic]) -> Table:
    rows = []
    for one in found[:ROWS]:
        count, past = one.counts
        now, before = middle(one.times), middle(one.times_before)
        rows.append(
            (
                one.name,
                f"{count:,.0f}",
                f"{count / past - 1:+.0%}" if past else "new",
                f"{number(now)} ms" if now is not None else "no data",
                f"{now / before - 1:+.0%}" if now is not None and before else "",
            )
        )
    return Table(
        title="The week against the week before",
        columns=("Load balancer", "Requests", "Change", "Response time p95", "Change"),
        rows=tuple(rows),
        right=(1, 2, 3, 4),
        more=max(0, len(found) - ROWS),
    )


def _curve(one: Traffic, *, times: bool) -> Curve:
    now, before = (one.times, one.times_before) if times else (one.requests, one.requests_before)
    what = "response time (p95)" if times else "requests an hour"
    return Curve(
        title=f"{one.name}: {what}",
        unit="ms" if times else "",
        lines=(
            Line(label="this week", points=now),
            Line(label="the week before", points=shifted(before, WEEK), faint=True),
        ),
        about=f"Hourly {what} over the week, over those of the week before.",
    )
