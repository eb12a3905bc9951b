"""Application response time above 500 ms, where it was better last week."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews import alarms as reading
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action
from lambdas.reviews.regress import Speed, regressions
from lambdas.reviews.series import Ask
from lambdas.triage.thresholds import BY_ID, family_of

if TYPE_CHECKING:
    from lambdas.reviews.inventory import Doc

GATEWAY = "AWS/ApiGateway"


@part(
    "hourly.response",
    title="Application response time",
    runbook="Performance Alert Response: Application response time >500ms",
    place=10,
    allow=(*inventory.ALARMS, *inventory.METRICS, *series.ALLOW),
)
def response(tour: Tour) -> Iterator[Piece]:
    """API Gateway's latency of each API, and the applications' own metrics that an alarm is on.

    CloudWatch knows no list of what is a response time: whatever people alarm on as one is one.
    """
    trigger = BY_ID["app.response_time.performance"]
    found: dict[Ask, Speed] = {}
    wanted = [*_gateways(tour), *_alarmed(tour)]
    for subject, ask, scale in wanted:
        speed = Speed(
            subject=subject,
            ask=ask,
            limit=trigger.limit_of(tour.settings.thresholds),
            sentence=trigger.sentence,
            scale=scale,
        )
        found.setdefault(Ask(ask.namespace, ask.name, _Frozen(ask.dimensions), ask.stat), speed)
    yield from regressions(
        tour, "hourly.response", list(found.values()), Action(text="Schedule a review of the slow code paths.")
    )


class _Frozen(dict[str, str]):
    """Dimensions that can be a key."""

    def __hash__(self) -> int:  # type: ignore[override] # nobody changes it
        return hash(frozenset(self.items()))


def _gateways(tour: Tour) -> Iterator[tuple[str, Ask, float]]:
    for one in tour.inventory.metrics(GATEWAY, "Latency"):
        at = _dimensions(one)
        if set(at) in ({"ApiName"}, {"ApiId"}):
            yield next(iter(at.values())), Ask(GATEWAY, "Latency", at), 1.0


def _alarmed(tour: Tour) -> Iterator[tuple[str, Ask, float]]:
    for alarm in tour.inventory.alarms():
        for one in reading.metrics(alarm):
            if family_of(one.namespace, one.name) != "response" or one.namespace == GATEWAY:
                continue
            of = ", ".join(value for _, value in one.dimensions) or one.namespace
            yield f"{of} {one.name}", Ask(one.namespace, one.name, dict(one.dimensions), one.stat), _scale(alarm)


def _scale(alarm: Doc) -> float:
    """To milliseconds: by the alarm's unit, else by its threshold, as triage reads it."""
    unit = str(alarm.get("Unit", "")).lower()
    if unit in {"seconds", "milliseconds", "microseconds"}:
        return {"seconds": 1000.0, "milliseconds": 1.0, "microseconds": 0.001}[unit]
    threshold = alarm.get("Threshold")
    return 1000.0 if threshold is not None and 0 < float(threshold) <= 30 else 1.0


def _dimensions(one: Doc) -> dict[str, str]:
    return {found["Name"]: found["Value"] for found in one.get("Dimensions") or ()}
