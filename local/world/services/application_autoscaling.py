"""Application Auto Scaling: scalable targets, policies, activities, scheduled actions."""

from local.world.arns import identifier, uuid
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
