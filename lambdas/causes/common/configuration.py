"""Somebody changed something that this workload stands on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import failures
from lambdas.causes.ecs.related import DEPLOYS, ROUTINE, concerns, fact, resources
from lambdas.causes.wording import at, count, span
from lambdas.checks.cloudtrail.changes import Change, MoreChanges
from lambdas.checks.ecs.services import ServiceState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

NEAR = timedelta(minutes=90)
# Resources that are gone name nobody any more: deleting them is related by what fails since.
NETWORK = re.compile(
    r"^(Delete|Disassociate|Replace|Revoke|Modify)\w*(VpcEndpoint|NatGateway|Route|NetworkAcl|InternetGateway)"
)
INSTANCES = re.compile(r"AutoScalingGroup|LaunchTemplate|LaunchConfiguration|TerminateInstances|CapacityProvider")
UNREACHED = ("ecs.image_pull_network", "ecs.secret_unavailable", "ecs.log_driver_failed", "ecs.volume_mount_failed")
_ZERO = re.compile(r'"desiredCount": 0\b')
_TAKES_AWAY = ("Delete", "Detach", "Revoke", "Remove", "Disable", "Deregister", "Stop", "Terminate", "Disassociate")


def _beneath(evidence: Evidence, change: Change) -> bool:
    """A change of what lies underneath: the network while the network fails, the instances of an EC2 service."""
    clusters = [s.cluster for s in evidence.of(ServiceState)]
    if "Cluster" in change.event:
        return concerns(change, clusters)
    if NETWORK.search(change.event):
        return any(f.kind in UNREACHED for f in failures(evidence))
    services = evidence.of(ServiceState)
    return bool(INSTANCES.search(change.event) and services and not any(s.fargate for s in services))


def _emptied(evidence: Evidence, mine: list[Change]) -> Judgement | None:
    """Somebody set the desired count to nothing, and nothing is what runs: that is a direct statement."""
    for service in (s for s in evidence.of(ServiceState) if s.desired == 0 and s.scheduling == "REPLICA"):
        for change in mine:
            if change.event == "UpdateService" and concerns(change, [service.name]) and _ZERO.search(change.parameters):
                return Judgement(
                    verdict="confirmed",
                    summary=f"{change.who} set the desired count of {service.name} to 0 at {at(change.at)}",
                    evidence=(
                        fact(evidence, change),
                        Fact(text=f"{service.name} wants 0 tasks and runs {service.running}", source=service.source),
                    ),
                    actions=(
                        Action(
                            text=f"Set the desired count of {service.name} back to what it was, if this was not meant",
                            command=(
                                f"aws ecs update-service --cluster {service.cluster}"
                                f" --service {service.name} --desired-count 2"
                            ),
                            link=service.link,
                        ),
                    ),
                    since=change.at,
                    score=0.9,
                )
    return None


@cause(
    "change.configuration",
    title="Somebody changed the configuration",
    reads=("cloudtrail.changes",),
    depth=4,
    effects=("alb.empty_target_group", "alb.no_healthy_targets"),
)
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
        if c.at
        and c.at <= evidence.window.at
        and not c.error
        and not ROUTINE.match(c.event)
        and (concerns(c, names) or _beneath(evidence, c))
    ]
    mine.sort(key=lambda c: c.at or evidence.window.start, reverse=True)
    telling = [c for c in mine if c.event not in DEPLOYS] or []
    read = len(evidence.of(Change))
    if not mine:
        more = "; the account changes more than was read" if evidence.of(MoreChanges) else ""
        text = f"none of {count(read, 'change')} in the hours before concerns it{more}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="CloudTrail"),))
    if emptied := _emptied(evidence, mine):
        return emptied
    chosen = telling or mine
    last = chosen[0]
    facts = tuple(fact(evidence, c) for c in chosen[:4])
    when = evidence.window.at - (last.at or evidence.window.at)
    summary = f"{last.who} called {last.event} at {at(last.at)}, {span(when)} before the alarm"
    actions = (Action(text=f"Ask {last.who} about {last.event}, and undo it if it was not meant", link=last.link),)
    near = [c for c in telling if evidence.window.at - (c.at or evidence.window.start) <= NEAR]
    weighty = [c for c in near if c.event.startswith(_TAKES_AWAY) or c.names]
    if len(near) == 1 and weighty:
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=facts,
            actions=actions,
            since=last.at,
            score=0.4,
            would_confirm="the symptom ending when the change is undone",
        )
    return Judgement(
        verdict="possible",
        summary=summary,
        evidence=facts,
        since=last.at,
        score=0.2,
        would_confirm="the symptom ending when the change is undone",
    )
