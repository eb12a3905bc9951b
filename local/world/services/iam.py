"""IAM: the workload's roles and what they are allowed."""

import json
from typing import Any
from urllib.parse import quote

from local.world.answer import Call
from local.world.arns import identifier
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _role(item: Item, fill: Filler) -> None:
    name = item["RoleName"]
    item.setdefault("Arn", fill.arn(f"role/{name}"))
    item.setdefault("Path", "/")
    item.setdefault("RoleId", "AROA" + identifier(name, 17).upper())
    item.setdefault("CreateDate", fill.now.replace(year=fill.now.year - 1, day=min(fill.now.day, 28)))
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    item.setdefault("AssumeRolePolicyDocument", json.dumps(trust))


def _policy(item: Item, fill: Filler) -> None:
    item["Arn"] = fill.arn(item.get("Arn") or f"policy/{item['PolicyName']}")


service = Service(
    "iam",
    {
        "roles": Section(
            "Role",
            {"attachedPolicies": [("iam", "AttachedPolicy")], "policies": "any"},
            _role,
            ("RoleName",),
        ),
        "policies": Section("Policy", {"document": "any"}, _policy, ("PolicyName",)),
    },
    writes_pass=True,
)


def _role_of(call: Call) -> Item:
    for item in call.items("roles"):
        if item["RoleName"] == call.params["RoleName"]:
            return item
    raise AwsError("NoSuchEntity", f"The role with name {call.params['RoleName']} cannot be found.", 404)


def _encoded(document: Any) -> str:
    """IAM answers policy documents percent-encoded."""
    return quote(document if isinstance(document, str) else json.dumps(document))


@service.answers("GetRole")
def get_role(call: Call) -> Item:
    """A role with its trust policy."""
    role = call.public("roles", [_role_of(call)])[0]
    return {"Role": role | {"AssumeRolePolicyDocument": _encoded(role["AssumeRolePolicyDocument"])}}


@service.answers("ListAttachedRolePolicies")
def list_attached_role_policies(call: Call) -> Item:
    """Managed policies of a role."""
    attached = _role_of(call).get("attachedPolicies", [])
    named = [{"PolicyName": one["PolicyArn"].rsplit("/", 1)[-1]} | one for one in attached]
    return {"AttachedPolicies": named, "IsTruncated": False}


@service.answers("ListRolePolicies")
def list_role_policies(call: Call) -> Item:
    """Names of a role's inline policies."""
    return {"PolicyNames": sorted(_role_of(call).get("policies", {})), "IsTruncated": False}


@service.answers("GetRolePolicy")
def get_role_policy(call: Call) -> Item:
    """An inline policy of a role."""
    name = call.params["PolicyName"]
    policies = _role_of(call).get("policies", {})
    if name not in policies:
        raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", 404)
    return {"RoleName": call.params["RoleName"], "PolicyName": name, "PolicyDocument": _encoded(policies[name])}


def _policy_of(call: Call) -> Item:
    for item in call.items("policies"):
        if item["Arn"] == call.params["PolicyArn"]:
            return item
    raise AwsError("NoSuchEntity", f"Policy {call.params['PolicyArn']} does not exist or is not attachable.", 404)


@service.answers("GetPolicy")
def get_policy(call: Call) -> Item:
    """A managed policy that the world declares."""
    return {"Policy": {"DefaultVersionId": "v1"} | call.public("policies", [_policy_of(call)])[0]}


@service.answers("GetPolicyVersion")
def get_policy_version(call: Call) -> Item:
    """The document of a managed policy that the world declares."""
    text = _encoded(_policy_of(call).get("document", {}))
    return {"PolicyVersion": {"Document": text, "VersionId": call.params["VersionId"], "IsDefaultVersion": True}}
