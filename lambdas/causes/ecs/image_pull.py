"""Images that cannot be pulled: one decision, told apart by AWS's sentence, ECR and the network path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Fix, Judgement, cause
from lambdas.causes.ecs.failures import Failure, failures, unexplained
from lambdas.causes.ecs.network import on_the_way
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import stated, who
from lambdas.causes.wording import at, day, quote, some
from lambdas.checks.ecr.images import ImageState, parse
from lambdas.checks.ecs.cluster import ContainerInstance
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.iam.roles import RoleState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

READS = ("ecs.stopped_tasks", "ecs.services", "ecr.images", "ecs.task_definitions", "cloudtrail.changes")
EFFECTS = (
    "ecs.bad_deployment",
    "ecs.elb_health_check_failed",
    "ecs.container_health_check_failed",
    "ecs.app_crash",
    "ecs.dependency_unreachable",
    "ecs.undersized",
    "ecs.autoscaling_failing",
    "ecs.autoscaling_at_max",
    "change.configuration",
    "alb.no_healthy_targets",
    "alb.targets_wrong_code",
    "alb.targets_timeout",
    "alb.target_resets",
    "alb.registration_flapping",
    "alb.empty_target_group",
    "app.errors_after_deploy",
    "app.exception_signature",
)
RUNBOOK = "Scenario 1: ECS Service Startup Failures"
_REF = re.compile(r"(?:ref|image|for|manifest)\s+['\"]?([\w.\-]+(?:[:/][\w.\-/]+)*(?::[\w.\-]+|@sha256:[0-9a-f]+))")


def _mine(evidence: Evidence, id_: str) -> list[Failure]:
    return [f for f in failures(evidence) if f.kind == id_]


def _image(evidence: Evidence, mine: list[Failure]) -> str:
    """The image that could not be pulled: as AWS names it, else the only one of the task definition."""
    for failure in reversed(mine):
        if named := _REF.search(failure.text):
            return named[1].rstrip(":.")
    images = [c.image for d in evidence.of(TaskDefinition) if d.which == "current" for c in d.containers]
    return images[0] if images else "the image"


def _states(evidence: Evidence, *, exists: bool | None) -> Iterator[Fact]:
    for image in evidence.of(ImageState):
        if image.exists is exists:
            text = f"ECR has {image.ref.image}, pushed {day(image.at)}" if exists else f"{image.ref.image}: {image.why}"
            newest = f"; the newest tag is {image.newest}, pushed {day(image.newest_at)}" if image.newest else ""
            yield Fact(text=text + newest, source=image.source, at=image.at, link=image.link)


@cause(
    "ecs.image_missing",
    title="The container image does not exist",
    reads=READS,
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def image_missing(evidence: Evidence) -> Judgement:
    """CannotPullContainerError with 'not found'; or ECR without the tag, where the stop reasons are out of reach."""
    mine = _mine(evidence, "ecs.image_missing")
    image = _image(evidence, mine)
    gone = [i for i in evidence.of(ImageState) if i.exists is False]
    if not mine and gone and (unseen := unexplained(evidence)):
        return Judgement(
            verdict="likely",
            summary=f"{gone[0].why}, and {unseen}",
            evidence=tuple(_states(evidence, exists=False)),
            actions=tuple(_push(evidence, gone[0].ref.image)),
            would_confirm="a stopped task with CannotPullContainerError",
            missing=(f"ecs.stopped_tasks: {evidence.gap('ecs.stopped_tasks') or 'none left to see'}",),
            score=0.6,
        )
    newest = next((f"; the newest tag there is {i.newest}" for i in gone if i.newest), "")
    return stated(
        evidence,
        "ecs.image_missing",
        summary=f"{who(evidence, mine)} cannot start: the image {image} does not exist{newest}",
        support=(*_states(evidence, exists=False), *changes_of(evidence, parse(image).repository)),
        against=_states(evidence, exists=True),
        actions=_push(evidence, image),
    )


def _push(evidence: Evidence, image: str) -> Iterator[Action]:
    ref = parse(image)
    what = f"--image-ids imageTag={ref.tag}" if ref.tag else f"--image-ids imageDigest={ref.digest}"
    if ref.account:
        yield Action(
            text=(
                f"Verify container image availability and tags: push {image}, or correct the tag in the task definition"
            ),
            command=f"aws ecr describe-images --registry-id {ref.account} --repository-name {ref.repository} {what}",
        )
    else:
        yield Action(text=f"Verify container image availability and tags: {image} at {ref.registry}")
    yield from roll_back(evidence)


def roll_back(evidence: Evidence) -> Iterator[Action]:
    """Back to the former revision, where there is one."""
    for former in (d for d in evidence.of(TaskDefinition) if d.which == "former"):
        for service in (s for s in evidence.of(ServiceState) if s.name == former.service):
            yield Action(
                text=f"Until then roll {service.name} back to {former.name}",
                command=(
                    f"aws ecs update-service --cluster {service.cluster} --service {service.name}"
                    f" --task-definition {former.name}"
                ),
                link=service.link,
                fix=Fix(remedy="roll_back", resource=service.resource, to={"task_definition": former.name}),
            )


@cause(
    "ecs.image_pull_denied",
    title="The registry refuses the pull",
    reads=(*READS, "iam.roles"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def image_pull_denied(evidence: Evidence) -> Judgement:
    """CannotPullContainerError with denied, 403, no basic auth; the execution role."""
    mine = _mine(evidence, "ecs.image_pull_denied")
    image = _image(evidence, mine)
    role = next((r for r in evidence.of(RoleState) if r.use == "execution"), None)
    facts = [*_states(evidence, exists=True)]
    actions = []
    if role and not role.exists:
        facts.append(Fact(text=f"the execution role {role.name} does not exist", source=role.source, link=role.link))
    elif role and role.policies is not None:
        has = f"has the policies {some(role.policies)}" if role.policies else "has no policy at all"
        facts.append(Fact(text=f"the execution role {role.name} {has}", source=role.source, link=role.link))
    if role:
        facts.extend(changes_of(evidence, role.name))
        arn = f"arn:{evidence.alert.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        actions.append(
            Action(
                text=f"Give the execution role {role.name} the right to pull (AmazonECSTaskExecutionRolePolicy)",
                command=f"aws iam attach-role-policy --role-name {role.name} --policy-arn {arn}",
                link=role.link,
            )
        )
    facts.extend(changes_of(evidence, parse(image).repository))
    elsewhere = next((i for i in evidence.of(ImageState) if i.exists is None and "account" in i.why), None)
    if elsewhere:
        facts.append(Fact(text=f"{elsewhere.why}: its repository policy must allow this account", source="ecr"))
        actions.append(Action(text=f"Let this account pull in the repository policy of {elsewhere.ref.repository}"))
    ambiguous = mine and all("repository does not exist or may require" in f.text for f in mine)
    judged = stated(
        evidence,
        "ecs.image_pull_denied",
        summary=f"{who(evidence, mine)} cannot start: the registry refuses to give {image}",
        support=facts,
        against=_states(evidence, exists=False),
        actions=actions,
    )
    if judged.verdict == "confirmed" and ambiguous and not any(i.exists for i in evidence.of(ImageState)):
        # Docker Hub says the same of an image that does not exist (Docker documentation, "denied").
        return Judgement(
            verdict="likely",
            summary=judged.summary,
            evidence=judged.evidence,
            actions=judged.actions,
            since=judged.since,
            score=judged.score,
            would_confirm="pulling the image with valid credentials",
        )
    return judged


@cause(
    "ecs.image_pull_network",
    title="The registry cannot be reached",
    reads=(*READS, "ec2.routes", "ec2.security_groups", "ec2.network_acls"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def image_pull_network(evidence: Evidence) -> Judgement:
    """CannotPullContainerError with a timeout; subnets, NAT, endpoints, security groups say where the way ends."""
    mine = _mine(evidence, "ecs.image_pull_network")
    way = on_the_way(evidence)
    found = f": {way[0].text}" if way else ""
    service = next(iter(evidence.of(ServiceState)), None)
    where = some(service.subnets) if service else "its subnets"
    return stated(
        evidence,
        "ecs.image_pull_network",
        summary=(
            f"{who(evidence, mine)} cannot start: its tasks do not"
            f" reach the registry of {_image(evidence, mine)}{found}"
        ),
        support=(*way, *_states(evidence, exists=True)),
        actions=(
            Action(
                text=f"Verify security group and network ACL configurations and the route of {where} to the registry"
                " (NAT gateway, or endpoints ecr.api, ecr.dkr and s3)",
                link=way[0].link if way else "",
            ),
        ),
    )


@cause(
    "ecs.image_pull_rate_limited",
    title="The registry limits the pulls",
    reads=READS,
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def image_pull_rate_limited(evidence: Evidence) -> Judgement:
    """Toomanyrequests."""
    mine = _mine(evidence, "ecs.image_pull_rate_limited")
    image = _image(evidence, mine)
    return stated(
        evidence,
        "ecs.image_pull_rate_limited",
        summary=f"{who(evidence, mine)} cannot start: {parse(image).registry} limits how often {image} is pulled",
        actions=(
            Action(
                text=f"Pull {image} through an ECR pull-through cache, or log in to the registry"
                " (repositoryCredentials); the limit resets by itself, usually within six hours"
            ),
        ),
    )


@cause(
    "ecs.image_wrong_platform",
    title="The image is built for another platform",
    reads=(*READS, "ecs.cluster", "logs.last_words"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def image_wrong_platform(evidence: Evidence) -> Judgement:
    """No descriptor matching platform; or 'exec format error', said by the container itself."""
    from lambdas.causes.ecs.exits import died_of  # noqa: PLC0415 — both judge the same tasks

    mine = _mine(evidence, "ecs.image_wrong_platform")
    current = next((d for d in evidence.of(TaskDefinition) if d.which == "current"), None)
    asked = f"; the task definition asks for {current.architecture}" if current else ""
    architectures = sorted({i.architecture for i in evidence.of(ContainerInstance) if i.architecture})
    facts = [
        Fact(text=f"the cluster's instances are {' and '.join(architectures)}", source="ecs:DescribeContainerInstances")
    ]
    support = facts if architectures else []
    actions = [
        Action(
            text=f"Build {_image(evidence, mine)} for the platform it runs on, or for both (docker buildx --platform)"
        ),
        *roll_back(evidence),
    ]
    summary = f"{who(evidence, mine)} cannot start: the image is built for another CPU platform{asked}"
    if not mine and (deaths := [d for d in died_of(evidence) if d.said.kind == "platform"]):
        return Judgement(
            verdict="confirmed",
            summary=summary,
            actions=tuple(actions),
            since=deaths[0].at,
            score=0.9,
            evidence=(
                *(
                    Fact(text=f"{d.label} logged {quote(d.line)}", source=d.source, at=d.at, link=d.link)
                    for d in deaths[:2]
                ),
                *support,
                *(Fact(text=f"first at {at(deaths[0].at)}") for _ in deaths[:1]),
            ),
        )
    return stated(evidence, "ecs.image_wrong_platform", summary=summary, support=support, actions=actions)
