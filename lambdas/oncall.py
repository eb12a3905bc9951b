"""Who is on call: the configuration's rotations, in local time; or an external schedule, where there is one.

A rotation hands over at the same local time whatever daylight saving does. Pure, apart from what `schedule` fetches.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.settings import Contact, Rotation, Settings


class Schedule(Protocol):
    """An external schedule. `trouble`: why it could not be asked, for people; empty where all is well."""

    trouble: str

    def __call__(self) -> Mapping[str, tuple[Contact, ...]]:
        """The people by level; empty where it did not answer. Never raises."""


def on_call(settings: Settings, now: float, level: int, schedule: Schedule | None = None) -> tuple[Contact, ...]:
    """Who is to be told at an escalation level now.

    Args:
        settings: the environment's.
        now: epoch seconds.
        level: 1, 2 or 3 of the runbook's Internal Escalation Path.
        schedule: the external schedule's people by level, where one is configured (`house.schedule`); it never raises,
            and what it does not name is taken from the configuration.

    Returns:
        The external schedule's people; else those of the level's rotations; else the level's contacts.
    """
    if schedule and (found := schedule().get(str(level))):
        return found
    turns = [
        turn for rotation in settings.rotations if rotation.level == level if (turn := at(rotation, now, settings))
    ]
    return tuple(turns) or tuple(settings.contacts.get(str(level), ()))


def at(rotation: Rotation, now: float, settings: Settings) -> Contact | None:
    """Whose turn it is; None before the rotation begins. The latest override that holds goes first."""
    people = {person.name: person for person in rotation.people}
    zone = ZoneInfo(settings.time_zone)
    local = datetime.fromtimestamp(now, zone)
    wall = local.replace(tzinfo=None)
    for override in reversed(rotation.overrides):
        begins, ends = (datetime.fromisoformat(text) for text in (override.since, override.until))
        if begins <= wall < ends and override.person in people:
            return people[override.person]
    start = datetime.fromisoformat(rotation.since)
    if wall < start or not people:
        return None
    # whole days between two wall times: a day with 23 or 25 hours is one day
    turns = (wall - start) // timedelta(days=rotation.days)
    return rotation.people[turns % len(rotation.people)]
