"""Run the parts of a review side by side, until the deadline; what could not be looked at becomes a gap."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.diagnosis import gaps
from lambdas.reviews.model import WEIGHTS, Curve, Item, Note, Section, Table

if TYPE_CHECKING:
    from lambdas.reviews.base import Part, Piece, Tour

AT_ONCE = 6
ITEMS = 300  # of one section: more than that nobody reads, and a row of the table holds 400 KB
ROWS = 500
CURVES = 12
POINTS = 400  # of one line: wider than any screen's
PRESENT = timedelta(hours=2)  # how long after its time a review may still look at how things are now

type Clock = Callable[[], float]


def run(
    tour: Tour,
    parts: Iterable[Part],
    *,
    deadline: float,
    known: Mapping[str, Section] | None = None,
    keep: Callable[[Section], None] = lambda _: None,
    clock: Clock = time.monotonic,
) -> tuple[list[Section], bool]:
    """Run the parts for at most `deadline` seconds.

    Args:
        tour: what they look at.
        parts: in the order of the sections.
        deadline: seconds.
        known: sections that an earlier attempt finished, by the part's id; they are not looked at again.
        keep: called with each section as soon as its part is through.
        clock: seconds.

    Returns:
        One section for each part, in order, and whether every part came to its end (well or badly).
        Never raises for what AWS or a part does. A part that is still running at the deadline is left behind in a
        daemon thread; what it found so far is kept.
    """
    wanted = list(parts)
    done: dict[str, Section] = dict(known or {})
    waiting = [one for one in wanted if one.id not in done]
    running: dict[str, _Running] = {}
    news: queue.SimpleQueue[str] = queue.SimpleQueue()
    ends = clock() + deadline
    while (waiting or running) and clock() < ends:
        while waiting and len(running) < AT_ONCE:
            one = waiting.pop(0)
            running[one.id] = _Running(one, tour, news)
        try:
            id_ = news.get(timeout=max(0.0, ends - clock()))
        except queue.Empty:
            break
        finished = running.pop(id_)
        done[id_] = finished.section()
        keep(done[id_])
    late = f"no end within {deadline:g} s"
    for one in waiting:
        done[one.id] = _section(one, [], late)
    for left in running.values():
        done[left.part.id] = left.section(late)
    return [done[one.id] for one in wanted], not (waiting or running)


class _Running:
    """A part in its own thread."""

    def __init__(self, part: Part, tour: Tour, news: queue.SimpleQueue[str]) -> None:
        self.part, self._tour, self._news = part, tour, news
        self._found: list[Piece] = []
        self._why = ""
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name=part.id, daemon=True).start()

    def _run(self) -> None:
        try:
            if self.part.present and self._tour.now - self._tour.slot.at > PRESENT:
                self._why = f"this shows only how things are now, not how they were on {self._tour.slot.day}"
                return
            for piece in self.part.run(self._tour):
                with self._lock:
                    self._found.append(piece)
        except BaseException as error:  # noqa: BLE001 — said to people as a gap
            self._why = gaps.why(error, self.part)
        finally:
            self._news.put(self.part.id)

    def section(self, late: str = "") -> Section:
        """What it has found so far."""
        with self._lock:
            return _section(self.part, list(self._found), late or self._why)


def _section(part: Part, found: list[Piece], why: str) -> Section:
    items = sorted((piece for piece in found if isinstance(piece, Item)), key=lambda item: WEIGHTS.index(item.weight))
    return Section(
        id=part.id,
        title=part.title,
        runbook=part.runbook,
        items=tuple(items[:ITEMS]),
        more=max(0, len(items) - ITEMS),
        tables=tuple(_bounded(piece) for piece in found if isinstance(piece, Table)),
        curves=tuple(_thinned(piece) for piece in found if isinstance(piece, Curve))[:CURVES],
        notes=tuple(piece for piece in found if isinstance(piece, Note)),
        gaps=(why,) if why else (),
    )


def _bounded(table: Table) -> Table:
    return replace(table, rows=table.rows[:ROWS], more=table.more + max(0, len(table.rows) - ROWS))


def _thinned(curve: Curve) -> Curve:
    """At most POINTS of each line. Each stretch keeps its highest point: a peak is what people look for."""
    lines = []
    for line in curve.lines:
        points = line.points
        if len(points) > POINTS:
            step = -(-len(points) // POINTS)
            points = tuple(max(points[n : n + step], key=lambda p: p[1]) for n in range(0, len(points), step))
        lines.append(replace(line, points=points))
    return replace(curve, lines=tuple(lines))
