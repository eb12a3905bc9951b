"""What follows for a remedy: proposed, decided by people, done, looked at, taken back.

Each remedy has one message in the thread, edited as its state changes; how it ended is said in a message of its own.
An approval counts once for each person. Whatever is not possible any more changes nothing; `refusal` says why.
"""

from __future__ import annotations

import json
from dataclasses import replace

from lambdas.incidents.clocks import LIVE, Step
from lambdas.incidents.model import Acted, Decided, Incident, Post, Proposed, Remedy, Tick

ENDS = {  # state → what `act` and the look afterwards may make of it
    "APPROVED": frozenset({"APPLIED", "FAILED"}),
    "APPLIED": frozenset({"APPLIED", "VERIFIED", "NOT_VERIFIED"}),
    "UNDO_APPROVED": frozenset({"UNDONE", "FAILED"}),
}
DONE = frozenset({"APPLIED", "VERIFIED", "NOT_VERIFIED"})  # what can be taken back
WORDS = {
    "APPROVED": "has been approved and is being done",
    "APPLIED": "has been done",
    "VERIFIED": "has been done, and helped",
    "NOT_VERIFIED": "has been done",
    "FAILED": "was tried and failed",
    "UNDO_APPROVED": "is being taken back",
    "UNDONE": "has been taken back",
    "DECLINED": "was declined",
}
SUPERSEDED = "A newer diagnosis proposes something else."


def approvals(incident: Incident, remedy: Remedy) -> int:
    """How many different people must approve it: more than one only while the incident is Severity 1."""
    return max(remedy.needed, 1) if incident.judged.severity == 1 else 1


def refusal(incident: Incident | None, event: Decided) -> str:
    """Why a decision changes nothing; empty where it counts. A sentence for the person who decided."""
    remedy = incident.remedies.get(event.remedy) if incident else None
    if incident is None or remedy is None:
        return "This change is not proposed any more."
    if event.decision == "undo":
        return _no_undo(remedy)
    if remedy.state != "PROPOSED":
        return f"This change {WORDS[remedy.state]} already."
    if incident.status not in LIVE:
        return "The incident is over: nothing is changed for it any more."
    if event.decision == "approve" and event.by in remedy.approvals:
        left = approvals(incident, remedy) - len(remedy.approvals)
        return f"You have approved it already; {left} more {'person' if left == 1 else 'people'} must."
    return ""


def _no_undo(remedy: Remedy) -> str:
    if remedy.state not in DONE:
        return (
            "It has not been done, so there is nothing to take back."
            if remedy.state
            in {
                "PROPOSED",
                "APPROVED",
                "DECLINED",
            }
            else f"This change {WORDS[remedy.state]} already."
        )
    return "" if remedy.undo and remedy.before else "There is nothing to take back: it changed no setting."


