"""The AWS calls of one diagnosis, shared out so that it says the same on a slow machine and on a fast one.

Checks run at the same time, and who calls first is chance. So a call is never given to who comes first, but to whom the
playbook names first: a check may call while what it has made, and the most that those before it may still make, fit
into the budget. Where they do not fit it waits until those before it have ended, and is refused only when what they
have made leaves nothing. What each check may do is then what it would be if they ran one after the other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.errors import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CALLS = 60  # AWS calls of one diagnosis at most; what is left then is a gap, shown to people

SPENT = "the diagnosis had made all the AWS calls that it may make"
OWN_SPENT = "it had made all the AWS calls that one check of its kind may make"
OVER = "the diagnosis was over"


@dataclass(slots=True)
class _Share:
    most: int
    spent: int = 0
    ended: bool = False
    waits: bool = False

    @property
    def may_reach(self) -> int:
        return self.spent if self.ended else self.most


class Budget:
    """`shares`: check id → the most calls that it may make, the most important first.

    No check may stand before one that it waits for: else both would wait.
    """

    def __init__(
        self, shares: Mapping[str, int], calls: int = CALLS, on_wait: Callable[[], None] = lambda: None
    ) -> None:
        self._shares = {id_: _Share(most) for id_, most in shares.items()}
        self._calls, self._on_wait = calls, on_wait
        self._changed = threading.Condition()

    def spend(self, id_: str) -> None:
        """Count one call of a check, in the check's own thread; may wait for others to end.

        Raises:
            BudgetSpent: it may make none any more.
        """
        with self._changed:
            share = self._shares[id_]
            while True:
                if share.ended:
                    raise BudgetSpent(OVER)
                if share.spent >= share.most:
                    raise BudgetSpent(OWN_SPENT)
                before = self._before(id_)
                wanted = share.spent + 1
                if sum(other.may_reach for other in before) + wanted <= self._calls:
                    share.spent = wanted
                    return
                if sum(other.spent for other in before) + wanted > self._calls:
                    raise BudgetSpent(SPENT)
                self._wait(share)

    def end(self, id_: str) -> None:
        """A check is over, or never ran: what it has not spent is free, and it may spend nothing more."""
        with self._changed:
            self._shares[id_].ended = True
            self._changed.notify_all()

    def waits(self, id_: str) -> bool:
        """Whether a check waits for others to end."""
        return self._shares[id_].waits

    @property
    def waiting(self) -> int:
        """How many do."""
        return sum(share.waits for share in self._shares.values())

    def _before(self, id_: str) -> list[_Share]:
        before = []
        for other, share in self._shares.items():
            if other == id_:
                break
            before.append(share)
        return before

    def _wait(self, share: _Share) -> None:
        share.waits = True
        self._on_wait()
        try:
            self._changed.wait()
        finally:
            share.waits = False
