"""Does a policy allow what is called, and is what it allows called? Pure, over a synthesised template and a ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from infra.permissions import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Operations that are no IAM action: what is checked instead (Service Authorization Reference). Writes in a transaction
# are checked one by one; which ones they are is in the call.
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call: the IAM action, and the ARNs that it touches, or `*` where they cannot be told from its parameters."""

    action: str
    resources: tuple[str, ...] = ("*",)


def called(action: str, params: Mapping[str, Any], resources: Iterable[str]) -> Iterator[Called]:
    """What IAM checks for one operation, e.g. `dynamodb:TransactWriteItems` → the writes in it."""
    on = tuple(resources) or ("*",)
    if action == "dynamodb:TransactWriteItems":
        kinds = {kind for item in params["TransactItems"] for kind in item}
        yield from (Called(action=f"dynamodb:{_WRITES[kind]}", resources=on) for kind in sorted(kinds))
    else:
        yield Called(action=action, resources=on)


def statements_of(template: Mapping[str, Any], function: str) -> list[Statement]:
    """What a function's own role allows. Resources that CloudFormation fills in stay as their JSON.

    Args:
        template: the synthesised template.
        function: the beginning of its role's logical id, e.g. `Respond`.
    """
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::IAM::Policy":
            continue
        roles = [role.get("Ref", "") for role in resource["Properties"]["Roles"]]
        if not any(role.startswith(f"{function}Role") for role in roles):
            continue
        found += [
            Statement(
                sid=statement.get("Sid", ""),
                actions=tuple(_listed(statement["Action"])),
                resources=tuple(on if isinstance(on, str) else json.dumps(on) for on in _listed(statement["Resource"])),
            )
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def denied(calls: Iterable[Called], statements: Iterable[Statement]) -> list[str]:
    """The calls that the statements do not allow, each as a sentence; empty when all are allowed."""
    granted = list(statements)
    missing: dict[str, None] = {}
    for call in calls:
        patterns = [on for statement in granted if call.action in statement.actions for on in statement.resources]
        if not patterns:
            missing[f"{call.action} is called and not allowed"] = None
        for resource in call.resources:
            if patterns and resource != "*" and not any(fnmatchcase(resource, pattern) for pattern in patterns):
                missing[f"{call.action} is called on {resource} and allowed only on {', '.join(patterns)}"] = None
    return list(missing)


def unused(calls: Iterable[Called], statements: Iterable[Statement], reasons: Mapping[str, str]) -> list[str]:
    """Allowed actions that nobody calls and nobody gives a reason for, and reasons that are no longer needed."""
    seen = {call.action for call in calls}
    allowed = {action for statement in statements for action in statement.actions}
    idle = [f"{action} is allowed and never called" for action in sorted(allowed - seen - reasons.keys())]
    idle += [f"{action} has a reason and needs none: it is called" for action in sorted(seen & reasons.keys())]
    idle += [f"{action} has a reason and is not allowed" for action in sorted(reasons.keys() - allowed)]
    return idle
