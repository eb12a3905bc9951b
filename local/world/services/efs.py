"""EFS: file systems and mount targets."""

from local.world.answer import Call, one_of
from local.world.errors import AwsError
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


@service.answers("DescribeFileSystems")
def describe_file_systems(call: Call) -> Item:
    """File systems, or one of them."""
    wanted = call.params.get("FileSystemId")
    kept = one_of(call.items("fileSystems"), "FileSystemId", [wanted] if wanted else None)
    if wanted and not kept:
        raise AwsError("FileSystemNotFound", f"File system '{wanted}' does not exist.")
    page, more = _page(call, call.public("fileSystems", kept))
    return {"FileSystems": page, **more}


def _page(call: Call, items: list[Item]) -> tuple[list[Item], dict[str, str]]:
    return call.page_as(items, size=100, limit="MaxItems", marker="Marker", answer="NextMarker")


@service.answers("DescribeMountTargets")
def describe_mount_targets(call: Call) -> Item:
    """Mount targets of a file system, or one by id."""
    params, kept = call.params, call.items("mountTargets")
    if system := params.get("FileSystemId"):
        if not any(item["FileSystemId"] == system for item in call.items("fileSystems")):
            raise AwsError("FileSystemNotFound", f"File system '{system}' does not exist.")
        kept = one_of(kept, "FileSystemId", [system])
    if target := params.get("MountTargetId"):
        kept = one_of(kept, "MountTargetId", [target])
    page, more = _page(call, call.public("mountTargets", kept))
    return {"MountTargets": page, **more}


@service.answers("DescribeMountTargetSecurityGroups")
def describe_mount_target_security_groups(call: Call) -> Item:
    """Security groups of a mount target."""
    for item in call.items("mountTargets"):
        if item["MountTargetId"] == call.params["MountTargetId"]:
            return {"SecurityGroups": item.get("securityGroups", [])}
    raise AwsError("MountTargetNotFound", f"Mount target '{call.params['MountTargetId']}' does not exist.")


@service.answers("DescribeAccessPoints")
def describe_access_points(call: Call) -> Item:
    """Access points of a file system, or one by id."""
    kept = call.items("accessPoints")
    for key in ("AccessPointId", "FileSystemId"):
        if key in call.params:
            kept = one_of(kept, key, [call.params[key]])
    if "AccessPointId" in call.params and not kept:
        raise AwsError("AccessPointNotFound", f"Access point '{call.params['AccessPointId']}' does not exist.")
    return {"AccessPoints": kept}
