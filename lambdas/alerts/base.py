"""What a source of alerts is: a reader in a file of its own beside this one, found by walking the folder.

@source
def read(body: Mapping[str, Any], origin: Origin) -> Alert | None:
    '''An alert, or None where the shape is not this source's.'''
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.alerts.model import Alert
from lambdas.alerts.regions import partition


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the delivery itself knows: it fills in what an old or bare payload lacks. `at` is when it was sent."""

    at: datetime
    topic: str = ""  # the SNS topic's ARN
    message_id: str = ""  # SNS MessageId, or the record's own id

    @property
    def account(self) -> str:
        """The account of the topic; empty without one."""
        return self._part(4)

    @property
    def region(self) -> str:
        """The region of the topic: an alarm publishes only within its own."""
        return self._part(3)

    @property
    def partition(self) -> str:
        """The partition of the topic's region."""
        return partition(self.region)

    def _part(self, index: int) -> str:
        parts = self.topic.split(":")
        return parts[index] if len(parts) > index else ""


type Read = Callable[[Mapping[str, Any], Origin], Alert | None]

SOURCES: dict[str, Read] = {}  # by the module's name


def source(read: Read) -> Read:
    """Register a reader. Two in one module fail at import."""
    name = read.__module__
    if name in SOURCES:
        raise ValueError(f"two sources in {name}")
    SOURCES[name] = read
    return read
