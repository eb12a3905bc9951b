"""Secrets Manager, what is observed of it: metadata of the workload's secrets. Our own secrets fall through."""

import json

from local.world.answer import Call
from local.world.service import Filler, Item, Section, Service


def _secret(item: Item, fill: Filler) -> None:
    item.setdefault("ARN", fill.arn(f"secret/{item['Name']}"))


service = Service(
    "secretsmanager", {"secrets": Section("DescribeSecretResponse", {"policy": "any"}, _secret, ("Name",))}
)


def _find(call: Call) -> Item | None:
    wanted = call.params.get("SecretId", "")
    for item in call.items("secrets"):
        if wanted in (item["Name"], item["ARN"], item["ARN"].rpartition("-")[0]):
            return item
    return None


service.split = lambda call: (
    _find(call) is not None or (call.operation == "ListSecrets" and bool(call.items("secrets")))
)


@service.answers("DescribeSecret")
def describe_secret(call: Call) -> Item:
    """Metadata of a secret of the world."""
    found = _find(call)
    assert found is not None
    return call.public("secrets", [found])[0]


@service.answers("GetResourcePolicy")
def get_resource_policy(call: Call) -> Item:
    """The resource policy of a secret of the world."""
    found = _find(call)
    assert found is not None
    policy = found.get("policy")
    text = policy if isinstance(policy, str | None) else json.dumps(policy)
    return {"ARN": found["ARN"], "Name": found["Name"]} | ({"ResourcePolicy": text} if text else {})


@service.answers("ListSecrets")
def list_secrets(call: Call) -> Item:
    """Secrets of the world, without their values."""
    keys = ("ARN", "Name", "Description", "KmsKeyId", "LastChangedDate", "LastRotatedDate", "DeletedDate", "Tags")
    listed = [{key: item[key] for key in keys if key in item} for item in call.items("secrets")]
    return {"SecretList": listed}
