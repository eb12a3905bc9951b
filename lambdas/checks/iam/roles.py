"""The roles of the task definition: do they exist, whom do they trust, and has the execution role any policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition

ROLES = 2
_ROLES = "arn:{partition}:iam::{account}:role/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleState(Finding):
    """A role. `at` is when it was created."""

    arn: str
    name: str
    use: Literal["execution", "task"]
    exists: bool
    trusts_tasks: bool | None = None  # None: the trust policy could not be read
    policies: tuple[str, ...] | None = None  # names; None: not asked


@check(
    "iam.roles",
    title="Execution role and task role",
    yields=(RoleState,),
    needs=(TaskDefinition,),
    allow=(
        Allow("iam:GetRole", _ROLES),
        Allow("iam:ListAttachedRolePolicies", _ROLES),
        Allow("iam:ListRolePolicies", _ROLES),
    ),
    calls=6,
)
def roles(look: Look) -> Iterator[Finding]:
    """The execution role pulls images and reads secrets; the task role is the application's."""
    for definition in look.found.of(TaskDefinition):
        if definition.which == "current":
            if definition.execution_role:
                yield _role(look, definition.execution_role, "execution")
            if definition.task_role and definition.task_role != definition.execution_role:
                yield _role(look, definition.task_role, "task")
            return


def _role(look: Look, arn: str, use: Literal["execution", "task"]) -> RoleState:
    name = arn.rpartition("/")[2]
    link = links.role(look.aws.region, name)
    try:
        role: Any = look.aws.iam.get_role(RoleName=name).get("Role") or {}
    except look.aws.iam.exceptions.NoSuchEntityException:
        return RoleState(arn=arn, name=name, use=use, exists=False, source="iam:GetRole", link=link)
    policies: tuple[str, ...] | None = None
    if use == "execution":
        attached = look.aws.iam.list_attached_role_policies(RoleName=name).get("AttachedPolicies") or []
        inline = look.aws.iam.list_role_policies(RoleName=name).get("PolicyNames") or []
        policies = (*(p.get("PolicyName", "") for p in attached), *inline)
    return RoleState(
        at=role.get("CreateDate"),
        arn=arn,
        name=name,
        use=use,
        exists=True,
        trusts_tasks=trusts_tasks(role.get("AssumeRolePolicyDocument")),
        policies=policies,
        source="iam:GetRole",
        link=link,
    )


def trusts_tasks(document: Any) -> bool | None:
    """Whether a trust policy lets ECS tasks assume the role. boto3 decodes the document, stand-ins may not."""
    if isinstance(document, str):
        try:
            document = json.loads(unquote(document))
        except ValueError:
            return None
    if not isinstance(document, dict):
        return None
    statements = document.get("Statement") or []
    statements = statements if isinstance(statements, list) else [statements]
    return any(
        s.get("Effect") == "Allow" and "ecs-tasks.amazonaws.com" in json.dumps(s.get("Principal")) for s in statements
    )
