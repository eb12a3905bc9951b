"""Task definitions: the current revision, the former one, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState, short
from lambdas.checks.ecs.tasks import StoppedTask, number

SERVICES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """One containerDefinition. Of environment variables only names and a mark of change are kept, never values."""

    name: str
    image: str
    essential: bool = True
    cpu: int | None = None
    memory: int | None = None  # hard limit, MiB
    reservation: int | None = None
    command: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()  # names
    secrets: Mapping[str, str] = field(default_factory=dict)  # name → where the value comes from
    log_driver: str = ""
    log_options: Mapping[str, str] = field(default_factory=dict)
    health_check: Mapping[str, Any] = field(default_factory=dict)
    ports: tuple[int, ...] = ()

    @property
    def log_group(self) -> str:
        """The CloudWatch log group, if it logs there."""
        return self.log_options.get("awslogs-group", "") if self.log_driver == "awslogs" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition(Finding):
    """A revision of a task definition. `at` is when it was registered."""

    service: str
    which: Literal["current", "former"]
    family: str
    revision: int
    cpu: int | None = None  # CPU units
    memory: int | None = None  # MiB
    execution_role: str = ""  # ARN
    task_role: str = ""
    architecture: str = "X86_64"
    network_mode: str = ""
    launch_types: tuple[str, ...] = ()
    containers: tuple[ContainerSpec, ...] = ()
    file_systems: tuple[str, ...] = ()
    registered_by: str = ""

    @property
    def name(self) -> str:
        """As ECS writes it."""
        return f"{self.family}:{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionDiff(Finding):
    """What differs between the former and the current revision. `at` is when the current one was registered."""

    service: str
    former: str
    current: str
    differences: tuple[str, ...]  # e.g. "app: image a:1 → a:2", "app: environment variable DB_URL removed"


@check(
    "ecs.task_definitions",
    title="Task definition: limits, environment, image; what differs from the former revision",
    yields=(TaskDefinition, RevisionDiff),
    needs=(ServiceState,),
    uses=(StoppedTask,),
    # No resource-level permission for DescribeTaskDefinition (Service Authorization Reference, Amazon ECS).
    allow=(Allow("ecs:DescribeTaskDefinition"),),
    calls=6,
)
def task_definitions(look: Look) -> Iterator[Finding]:
    """The revision of the newest deployment, and the one before it."""
    for service in look.found.of(ServiceState)[:SERVICES]:
        settled = service.primary.task_definition if service.primary else service.task_definition
        if not settled:
            continue
        now = _tried(look, service, settled)
        raw_now = _describe(look, service, now)
        current = read(raw_now, service.name, "current", look.aws.region)
        yield current
        raw_before = _former(look, service, current, settled)
        if raw_before is None:
            continue
        former = read(raw_before, service.name, "former", look.aws.region)
        yield former
        yield RevisionDiff(
            at=current.at,
            service=service.name,
            former=former.name,
            current=current.name,
            differences=tuple(differences(raw_before, raw_now)),
            source="ecs:DescribeTaskDefinition",
            link=current.link,
        )


def _tried(look: Look, service: ServiceState, settled: str) -> str:
    """A newer revision whose tasks stopped: after a rollback the service itself names only the old one."""
    family, revision = settled.partition(":")[0], _revision(settled)
    stopped = [t.task_definition for t in look.found.of(StoppedTask) if t.service == service.name]
    newer = [name for name in stopped if name.partition(":")[0] == family and _revision(name) > revision]
    return max(newer, key=_revision, default=settled)


def _revision(name: str) -> int:
    return number(name.partition(":")[2]) or 0


def _former(look: Look, service: ServiceState, current: TaskDefinition, settled: str) -> dict[str, Any] | None:
    """What ran before: a rollback's revision, another deployment's, else the one before; None where it is gone."""
    candidates = [settled, *(d.task_definition for d in service.deployments)]
    others = [name for name in candidates if name not in ("", current.name)]
    before = others[0] if others else f"{current.family}:{current.revision - 1}" if current.revision > 1 else ""
    if not before:
        return None
    try:
        return _describe(look, service, before)
    except look.aws.ecs.exceptions.ClientException:
        return None  # a revision that was deleted


def _describe(look: Look, service: ServiceState, name: str) -> dict[str, Any]:
    """By its ARN, in the service's own account and partition; by its name where we do not know that."""
    account, found_, _ = service.arn.partition(":service/")
    answer: Any = look.aws.ecs.describe_task_definition(
        taskDefinition=f"{account}:task-definition/{name}" if found_ else name
    )
    found: dict[str, Any] = answer.get("taskDefinition") or {}
    return found


