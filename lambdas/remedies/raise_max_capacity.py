"""Raise the maximum that auto scaling may go to, where it stands at it and more is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.remedies import ecs, scaling
from lambdas.remedies.base import Plan, State, remedy
from lambdas.remedies.prices import capacity

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values
    from lambdas.remedies.scaling import Scaled


@remedy(
    "raise_max_capacity",
    title="Raise auto scaling's maximum for an ECS service, a table or an index",
    causes=("ecs.autoscaling_at_max", "ddb.autoscaling_at_max"),
    undo="sets the maximum back; auto scaling then comes down to it",
    reads=scaling.READS,
    writes=scaling.WRITES,
)
class RaiseMaxCapacity:
    """Scaling stays what it is: it goes higher by itself, and comes down again by itself."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """From the diagnosis' own number, within the environment's limit. The cost is that of all of it in use."""
        target = scaling.scaled(fix, case)
        if target is None:
            return None
        most = case.rules.max_tasks if target.unit == "tasks" else case.rules.max_capacity_units
        now, then = round(target.highest), min(int(fix.to["max"]), most)
        if then <= now:
            return None
        return Plan(
            name=target.name,
            arn=target.arn,
            title=f"Raise auto scaling's maximum for {target.name} from {now:,} to {then:,} {target.unit}",
            shown=(f"at most {now:,} {target.unit}", f"at most {then:,} {target.unit}"),
            now={"max": now},
            then={"max": then},
            at=target.at,
            cost_a_day=_cost(fix, target, then - now, case),
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """The maximum."""
        target, state = scaling.live(aws, remedy)
        return replace(state, values={"max": int(target["MaxCapacity"])})

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """`application-autoscaling:RegisterScalableTarget` with nothing but the maximum."""
        scaling.register(aws, remedy, MaxCapacity=int(values["max"]))


def _cost(fix: Fix, target: Scaled, more: int, case: Case) -> float | None:
    if target.unit == "tasks":
        service = ecs.service_of(fix.resource, case)
        cost = ecs.task_cost(service, case) if service else None
        return None if cost is None else cost * more
    reads = fix.to["kind"] == "read"
    return capacity(case.region, more if reads else 0, 0 if reads else more)
