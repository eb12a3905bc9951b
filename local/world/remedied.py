"""What a world does once somebody changed it: the head's `remedied:` section (docs/worlds.md).

A change that takes effect lets the named metrics step to another level after a while; taking it back lets them return.
A world without the section is changed all the same, and none the better for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from local.world.metrics import metrics_of
from local.world.series import Metric, Series, Step
from local.world.times import MINUTE

if TYPE_CHECKING:
    from local.world.world import World

STARTS = 1.5 * MINUTE  # until a new task runs


def changed(world: World, key: tuple[str, ...], before: Any, after: Any) -> None:
    """Somebody set a value. Back at what the file says, the world is as ill as it was."""
    with world.lock:
        known: dict[tuple[str, ...], Any] = world.memory.setdefault("as written", {})
        original = known.setdefault(key, before)
        moved: set[tuple[str, ...]] = world.memory.setdefault("moved", set())
        was = bool(moved)
        (moved.discard if after == original else moved.add)(key)
        if was != bool(moved):
            _step(world, better=bool(moved))


def moved_since(world: World, key: tuple[str, ...]) -> timedelta | None:
    """How long ago a value was set; None where nobody set it."""
    at = world.memory.get("set at", {}).get(key)
    return world.clock.now() - at if at else None


def stamp(world: World, key: tuple[str, ...]) -> None:
    """Remember when a value was set."""
    world.memory.setdefault("set at", {})[key] = world.clock.now()


def _step(world: World, *, better: bool) -> None:
    remedied = world.head.remedied
    if remedied is None:
        return
    known = metrics_of(world)
    at = world.clock.now() + remedied.after
    for relief in remedied.metrics:
        for identity, metric in list(known.items()):
            if metric.name != relief.metric or relief.namespace not in (None, metric.namespace):
                continue
            if not set(relief.dimensions.items()) <= metric.dimensions:
                continue
            to, over = (relief.to, relief.over) if better else (_ill(metric.series), None)
            step = Step.model_construct(at=at, to=to, over=over, for_=None, gone=False, back=False, every=None)
            known[identity] = Metric(
                metric.namespace, metric.name, metric.dimensions, metric.unit, _with(metric.series, step)
            )


def _with(series: Series, step: Step) -> Series:
    """A series and each of its statistics, with one more step."""
    stats = {name: _with(own, step) for name, own in series.stats.items()}
    return Series.model_construct(**dict(series) | {"steps": [*series.steps, step], "stats": stats})


def _ill(series: Series) -> float:
    """The level before it was relieved: that of the last lasting step that the file wrote, else the base."""
    levels = [step.to for step in series.steps[:-1] if step.to is not None and not step.for_]
    return levels[-1] if levels else series.base
