"""The clock: every minute, whatever is due (recovery holds, updates, unsent posts, diagnoses and charts left undone).

A second, independent rule calls it every five minutes; all that it does is idempotent (`lifecycle.md`).
"""

from __future__ import annotations

import functools
import logging
import time
from datetime import datetime
from typing import Any

from lambdas.house import House, build
from lambdas.settings import Settings

MARGIN = 10.0  # seconds that must be left to begin with another row; the next minute brings the rest

log = logging.getLogger("tocsin")
log.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """AWS calls this. Returns `{"due": rows found, "lag": seconds that the oldest waited, "failed": rows}`."""
    floor = _scheduled(event)
    house = _house()
    if floor > time.time():
        house = _at(house, floor)
    return pulse(house, lambda: context.get_remaining_time_in_millis() / 1000 if context else MARGIN + 1)


def pulse(house: House, left: Any = lambda: MARGIN + 1) -> dict[str, Any]:
    """Look at everything that is due, oldest first; one failing row does not stop the others."""
    now = int(house.clock())
    due = house.store.due(now)
    lag = max((now - row.at for row in due), default=0)
    failed = 0
    for row in due:
        if left() < MARGIN:
            log.warning("out of time; the rest is due again", extra={"rows": len(due)})
            break
        try:
            # What needs a look at the workload, or changes it, is asked for: pulse may do neither.
            house.deliver(row.incident, [row.post] if row.post else house.desk.tick(row.incident))
        except Exception:  # the next row is somebody else's incident
            failed += 1
            log.exception("a due row failed", extra={"incident": row.incident, "row": row.post and row.post.key})
    _measure(house.settings, lag, failed)
    return {"due": len(due), "lag": lag, "failed": failed}


def _measure(settings: Settings, lag: int, failed: int) -> None:
    """The lag as a metric: its alarm goes past this application, straight to e-mail."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415 — after the work

    where = {"environment": f"{settings.customer}-{settings.environment}"}
    for name, unit, value in (("PulseLag", MetricUnit.Seconds, lag), ("PulseFailures", MetricUnit.Count, failed)):
        with single_metric(name=name, unit=unit, value=value, namespace="Tocsin", default_dimensions=where):
            pass


def _scheduled(event: Any) -> float:
    """The schedule's own time; 0 where there is none."""
    try:
        return datetime.fromisoformat(event["time"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return 0.0


def _at(house: House, floor: float) -> House:
    """The same house, whose clock is at least at the schedule's time: clocks of two machines differ."""
    return build(house.settings, aws=house.aws, clock=lambda: max(floor, time.time()))


@functools.cache
def _house() -> House:
    return build(Settings.from_environ())
