"""Everything that registers itself, loaded once: checks, causes, playbooks."""

from __future__ import annotations

from functools import cache

from lambdas.checks.base import load


@cache
def loaded() -> None:
    """Import all checks, causes and playbooks. Cheap after the first time."""
    for package in ("lambdas.checks", "lambdas.causes", "lambdas.playbooks"):
        load(package)
