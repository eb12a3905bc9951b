"""What is said outside the team: drafted, decided by a person, sent; and what could not be delivered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lambdas.incidents.model import Drafted, Incident, Notice, NoticeDecided, NoticeSent, Post, Undelivered

type Step = tuple[Incident | None, tuple[Post, ...]]

DECISIONS = {"approve": "APPROVED", "decline": "DECLINED"}
SUPERSEDED = "superseded by a later draft"
ROOM = 100  # numbers of one version's rows


def _drafted(incident: Incident | None, event: Drafted, now: int) -> Step:
    """Once for each id. A later draft to the customer takes the place of an undecided earlier one."""
    drafted = event.notice
    if incident is None or drafted.kind in incident.notices:
        return incident, ()
    gone = {
        id_: replace(notice, state="DECLINED", status=SUPERSEDED, at=now)
        for id_, notice in incident.notices.items()
        if id_.startswith("customer") and drafted.kind.startswith("customer") and notice.state == "DRAFTED"
    }
    drafted = replace(drafted, message=_post(incident, 0).key)
    after = replace(incident, notices={**incident.notices, **gone, drafted.kind: drafted})
    shown = (_shown(after, id_, n) for n, id_ in enumerate((drafted.kind, *gone)))
    return after, (*shown, *_case(after, drafted))


def _decided(incident: Incident | None, event: NoticeDecided, now: int) -> Step:
    """One decision counts: the second click, or one on a draft that was superseded, changes nothing."""
    notice = incident.notices.get(event.kind) if incident else None
    if incident is None or notice is None or notice.state != "DRAFTED" or event.decision not in DECISIONS:
        return incident, ()
    if event.decision == "decline":
        declined = _with(incident, replace(notice, state="DECLINED", by=event.by, at=now))
        return declined, (_shown(declined, event.kind),)
    approved = replace(notice, state="APPROVED", by=event.by)
    after = _with(incident, approved)
    return after, (_shown(after, event.kind), *_case(after, approved))


def _sent(incident: Incident | None, event: NoticeSent, now: int) -> Step:
    """It went out, or could not; or a case's status changed."""
    notice = incident.notices.get(event.kind) if incident else None
    if incident is None or notice is None:
        return incident, ()
    said = replace(
        notice,
        state=event.state,
        reference=event.reference or notice.reference,
        status=event.status or notice.status,
        at=notice.at if notice.state == "SENT" else now,
    )
    if said == notice:
        return incident, ()
    after = _with(incident, said)
    return after, (_shown(after, event.kind),)


def _undelivered(incident: Incident | None, event: Undelivered, now: int) -> Step:  # noqa: ARG001 — one signature
    if incident is None:
        return incident, ()
    said = {"way": event.way, "to": event.to, "why": event.why}
    return incident, (_post(incident, 0, undelivered=said),)


def _with(incident: Incident, notice: Notice) -> Incident:
    return replace(incident, notices={**incident.notices, notice.kind: notice})


def _shown(incident: Incident, id_: str, n: int = 0) -> Post:
    """The thread's message about a notice as it stands at this version."""
    return _post(incident, n, notice=id_, state=incident.notices[id_].state)


def _post(incident: Incident, n: int, **said: Any) -> Post:
    """The `n`-th such row of this version."""
    return Post("notice", incident.reopen, (incident.ver + 1) * ROOM + n, json.dumps(said))


def _case(incident: Incident, notice: Notice) -> tuple[Post, ...]:
    """An approved support case is one row; the customer's rows, one for each address, are `outward`'s."""
    return (
        (Post("case", incident.reopen, incident.ver + 1),)
        if (notice.kind, notice.state) == ("case", "APPROVED")
        else ()
    )


RULES: dict[type, Callable[[Incident | None, Any, int], Step]] = {
    Drafted: _drafted,
    NoticeDecided: _decided,
    NoticeSent: _sent,
    Undelivered: _undelivered,
}
