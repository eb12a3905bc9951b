"""Who is told at which level of the runbook's Internal Escalation Path. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.oncall import on_call

if TYPE_CHECKING:
    from lambdas.settings import Contact, Settings


def told(settings: Settings, level: int, severity: int, now: float) -> tuple[Contact, ...]:
    """Who is told when `level` is reached: who is on call there now (`oncall.py`).

    A Severity 1 brings in customer success with level 2 already: the runbook says 'escalate to senior engineer and
    customer success manager'. Level 3 tells them too, for those whose Severity 2 or 3 comes that far.
    """
    people = on_call(settings, now, level)
    if level == 2 and severity == 1:
        above = (*on_call(settings, now, 3), *settings.contacts.get("3", ()))
        people += tuple(contact for contact in above if contact.customer_success)
    return tuple(dict.fromkeys(people))
