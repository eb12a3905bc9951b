"""AWS itself has trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import failures
from lambdas.causes.ecs.related import resources
from lambdas.causes.measured import every
from lambdas.causes.wording import at, day, quote
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.health.events import HealthEvent
from lambdas.targets import Database, Function, Table

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

UNDER_ECS = frozenset(
    {
        "ECS",
        "FARGATE",
        "EC2",
        "ECR",
        "ELASTICLOADBALANCING",
        "VPC",
        "NATGATEWAY",
        "EBS",
        "EFS",
        "INTERNETCONNECTIVITY",
        "SECRETSMANAGER",
        "CLOUDWATCH",
        "S3",
    }
)
DIRECT = {"ECS", "FARGATE"}
# Failures that AWS's own trouble can make, as opposed to a missing image or a crash.
FROM_AWS = ("ecs.placement_no_capacity", "ecs.image_pull_network", "")


@cause(
    "aws.service_event",
    title="AWS reports trouble of its own",
    reads=("health.events",),
    depth=4,
    effects=(
        "ecs.placement_no_capacity",
        "ecs.image_pull_network",
        "ecs.elb_health_check_failed",
        "ecs.autoscaling_failing",
        "ecs.dependency_unreachable",
        "ecs.app_crash",
        "ddb.system_errors",
    ),
)
def service_event(evidence: Evidence) -> Judgement:
    """An open AWS Health issue of a service that this workload stands on, that began before the symptom."""
    if gap := evidence.gap("health.events"):
        return Judgement(verdict="could_not_check", missing=(f"health.events: {gap}",))
    events = evidence.of(HealthEvent)
    relevant = [e for e in events if _relevant(evidence, e)]
    if not relevant:
        text = "AWS Health has no open issue of a service that this workload stands on"
        others = tuple(
            Fact(text=f"{e.service} ({e.code}, {e.region}, {e.category}) does not concern it", source=e.source, at=e.at)
            for e in events[:2]
        )
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="AWS Health"), *others))
    event = relevant[0]
    ended = f", ended {at(event.ended_at)}" if event.ended_at else ", still open"
    facts = (
        Fact(
            text=f"{event.service} in {event.zone or event.region}: {event.code} since {day(event.at)}{ended}",
            source=event.source,
            at=event.at,
            link=event.link,
        ),
        Fact(text=quote(event.description, 400) if event.description else event.code, source=event.source),
    )
    summary = (
        f"AWS reports {event.code.replace('_', ' ').lower()} for {event.service} in {event.region} since {at(event.at)}"
    )
    actions = (Action(text="Follow the event, and open a support case if the workload is affected", link=event.link),)
    names = resources(evidence)
    named = [e for e in event.entities if any(name and name in e for name in names)]
    kinds = {f.kind for f in failures(evidence)}
    if kinds and not kinds & set(FROM_AWS):
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=facts,
            since=event.at,
            score=0.2,
            would_confirm="failures that AWS's trouble would make; those seen have another reason",
        )
    errors = any(
        value > 0 for m in every(evidence, "ddb.system_errors") for at, value in m.points if event.at and at >= event.at
    )
    if named or ((kinds or errors) and _direct(evidence, event)):
        return Judgement(
            verdict="confirmed", summary=summary, evidence=facts, actions=actions, since=event.at, score=0.8
        )
    if _direct(evidence, event):
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=facts,
            actions=actions,
            since=event.at,
            score=0.4,
            would_confirm="AWS naming this workload among the affected",
        )
    return Judgement(verdict="possible", summary=summary, evidence=facts, since=event.at, score=0.2)


def _relevant(evidence: Evidence, event: HealthEvent) -> bool:
    """Open in the window, begun before the alarm, in this region, of a service underneath the target."""
    if event.category not in ("issue", "investigation") or event.service.upper() not in _under(evidence):
        return False
    if event.region not in (evidence.alert.region, "global") or event.at is None or event.at > evidence.window.at:
        return False
    return event.ended_at is None or event.ended_at >= evidence.window.start


def _under(evidence: Evidence) -> frozenset[str]:
    match evidence.target:
        case Database():
            return frozenset({"RDS", "AURORA", "EC2", "EBS"})
        case Table():
            return frozenset({"DYNAMODB"})
        case Function():
            return frozenset({"LAMBDA"})
        case _:
            return UNDER_ECS


def _direct(evidence: Evidence, event: HealthEvent) -> bool:
    """Whether it is the target's own service, in a place where the target runs."""
    if isinstance(evidence.target, Database | Table | Function):
        return event.service.upper() in ("RDS", "AURORA", "DYNAMODB", "LAMBDA")
    services = evidence.of(ServiceState)
    fargate = any(s.fargate for s in services)
    return event.service.upper() in (DIRECT if fargate else {"ECS", "EC2"})
