"""Who is on call: the configuration's rotations, in local time; or an external schedule, where there is one.

A rotation hands over at the same local time whatever daylight saving does. Pure, apart from what `schedule` fetches.
"""

from __future__ import annotations

from dataclasses import replace
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


def on_call(settings: Settings, now: float, level: int) -> tuple[Contact, ...]:
    """Who is to be told at an escalation level now: those whose turn it is, else the level's contacts.

    Args:
        settings: the environment's, or `as_said` by an external schedule.
        now: epoch seconds.
        level: 1, 2 or 3 of the runbook's Internal Escalation Path.
    """
    turns = [at(rotation, now, settings) for rotation in settings.rotations if rotation.level == level]
    return tuple(filter(None, turns)) or tuple(settings.contacts.get(str(level), ()))


def as_said(settings: Settings, schedule: Schedule | None) -> Settings:
    """The settings, with the people whom an external schedule names in place of the configuration's.

    Levels that it does not name stay; customer success stays at its level beside them.
    """
    said = schedule() if schedule else {}
    if not said:
        return settings
    kept = {level: tuple(c for c in people if c.customer_success) for level, people in settings.contacts.items()}
    named = {level: (*people, *kept.get(level, ())) for level, people in said.items()}
    rotations = tuple(rotation for rotation in settings.rotations if str(rotation.level) not in said)
    return replace(settings, contacts={**settings.contacts, **named}, rotations=rotations)


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
