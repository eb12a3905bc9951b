"""EC2 Auto Scaling: groups and their activities."""

from local.world.answer import Call, one_of
from local.world.arns import uuid
from local.world.service import Filler, Item, Section, Service


def _group(item: Item, fill: Filler) -> None:
    item.setdefault("AutoScalingGroupARN", fill.arn(f"asg/{item['AutoScalingGroupName']}"))
    item.setdefault("DefaultCooldown", 300)
    item.setdefault("AvailabilityZones", [f"{fill.arns.region}a"])
    item.setdefault("HealthCheckType", "EC2")
    item.setdefault("CreatedTime", fill.now.replace(year=fill.now.year - 1, day=min(fill.now.day, 28)))
    item.setdefault("Instances", [])
    for instance in item["Instances"]:
        instance.setdefault("ProtectedFromScaleIn", False)
        instance.setdefault("AvailabilityZone", item["AvailabilityZones"][0])
        instance.setdefault("LifecycleState", "InService")
        instance.setdefault("HealthStatus", "Healthy")
    for suspended in item.setdefault("SuspendedProcesses", []):
        suspended.setdefault("SuspensionReason", "User suspended")


def _activity(item: Item, fill: Filler) -> None:
    item.setdefault("ActivityId", uuid(str(sorted(item.items(), key=str))))
    item.setdefault("Cause", "")
    item.setdefault("StatusCode", "Successful")
    item.setdefault("StartTime", fill.now)


service = Service(
    "autoscaling",
    {
        "autoScalingGroups": Section(
            "AutoScalingGroup",
            fill=_group,
            required=("AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity"),
        ),
        "activities": Section("Activity", fill=_activity, required=("AutoScalingGroupName",)),
    },
)


@service.answers("DescribeAutoScalingGroups")
def describe_auto_scaling_groups(call: Call) -> Item:
    """Groups by name; a name that is not there is simply absent."""
    kept = one_of(call.items("autoScalingGroups"), "AutoScalingGroupName", call.params.get("AutoScalingGroupNames"))
    page, more = call.page(kept, size=50, limit="MaxRecords", marker="NextToken")
    return {"AutoScalingGroups": page, **more}


@service.answers("DescribeScalingActivities")
def describe_scaling_activities(call: Call) -> Item:
    """Activities of a group, newest first."""
    name = call.params.get("AutoScalingGroupName")
    kept = one_of(call.items("activities"), "AutoScalingGroupName", [name] if name else None)
    kept = [item for item in kept if item["StartTime"] <= call.now]
    kept.sort(key=lambda item: item["StartTime"], reverse=True)
    page, more = call.page(kept, size=100, limit="MaxRecords", marker="NextToken")
    return {"Activities": page, **more}
