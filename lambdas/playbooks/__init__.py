"""The runbook's sections as data, one file each, found by walking the folder."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from lambdas.playbooks.base import PLAYBOOKS, Playbook

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.targets import Target

GENERIC = "generic"


def playbook_for(target: Target, alert: Alert | None = None) -> Playbook:
    """The playbook for what an alert is about; the generic one for everything that has none of its own."""
    from lambdas.diagnosis.catalogue import loaded  # noqa: PLC0415 — it imports this package

    loaded()
    books = PLAYBOOKS.values()
    asked = (book for book in books if alert and book.fits and book.fits(target, alert))
    typed = (book for book in books if not (alert and book.fits) and isinstance(target, book.targets))
    return next(chain(asked, typed), PLAYBOOKS[GENERIC])
