"""What every ECS service used in the week and the one before, and how its scaling is set: read once for all parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.base import Allow
from lambdas.reviews import inventory, series
from lambdas.reviews.capacity.scaling import Activity, Policy, Scaled, reached, sorted_activities
from lambdas.reviews.capacity.sustained import Level, level
from lambdas.reviews.series import Ask, within

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.checks.ecs.services import ServiceState
    from lambdas.diagnosis.timeseries import Point
    from lambdas.reviews.base import Tour

WEEK = timedelta(days=7)
HOUR = 3600
PAGES = 200  # of scaling activities, 50 on each

ALLOW = (*inventory.SERVICES, *series.ALLOW)
SCALING = (
    # They take no resource but the scalable target's own ARN, which nothing names beforehand.
    Allow("application-autoscaling:DescribeScalableTargets"),
    Allow("application-autoscaling:DescribeScalingPolicies"),
    Allow("application-autoscaling:DescribeScalingActivities"),
    Allow("application-autoscaling:DescribeScheduledActions"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWeek:
    """One service's hourly averages. CPU and memory in per cent of what the tasks have; `tasks` run at a time."""

    state: ServiceState
    cpu: tuple[Point, ...] = field(default=(), repr=False)
    memory: tuple[Point, ...] = field(default=(), repr=False)
    cpu_before: tuple[Point, ...] = field(default=(), repr=False)  # the week before
    memory_before: tuple[Point, ...] = field(default=(), repr=False)
    tasks: tuple[Point, ...] = field(default=(), repr=False)

    @property
    def subject(self) -> str:
        """As people call it."""
        return self.state.name

    @property
    def levels(self) -> tuple[Level | None, Level | None]:
        """CPU and memory of the week; None where there is too little data."""
        return level(self.cpu), level(self.memory)

    @property
    def mean_tasks(self) -> float:
        """Running tasks on the average; the desired count where nothing was measured."""
        return sum(v for _, v in self.tasks) / len(self.tasks) if self.tasks else float(self.state.desired)

    @property
    def resource(self) -> str:
        """As Application Auto Scaling names it."""
        return f"service/{self.state.cluster}/{self.state.name}"


def hours(moment: datetime) -> datetime:
    """The full hour before: hourly datapoints are aligned to it."""
    return moment.replace(minute=0, second=0, microsecond=0)


def weeks(tour: Tour) -> list[ServiceWeek]:
    """All services with their two weeks. Needs ALLOW.

    The number of running tasks is the sample count of CPUUtilization, of which every task sends one a minute (Amazon
    ECS Developer Guide, "Amazon ECS CloudWatch metrics", service RUNNING task count).
    """

    def read() -> list[ServiceWeek]:
        services = [s for s in tour.inventory.services() if s.scheduling != "DAEMON"]
        end = hours(tour.end)
        start = end - WEEK
        asks = []
        for one in services:
            named = {"ClusterName": one.cluster, "ServiceName": one.name}
            asks += [Ask("AWS/ECS", "CPUUtilization", named), Ask("AWS/ECS", "MemoryUtilization", named)]
        usage = series.read(tour.aws, asks, start - WEEK, end, HOUR)
        counts = series.read(
            tour.aws, [Ask(a.namespace, a.name, a.dimensions, "SampleCount") for a in asks[::2]], start, end, HOUR
        )
        return [
            ServiceWeek(
                state=one,
                cpu=within(usage[2 * n], start, end),
                memory=within(usage[2 * n + 1], start, end),
                cpu_before=within(usage[2 * n], start - WEEK, start),
                memory_before=within(usage[2 * n + 1], start - WEEK, start),
                tasks=tuple((at, value / 60) for at, value in counts[n]),
            )
            for n, one in enumerate(services)
        ]

    return tour.inventory.once("service weeks", read)


