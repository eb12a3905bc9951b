"""Words that several documents share. Pure."""

from __future__ import annotations


def times(count: int) -> str:
    """How often, as one says it."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
