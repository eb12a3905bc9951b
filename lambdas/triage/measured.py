"""What could be measured quickly around an alert, to judge its impact: after the first post. None: not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Counts are over the alarm's period, or the last minute of it where that is all there is."""

    requests: float | None = None
    errors_5xx: float | None = None
    errors_4xx: float | None = None
    healthy_hosts: int | None = None
    unhealthy_hosts: int | None = None
    running_tasks: int | None = None
    desired_tasks: int | None = None
    max_connections: float | None = None  # the instance's real maximum
    database_available: bool | None = None
    other_alarms: tuple[str, ...] | None = None  # services with an alarm in ALARM in this environment, by people's name
    tags: Mapping[str, str] = field(default_factory=dict)  # the alarm's own tags
    why_not: Mapping[str, str] = field(default_factory=dict)  # by field: why it could not be measured

    @property
    def share_5xx(self) -> float | None:
        """Failing requests of all requests, in per cent (0–100)."""
        return share(self.errors_5xx, self.requests)

    @property
    def nothing_runs(self) -> bool:
        """Tasks are wanted and none runs."""
        return self.running_tasks == 0 and (self.desired_tasks or 0) > 0

    @property
    def nothing_healthy(self) -> bool:
        """Targets are registered and none is healthy."""
        return self.healthy_hosts == 0 and (self.unhealthy_hosts or 0) > 0


def share(part: float | None, whole: float | None) -> float | None:
    """Say a part in per cent of the whole, 0–100; None where either is unknown or there is nothing to share."""
    if part is None or whole is None or (whole <= 0 and part <= 0):
        return None
    return min(100.0, 100.0 * part / whole) if whole > 0 else 100.0
