"""What the remedies of an ECS service share: finding it in the evidence, reading it afresh, its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.checks.application_autoscaling.scaling import ScalableTarget
from lambdas.checks.base import Allow
from lambdas.checks.ecs.services import ServiceState, state
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.errors import RemedyError
from lambdas.remedies.base import State
from lambdas.remedies.prices import fargate_task

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values

SERVICE = "arn:{partition}:ecs:{region}:{account}:service/*"
READS = (Allow("ecs:DescribeServices", SERVICE), Allow("ecs:ListTagsForResource", SERVICE))
WRITES = (Allow("ecs:UpdateService", SERVICE),)
TARGETS = "application_autoscaling.targets"


def service_of(resource: str, case: Case) -> ServiceState | None:
    """The service that a fix names, if it was seen, is ours to change, and is driven by ECS alone."""
    found = next((s for s in case.evidence.of(ServiceState) if s.resource == resource), None)
    if found is None or not found.arn or found.status != "ACTIVE" or found.scheduling != "REPLICA":
        return None
    return found


def target_of(service: ServiceState, case: Case) -> ScalableTarget | None:
    """Its scalable target, where auto scaling was looked at."""
    if not case.evidence.looked(TARGETS):
        return None
    return next((t for t in case.evidence.of(ScalableTarget) if t.service == service.name), None)


def at(service: ServiceState) -> Values:
    """How to find it again."""
    return {"cluster": service.cluster, "service": service.name}


def task_cost(service: ServiceState, case: Case) -> float | None:
    """USD a day of one more task; None on instances of one's own, on Spot, and where the price is not known."""
    if not service.fargate or any("SPOT" in provider for provider in service.capacity_providers):
        return None
    current = [d for d in case.evidence.of(TaskDefinition) if d.service == service.name and d.which == "current"]
    if not current or "WINDOWS" in current[0].architecture:
        return None
    return fargate_task(case.region, current[0].architecture, current[0].cpu, current[0].memory)


def tasks(n: float) -> str:
    """Say `1 task`, `4 tasks`."""
    return f"{n:g} task{'' if n == 1 else 's'}"


def live(aws: Aws, remedy: Remedy) -> tuple[ServiceState, State]:
    """The service as it is now, and its state, whose values the caller fills in."""
    cluster, name = str(remedy.params["cluster"]), str(remedy.params["service"])
    answer: Any = aws.ecs.describe_services(cluster=cluster, services=[name])
    found = [raw for raw in answer.get("services") or () if raw.get("status") == "ACTIVE"]
    if not found:
        raise RemedyError(f"there is no active service {name} in {cluster} any more")
    service = state(found[0], cluster, aws.region)
    tags = aws.ecs.list_tags_for_resource(resourceArn=service.arn).get("tags", [])
    controller = (found[0].get("deploymentController") or {}).get("type", "ECS")
    told = f"{service.running} of {tasks(service.desired)} {'runs' if service.running == 1 else 'run'}"
    return service, State(
        values={},
        tags={str(tag.get("key", "")): str(tag.get("value", "")) for tag in tags},
        settled=service.settled,
        told=told,
        busy="" if controller == "ECS" else f"its deployments belong to {controller}, not to ECS",
    )
