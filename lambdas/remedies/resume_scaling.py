"""Let auto scaling scale out again where somebody suspended it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.remedies import scaling
from lambdas.remedies.base import Plan, State, remedy

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values


@remedy(
    "resume_scaling",
    title="Resume scaling out of an ECS service, a table or an index",
    causes=("ecs.autoscaling_failing", "ddb.autoscaling_off"),
    undo="suspends scaling out again",
    reads=scaling.READS,
    writes=scaling.WRITES,
)
class ResumeScaling:
    """Scaling out alone: if scaling in or scheduled actions are suspended too, that stays."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """Where scaling out is seen to be suspended. What it will cost is up to the load: not known."""
        target = scaling.scaled(fix, case)
        if target is None or "scale out" not in target.suspended:
            return None
        return Plan(
            name=target.name,
            arn=target.arn,
            title=f"Resume scaling out of {target.name}, up to its maximum of {target.highest:,.0f} {target.unit}",
            shown=("scaling out is suspended", f"it scales out, up to {target.highest:,.0f} {target.unit}"),
            now={"suspended": 1},
            then={"suspended": 0},
            at=target.at,
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """Whether scaling out is suspended."""
        target, state = scaling.live(aws, remedy)
        suspended = target.get("SuspendedState") or {}
        return replace(state, values={"suspended": int(bool(suspended.get("DynamicScalingOutSuspended")))})

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """`application-autoscaling:RegisterScalableTarget` with all three switches: two of them as they are."""
        suspended = dict(scaling.live(aws, remedy)[0].get("SuspendedState") or {})
        suspended["DynamicScalingOutSuspended"] = bool(values["suspended"])
        scaling.register(aws, remedy, SuspendedState=suspended)
