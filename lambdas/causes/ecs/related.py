"""Which of the account's changes concern this incident: those that name one of its resources. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.wording import at, span
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.ec2.network import DefaultRoute, Endpoint, NatGateway, NetworkAcl, SecurityGroup, Subnet
from lambdas.checks.ecr.images import ImageState
from lambdas.checks.ecs.cluster import ContainerInstance
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.efs.mount_targets import MountTarget
from lambdas.checks.elbv2.target_groups import TargetGroupState
from lambdas.checks.iam.roles import RoleState
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.rds.instances import Cluster, Instance
from lambdas.checks.secretsmanager.secrets import SecretState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

# Written by the machinery itself, all day long: no decision of anybody's.
ROUTINE = re.compile(
    r"^(AssumeRole|ConsoleLogin|GetSessionToken|CreateLogStream|PutLogEvents|CreateNetworkInterface|"
    r"DeleteNetworkInterface|AttachNetworkInterface|RegisterTargets|DeregisterTargets|RunTask|StartTask|SubmitTask\w*|"
    r"SubmitContainer\w*|PutMetricAlarm|PutMetricData|PutDashboard|CreateGrant|RetireGrant|Decrypt|GenerateDataKey|"
    r"PutImage|InitiateLayerUpload|UploadLayerPart|CompleteLayerUpload|StartQuery|BatchGet\w*|CreateTags|"
    r"UpdateInstanceInformation|RegisterContainerInstance|DiscoverPollEndpoint|SharedSnapshot\w*)$"
)
DEPLOYS = frozenset({"RegisterTaskDefinition", "UpdateService", "CreateDeployment", "CreateService", "CreateTaskSet"})


def changes_of(evidence: Evidence, *names: str, most: int = 2) -> Iterator[Fact]:
    """Changes in the window that name a resource, newest first."""
    told = 0
    for change in sorted(evidence.of(Change), key=lambda c: c.at or evidence.window.start, reverse=True):
        if told < most and not ROUTINE.match(change.event) and concerns(change, [n for n in names if n]):
            told += 1
            yield fact(evidence, change)


def fact(evidence: Evidence, change: Change) -> Fact:
    """Who changed what, and when."""
    before = f", {span(evidence.window.at - change.at)} before the alarm" if change.at else ""
    refused = f", which was refused ({change.error})" if change.error else ""
    what = f" on {', '.join(change.names[:2])}" if change.names else ""
    return Fact(
        text=f"{change.who} called {change.event}{what} at {at(change.at)}{before}{refused}",
        source="CloudTrail",
        at=change.at,
        link=change.link,
    )


def concerns(change: Change, names: list[str]) -> bool:
    """Whether a change names one of the resources, as a whole word, in its resources or in its request."""
    return any(_mentions(text, name) for name in names for text in (*change.names, change.parameters))


def _mentions(text: str, name: str) -> bool:
    start = text.find(name)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(name) : start + len(name) + 1]
        if not (before.isalnum() or before in ("-", "_")) and not (after.isalnum() or after in ("-", "_")):
            return True
        start = text.find(name, start + 1)
    return False


def resources(evidence: Evidence) -> list[str]:
    """The names and ids of everything that the incident's services stand on, the most telling first."""
    names: list[str] = []
    for service in evidence.of(ServiceState):
        names += [service.name, *service.security_groups, *(arn.rpartition(":")[2] for arn in service.target_groups)]
    for definition in evidence.of(TaskDefinition):
        names += [definition.family, *definition.file_systems]
        names += [role.rpartition("/")[2] for role in (definition.execution_role, definition.task_role) if role]
        names += [s for c in definition.containers for s in c.secrets.values()]
    for image in evidence.of(ImageState):
        names += [image.ref.repository]
    for group in evidence.of(TargetGroupState):
        names += [group.name, group.load_balancer.split("/")[1] if group.load_balancer.count("/") else ""]
    names += [g.name for g in evidence.of(LogGroup)]
    names += [s.name for s in evidence.of(SecretState)] + [s.name.rpartition(":")[2] for s in evidence.of(SecretState)]
    names += [r.name for r in evidence.of(RoleState)]
    names += [m for t in evidence.of(MountTarget) for m in (t.file_system, t.id, *t.security_groups)]
    names += [g.id for g in evidence.of(SecurityGroup)] + [a.id for a in evidence.of(NetworkAcl)]
    names += [s.id for s in evidence.of(Subnet)]
    names += [n for r in evidence.of(DefaultRoute) for n in (r.table, r.target, *r.gateway_endpoints)]
    names += [n.id for n in evidence.of(NatGateway)]
    names += [n for e in evidence.of(Endpoint) for n in (e.id, *e.security_groups)]
    names += [i.ec2 for i in evidence.of(ContainerInstance)]
    for instance in evidence.of(Instance):
        names += [instance.id, instance.cluster, *(name for name, _ in instance.groups)]
    names += [n for cluster in evidence.of(Cluster) for n in (cluster.id, cluster.group)]
    return [n for n in dict.fromkeys(names) if len(n) > 2]
