"""The runbook's cadence (Incident Classification), as data. Seconds, unless a name says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE
HOLD = 5 * MINUTE  # an OK must last this long before recovery is verified
REOPEN = 30 * MINUTE  # ALARM again within this reopens the same thread
FLAPS = 3  # the third flap brings one notice, and doubles the hold
QUIET = 30 * MINUTE  # events that never say they are over count as over after this long without another
VERIFY_AGAIN = MINUTE  # when recovery could not be verified
DIGEST = MINUTE  # a storm, and alarms that join in numbers, are told once in this time
CALM = 10 * MINUTE  # a storm that nothing was added to for so long takes no more
STORM = 10  # new incidents in a minute: what comes above this rate is gathered
SOCIABLE = 3  # alarms of one incident that are told one by one; further ones are told together
MANY = 200  # alarms that one incident's document holds; the next one opens another
LINGER = 2 * MINUTE  # what has gathered is looked at once more so long after its end: somebody may have come late
VALIDATION = 30 * MINUTE  # after maintenance (runbook, Post-maintenance Validation)
UNHEARD = 5 * MINUTE  # a page that Slack did not take within this is told to the operators
RECONCILE = 10 * MINUTE
LAST_LEVEL = 3  # the runbook's Internal Escalation Path ends here


@dataclass(frozen=True, slots=True)
class Cadence:
    """One severity's promises, in seconds."""

    response: int
    updates: int | None  # None: first response and resolution summary only
    target: int
    escalate: int | None = None  # not resolved within this: the next level, and again; None: when a target is missed


CADENCE = {
    1: Cadence(5 * MINUTE, 15 * MINUTE, HOUR, escalate=15 * MINUTE),
    2: Cadence(15 * MINUTE, 30 * MINUTE, 4 * HOUR),
    3: Cadence(HOUR, None, 24 * HOUR),
}
