"""The virtual clock of a world."""

import time
from datetime import datetime, timedelta


class Clock:
    """Starts at the world's `now`; stands still unless advanced, or unless `ticking` (then it follows real seconds)."""

    def __init__(self, start: datetime, *, ticking: bool = False) -> None:
        self._now = start
        self._since = time.monotonic() if ticking else None

    def now(self) -> datetime:
        """The world's time, aware UTC."""
        if self._since is None:
            return self._now
        return self._now + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, by: timedelta) -> datetime:
        """Move on and return the new time."""
        self._now += by
        return self.now()

    def tick(self) -> None:
        """From now on follow real seconds."""
        self._now, self._since = self.now(), time.monotonic()
