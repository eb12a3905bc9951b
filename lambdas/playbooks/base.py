"""What a playbook is: one runbook section as ordered steps, each with its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One diagnostic step. `id` is a public name: it appears in messages, metrics and reports."""

    id: str  # e.g. "ecs.startup.1"
    title: str  # the runbook's own words
    checks: tuple[str, ...]  # ids of checks


type Fits = Callable[[Target, Alert], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One runbook section. Its causes are those of `families`, by the first part of their ids."""

    id: str  # e.g. "ecs"
    title: str
    section: str  # the runbook's section
    targets: tuple[type, ...]  # kinds of target it is for
    families: tuple[str, ...]  # e.g. ("ecs", "aws", "change", "none")
    steps: tuple[Step, ...]
    fits: Fits | None = None  # asked first, where the kind of target does not say enough


PLAYBOOKS: dict[str, Playbook] = {}


def playbook(book: Playbook) -> Playbook:
    """Register a playbook. A duplicate id fails at import."""
    if book.id in PLAYBOOKS:
        raise ValueError(f"two playbooks are called {book.id}")
    PLAYBOOKS[book.id] = book
    return book
