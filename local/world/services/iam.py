"""IAM: the workload's roles and what they are allowed."""

import json

from local.world.arns import identifier
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
