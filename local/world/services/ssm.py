"""Systems Manager parameters, what is observed of them: whether the workload's exist. Our own fall through."""

from local.world.service import Filler, Item, Section, Service


def _parameter(item: Item, fill: Filler) -> None:
    item.setdefault("ARN", fill.arns.arn("ssm", f"parameter/{item['Name'].lstrip('/')}"))
    item.setdefault("Type", "String")
    item.setdefault("Version", 1)
    item.setdefault("LastModifiedDate", fill.now)


service = Service("ssm", {"parameters": Section("ParameterMetadata", {"value": "string"}, _parameter, ("Name",))})
