"""Alarms' changes of state over weeks, from their history. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FLAP = timedelta(minutes=10)  # an ALARM that is over sooner helps nobody: nothing was done in it
TIMES = 6  # in four weeks
SHARE = 0.5  # of its times in ALARM


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state."""

    at: datetime
    to: str


def changes(history: Iterable[Mapping[str, Any]]) -> dict[str, list[Change]]:
    """By the alarm's name, oldest first (DescribeAlarmHistory, StateUpdate)."""
    found: dict[str, list[Change]] = {}
    for item in history:
        if item.get("HistoryItemType", "StateUpdate") != "StateUpdate":
            continue
        found.setdefault(item["AlarmName"], []).append(Change(item["Timestamp"], _to(item)))
    return {name: sorted(rows, key=lambda row: row.at) for name, rows in found.items()}


def _to(item: Mapping[str, Any]) -> str:
    """The new state: from the data, else from the summary 'Alarm updated from OK to ALARM'."""
    try:
        data = json.loads(item.get("HistoryData") or "{}")
        state = data.get("newState", {}).get("stateValue", "")
    except (ValueError, AttributeError):
        state = ""
    return str(state) or str(item.get("HistorySummary", "")).rpartition(" to ")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """An alarm's times in ALARM."""

    lengths: tuple[timedelta, ...]  # of those that are over
    open: bool = False

    @property
    def count(self) -> int:
        """How often it went to ALARM."""
        return len(self.lengths) + self.open

    @property
    def short(self) -> int:
        """How many were over within FLAP."""
        return sum(length <= FLAP for length in self.lengths)

    @property
    def flapping(self) -> bool:
        """Whether most of many were."""
        return self.short >= TIMES and self.short >= SHARE * self.count


def spells(rows: Iterable[Change]) -> Spells:
    """The times in ALARM; one that began before the first change is not counted."""
    lengths: list[timedelta] = []
    since: datetime | None = None
    for row in rows:
        if row.to == "ALARM":
            since = since or row.at
        elif since is not None:
            lengths.append(row.at - since)
            since = None
    return Spells(lengths=tuple(lengths), open=since is not None)
