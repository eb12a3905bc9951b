"""Who is told at which level of the runbook's Internal Escalation Path. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.settings import Contact, Settings


def told(settings: Settings, level: int, severity: int) -> tuple[Contact, ...]:
    """The contacts that reaching `level` tells.

    A Severity 1 brings in customer success with level 2 already: the runbook says 'escalate to senior engineer and
    customer success manager'. Level 3 tells them too, for those whose Severity 2 or 3 comes that far.
    """
    people = settings.contacts.get(str(level), ())
    if level == 2 and severity == 1:
        people += tuple(c for c in settings.contacts.get("3", ()) if c.customer_success)
    return people
