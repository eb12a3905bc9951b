"""What the remedies of a scalable target share: an ECS service's count, or a table's or index's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from lambdas.checks.base import Allow
from lambdas.checks.dynamodb.scaling import TableScaling
from lambdas.errors import RemedyError
from lambdas.remedies import dynamodb, ecs
from lambdas.remedies.base import State

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values

TARGET = "arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*"
READS = (*ecs.READS, *dynamodb.READS, Allow("application-autoscaling:DescribeScalableTargets"))
# Before it registers, Application Auto Scaling checks that its caller may change the resource itself (User Guide,
# "Permissions validation for Application Auto Scaling API calls on target resources"): these two hold only for
# resources that carry the tag.
WRITES = (Allow("application-autoscaling:RegisterScalableTarget", TARGET), *ecs.WRITES, *dynamodb.WRITES)

type Dimension = Literal[
    "ecs:service:DesiredCount",
    "dynamodb:table:ReadCapacityUnits",
    "dynamodb:table:WriteCapacityUnits",
    "dynamodb:index:ReadCapacityUnits",
    "dynamodb:index:WriteCapacityUnits",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A scalable target of the evidence, with what is needed to name it."""

    name: str
    arn: str
    unit: str  # "tasks", "read units", "write units"
    lowest: float
    highest: float
    suspended: tuple[str, ...]
    at: Values


def scaled(fix: Fix, case: Case) -> Scaled | None:
    """The target that a fix is about, where it was seen."""
    if fix.resource.startswith("service/"):
        return _of_service(fix, case)
    return _of_table(fix, case)


def _of_service(fix: Fix, case: Case) -> Scaled | None:
    service = ecs.service_of(fix.resource, case)
    target = ecs.target_of(service, case) if service else None
    if service is None or target is None:
        return None
    return Scaled(
        name=service.name,
        arn=service.arn,
        unit="tasks",
        lowest=target.lowest,
        highest=target.highest,
        suspended=target.suspended,
        at={**ecs.at(service), "resource": fix.resource, "dimension": "ecs:service:DesiredCount"},
    )


def _of_table(fix: Fix, case: Case) -> Scaled | None:
    table, kind = dynamodb.table_of(fix.resource, case), str(fix.to["kind"])
    subject = dynamodb.subject(fix.resource)
    target = next((s for s in case.evidence.of(TableScaling) if (s.subject, s.kind) == (subject, kind)), None)
    if table is None or target is None or not case.evidence.looked("dynamodb.scaling"):
        return None
    what = "index" if "/" in subject else "table"
    return Scaled(
        name=dynamodb.called(subject),
        arn=table.arn,
        unit=f"{kind} units",
        lowest=target.lowest,
        highest=target.highest,
        suspended=target.suspended,
        at={
            **dynamodb.at(fix.resource, table),
            "resource": fix.resource,
            "dimension": f"dynamodb:{what}:{kind.capitalize()}CapacityUnits",
        },
    )


def live(aws: Aws, remedy: Remedy) -> tuple[dict[str, Any], State]:
    """The scalable target as AWS gives it, and the state of the resource behind it."""
    found = aws.application_autoscaling.describe_scalable_targets(
        ServiceNamespace=_namespace(remedy),
        ResourceIds=[str(remedy.params["resource"])],
        ScalableDimension=_dimension(remedy),
    )["ScalableTargets"]
    if not found:
        raise RemedyError(f"{remedy.params['resource']} is not registered for auto scaling any more")
    state = ecs.live(aws, remedy)[1] if "cluster" in remedy.params else dynamodb.live(aws, remedy)[1]
    return cast("dict[str, Any]", found[0]), State(values={}, tags=state.tags, told=state.told)


def register(aws: Aws, remedy: Remedy, **values: Any) -> None:
    """Set what is given; what is left out stays as it is (API Reference, RegisterScalableTarget)."""
    aws.application_autoscaling.register_scalable_target(
        ServiceNamespace=_namespace(remedy),
        ResourceId=str(remedy.params["resource"]),
        ScalableDimension=_dimension(remedy),
        **values,
    )


def _namespace(remedy: Remedy) -> Literal["ecs", "dynamodb"]:
    return "ecs" if "cluster" in remedy.params else "dynamodb"


def _dimension(remedy: Remedy) -> Dimension:
    return cast("Dimension", str(remedy.params["dimension"]))
