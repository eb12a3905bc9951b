"""Resource Groups Tagging: resources by tag."""

from local.world.answer import Call, one_of
from local.world.service import Item, Section, Service

service = Service("resourcegroupstaggingapi", {"resources": Section("ResourceTagMapping", required=("ResourceARN",))})


@service.answers("GetResources")
def get_resources(call: Call) -> Item:
    """Resources by ARN, tag and type: those listed under `resources`."""
    kept = one_of(call.items("resources"), "ResourceARN", call.params.get("ResourceARNList"))
    for asked in call.params.get("TagFilters", []):
        kept = [item for item in kept if _tagged(item, asked)]
    if types := call.params.get("ResourceTypeFilters"):
        kept = [item for item in kept if any(_of_type(item["ResourceARN"], one) for one in types)]
    size = call.params.get("ResourcesPerPage", 50)
    page, more = call.page(kept, size=size, limit="", marker="PaginationToken")
    return {"ResourceTagMappingList": page, "PaginationToken": "", **more}


def _tagged(item: Item, asked: Item) -> bool:
    values = [tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == asked["Key"]]
    return bool(values) and (not asked.get("Values") or any(value in asked["Values"] for value in values))


def _of_type(arn: str, kind: str) -> bool:
    wanted, _, resource = kind.partition(":")
    parts = arn.split(":", 5)
    return parts[2] == wanted and (not resource or parts[5].replace(":", "/").split("/")[0] == resource)
