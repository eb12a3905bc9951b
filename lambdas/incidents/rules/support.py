"""Following a case with AWS Support: another look while it is open, whatever the last one said. After `notices`."""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import HOUR, MINUTE
from lambdas.incidents.clocks import LIVE, Step
from lambdas.incidents.model import Incident, NoticeSent, Post, Tick

CASE = "case"
EVERY = 15 * MINUTE  # while the incident lasts
LATER = 6 * HOUR  # afterwards
LONGEST = 7 * 24 * HOUR
OVER = ("resolved", "closed")


def _sent(incident: Incident | None, event: NoticeSent, now: int) -> Step:
    """When to look again."""
    notice = incident.notices.get(CASE) if incident else None
    if incident is None or notice is None or event.kind != CASE:
        return incident, ()
    over = notice.status.startswith(OVER) or now - (notice.at or now) > LONGEST
    wait = EVERY if incident.status in LIVE else LATER
    look_at = now + wait if notice.state == "SENT" and not over else None
    return replace(incident, notices={**incident.notices, CASE: replace(notice, look_at=look_at)}), ()


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    notice = incident.notices.get(CASE) if incident else None
    if incident is None or notice is None or notice.look_at is None or notice.look_at > now:
        return incident, ()
    looked = replace(incident, notices={**incident.notices, CASE: replace(notice, look_at=None)})
    return looked, (Post(CASE, incident.reopen, incident.ver + 1, '{"do": "follow"}'),)


RULES = {NoticeSent: _sent, Tick: _tick}
