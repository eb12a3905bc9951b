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
