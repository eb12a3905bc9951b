"""What went off since the last morning, and whether each incident of it is really resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.checks import links
from lambdas.reviews import alarms as reading
from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import many, when
from lambdas.slack.text import duration

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident
    from lambdas.reviews.inventory import Doc

OPEN = frozenset({"OPEN", "RECOVERING"})
FORGOTTEN = timedelta(hours=1)  # all alarms of an open incident have been OK for so long
FLAPS = 5  # times into ALARM in one period
MONTHS = 30  # days back in which an incident that is still open may have begun


@part(
    "daily.overnight",
    title="Overnight alarms, and whether their incidents are resolved",
    runbook="Morning Health Check, 2: Check overnight alerts, verify resolution of previously active incidents",
    place=35,
    allow=(*inventory.ALARMS, *inventory.HISTORY),
    present=True,
)
def overnight(tour: Tour) -> Iterator[Piece]:
    """The alarms' own history, beside our incidents."""
    known = {one["AlarmName"]: one for one in (*tour.inventory.alarms(), *tour.inventory.composites())}
    fired = _fired(tour)
    incidents = _incidents(tour)
    if incidents is not None:
        yield from _resolved(tour, incidents, known)
        yield from _untracked(tour, incidents, fired, known)
    for name, moments in sorted(fired.items()):
        if len(moments) >= FLAPS and not _scales(known, name):
            yield Item(
                id="daily.overnight.flapping",
                weight="advice",
                subject=name,
                text=f"It went off {len(moments)} times since {when(tour.start, tour.slot.zone)}: its threshold lies "
                "within the metric's usual swing, or it looks at too few datapoints.",
                facts=(Fact(text="Alarm history", link=links.alarm(tour.aws.region, name)),),
                actions=(Action(text="Let it look at more datapoints (M of N), or move its threshold."),),
            )
    if fired:
        yield _table(tour, fired, known)
    said = f"{many(len(fired), 'alarm')} went off since {when(tour.start, tour.slot.zone)}"
    beside = "" if incidents is None else f"; {many(len(incidents), 'incident')} looked at"
    yield Note(text=f"{said}{beside}.")


def _table(tour: Tour, fired: dict[str, list[datetime]], known: dict[str, Doc]) -> Table:
    zone = tour.slot.zone
    rows = [
        (name, str(len(at)), when(at[0], zone), when(at[-1], zone), _state(known, name))
        for name, at in sorted(fired.items(), key=lambda one: -len(one[1]))
    ]
    columns = ("Alarm", "Times", "First", "Last", "Now")
    return Table(title="What went off", columns=columns, rows=tuple(rows), right=(1,))


def _fired(tour: Tour) -> dict[str, list[datetime]]:
    """When each alarm went into ALARM, by its name; its own time of the change, never the row's."""
    found: dict[str, list[datetime]] = {}
    for row in tour.inventory.history(tour.start, tour.end):
        try:
            change = json.loads(row.get("HistoryData") or "{}")
        except ValueError:
            change = {}
        state = change.get("newState", {}).get("stateValue") or row.get("HistorySummary", "").rpartition(" to ")[2]
        if state == "ALARM":
            found.setdefault(row["AlarmName"], []).append(row["Timestamp"])
    return {name: sorted(moments) for name, moments in found.items()}


def _incidents(tour: Tour) -> list[Incident] | None:
    """The period's incidents, and those that are still open from before; None where there is no incident table."""
    if tour.store is None:
        return None
    first = int((tour.end - timedelta(days=MONTHS)).timestamp())
    found = tour.store.opened(first, int(tour.now.timestamp()) + 1)
    start = tour.start.timestamp()
    return [one for one in found if one.status in OPEN or one.opened_at >= start or (one.resolved_at or 0) >= start]


def _resolved(tour: Tour, incidents: list[Incident], known: dict[str, Doc]) -> Iterator[Item]:
    for incident in incidents:
        alarms = [known[alarm.name] for alarm in incident.alarms.values() if alarm.arn and alarm.name in known]
        firing = [one for one in alarms if one.get("StateValue") == "ALARM"]
        opened = datetime.fromtimestamp(incident.opened_at, UTC)
        subject = f"{incident.judged.service} ({incident.id})"
        if incident.status == "RESOLVED" and firing:
            again = reading.since(firing[0])
            yield Item(
                id="daily.overnight.not_resolved",
                weight="critical",
                subject=subject,
                text=f"It is marked as resolved, but {firing[0]['AlarmName']} is in alarm"
                + (f" since {when(again, tour.slot.zone)}." if again else "."),
                facts=(
                    Fact(text="Opened", at=opened),
                    Fact(text=firing[0].get("StateReason", ""), source="cloudwatch:DescribeAlarms"),
                ),
                actions=(
                    Action(
                        text="Look at the alarm, and open the incident again.",
                        link=links.alarm(tour.aws.region, firing[0]["AlarmName"]),
                    ),
                ),
            )
        calm = [at for one in alarms if one.get("StateValue") == "OK" and (at := reading.since(one))]
        if incident.status in OPEN and alarms and len(calm) == len(alarms) and tour.now - max(calm) > FORGOTTEN:
            lasted = duration((tour.now - max(calm)).total_seconds())
            yield Item(
                id="daily.overnight.still_open",
                weight="warning",
                subject=subject,
                text=f"It is still open, although all of its alarms have been OK for {lasted}.",
                facts=(Fact(text="Opened", at=opened),),
                actions=(Action(text="Resolve it if it is over; its updates and escalations go on until then."),),
            )


def _untracked(
    tour: Tour, incidents: list[Incident], fired: dict[str, list[datetime]], known: dict[str, Doc]
) -> Iterator[Item]:
    """Alarms that went off and led to no incident: nobody was told by this product."""
    told = {alarm.name for incident in incidents for alarm in incident.alarms.values()}
    pairs = reading.children(tour.inventory.composites())
    parents = {name for name, composite in pairs if composite["AlarmName"] in told}
    for name, moments in sorted(fired.items()):
        if name in told or name in parents or name not in known or _scales(known, name) or _own(tour, name):
            continue
        yield Item(
            id="daily.overnight.no_incident",
            weight="warning",
            subject=name,
            text=f"It went off at {when(moments[-1], tour.slot.zone)} and there is no incident: its notification does "
            "not reach this responder.",
            facts=(Fact(text=many(len(moments), "time") + " in the period", source="cloudwatch:DescribeAlarmHistory"),),
            actions=(Action(text="Give it the alarm topic as its alarm and OK action."),),
        )


def _scales(known: dict[str, Doc], name: str) -> bool:
    return name in known and reading.for_scaling(known[name])


def _own(tour: Tour, name: str) -> bool:
    """Tocsin's own alarms go to its operators, on purpose."""
    return name.startswith(f"tocsin-{tour.settings.customer}-{tour.settings.environment}-")


def _state(known: dict[str, Doc], name: str) -> str:
    return str(known[name].get("StateValue", "")) if name in known else "deleted"
