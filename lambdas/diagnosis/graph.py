"""Which check waits for which: from the types they yield, need and use. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.checks.base import Check, Finding


class Graph:
    """The order among a set of checks. `before[id]` are the checks that must end before it starts."""

    def __init__(self, checks: Sequence[Check]) -> None:
        """Raise ValueError where checks wait for each other in a circle."""
        self.checks = {check.id: check for check in checks}
        self.before: dict[str, set[str]] = {
            check.id: {p for kind in (*check.needs, *check.uses) for p in self.providers(kind) if p != check.id}
            for check in checks
        }
        self._tails: dict[str, int] = {}
        for id_ in self.checks:
            self._tail(id_, ())

    def providers(self, kind: type[Finding]) -> set[str]:
        """The checks that yield a type, or a subclass of it."""
        return {c.id for c in self.checks.values() if any(issubclass(y, kind) for y in c.yields)}

    def longest_tail_first(self) -> list[Check]:
        """The checks, those with the longest chain of others behind them first."""
        return sorted(self.checks.values(), key=lambda c: -self._tails[c.id])

    def first_things_first(self) -> list[Check]:
        """The checks in the playbook's order, the optional ones last, and of these the dearest.

        Before each stands what it waits for.
        """
        placed: dict[str, Check] = {}

        def place(id_: str) -> None:
            if id_ in placed:
                return
            for other in self.checks:  # in the playbook's order
                if other in self.before[id_]:
                    place(other)
            placed[id_] = self.checks[id_]

        for check in sorted(self.checks.values(), key=lambda c: (c.optional, c.optional and c.calls)):
            place(check.id)
        return list(placed.values())

    def _tail(self, id_: str, path: tuple[str, ...]) -> int:
        if id_ in path:
            raise ValueError(f"checks wait for each other: {' → '.join((*path, id_))}")
        if id_ not in self._tails:
            after = [other for other, before in self.before.items() if id_ in before]
            self._tails[id_] = max((1 + self._tail(other, (*path, id_)) for other in after), default=0)
        return self._tails[id_]
