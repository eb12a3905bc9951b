"""Application Auto Scaling: scalable targets, policies, activities, scheduled actions."""

from local.world.answer import Call, one_of
from local.world.arns import identifier, uuid
from local.world.remedied import changed
from local.world.service import Filler, Item, Section, Service

_NAMESPACES = {
    "service": "ecs",
    "table": "dynamodb",
    "cluster": "rds",
    "spot-fleet-request": "ec2",
    "function": "lambda",
}
_DIMENSIONS = {"ecs": "ecs:service:DesiredCount", "rds": "rds:cluster:ReadReplicaCount"}


def _common(item: Item) -> None:
    kind = item["ResourceId"].split("/")[0]
    item.setdefault("ServiceNamespace", _NAMESPACES.get(kind, "ecs"))
    item.setdefault("ScalableDimension", _DIMENSIONS.get(item["ServiceNamespace"], "dynamodb:table:ReadCapacityUnits"))


def _target(item: Item, fill: Filler) -> None:
    _common(item)
    name = "AWSServiceRoleForApplicationAutoScaling_ECSService"
    item.setdefault("RoleARN", fill.arn(f"role/aws-service-role/ecs.application-autoscaling.amazonaws.com/{name}"))
    item.setdefault("CreationTime", fill.now.replace(year=fill.now.year - 1, day=min(fill.now.day, 28)))
    off = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
    item["SuspendedState"] = off | item.get("SuspendedState", {})


def _policy(item: Item, fill: Filler) -> None:
    _common(item)
    item.setdefault("PolicyType", "TargetTrackingScaling")
    key = f"{uuid(item['PolicyName'])}:resource/{item['ServiceNamespace']}/{item['ResourceId']}"
    item.setdefault("PolicyARN", fill.arns.arn("autoscaling", f"scalingPolicy:{key}:policyName/{item['PolicyName']}"))
    item.setdefault("CreationTime", fill.now.replace(year=fill.now.year - 1, day=min(fill.now.day, 28)))


def _activity(item: Item, fill: Filler) -> None:
    _common(item)
    item.setdefault("ActivityId", uuid(str(sorted(item.items(), key=str))))
    item.setdefault("Cause", "")
    item.setdefault("Description", "")
    item.setdefault("StatusCode", "Successful")
    item.setdefault("StartTime", fill.now)


def _scheduled(item: Item, fill: Filler) -> None:
    _common(item)
    key = identifier(item["ScheduledActionName"])
    item.setdefault("ScheduledActionARN", fill.arns.arn("autoscaling", f"scheduledAction:{key}"))
    item.setdefault("CreationTime", fill.now)


service = Service(
    "application-autoscaling",
    {
        "scalableTargets": Section(
            "ScalableTarget", fill=_target, required=("ResourceId", "MinCapacity", "MaxCapacity")
        ),
        "scalingPolicies": Section("ScalingPolicy", fill=_policy, required=("ResourceId", "PolicyName")),
        "scalingActivities": Section("ScalingActivity", fill=_activity, required=("ResourceId",)),
        "scheduledActions": Section(
            "ScheduledAction", fill=_scheduled, required=("ResourceId", "ScheduledActionName", "Schedule")
        ),
    },
)


def _kept(call: Call, section: str) -> list[Item]:
    params = call.params
    kept = [item for item in call.items(section) if item["ServiceNamespace"] == params["ServiceNamespace"]]
    if "ScalableDimension" in params:
        kept = [item for item in kept if item["ScalableDimension"] == params["ScalableDimension"]]
    wanted = params.get("ResourceIds") or ([params["ResourceId"]] if "ResourceId" in params else None)
    return one_of(kept, "ResourceId", wanted)


def _answer(call: Call, key: str, items: list[Item]) -> Item:
    page, more = call.page(items, size=50, limit="MaxResults", marker="NextToken")
    return {key: page, **more}


@service.answers("DescribeScalableTargets")
def describe_scalable_targets(call: Call) -> Item:
    """Scalable targets of a namespace, by resource."""
    return _answer(call, "ScalableTargets", _kept(call, "scalableTargets"))


@service.answers("RegisterScalableTarget")
def register_scalable_target(call: Call) -> Item:
    """Change a target that is there: its limits, or what is suspended. To register a new one is not the World's."""
    params = call.params
    kept = [t for t in _kept(call, "scalableTargets") if t["ResourceId"] == params["ResourceId"]]
    known = {"ServiceNamespace", "ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState"}
    if not kept or set(params) - known:
        raise call.world.failed(f"application-autoscaling:RegisterScalableTarget: the World does not do {params}")
    with call.world.lock:
        for name in ("MinCapacity", "MaxCapacity", "SuspendedState"):
            if name in params:
                key = ("application-autoscaling", params["ResourceId"], params["ScalableDimension"], name)
                changed(call.world, key, kept[0][name], params[name])
                kept[0][name] = params[name]
    return {
        "ScalableTargetARN": kept[0].get(
            "ScalableTargetARN", call.world.arns.arn("application-autoscaling", "scalable-target/1")
        )
    }


@service.answers("DescribeScalingPolicies")
def describe_scaling_policies(call: Call) -> Item:
    """Policies of a namespace, by resource and name."""
    kept = one_of(_kept(call, "scalingPolicies"), "PolicyName", call.params.get("PolicyNames"))
    return _answer(call, "ScalingPolicies", kept)


@service.answers("DescribeScalingActivities")
def describe_scaling_activities(call: Call) -> Item:
    """Activities of six weeks, newest first; those that were not scaled only when asked for."""
    kept = [item for item in _kept(call, "scalingActivities") if item["StartTime"] <= call.now]
    if not call.params.get("IncludeNotScaledActivities"):
        kept = [item for item in kept if not item.get("NotScaledReasons")]
    kept.sort(key=lambda item: item["StartTime"], reverse=True)
    return _answer(call, "ScalingActivities", kept)


@service.answers("DescribeScheduledActions")
def describe_scheduled_actions(call: Call) -> Item:
    """Scheduled actions of a namespace, by resource and name."""
    kept = one_of(_kept(call, "scheduledActions"), "ScheduledActionName", call.params.get("ScheduledActionNames"))
    return _answer(call, "ScheduledActions", kept)