def scaled(tour: Tour) -> dict[str, Scaled]:
    """Every service that is registered for auto scaling, by its resource id. Needs ALLOW and SCALING."""

    def read() -> dict[str, Scaled]:
        targets = _all(tour, "describe_scalable_targets", "ScalableTargets")
        policies: dict[str, list[Policy]] = {}
        for raw in _all(tour, "describe_scaling_policies", "ScalingPolicies"):
            policies.setdefault(raw["ResourceId"], []).append(_policy(raw))
        scheduled = Counter(raw["ResourceId"] for raw in _all(tour, "describe_scheduled_actions", "ScheduledActions"))
        activities: dict[str, list[Activity]] = {}
        for raw in _activities(tour):
            activities.setdefault(raw["ResourceId"], []).append(_activity(raw))
        of = {week.resource: week for week in weeks(tour)}
        return {
            raw["ResourceId"]: _scaled(raw, of.get(raw["ResourceId"]), policies, activities, scheduled)
            for raw in targets
            if raw["ResourceId"] in of
        }

    return tour.inventory.once("scaled services", read)


def scaled_if_readable(tour: Tour) -> dict[str, Scaled] | None:
    """As `scaled`, for parts that can do without: None where AWS refuses, which is `weekly.scaling`'s gap."""
    try:
        return scaled(tour)
    except (ClientError, BotoCoreError):
        return None


def _scaled(
    raw: dict[str, Any],
    week: ServiceWeek | None,
    policies: dict[str, list[Policy]],
    activities: dict[str, list[Activity]],
    scheduled: Counter[str],
) -> Scaled:
    id_ = raw["ResourceId"]
    off = raw.get("SuspendedState") or {}
    words = {
        "DynamicScalingOutSuspended": "scale out",
        "DynamicScalingInSuspended": "scale in",
        "ScheduledScalingSuspended": "scheduled scaling",
    }
    return Scaled(
        name=id_.rpartition("/")[2],
        lowest=raw.get("MinCapacity", 0),
        highest=raw.get("MaxCapacity", 0),
        policies=tuple(policies.get(id_, ())),
        activities=sorted_activities(activities.get(id_, [])),
        suspended=tuple(word for key, word in words.items() if off.get(key)),
        scheduled=scheduled[id_],
        cpu=week.cpu if week else (),
        memory=week.memory if week else (),
        tasks=week.tasks if week else (),
    )


def _all(tour: Tour, method: str, key: str) -> list[dict[str, Any]]:
    client: Any = tour.aws.application_autoscaling
    pages = client.get_paginator(method).paginate(ServiceNamespace="ecs")
    return [one for page in pages for one in page.get(key) or ()]


def _activities(tour: Tour) -> list[dict[str, Any]]:
    """The week's activities of all services. AWS keeps six weeks, newest first: reading ends at an older page."""
    client: Any = tour.aws.application_autoscaling
    pages = client.get_paginator("describe_scaling_activities").paginate(
        ServiceNamespace="ecs", IncludeNotScaledActivities=True
    )
    found: list[dict[str, Any]] = []
    for number, page in enumerate(pages, 1):
        rows = page.get("ScalingActivities") or []
        found += [row for row in rows if tour.start <= row["StartTime"] < tour.end]
        if number >= PAGES or (rows and all(row["StartTime"] < tour.start for row in rows)):
            break
    return found


def _policy(raw: dict[str, Any]) -> Policy:
    tracking = raw.get("TargetTrackingScalingPolicyConfiguration") or {}
    predefined = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", "")
    custom = (tracking.get("CustomizedMetricSpecification") or {}).get("MetricName", "")
    return Policy(
        name=raw.get("PolicyName", ""),
        kind=raw.get("PolicyType", ""),
        metric=predefined or custom,
        target=tracking.get("TargetValue"),
        scale_in=not tracking.get("DisableScaleIn", False),
    )


def _activity(raw: dict[str, Any]) -> Activity:
    return Activity(
        at=raw["StartTime"],
        status=raw.get("StatusCode", ""),
        to=reached(raw.get("Description", "")) if not raw.get("NotScaledReasons") else None,
        message=raw.get("StatusMessage", ""),
        not_scaled=tuple(reason.get("Code", "") for reason in raw.get("NotScaledReasons") or ()),
    )
