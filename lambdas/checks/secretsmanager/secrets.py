"""Whether the secrets that the task definition names exist. Never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition

SECRETS = 5
PARAMETERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState(Finding):
    """A secret or parameter that a container wants."""

    kind: str  # "secret" | "parameter"
    name: str  # as the task definition names it, without a JSON key
    variable: str  # the environment variable it fills
    service: str
    exists: bool | None  # None: elsewhere, so not looked at
    why: str = ""


def wanted(look: Look) -> Iterator[tuple[str, str, str, str]]:
    """(kind, name or ARN, variable, service) of each secret of the current revision, each name once."""
    seen = set[str]()
    for definition in look.found.of(TaskDefinition):
        if definition.which != "current":
            continue
        for container in definition.containers:
            for variable, source in container.secrets.items():
                kind, name = parse(source)
                if name not in seen:
                    seen.add(name)
                    yield kind, name, variable, definition.service


def parse(source: str) -> tuple[str, str]:
    """A `valueFrom`: a secret's ARN (with `:json-key:stage:version` after it), or a parameter's name or ARN."""
    if ":secretsmanager:" in source:
        return "secret", ":".join(source.split(":")[:7])
    return "parameter", source.partition(":parameter")[2] or source


@check(
    "secretsmanager.secrets",
    title="Secrets of the task definition",
    yields=(SecretState,),
    needs=(TaskDefinition,),
    allow=(Allow("secretsmanager:DescribeSecret", "arn:{partition}:secretsmanager:{region}:{account}:secret:*"),),
    calls=5,
)
def secrets(look: Look) -> Iterator[Finding]:
    """DescribeSecret says that it is there; its value is nobody's business here."""
    for kind, name, variable, service in list(wanted(look))[:SECRETS]:
        if kind != "secret":
            continue
        region = name.split(":")[3] if name.count(":") >= 6 else look.aws.region
        if region != look.aws.region:
            yield _state(look, name, variable, service, exists=None, why=f"the secret is in {region}")
            continue
        try:
            found: Any = look.aws.secretsmanager.describe_secret(SecretId=name)
        except look.aws.secretsmanager.exceptions.ResourceNotFoundException:
            yield _state(look, name, variable, service, exists=False, why="Secrets Manager has no such secret")
            continue
        deleted = found.get("DeletedDate")
        why = f"scheduled for deletion on {deleted:%Y-%m-%d}" if deleted else ""
        yield _state(look, name, variable, service, exists=not deleted, why=why)


def _state(look: Look, name: str, variable: str, service: str, *, exists: bool | None, why: str) -> SecretState:
    return SecretState(
        kind="secret",
        name=name,
        variable=variable,
        service=service,
        exists=exists,
        why=why,
        source="secretsmanager:DescribeSecret",
        link=links.secret(look.aws.region, name.rpartition(":")[2]),
    )
