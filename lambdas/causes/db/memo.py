"""Read a series once for all causes that ask for it: the same levels and loads are judged again and again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.checks.base import Found

_KEPT: WeakKeyDictionary[Found, dict[Hashable, Any]] = WeakKeyDictionary()


def once[**P, T](read: Callable[Concatenate[Evidence, P], T]) -> Callable[Concatenate[Evidence, P], T]:
    """Keep what a function of the evidence answers, for as long as the evidence lives and is not added to."""

    @wraps(read)
    def kept(evidence: Evidence, /, *args: P.args, **kwargs: P.kwargs) -> T:
        memory = _KEPT.setdefault(evidence.found, {})
        key = (read, evidence.window, len(evidence.found.all()), args, tuple(sorted(kwargs.items())))
        if key not in memory:
            memory[key] = read(evidence, *args, **kwargs)
        answer: T = memory[key]
        return answer

    return kept
