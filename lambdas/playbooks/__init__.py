"""The runbook's sections as data, one file each, found by walking the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.playbooks.base import PLAYBOOKS, Playbook

if TYPE_CHECKING:
    from lambdas.targets import Target

GENERIC = "generic"


def playbook_for(target: Target) -> Playbook:
    """The playbook for what an alert is about; the generic one for everything that has none of its own."""
    from lambdas.diagnosis.catalogue import loaded  # noqa: PLC0415 — it imports this package

    loaded()
    own = (book for book in PLAYBOOKS.values() if isinstance(target, book.targets))
    return next(own, PLAYBOOKS[GENERIC])
