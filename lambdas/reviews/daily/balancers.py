"""Load balancers: how requests are distributed, how long they take, how many fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.diagnosis import timeseries as ts
from lambdas.reviews import inventory, series, watched
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Curve, Fact, Item, Line, Note, Table
from lambdas.reviews.series import Ask
from lambdas.reviews.words import listed, many, number, when

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points
    from lambdas.reviews.watched import Resource

SPAN = timedelta(hours=12)
WEEK = timedelta(days=7)
PERIOD = 900
ELB = "AWS/ApplicationELB"
QUARTERS = 2  # of an hour beyond a limit
REQUESTS = 40  # in a quarter of an hour: of fewer a rate says little
SLOWER = 1.5
LEAST_MS = 100.0
SKEW = 2.0  # times the requests of the calmest zone
ENOUGH = 1000  # requests in twelve hours, to speak of their distribution


@part(
    "daily.balancers",
    title="Load balancers: request distribution and response times",
    runbook="Morning Health Check, 3: Review request distribution and response times",
    place=70,
    allow=(*inventory.BALANCERS, *inventory.TARGET_GROUPS, *series.ALLOW),
)
def balancers(tour: Tour) -> Iterator[Piece]:
    """Of each application load balancer its zones, its response time, its failures; of each group its targets."""
    found = list(watched.balancers(tour.inventory.balancers()))
    metrics = (("RequestCount", "Sum"), ("TargetResponseTime", "Average"), ("HTTPCode_Target_5XX_Count", "Sum"))
    asks = [Ask(ELB, name, one.dimensions, stat) for one in found for name, stat in metrics]
    now = series.read(tour.aws, asks, tour.end - SPAN, tour.end, PERIOD)
    before = series.read(tour.aws, asks, tour.end - SPAN - WEEK, tour.end - WEEK, PERIOD)
    rows = []
    for n, one in enumerate(found):
        three = slice(3 * n, 3 * n + 3)
        requests, took, errors = now[three]
        yield from _response(tour, one, took, before[3 * n + 1])
        yield from _failures(tour, one, requests, errors)
        rows.append(_row(one, now[three], before[three]))
    yield from _zones(tour, found)
    yield from _targets(tour)
    if rows:
        columns = ("Load balancer", "Requests", "Last week", "Response, ms", "Last week", "5XX, %")
        yield Table(title="Last 12 hours", columns=columns, rows=tuple(rows), right=(1, 2, 3, 4, 5))
    yield Note(text=f"{many(len(found), 'load balancer')} looked at.", count=(("load balancers", len(found)),))


def _response(tour: Tour, one: Resource, took: Points, before: Points) -> Iterator[Piece]:
    here = [(at, value * 1000) for at, value in took]
    there = [(at, value * 1000) for at, value in before]
    limit = watched.RESPONSE.limit(tour.settings.thresholds)
    beyond = [point for point in here if point[1] > limit]
    present, usual = ts.middle(here), ts.middle(there)
    if len(beyond) >= QUARTERS:
        what = "slow"
        worst = max(value for _, value in beyond)
        text = (
            f"Its targets took more than {number(limit)} ms for {len(beyond) * PERIOD // 60} minutes, up to "
            f"{number(worst)} ms, last at {when(beyond[-1][0], tour.slot.zone)}."
        )
    elif present is not None and usual and present > SLOWER * usual and present >= LEAST_MS:
        what = "slower"
        text = f"Its targets take {number(present)} ms, where they took {number(usual)} ms at these hours last week."
    else:
        return
    yield Item(
        id=f"daily.balancers.{what}",
        weight="warning",
        subject=one.name,
        text=text,
        facts=(Fact(text=f"{ELB} TargetResponseTime, means of 15 minutes"),),
        actions=(Action(text="Look for what the targets wait for (Scenario 3)."),),
    )
    lines = (
        Line(label="last 12 hours", points=tuple(here)),
        Line(label="a week before", points=series.shifted(there, WEEK), faint=True),
    )
    yield Curve(title=f"{one.name}: target response time", unit="ms", lines=lines, threshold=limit)


def _failures(tour: Tour, one: Resource, requests: Points, errors: Points) -> Iterator[Piece]:
    counts = dict(errors)
    limit = watched.ERRORS.limit(tour.settings.thresholds)
    rates = [(at, 100 * counts.get(at, 0.0) / total) for at, total in requests if total >= REQUESTS]
    beyond = [point for point in rates if point[1] > limit]
    if len(beyond) < QUARTERS:
        return
    at, worst = max(beyond, key=lambda point: point[1])
    still = beyond[-1][0] >= tour.end - timedelta(hours=1)
    yield Item(
        id="daily.balancers.errors",
        weight="critical" if still else "warning",
        subject=one.name,
        text=f"More than {number(limit)} % of its requests failed for {len(beyond) * PERIOD // 60} minutes, up to "
        f"{number(worst)} % at {when(at, tour.slot.zone)}{'; it goes on' if still else '; it is over'}.",
        facts=(Fact(text=f"{ELB} HTTPCode_Target_5XX_Count over RequestCount"),),
        actions=(Action(text="Look at the errors of the services behind it, below."),),
    )
    yield Curve(
        title=f"{one.name}: 5XX rate", unit="%", lines=(Line(label="5XX", points=tuple(rates)),), threshold=limit
    )


def _zones(tour: Tour, found: list[Resource]) -> Iterator[Item]:
    """How requests are spread over availability zones: one series for each balancer and zone."""
    pairs = [(one, zone) for one in found for zone in _zone_names(one)]
    asks = [Ask(ELB, "RequestCount", {**one.dimensions, "AvailabilityZone": zone}, "Sum") for one, zone in pairs]
    data = series.read(tour.aws, asks, tour.end - SPAN, tour.end, 3600)
    by: dict[str, dict[str, float]] = {}
    for (one, zone), points in zip(pairs, data, strict=True):
        by.setdefault(one.name, {})[zone] = sum(value for _, value in points)
    for name, zones in by.items():
        yield from _uneven(name, zones)


def _zone_names(one: Resource) -> list[str]:
    document: Mapping[str, object] = one.document or {}
    zones = document.get("AvailabilityZones")
    return [zone["ZoneName"] for zone in zones if zone.get("ZoneName")] if isinstance(zones, list) else []


def _uneven(name: str, zones: Mapping[str, float]) -> Iterator[Item]:
    total = sum(zones.values())
    if len(zones) < 2 or total < ENOUGH:
        return
    most, least = max(zones, key=lambda zone: zones[zone]), min(zones, key=lambda zone: zones[zone])
    if zones[most] > SKEW * zones[least]:
        shares = listed([f"{zone} {number(100 * count / total)} %" for zone, count in sorted(zones.items())], 6)
        yield Item(
            id="daily.balancers.uneven",
            weight="advice",
            subject=name,
            text=f"Its requests are spread unevenly over its zones: {shares}.",
            facts=(Fact(text=f"{ELB} RequestCount by AvailabilityZone, 12 hours"),),
            actions=(
                Action(text="Check targets in each zone, cross-zone balancing and sticky sessions (Scenario 3)."),
            ),
        )


def _targets(tour: Tour) -> Iterator[Item]:
    """Groups with targets that are unhealthy at the end of the time, or that have no healthy one."""
    groups = list(watched.groups(tour.inventory.target_groups()))
    asks = [
        Ask(ELB, name, one.dimensions, stat)
        for one in groups
        for name, stat in (("UnHealthyHostCount", "Maximum"), ("HealthyHostCount", "Minimum"))
    ]
    data = series.read(tour.aws, asks, tour.end - timedelta(minutes=15), tour.end, 300)
    for one, ill, well in zip(groups, data[::2], data[1::2], strict=True):
        if not ill or ill[-1][1] < 1:
            continue
        healthy = well[-1][1] if well else 0.0
        yield Item(
            id="daily.balancers.unhealthy",
            weight="critical" if healthy < 1 else "warning",
            subject=one.name,
            text=f"{many(int(ill[-1][1]), 'target')} unhealthy, {number(healthy)} healthy.",
            facts=(Fact(text=f"{ELB} UnHealthyHostCount", at=ill[-1][0]),),
            actions=(Action(text="Review target health and the reason codes (Scenario 3)."),),
        )


def _row(one: Resource, now: Sequence[Points], before: Sequence[Points]) -> tuple[str, ...]:
    requests, errors = (sum(ts.values(points)) for points in (now[0], now[2]))
    rate = f"{100 * errors / requests:.2f}" if requests else ""
    return (one.name, number(requests), number(sum(ts.values(before[0]))), _middle(now[1]), _middle(before[1]), rate)


def _middle(points: Points) -> str:
    middle = ts.middle(points)
    return "" if middle is None else number(middle * 1000)
