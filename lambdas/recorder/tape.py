"""Listens to the observation clients during one diagnosis and keeps what it hears, in order of completion."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.aws import Aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One call. `answer` is the parsed answer, an exception where none came, None while none had come at the end."""

    service: str  # botocore's name, e.g. "ecs"
    operation: str
    params: dict[str, Any]
    answer: dict[str, Any] | Exception | None
    milliseconds: float


@dataclass(slots=True)
class Tape:
    """A `lambdas.aws.Listener`. It keeps references only: nothing is copied while people wait for the diagnosis."""

    heard: list[Heard] = field(default_factory=list)
    _open: dict[int, tuple[str, str, dict[str, Any], float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: bool = True

    def asked(self, key: int, service: str, operation: str, params: dict[str, Any]) -> None:
        """Note a call that is about to be sent."""
        with self._lock:
            if self._running:
                self._give_up(key)  # botocore's context of a call that never ended is gone, and its id was reused
                self._open[key] = (service, operation, params, time.perf_counter())

    def answered(self, key: int, answer: dict[str, Any] | Exception) -> None:
        """Note its end. A call that began before the tape, or ends after it, is not ours."""
        with self._lock:
            if self._running and (found := self._open.pop(key, None)):
                self._add(found, answer)

    def stop(self) -> None:
        """Hear no more; what is still open stays without an answer."""
        with self._lock:
            self._running = False
            for key in list(self._open):
                self._give_up(key)

    def _give_up(self, key: int) -> None:
        if found := self._open.pop(key, None):
            self._add(found, None)

    def _add(self, found: tuple[str, str, dict[str, Any], float], answer: dict[str, Any] | Exception | None) -> None:
        service, operation, params, began = found
        took = round((time.perf_counter() - began) * 1000, 1)
        self.heard.append(Heard(service=service, operation=operation, params=params, answer=answer, milliseconds=took))


@contextmanager
def listening(aws: Aws) -> Iterator[Tape]:
    """Record the calls of these clients until the block ends, however it ends."""
    tape = aws.listener = Tape()
    try:
        yield tape
    finally:
        aws.listener = None
        tape.stop()
