"""Who called what: the World's record of every call, for the least-privilege test and for the replay's output."""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One call.

    Attributes:
        service: boto3's client name.
        operation: the API operation.
        params: as the World parsed them.
        resources: ARNs (or `*`) that the call reads, where they can be told from the parameters.
        caller: who: set by the harness in process, the access key behind the gateway.
        error: AWS's error code if that was the answer.
        milliseconds: how long the World took.
    """

    service: str
    operation: str
    params: dict[str, Any]
    resources: tuple[str, ...]
    caller: str
    error: str | None = None
    milliseconds: float = 0.0

    @property
    def action(self) -> str:
        """`service:Operation`, with IAM's own prefix where it differs from boto3's name."""
        return f"{IAM_PREFIX.get(self.service, self.service)}:{self.operation}"


# IAM's service prefix where it is not boto3's client name.
IAM_PREFIX = {
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
    "service-quotas": "servicequotas",
    "resourcegroupstaggingapi": "tag",
}


@dataclass
class Ledger:
    """Append-only, safe from many threads."""

    entries: list[Entry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, entry: Entry) -> None:
        """Record a call."""
        with self._lock:
            self.entries.append(entry)

    def calls(self, service: str | None = None, operation: str | None = None) -> list[Entry]:
        """The calls so far, oldest first, optionally of one service or operation."""
        with self._lock:
            found = list(self.entries)
        return [e for e in found if service in (None, e.service) and operation in (None, e.operation)]

    def as_json(self) -> list[dict[str, Any]]:
        """For the gateway's answer."""
        return [asdict(entry) | {"action": entry.action} for entry in self.calls()]
