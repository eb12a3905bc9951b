"""Raise the desired count of a service that nothing scales (runbook: 'if auto-scaling disabled')."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.checks.application_autoscaling.scaling import ScalingPolicy
from lambdas.remedies import ecs
from lambdas.remedies.base import Plan, State, remedy

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.checks.ecs.services import ServiceState
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values


@remedy(
    "scale_out",
    title="Raise the desired count of an ECS service",
    causes=(
        "ecs.autoscaling_off",
        "ecs.autoscaling_failing",
        "ecs.traffic_surge",
        "ecs.undersized",
        "alb.traffic_surge",
    ),
    undo="sets the desired count back to what it was",
    reads=ecs.READS,
    writes=ecs.WRITES,
)
class ScaleOut:
    """Only where auto scaling was looked at and does not act: it would take a count set by hand back."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """From the diagnosis' own number, within the environment's limit."""
        service = ecs.service_of(fix.resource, case)
        if service is None or not _by_hand(service, case):
            return None
        now, then = service.desired, min(int(fix.to["desired"]), case.rules.max_tasks)
        if then <= now or now == 0:
            return None  # a count of 0 was somebody's decision
        cost = ecs.task_cost(service, case)
        return Plan(
            name=service.name,
            arn=service.arn,
            title=f"Raise the desired count of {service.name} from {now} to {then}",
            shown=(ecs.tasks(now), ecs.tasks(then)),
            now={"desired": now},
            then={"desired": then},
            at=ecs.at(service),
            cost_a_day=None if cost is None else cost * (then - now),
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """The desired count. Which controller deploys does not matter to it."""
        service, state = ecs.live(aws, remedy)
        return replace(state, values={"desired": service.desired}, busy="")

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """`ecs:UpdateService` with nothing but the count."""
        aws.ecs.update_service(
            cluster=str(remedy.params["cluster"]),
            service=str(remedy.params["service"]),
            desiredCount=int(values["desired"]),
        )


def _by_hand(service: ServiceState, case: Case) -> bool:
    """Whether nothing scales it out: not registered, no policy, suspended, or failing for its own reasons."""
    if not case.evidence.looked(ecs.TARGETS):
        return False
    target = ecs.target_of(service, case)
    policies = [p for p in case.evidence.of(ScalingPolicy) if p.service == service.name]
    return target is None or not policies or "scale out" in target.suspended
