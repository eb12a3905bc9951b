"""Put a service back on the revision that ran before a deployment whose tasks fail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.checks.ecs.task_definitions import RevisionDiff, TaskDefinition
from lambdas.remedies import ecs
from lambdas.remedies.base import Plan, State, remedy

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values


@remedy(
    "roll_back",
    title="Roll an ECS service back to its former task definition",
    causes=("ecs.bad_deployment", "ecs.regression_after_deploy", "app.errors_after_deploy"),
    undo="deploys the revision again that was taken back",
    reads=ecs.READS,
    writes=ecs.WRITES,
    by_effect=True,  # what the revision lacks is the cause, and the former revision does not lack it
)
class RollBack:
    """Only to the revision that the diagnosis saw run before, and only while the service still is on the other one."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """From the revision that the service deploys to the former one, which still exists."""
        service, to = ecs.service_of(fix.resource, case), str(fix.to["task_definition"])
        if service is None or service.primary is None:
            return None
        now = service.primary.task_definition
        known = [d for d in case.evidence.of(TaskDefinition) if d.service == service.name and d.which == "former"]
        if not now or now == to or not any(d.name == to for d in known):
            return None
        diff = next((d for d in case.evidence.of(RevisionDiff) if (d.former, d.current) == (to, now)), None)
        changes = f" (takes back: {', '.join(map(_short, diff.differences[:2]))})" if diff and diff.differences else ""
        return Plan(
            name=service.name,
            arn=service.arn,
            title=f"Roll {service.name} back from {now} to {to}",
            shown=(now, f"{to}{changes}"),
            now={"task_definition": now},
            then={"task_definition": to},
            at=ecs.at(service),
            cost_a_day=_more(case, service.name, now, to),
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """The revision that the service deploys."""
        service, state = ecs.live(aws, remedy)
        return replace(state, values={"task_definition": service.primary.task_definition} if service.primary else {})

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """`ecs:UpdateService` with nothing but the task definition."""
        aws.ecs.update_service(
            cluster=str(remedy.params["cluster"]),
            service=str(remedy.params["service"]),
            taskDefinition=str(values["task_definition"]),
        )


def _short(difference: str) -> str:
    """Without the registries of images: the repository and the tag tell them apart."""
    return re.sub(r"\S+\.amazonaws\.com\S*/", "", difference)


def _more(case: Case, service: str, now: str, then: str) -> float | None:
    """Nothing where both revisions ask for the same CPU and memory; else it is not known."""
    sizes = {
        d.name: (d.cpu, d.memory, d.architecture) for d in case.evidence.of(TaskDefinition) if d.service == service
    }
    return 0.0 if now in sizes and sizes[now] == sizes.get(then) else None
