"""EFS: file systems and mount targets."""

from local.world.service import Filler, Item, Section, Service


def _file_system(item: Item, fill: Filler) -> None:
    item.setdefault("OwnerId", fill.arns.account)
    item.setdefault("CreationToken", item["FileSystemId"])
    item.setdefault("CreationTime", fill.now)
    item.setdefault("LifeCycleState", "available")
    item.setdefault("NumberOfMountTargets", 0)
    item.setdefault("SizeInBytes", {"Value": 6144})
    item.setdefault("PerformanceMode", "generalPurpose")
    item.setdefault("Tags", [])
    item.setdefault("FileSystemArn", fill.arn(f"fs/{item['FileSystemId']}"))


def _mount(item: Item, _fill: Filler) -> None:
    item.setdefault("LifeCycleState", "available")
    item.setdefault("MountTargetId", f"fsmt-{item['SubnetId'].removeprefix('subnet-')}")


service = Service(
    "efs",
    {
        "fileSystems": Section("FileSystemDescription", {"securityGroups": "any"}, _file_system, ("FileSystemId",)),
        "mountTargets": Section(
            "MountTargetDescription", {"securityGroups": "any"}, _mount, ("FileSystemId", "SubnetId")
        ),
        "accessPoints": Section("AccessPointDescription", required=("AccessPointId",)),
    },
)
