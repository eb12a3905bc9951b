"""On the day before the monthly patching, and on the day of the recovery test: a reminder, with what can be verified.

The monthly report prepares the same days ahead (`reviews/monthly/patching.py`); a backup that was fresh then may be
stale by now, so that it is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Item
from lambdas.reviews.monthly.patching import stale, window
from lambdas.reviews.quarterly.recovery import last_friday
from lambdas.reviews.words import listed, many

if TYPE_CHECKING:
    from datetime import date


@part(
    "daily.windows",
    title="Maintenance ahead",
    runbook="Monthly Security Patching, pre-maintenance verification; Quarterly Disaster Recovery Testing",
    place=95,
    allow=(*inventory.DATABASES, *inventory.DB_CLUSTERS, *inventory.SERVICES),
    present=True,
)
def windows(tour: Tour) -> Iterator[Piece]:
    """Silent on every other day."""
    today = tour.now.astimezone(ZoneInfo(tour.settings.time_zone)).date()
    tomorrow = today + timedelta(days=1)
    if window(tomorrow) == tomorrow:
        yield _patching(tour, tomorrow)
    if last_friday(today) == today:
        yield Item(
            id="daily.windows.recovery",
            weight="advice",
            subject="disaster-recovery test",
            text="It is due today: restore a snapshot, check its data, and write down how long it took.",
            actions=(Action(text="The quarterly report has the checklist, and what was verified beforehand."),),
        )


def _patching(tour: Tour, day: date) -> Item:
    databases = [raw for raw in tour.inventory.databases() if not raw.get("DBClusterIdentifier")]
    known = [(raw["DBInstanceIdentifier"], raw) for raw in databases]
    known += [(raw["DBClusterIdentifier"], raw) for raw in tour.inventory.db_clusters()]
    behind = [name for name, raw in known if stale(raw, tour.now)]
    short = [one.name for one in tour.inventory.services() if one.short]
    trouble = []
    if behind:
        trouble.append(f"no fresh backup of {listed(behind)}")
    if short:
        trouble.append(f"too few tasks of {listed(short)}")
    state = " and ".join(trouble) or f"backups of {many(len(known), 'database')} are fresh, and all tasks run"
    return Item(
        id="daily.windows.patching",
        weight="warning" if trouble else "advice",
        subject="security patching",
        text=f"The window opens on Saturday {day:%d %b} at 02:00 ({tour.settings.time_zone}): {state}.",
        actions=(Action(text="Mend it before, or move the window." if trouble else "Tell the stakeholders."),),
        level=float(len(trouble)),
    )
