"""Which alarms are active, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.checks import links
from lambdas.reviews import alarms as reading
from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many, when
from lambdas.slack.text import duration

if TYPE_CHECKING:
    from lambdas.reviews.inventory import Doc

LONG = timedelta(hours=24)


@part(
    "daily.alarms",
    title="Active alarms, and for how long",
    runbook="Morning Health Check, 2: Review CloudWatch Alarms console for any active alarms",
    place=30,
    allow=inventory.ALARMS,
    present=True,
)
def alarms(tour: Tour) -> Iterator[Piece]:
    """Longest first. What drives auto scaling is not shown: to be in alarm is its work."""
    known = [*tour.inventory.alarms(), *tour.inventory.composites()]
    active = [one for one in known if one.get("StateValue") == "ALARM" and not reading.for_scaling(one)]
    active.sort(key=lambda one: reading.since(one) or tour.now)
    for alarm in active:
        yield _active(tour, alarm)
    if active:
        yield Table(
            title="Alarms in ALARM",
            columns=("Alarm", "Since", "For", "Why"),
            rows=tuple(_row(tour, alarm) for alarm in active),
        )
    states = [one.get("StateValue") for one in known]
    yield Note(
        text=f"{many(len(known), 'alarm')}: {states.count('OK')} OK, {states.count('ALARM')} in alarm, "
        f"{states.count('INSUFFICIENT_DATA')} without data.",
        count=(("alarms", len(known)),),
    )


def _active(tour: Tour, alarm: Doc) -> Item:
    name, at = alarm["AlarmName"], reading.since(alarm)
    lasted = tour.now - at if at else timedelta(0)
    trigger = reading.gravest(alarm)
    long = lasted > LONG
    text = f"In alarm for {duration(lasted.total_seconds())}, since {when(at, tour.slot.zone)}." if at else "In alarm."
    if long:
        text += " Nobody ends it, or its threshold is wrong."
    link = links.alarm(tour.aws.region, name)
    return Item(
        id="daily.alarms.long" if long else "daily.alarms.active",
        weight="critical" if trigger and trigger.tier == "critical" and not long else "warning",
        subject=name,
        text=text,
        facts=(Fact(text=alarm.get("StateReason", ""), source="cloudwatch:DescribeAlarms", link=link),),
        actions=(
            Action(text="Mend what it points to, or correct its threshold; an alarm that stays on hides the next one.")
            if long
            else Action(text="Follow its incident, or open one.", link=link),
        ),
    )


def _row(tour: Tour, alarm: Doc) -> tuple[str, ...]:
    at = reading.since(alarm)
    return (
        alarm["AlarmName"],
        when(at, tour.slot.zone) if at else "",
        duration((tour.now - at).total_seconds()) if at else "",
        alarm.get("StateReason", "")[:200],
    )