def _proposed(incident: Incident | None, event: Proposed, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    """Offer what is new; what was offered before and is not any more is withdrawn. What people decided stands."""
    if incident is None or incident.status not in LIVE or incident.parent:
        return incident, ()
    held = dict(incident.remedies)
    posts: list[Post] = []
    offered = [replace(remedy, id=_id(remedy, incident), state="PROPOSED") for remedy in event.remedies]
    for remedy in held.values():
        if remedy.state == "PROPOSED" and remedy.id not in {new.id for new in offered}:
            held[remedy.id] = replace(remedy, state="DECLINED", note=SUPERSEDED)
            posts.append(_post(incident, remedy.id, len(posts)))
    for new in offered:
        old = held.get(new.id)
        if old and (old.state != "PROPOSED" or _same(old, new)):
            continue
        post = _post(incident, new.id, len(posts))
        # approvals were for what was shown then: another dry run begins anew
        held[new.id] = replace(new, message=old.message if old else post.key)
        posts.append(post)
    return (replace(incident, remedies=held), tuple(posts)) if posts else (incident, ())


def _decided(incident: Incident | None, event: Decided, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    if incident is None or refusal(incident, event):
        return incident, ()
    remedy = incident.remedies[event.remedy]
    if event.decision == "decline":
        after = _with(incident, replace(remedy, state="DECLINED", decided_by=event.by))
        return after, (_post(after, remedy.id),)
    if event.decision == "undo":
        after = _with(incident, replace(remedy, state="UNDO_APPROVED", decided_by=event.by, verify_at=None))
        return after, (_post(after, remedy.id), _act(after, remedy.id))
    approved = replace(remedy, approvals=(*remedy.approvals, event.by))
    if len(approved.approvals) < approvals(incident, approved):
        after = _with(incident, approved)
        return after, (_post(after, remedy.id),)
    after = _with(incident, replace(approved, state="APPROVED"))
    return after, (_post(after, remedy.id), _act(after, remedy.id))


def _acted(incident: Incident | None, event: Acted, now: int) -> Step:
    """A result counts only for the state that it belongs to: a late look says nothing about what was taken back."""
    remedy = incident.remedies.get(event.remedy) if incident else None
    if incident is None or remedy is None or event.state not in ENDS.get(remedy.state, ()):
        return incident, ()
    begun = now if remedy.state == "APPROVED" and event.state == "APPLIED" else remedy.applied_at
    after = replace(
        remedy,
        state=event.state,
        note=event.note,
        before=event.before or remedy.before,
        verify_at=event.verify_at,
        applied_at=begun,
    )
    if after == remedy:
        return incident, ()
    changed = _with(incident, after)
    posts = [_post(changed, remedy.id)]
    if event.state != "APPLIED":
        body = json.dumps({"remedy": remedy.id, "state": event.state, "note": event.note})
        posts.append(Post("remedied", changed.reopen, changed.ver + 1, body))
    return changed, tuple(posts)


def _tick(incident: Incident | None, event: Tick, now: int) -> Step:  # noqa: ARG001 — one signature for all rules
    """Time for a look at what was changed; also after the incident is over. The row keeps the clock's own time."""
    if incident is None:
        return incident, ()
    due = [r for r in incident.remedies.values() if r.verify_at is not None and r.verify_at <= now]
    if not due:
        return incident, ()
    looked = {**incident.remedies, **{remedy.id: replace(remedy, verify_at=None) for remedy in due}}
    row = Post("verify", incident.reopen, incident.ver + 1, json.dumps({"at": now}))
    return replace(incident, remedies=looked), (row,)


def closing(before: Incident | None, after: Incident) -> tuple[Post, ...]:
    """When an incident ends, its open proposals are shown without their buttons."""
    if before is None or before.status not in LIVE or after.status in LIVE:
        return ()
    open_ = sorted(remedy.id for remedy in after.remedies.values() if remedy.state == "PROPOSED")
    return tuple(_post(after, id_, n) for n, id_ in enumerate(open_))


def _id(remedy: Remedy, incident: Incident) -> str:
    """A reopened incident is another occasion: what was decided before says nothing about it."""
    return f"{remedy.id}.{incident.reopen}" if incident.reopen else remedy.id


def _same(old: Remedy, new: Remedy) -> bool:
    return (old.target, old.title, old.now, old.then, dict(old.params)) == (
        new.target,
        new.title,
        new.now,
        new.then,
        dict(new.params),
    )


def _with(incident: Incident, remedy: Remedy) -> Incident:
    return replace(incident, remedies={**incident.remedies, remedy.id: remedy})


def _post(incident: Incident, id_: str, n: int = 0) -> Post:
    """The remedy's message, posted the first time and edited later."""
    return Post("remedy", incident.reopen, 10 * (incident.ver + 1) + n, json.dumps({"remedy": id_}))


def _act(incident: Incident, id_: str) -> Post:
    return Post("act", incident.reopen, incident.ver + 1, json.dumps({"remedy": id_}))


RULES = {Proposed: _proposed, Decided: _decided, Acted: _acted, Tick: _tick}
