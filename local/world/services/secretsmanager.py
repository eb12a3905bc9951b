"""Secrets Manager, what is observed of it: metadata of the workload's secrets. Our own secrets fall through."""

from local.world.service import Filler, Item, Section, Service


def _secret(item: Item, fill: Filler) -> None:
    item.setdefault("ARN", fill.arn(f"secret/{item['Name']}"))


service = Service(
    "secretsmanager", {"secrets": Section("DescribeSecretResponse", {"policy": "any"}, _secret, ("Name",))}
)
