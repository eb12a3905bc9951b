"""Run a playbook: every check as soon as what it depends on has looked, in parallel, until the deadline."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lambdas.aws import SPEND
from lambdas.causes.base import CAUSES, Evidence
from lambdas.checks.base import CHECKS, Gap
from lambdas.diagnosis import gaps, ranking
from lambdas.diagnosis.budget import CALLS, Budget
from lambdas.diagnosis.graph import Graph
from lambdas.diagnosis.horizon import seen
from lambdas.diagnosis.model import NEEDS, CheckRun, Diagnosis, StepRun

if TYPE_CHECKING:
    from lambdas.causes.base import Cause
    from lambdas.checks.base import Check, Look
    from lambdas.playbooks.base import Playbook

AT_ONCE = 16
PATIENCE = 0.6  # of the deadline: how long one check may take, so that those which use it still get their turn

type Clock = Callable[[], float]


def diagnose(
    look: Look,
    book: Playbook,
    *,
    deadline: float = 20.0,
    calls: int = CALLS,
    clock: Clock = time.monotonic,
    checks: Mapping[str, Check] = CHECKS,
    causes: Mapping[str, Cause] = CAUSES,
) -> Diagnosis:
    """Run the playbook's checks for at most `deadline` seconds and `calls` AWS calls, then judge and rank its causes.

    Never raises for what AWS or a check does: that becomes a gap. A check that is still running at the deadline is left
    behind in a daemon thread, and what it finds later is dropped.
    """
    began = clock()
    wanted = dict.fromkeys(id_ for step in book.steps for id_ in step.checks)
    runs = _Run(look, [checks[id_] for id_ in wanted], deadline, calls, clock).all()
    evidence = Evidence(alert=look.alert, target=look.target, window=seen(look.window, look.found), found=look.found)
    judged = [cause for cause in causes.values() if cause.id.partition(".")[0] in book.families]
    return Diagnosis(
        playbook=book.id,
        section=book.section,
        causes=ranking.rank(evidence, judged),
        steps=tuple(StepRun(id=s.id, title=s.title, checks=tuple(runs[id_] for id_ in s.checks)) for s in book.steps),
        milliseconds=round((clock() - began) * 1000, 1),
    )


@dataclass(slots=True)
class _Started:
    check: Check
    at: float
    found: int = 0
    abandoned: bool = False


class _Run:
    """One run of a set of checks over one look."""

    def __init__(self, look: Look, checks: Sequence[Check], deadline: float, calls: int, clock: Clock) -> None:
        self.look, self.clock, self.deadline = look, clock, deadline
        self.ends = clock() + deadline
        self.graph = Graph(checks)
        self.places = {check.id: place for place, check in enumerate(checks)}
        self.waiting = {c.id: c for c in self.graph.longest_tail_first()}
        self.running: dict[str, _Started] = {}
        self.done: dict[str, CheckRun] = {}
        self.news: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
        self.lock = threading.Lock()
        shares = {check.id: check.calls for check in self.graph.first_things_first()}
        self.budget = Budget(shares, calls, on_wait=lambda: self.news.put(("", None)))

    def all(self) -> dict[str, CheckRun]:
        """Run them all; one CheckRun for each, whatever happened."""
        while self.waiting or self.running:
            if self.clock() >= self.ends:
                break
            self._start_what_is_ready()
            self._wait()
        for started in list(self.running.values()):
            self._abandon(started, f"deadline of {self.deadline:g} s")
        for check in list(self.waiting.values()):
            self._close(check, f"deadline of {self.deadline:g} s")
        return self.done

    def _start_what_is_ready(self) -> None:
        for check in list(self.waiting.values()):
            if len(self.running) - self.budget.waiting >= AT_ONCE:
                return
            if any(id_ not in self.done for id_ in self.graph.before[check.id]):
                continue
            if lacking := self._lacking(check):
                self._close(check, lacking)
                continue
            del self.waiting[check.id]
            started = self.running[check.id] = _Started(check, self.clock())
            threading.Thread(target=self._look, args=(started,), name=check.id, daemon=True).start()

    def _lacking(self, check: Check) -> str:
        """What a check needs and cannot have: nobody found it, and somebody who should have could not look."""
        for kind in check.needs:
            if self.look.found.first(kind):
                continue
            providers = self.graph.providers(kind)
            if not providers:
                return f"nothing in this playbook yields {kind.__name__}"
            if gap := next((g for g in self.look.found.gaps if g.check in providers), None):
                return gap.why if gap.why.startswith(NEEDS) else f"{NEEDS}{gap.check}: {gap.why}"
        return ""

    def _look(self, started: _Started) -> None:
        """In the check's own thread: keep each finding as it comes, so that those before a failure are kept."""
        error: BaseException | None = None
        SPEND.set(partial(self.budget.spend, started.check.id))  # this thread's own context
        try:
            for finding in started.check.run(self.look):
                with self.lock:
                    if started.abandoned:
                        return
                    self.look.found.add(finding, self.places[started.check.id])
                    started.found += 1
        except BaseException as raised:  # noqa: BLE001 — this is the boundary: all of it becomes a gap
            error = raised
        self.news.put((started.check.id, error))

    def _wait(self) -> None:
        """Until a check ends, one runs out of patience, or the deadline."""
        if not self.running:
            return
        patience = self.deadline * PATIENCE
        until = min(self.ends, *(s.at + patience for s in self.running.values()))
        try:
            id_, error = self.news.get(timeout=max(0.0, until - self.clock()))
        except queue.Empty:
            for started in list(self.running.values()):
                if self.clock() < started.at + patience:
                    continue
                if self.budget.waits(started.check.id):
                    started.at = self.clock()  # it is another that takes so long
                else:
                    self._abandon(started, f"no end within {patience:g} s")
            return
        if started_ := self.running.pop(id_, None):
            self._end(started_, gaps.why(error, started_.check) if error else "")

    def _abandon(self, started: _Started, why: str) -> None:
        with self.lock:
            started.abandoned = True
        self.running.pop(started.check.id, None)
        self._end(started, why)

    def _close(self, check: Check, why: str) -> None:
        """A check that never started."""
        del self.waiting[check.id]
        self._end(_Started(check, self.clock()), why)

    def _end(self, started: _Started, why: str) -> None:
        check = started.check
        self.budget.end(check.id)
        if why:
            self.look.found.gaps.append(Gap(check.id, why))
            self.look.found.gaps.sort(key=lambda gap: self.places.get(gap.check, 0))
        else:
            self.look.found.looked.add(check.id)
        self.done[check.id] = CheckRun(
            check=check.id,
            title=check.title,
            outcome="could_not_look" if why else "looked",
            why=why,
            findings=started.found,
            milliseconds=round((self.clock() - started.at) * 1000, 1),
        )
