"""Somebody changed something that this workload stands on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import DEPLOYS, ROUTINE, concerns, fact, resources
from lambdas.causes.wording import at, count, span
from lambdas.checks.cloudtrail.changes import Change, MoreChanges

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

NEAR = timedelta(minutes=90)
_TAKES_AWAY = ("Delete", "Detach", "Revoke", "Remove", "Disable", "Deregister", "Stop", "Terminate", "Disassociate")


@cause("change.configuration", title="Somebody changed the configuration", reads=("cloudtrail.changes",), depth=-1)
def configuration(evidence: Evidence) -> Judgement:
    """Who, what, when: changes of the incident's own resources before its symptom. Deployments have their own cause."""
    if gap := evidence.gap("cloudtrail.changes"):
        return Judgement(verdict="could_not_check", missing=(f"cloudtrail.changes: {gap}",))
    names = resources(evidence) or [str(evidence.target).rpartition(":")[2].rpartition("/")[2]]
    target = list(evidence.alert.metrics[0].dimensions.values()) if evidence.alert.metrics else []
    names = list(dict.fromkeys([*names, *(t.rpartition("/")[2] or t for t in target if len(t) > 3), *target]))
    mine = [
        c
        for c in evidence.of(Change)
        if c.at and c.at <= evidence.window.at and not c.error and not ROUTINE.match(c.event) and concerns(c, names)
    ]
    mine.sort(key=lambda c: c.at or evidence.window.start, reverse=True)
    telling = [c for c in mine if c.event not in DEPLOYS] or []
    read = len(evidence.of(Change))
    if not mine:
        more = "; the account changes more than was read" if evidence.of(MoreChanges) else ""
        text = f"none of {count(read, 'change')} in the hours before concerns it{more}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="CloudTrail"),))
    chosen = telling or mine
    last = chosen[0]
    facts = tuple(fact(evidence, c) for c in chosen[:4])
    when = evidence.window.at - (last.at or evidence.window.at)
    summary = f"{last.who} called {last.event} at {at(last.at)}, {span(when)} before the alarm"
    actions = (Action(text=f"Ask {last.who} about {last.event}, and undo it if it was not meant", link=last.link),)
    near = [c for c in telling if evidence.window.at - (c.at or evidence.window.start) <= NEAR]
    weighty = [c for c in near if c.event.startswith(_TAKES_AWAY) or c.names]
    if len(near) == 1 and weighty:
        return Judgement(verdict="possible", summary=summary, evidence=facts, actions=actions, since=last.at, score=0.4,
                         would_confirm="the symptom ending when the change is undone")  # fmt: skip
    return Judgement(verdict="possible", summary=summary, evidence=facts, since=last.at, score=0.2,
                     would_confirm="the symptom ending when the change is undone")  # fmt: skip
