"""File systems that the task definition mounts: their mount targets, by zone, with their security groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition

FILE_SYSTEMS = 2
TARGETS = 3
SOURCE = "elasticfilesystem:DescribeMountTargets"
_FILE_SYSTEM = "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class MountTarget(Finding):
    """A mount target of a file system. One with no `id` says that the file system has none, or is not there."""

    file_system: str
    id: str = ""
    subnet: str = ""
    zone: str = ""
    state: str = ""
    security_groups: tuple[str, ...] = ()


@check(
    "efs.mount_targets",
    title="File systems of the task definition",
    yields=(MountTarget,),
    needs=(TaskDefinition,),
    allow=(
        Allow("elasticfilesystem:DescribeMountTargets", _FILE_SYSTEM),
        Allow("elasticfilesystem:DescribeMountTargetSecurityGroups", _FILE_SYSTEM),
    ),
    calls=8,
)
def mount_targets(look: Look) -> Iterator[Finding]:
    """A zone without a mount target cannot mount; NFS needs TCP 2049 let in by the target's security groups."""
    ids = dict.fromkeys(f for d in look.found.of(TaskDefinition) if d.which == "current" for f in d.file_systems if f)
    for id_ in list(ids)[:FILE_SYSTEMS]:
        try:
            answer: Any = look.aws.efs.describe_mount_targets(FileSystemId=id_)
        except look.aws.efs.exceptions.FileSystemNotFound:
            yield MountTarget(file_system=id_, state="no such file system", source=SOURCE)
            continue
        targets = answer.get("MountTargets") or []
        if not targets:
            yield MountTarget(file_system=id_, state="no mount target", source=SOURCE)
        for raw in targets[:TARGETS]:
            groups = look.aws.efs.describe_mount_target_security_groups(MountTargetId=raw.get("MountTargetId", ""))
            yield MountTarget(
                file_system=id_,
                id=raw.get("MountTargetId", ""),
                subnet=raw.get("SubnetId", ""),
                zone=raw.get("AvailabilityZoneName", ""),
                state=raw.get("LifeCycleState", ""),
                security_groups=tuple(groups.get("SecurityGroups") or ()),
                source=SOURCE,
            )
