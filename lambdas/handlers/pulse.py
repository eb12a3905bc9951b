"""The clock: every minute, whatever is due: recoveries, escalations, updates, ended silences, unsent posts, work.

A second, independent rule calls it every five minutes; all that it does is idempotent (`lifecycle.md`).
"""

from __future__ import annotations

import functools
import logging
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.house import ELSEWHERE, House, build
from lambdas.reconcile import reconcile
from lambdas.settings import Settings, log_level

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.incidents.model import Post
    from lambdas.incidents.store import Due

ROUNDS = 3  # a look, what it leaves to be posted, and what that leaves
LAST = 9  # what is no open incident comes after them
RECONCILING = 15.0  # seconds that must be left to begin comparing with CloudWatch
MARGIN = 10.0  # seconds that must be left to begin with another row; the next minute brings the rest

log = logging.getLogger("tocsin")
log.setLevel(log_level())


def handler(event: Any, context: Any) -> dict[str, Any]:
    """AWS calls this. Returns `{"due": rows found, "lag": seconds that the oldest waited, "failed": rows}`."""
    floor = _scheduled(event)
    house = _house()
    if floor > time.time():
        house = _at(house, floor)
    done = pulse(house, lambda: context.get_remaining_time_in_millis() / 1000 if context else MARGIN + 1)
    _measure(house.settings, done["lag"], done["failed"])
    return done


def pulse(house: House, left: Any = lambda: MARGIN + 1) -> dict[str, Any]:
    """Look at everything that is due, Severity 1 first, then oldest first; one failing row does not stop the others."""
    lag, rows = 0, 0
    failed = _guarded("maintenance windows", _windows, house)
    seen: set[tuple[str, Post | None]] = set()
    for _ in range(ROUNDS):  # what a look leaves to be done is done at once
        now = int(house.clock())
        due = [row for row in house.store.due(now) if (row.incident, row.post) not in seen]
        if not due:
            break
        lag = max(lag, *(now - row.at for row in due)) if not seen else lag
        rows += len(due)
        seen |= {(row.incident, row.post) for row in due}
        failed += _round(house, due, left)
    failed += _guarded("reconciliation", reconcile, house) if left() > RECONCILING else 0
    return {"due": rows, "lag": lag, "failed": failed}


def _round(house: House, due: list[Due], left: Any) -> int:
    """One round; returns how many rows failed."""
    ranks = house.store.ranks()
    due = sorted(due, key=lambda row: (ranks.get(row.incident, LAST), row.post is not None, row.at))
    failed, posted = 0, set[str]()
    for row in due:
        if left() < MARGIN:
            log.warning("out of time; the rest is due again", extra={"rows": len(due)})
            break
        slack = row.post is not None and row.post.kind not in ELSEWHERE
        if slack and row.incident in posted:
            continue  # an incident's posts go together, in their order
        if slack:
            posted.add(row.incident)
        try:
            # What needs a look at the workload, or changes it, is asked for: pulse may do neither.
            house.deliver(row.incident, [row.post] if row.post else house.desk.tick(row.incident))
        except Exception:  # the next row is somebody else's incident
            failed += 1
            log.exception("a due row failed", extra={"incident": row.incident, "row": row.post and row.post.key})
    return failed


def _windows(house: House) -> None:
    for id_, posts in house.desk.keep_windows():
        house.deliver(id_, posts)


def _guarded(what: str, routine: Callable[[House], object], house: House) -> int:
    """Run one routine; its failure is counted, and costs the due rows nothing."""
    try:
        routine(house)
    except Exception:
        log.exception("a routine failed", extra={"routine": what})
        return 1
    return 0


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
