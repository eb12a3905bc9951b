"""What tests can make the embedded Slack do wrong, and its rate limit."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """A failure that waits for calls of `method` (`*`: any).

    Attributes:
        method: Slack method, e.g. `chat.postMessage`.
        error: Slack's error code to answer with.
        status: HTTP status; 200 for Slack's ordinary errors, 429 for a rate limit, 5xx for an outage.
        retry_after: Seconds for the Retry-After header.
        lose_answer: Do the work, then drop the connection without an answer.
        times: How many calls it still hits.
    """

    method: str
    error: str = "internal_error"
    status: int = 200
    retry_after: int | None = None
    lose_answer: bool = False
    times: int = 1


class Faults:
    """Queued failures, first in, first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a failure."""
        with self._lock:
            self._queue.append(fault)

    def take(self, method: str) -> Fault | None:
        """The failure that hits this call, if any."""
        with self._lock:
            for fault in self._queue:
                if fault.method in (method, "*"):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._queue.remove(fault)
                    return fault
            return None


class RateLimit:
    """About one message a second per channel, with a short burst allowed, as Slack documents it.

    Source: https://docs.slack.dev/apis/web-api/rate-limits

    Args:
        burst: Messages that pass at once after a quiet time.
        monotonic: Seconds that only rise.
    """

    def __init__(self, burst: int, monotonic: Callable[[], float]) -> None:
        self._burst = burst
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, channel: str) -> bool:
        """Whether a message may go to the channel now; counts it if so."""
        with self._lock:
            now = self._monotonic()
            left, since = self._buckets.get(channel, (float(self._burst), now))
            left = min(float(self._burst), left + now - since)
            allowed = left >= 1
            self._buckets[channel] = (left - 1 if allowed else left, now)
            return allowed