def read(raw: dict[str, Any], service: str, which: Literal["current", "former"], region: str) -> TaskDefinition:
    """Read a taskDefinition of DescribeTaskDefinition."""
    family, _, revision = short(raw.get("taskDefinitionArn", "")).partition(":")
    family = raw.get("family") or family
    number_ = raw.get("revision") or int(revision or 0)
    return TaskDefinition(
        at=raw.get("registeredAt"),
        service=service,
        which=which,
        family=family,
        revision=number_,
        cpu=number(raw.get("cpu")),
        memory=number(raw.get("memory")),
        execution_role=raw.get("executionRoleArn", ""),
        task_role=raw.get("taskRoleArn", ""),
        architecture=(raw.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64"),
        network_mode=raw.get("networkMode", ""),
        launch_types=tuple(raw.get("requiresCompatibilities") or ()),
        containers=tuple(_container(c) for c in raw.get("containerDefinitions") or ()),
        file_systems=tuple(
            v["efsVolumeConfiguration"].get("fileSystemId", "")
            for v in raw.get("volumes") or ()
            if v.get("efsVolumeConfiguration")
        ),
        registered_by=raw.get("registeredBy", ""),
        source="ecs:DescribeTaskDefinition",
        link=links.task_definition(region, family, number_),
    )


def _container(raw: dict[str, Any]) -> ContainerSpec:
    log = raw.get("logConfiguration") or {}
    return ContainerSpec(
        name=raw.get("name", ""),
        image=raw.get("image", ""),
        essential=raw.get("essential", True),
        cpu=raw.get("cpu") or None,
        memory=raw.get("memory"),
        reservation=raw.get("memoryReservation"),
        command=tuple(raw.get("command") or ()),
        environment=tuple(e.get("name", "") for e in raw.get("environment") or ()),
        secrets={s.get("name", ""): s.get("valueFrom", "") for s in raw.get("secrets") or ()},
        log_driver=log.get("logDriver", ""),
        log_options=log.get("options") or {},
        health_check=raw.get("healthCheck") or {},
        ports=tuple(p["containerPort"] for p in raw.get("portMappings") or () if p.get("containerPort")),
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two task definitions, as sentences. Values of environment variables are not told."""
    for key, name in (
        ("cpu", "task CPU"),
        ("memory", "task memory"),
        ("executionRoleArn", "execution role"),
        ("taskRoleArn", "task role"),
        ("networkMode", "network mode"),
    ):
        if before.get(key) != after.get(key):
            yield f"{name} {_last(before.get(key))} → {_last(after.get(key))}"
    old_arch = (before.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    new_arch = (after.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    if old_arch != new_arch:
        yield f"CPU architecture {old_arch} → {new_arch}"
    if (before.get("volumes") or []) != (after.get("volumes") or []):
        yield "volumes changed"
    old = {c.get("name", ""): c for c in before.get("containerDefinitions") or ()}
    new = {c.get("name", ""): c for c in after.get("containerDefinitions") or ()}
    for name in old.keys() - new.keys():
        yield f"container {name} removed"
    for name in new.keys() - old.keys():
        yield f"container {name} added"
    for name in sorted(old.keys() & new.keys()):
        for difference in _of_container(old[name], new[name]):
            yield f"{name}: {difference}"


def _of_container(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in ("image", "cpu", "memory", "memoryReservation", "command", "entryPoint", "essential", "stopTimeout"):
        if (old.get(key) or None) != (new.get(key) or None):
            yield f"{key} {_text(old.get(key))} → {_text(new.get(key))}"
    for key, name in (
        ("healthCheck", "health check"),
        ("portMappings", "port mappings"),
        ("logConfiguration", "log configuration"),
        ("mountPoints", "mount points"),
        ("dependsOn", "dependencies"),
    ):
        if (old.get(key) or None) != (new.get(key) or None):
            yield f"{name} changed"
    yield from _named(old.get("environment"), new.get("environment"), "value", "environment variable")
    yield from _named(old.get("secrets"), new.get("secrets"), "valueFrom", "secret")


def _named(old: Any, new: Any, value: str, what: str) -> Iterator[str]:
    before = {e.get("name", ""): e.get(value) for e in old or ()}
    after = {e.get("name", ""): e.get(value) for e in new or ()}
    for name in sorted(before.keys() - after.keys()):
        yield f"{what} {name} removed"
    for name in sorted(after.keys() - before.keys()):
        yield f"{what} {name} added"
    for name in sorted(n for n in before.keys() & after.keys() if before[n] != after[n]):
        yield f"{what} {name} changed"


def _last(value: Any) -> str:
    return str(value).rpartition("/")[2] if value else "none"


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else "none" if value in (None, "") else str(value)
