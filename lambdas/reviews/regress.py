"""Regressions of many metrics: 24 hours against last week, told once until they change. Shared by the hourly parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks.performance.trend import shift
from lambdas.diagnosis import timeseries as ts
from lambdas.reviews import series
from lambdas.reviews.model import Action, Curve, Fact, Item, Line, Mark, Note, Table
from lambdas.reviews.words import many, number, when

if TYPE_CHECKING:
    from lambdas.checks.performance.trend import Shift
    from lambdas.diagnosis.timeseries import Points
    from lambdas.reviews.base import Piece, Tour

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
PERIOD = 300
LAST = timedelta(hours=1)  # what 'now' means
HALF = 0.5  # of the limit: below that a metric that got worse is still fast
MUCH = 1.5  # times last week, below the limit
ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One metric to compare. `scale`: to milliseconds."""

    subject: str
    ask: series.Ask
    limit: float  # ms
    sentence: str  # the runbook's
    scale: float = 1.0
    link: str = ""


def regressions(tour: Tour, part: str, speeds: Sequence[Speed], action: Action) -> Iterator[Piece]:
    """An item for each metric that got worse than last week: beyond its limit, or well on the way to it.

    What is slow as it was last week is no regression: it stands in the table.
    """
    asks = [one.ask for one in speeds]
    now = series.read(tour.aws, asks, tour.end - DAY, tour.end, PERIOD)
    before = series.read(tour.aws, asks, tour.end - DAY - WEEK, tour.end - WEEK, PERIOD)
    rows, measured = [], 0
    for one, here, there in zip(speeds, now, before, strict=True):
        present = [(at, value * one.scale) for at, value in here]
        past = [(at, value * one.scale) for at, value in there]
        last = ts.middle([point for point in present if point[0] >= tour.end - LAST])
        if last is None:
            continue
        measured += 1
        yield from _regression(tour, part, one, (last, present, past), action)
        if last > one.limit:
            usual = ts.middle(past)
            rows.append(
                (one.subject, number(last), number(usual) if usual is not None else "no data", number(one.limit))
            )
    if rows:
        columns = ("What", "Last hour, ms", "Last week, ms", "Limit, ms")
        yield Table(
            title="Beyond the limit now",
            columns=columns,
            rows=tuple(rows[:ROWS]),
            right=(1, 2, 3),
            more=max(0, len(rows) - ROWS),
        )
    text = f"{many(measured, 'metric')} with data in the last hour, of {len(speeds)}."
    yield Note(text=text if speeds else "There is nothing here to measure.", count=(("metrics", measured),))


def _regression(
    tour: Tour, part: str, one: Speed, seen: tuple[float, Points, Points], action: Action
) -> Iterator[Piece]:
    last, present, past = seen
    found = shift(present, past)
    new = not past and last > one.limit
    if found is None and not new:
        return
    if last > one.limit:
        what, weight = "over_limit", "warning"
    elif found and last >= HALF * one.limit and found.factor >= MUCH:
        what, weight = "slower", "advice"
    else:
        return
    yield Item(
        id=f"{part}.{what}",
        weight="warning" if weight == "warning" else "advice",
        subject=one.subject,
        text=_text(tour, one, last, found),
        facts=(Fact(text=f"{one.ask.namespace} {one.ask.name}, {one.ask.stat}", source=one.sentence, link=one.link),),
        actions=(action,),
        level=last,
    )
    since = found.since if found else None
    yield Curve(
        title=one.subject,
        unit="ms",
        lines=(
            Line(label="last 24 hours", points=tuple(present)),
            Line(label="a week before", points=series.shifted(past, WEEK), faint=True),
        ),
        threshold=one.limit,
        marks=(Mark(at=since, label="change"),) if since else (),
    )


def _text(tour: Tour, one: Speed, last: float, found: Shift | None) -> str:
    limit = f"the runbook's {number(one.limit)} ms"
    lead = f"{number(last)} ms in the last hour" + (f", beyond {limit}" if last > one.limit else f", below {limit}")
    if found is None:
        return f"{lead}; there is no data of last week to compare with."
    since = f" since {when(found.since, tour.slot.zone)}" if found.since else " for the whole day"
    return f"{lead}; {number(found.factor)} times last week's {number(found.before)} ms{since}."
