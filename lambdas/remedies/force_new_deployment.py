"""Start every task of a service afresh, on the same revision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.remedies import ecs
from lambdas.remedies.base import Plan, State, remedy

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values


@remedy(
    "force_new_deployment",
    title="Replace all tasks of an ECS service, on the same revision",
    causes=("ecs.memory_leak",),
    undo="",  # the revision and the counts stay as they are: there is nothing to take back
    reads=ecs.READS,
    writes=ecs.WRITES,
)
class ForceNewDeployment:
    """Not while a deployment is under way: that one replaces the tasks already."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """For a settled service."""
        service = ecs.service_of(fix.resource, case)
        if service is None or not service.settled or service.primary is None or not service.primary.id:
            return None
        revision = service.primary.task_definition
        return Plan(
            name=service.name,
            arn=service.arn,
            title=f"Replace the {ecs.tasks(service.running)} of {service.name} with new ones of {revision}",
            shown=(f"{ecs.tasks(service.running)} of {revision}", "as many new ones of the same revision"),
            now={"task_definition": revision, "deployment": service.primary.id},
            then={"task_definition": revision},  # the new deployment's id is ECS's to choose
            at=ecs.at(service),
            cost_a_day=0.0,
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """The revision, and the deployment that put it there."""
        service, state = ecs.live(aws, remedy)
        primary = service.primary
        values = {"task_definition": primary.task_definition, "deployment": primary.id} if primary else {}
        return replace(state, values=values)

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:  # noqa: ARG004 — there is no value to set
        """`ecs:UpdateService` with `forceNewDeployment`."""
        aws.ecs.update_service(
            cluster=str(remedy.params["cluster"]), service=str(remedy.params["service"]), forceNewDeployment=True
        )
