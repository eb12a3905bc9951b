"""Auto scaling of the service: targets, policies, activities, what is suspended, scheduled actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState

SERVICES = 3
ACTIVITIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalableTarget(Finding):
    """A service that is registered for auto scaling. `at` is when it was registered."""

    service: str
    lowest: int
    highest: int
    suspended: tuple[str, ...] = ()  # "scale out", "scale in", "scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy(Finding):
    """One scaling policy."""

    service: str
    name: str
    kind: str  # TargetTrackingScaling | StepScaling | PredictiveScaling
    metric: str = ""
    target: float | None = None
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingActivity(Finding):
    """One scaling activity. `at` is when it started."""

    service: str
    status: str  # Successful | Failed | Unfulfilled | InProgress | Overridden | Pending
    description: str = ""
    cause: str = ""
    message: str = ""
    ended_at: datetime | None = None
    not_scaled: tuple[str, ...] = ()  # AWS's codes, e.g. AlreadyAtMaxCapacity


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledScaling(Finding):
    """A scheduled action."""

    service: str
    name: str
    schedule: str
    lowest: int | None = None
    highest: int | None = None


@check(
    "application_autoscaling.targets",
    title="Auto-scaling status: target, limits, what is suspended, policies",
    yields=(ScalableTarget, ScalingPolicy),
    needs=(ServiceState,),
    # Describe actions of Application Auto Scaling take no resource (Service Authorization Reference).
    allow=(
        Allow("application-autoscaling:DescribeScalableTargets"),
        Allow("application-autoscaling:DescribeScalingPolicies"),
    ),
    calls=4,
)
def targets(look: Look) -> Iterator[Finding]:
    """One call each for all services."""
    if not (ids := _ids(look)):
        return
    answer: Any = look.aws.application_autoscaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=list(ids)
    )
    registered = [t for t in answer.get("ScalableTargets") or () if t.get("ResourceId") in ids]
    for raw in registered:
        suspended = raw.get("SuspendedState") or {}
        yield ScalableTarget(
            at=raw.get("CreationTime"),
            service=ids[raw["ResourceId"]].name,
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
    for id_, service in ids.items():
        policies: Any = look.aws.application_autoscaling.describe_scaling_policies(
            ServiceNamespace="ecs", ResourceId=id_
        )
        for raw in policies.get("ScalingPolicies") or ():
            yield _policy(raw, service, _link(look, service))


def _policy(raw: dict[str, Any], service: ServiceState, link: str) -> ScalingPolicy:
    tracking = raw.get("TargetTrackingScalingPolicyConfiguration") or {}
    predefined = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", "")
    custom = (tracking.get("CustomizedMetricSpecification") or {}).get("MetricName", "")
    return ScalingPolicy(
        at=raw.get("CreationTime"),
        service=service.name,
        name=raw.get("PolicyName", ""),
        kind=raw.get("PolicyType", ""),
        metric=predefined or custom,
        target=tracking.get("TargetValue"),
        alarms=tuple(a.get("AlarmName", "") for a in raw.get("Alarms") or ()),
        source="application-autoscaling:DescribeScalingPolicies",
        link=link,
    )


@check(
    "application_autoscaling.activities",
    title="Recent scaling events",
    yields=(ScalingActivity,),
    needs=(ServiceState,),
    allow=(Allow("application-autoscaling:DescribeScalingActivities"),),
    calls=3,
)
def activities(look: Look) -> Iterator[Finding]:
    """Also those that did not scale, with AWS's reason."""
    for id_, service in _ids(look).items():
        answer: Any = look.aws.application_autoscaling.describe_scaling_activities(
            ServiceNamespace="ecs", ResourceId=id_, MaxResults=ACTIVITIES, IncludeNotScaledActivities=True
        )
        for raw in answer.get("ScalingActivities") or ():
            yield ScalingActivity(
                at=raw.get("StartTime"),
                service=service.name,
                status=raw.get("StatusCode", ""),
                description=raw.get("Description", ""),
                cause=raw.get("Cause", ""),
                message=raw.get("StatusMessage", ""),
                ended_at=raw.get("EndTime"),
                not_scaled=tuple(r.get("Code", "") for r in raw.get("NotScaledReasons") or ()),
                source="application-autoscaling:DescribeScalingActivities",
                link=_link(look, service),
            )


@check(
    "application_autoscaling.scheduled",
    title="Scheduled scaling actions",
    yields=(ScheduledScaling,),
    needs=(ServiceState,),
    allow=(Allow("application-autoscaling:DescribeScheduledActions"),),
    calls=3,
    optional=True,
)
def scheduled(look: Look) -> Iterator[Finding]:
    """What is planned for the service."""
    for id_, service in _ids(look).items():
        answer: Any = look.aws.application_autoscaling.describe_scheduled_actions(
            ServiceNamespace="ecs", ResourceId=id_
        )
        for raw in answer.get("ScheduledActions") or ():
            action = raw.get("ScalableTargetAction") or {}
            yield ScheduledScaling(
                service=service.name,
                name=raw.get("ScheduledActionName", ""),
                schedule=raw.get("Schedule", ""),
                lowest=action.get("MinCapacity"),
                highest=action.get("MaxCapacity"),
                source="application-autoscaling:DescribeScheduledActions",
                link=_link(look, service),
            )


def _ids(look: Look) -> dict[str, ServiceState]:
    return {f"service/{s.cluster}/{s.name}": s for s in look.found.of(ServiceState)[:SERVICES]}


def _link(look: Look, service: ServiceState) -> str:
    return links.service(look.aws.region, service.cluster, service.name, "configuration")
