"""The log events of a world, expanded once per group, and visible as the clock reaches them."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from local.world.arns import identifier

if TYPE_CHECKING:
    from local.world.service import Item
    from local.world.world import World

MOST_LINES = 500_000


@dataclass
class Event:
    """One log event; `at` in milliseconds since 1970."""

    at: int
    stream: str
    message: str
    group: str
    number: int

    @property
    def id(self) -> str:
        """The event's id, or Insights' `@ptr`."""
        return identifier(f"{self.group}|{self.stream}|{self.at}|{self.number}", 56)

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Keys that Insights discovers in a JSON message, nested ones with dots; {} when it is none."""
        start = self.message.find("{")
        if start < 0 or not self.message.rstrip().endswith("}"):
            return {}
        try:
            document = json.loads(self.message[start:])
        except ValueError:
            return {}
        return flat(document) if isinstance(document, dict) else {}


def flat(document: Any, prefix: str = "") -> dict[str, Any]:
    """`{a: {b: 1}, c: [2]}` → `{a.b: 1, c.0: 2}`."""
    if isinstance(document, dict):
        pairs = document.items()
    elif isinstance(document, list):
        pairs = {str(i): one for i, one in enumerate(document)}.items()
    else:
        return {prefix: document}
    out: dict[str, Any] = {}
    for key, value in pairs:
        out.update(flat(value, f"{prefix}.{key}" if prefix else key))
    return out


def events_of(world: World, group: Item) -> list[Event]:
    """Every event of a group, oldest first, future ones included. Raises WorldError for a group too big to hold."""
    name = group["logGroupName"]
    with world.lock:
        known: dict[str, list[Event]] = world.memory.setdefault("logs", {})
        if name not in known:
            known[name] = _expand(world, group)
    return known[name]


def _expand(world: World, group: Item) -> list[Event]:
    name = group["logGroupName"]
    found: list[Event] = []
    for line in group.get("lines", []):
        if line.at is not None:
            found.append(Event(int(line.at.timestamp() * 1000), line.stream, line.text, name, len(found)))
            continue
        at, end = line.from_, line.to or world.head.now
        if (end - at) / line.every + len(found) > MOST_LINES:
            raise world.failed(f"logs.groups {name}: more than {MOST_LINES:,} lines; write a longer `every`")
        while at <= end:
            found.append(Event(int(at.timestamp() * 1000), line.stream, line.text, name, len(found)))
            at += line.every
    found.sort(key=lambda event: (event.at, event.number))
    return found


def between(world: World, group: Item, start: int, end: int) -> list[Event]:
    """Events of [start, end] in milliseconds that have happened by the clock, and that retention has kept."""
    events = events_of(world, group)
    now = int(world.clock.now().timestamp() * 1000)
    if "retentionInDays" in group:
        start = max(start, now - group["retentionInDays"] * 86_400_000)
    first = bisect_left(events, start, key=lambda event: event.at)
    return events[first : bisect_right(events, min(end, now), key=lambda event: event.at)]
