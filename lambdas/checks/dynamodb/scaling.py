"""Auto scaling of the tables and indexes: targets, policies, what is suspended, activities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.dynamodb import links
from lambdas.checks.dynamodb.scope import NamedTable, tables
from lambdas.checks.dynamodb.tables import TableState
from lambdas.targets import Table

ACTIVITIES = 50  # of one resource
RESOURCES = 5  # whose policies and activities are read

type Kind = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScaling(Finding):
    """A scalable target: the read or write units of a table or index. `at` is when it was registered."""

    subject: str  # "table" or "table/index"
    kind: Kind
    lowest: float
    highest: float
    suspended: tuple[str, ...] = ()  # "scale out", "scale in", "scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScalingPolicy(Finding):
    """A policy of a scalable target."""

    subject: str
    kind: Kind
    name: str
    target: float | None = None  # percent of what is provisioned


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScalingActivity(Finding):
    """One scaling activity. `at` is when it started."""

    subject: str
    kind: Kind
    status: str  # Successful | Failed | Unfulfilled | InProgress | Overridden | Pending
    description: str = ""
    message: str = ""
    cause: str = ""
    ended_at: datetime | None = None
    not_scaled: tuple[str, ...] = ()  # AWS's codes, e.g. AlreadyAtMaxCapacity


def resources(look: Look) -> dict[str, str]:
    """Application Auto Scaling's ids of the tables and indexes → subject."""
    found: dict[str, str] = {}
    for name in tables(look):
        found[f"table/{name}"] = name
        indexes = [i.name for t in look.found.of(TableState) if t.name == name for i in t.indexes]
        if isinstance(look.target, Table) and look.target.name == name and look.target.index:
            indexes.insert(0, look.target.index)
        found |= {f"table/{name}/index/{index}": f"{name}/{index}" for index in dict.fromkeys(indexes)}
    return found


@check(
    "dynamodb.scaling",
    title="Auto scaling of the table and its indexes: limits, policies, what is suspended",
    yields=(TableScaling, TableScalingPolicy),
    uses=(TableState, NamedTable),
    # Describe actions of Application Auto Scaling take no resource (Service Authorization Reference).
    allow=(
        Allow("application-autoscaling:DescribeScalableTargets"),
        Allow("application-autoscaling:DescribeScalingPolicies"),
    ),
    calls=6,
)
def scaling(look: Look) -> Iterator[Finding]:
    """One call for all targets, one for the policies of each that is registered."""
    if not (ids := resources(look)):
        return
    answer: Any = look.aws.application_autoscaling.describe_scalable_targets(
        ServiceNamespace="dynamodb", ResourceIds=list(ids)
    )
    registered = [t for t in answer.get("ScalableTargets") or () if t.get("ResourceId") in ids and _kind(t)]
    for raw in registered:
        suspended = raw.get("SuspendedState") or {}
        yield TableScaling(
            at=raw.get("CreationTime"),
            subject=ids[raw["ResourceId"]],
            kind=_kind(raw) or "read",
            lowest=raw.get("MinCapacity") or 0,
            highest=raw.get("MaxCapacity") or 0,
            suspended=tuple(
                name
                for key, name in (
                    ("DynamicScalingOutSuspended", "scale out"),
                    ("DynamicScalingInSuspended", "scale in"),
                    ("ScheduledScalingSuspended", "scheduled"),
                )
                if suspended.get(key)
            ),
            source="application-autoscaling:DescribeScalableTargets",
            link=_link(look, ids[raw["ResourceId"]]),
        )
    for id_ in list(dict.fromkeys(t["ResourceId"] for t in registered))[:RESOURCES]:
        policies: Any = look.aws.application_autoscaling.describe_scaling_policies(
            ServiceNamespace="dynamodb", ResourceId=id_
        )
        for raw in policies.get("ScalingPolicies") or ():
            tracking = raw.get("TargetTrackingScalingPolicyConfiguration") or {}
            if kind := _kind(raw):
                yield TableScalingPolicy(
                    at=raw.get("CreationTime"),
                    subject=ids[id_],
                    kind=kind,
                    name=raw.get("PolicyName", ""),
                    target=tracking.get("TargetValue"),
                    source="application-autoscaling:DescribeScalingPolicies",
                    link=_link(look, ids[id_]),
                )


@check(
    "dynamodb.scaling_activities",
    title="Recent scaling events of the table and its indexes",
    yields=(TableScalingActivity,),
    uses=(TableState, NamedTable, TableScaling),
    allow=(Allow("application-autoscaling:DescribeScalingActivities"),),
    calls=5,
)
def activities(look: Look) -> Iterator[Finding]:
    """Also those that did not scale, with AWS's reason. A resource that was never registered has none to ask for."""
    ids = resources(look)
    registered = {s.subject for s in look.found.of(TableScaling)}
    asked = [(id_, of) for id_, of in ids.items() if of in registered or "/index/" not in id_]
    for id_, subject in asked[:RESOURCES]:
        answer: Any = look.aws.application_autoscaling.describe_scaling_activities(
            ServiceNamespace="dynamodb", ResourceId=id_, MaxResults=ACTIVITIES, IncludeNotScaledActivities=True
        )
        for raw in answer.get("ScalingActivities") or ():
            if kind := _kind(raw):
                yield TableScalingActivity(
                    at=raw.get("StartTime"),
                    subject=subject,
                    kind=kind,
                    status=raw.get("StatusCode", ""),
                    description=raw.get("Description", ""),
                    message=raw.get("StatusMessage", ""),
                    cause=raw.get("Cause", ""),
                    ended_at=raw.get("EndTime"),
                    not_scaled=tuple(r.get("Code", "") for r in raw.get("NotScaledReasons") or ()),
                    source="application-autoscaling:DescribeScalingActivities",
                    link=_link(look, subject),
                )


def _kind(raw: dict[str, Any]) -> Kind | None:
    """Of "dynamodb:table:ReadCapacityUnits" or "dynamodb:index:WriteCapacityUnits"."""
    what = str(raw.get("ScalableDimension", "")).rpartition(":")[2]
    return {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}.get(what)  # type: ignore[return-value] # of these two


def _link(look: Look, subject: str) -> str:
    return links.table(look.aws.region, subject.partition("/")[0], "additionalSettings")
