"""Systems Manager parameters, what is observed of them: whether the workload's exist. Our own fall through."""

from local.world.answer import Call
from local.world.service import Filler, Item, Section, Service


def _parameter(item: Item, fill: Filler) -> None:
    item.setdefault("ARN", fill.arns.arn("ssm", f"parameter/{item['Name'].lstrip('/')}"))
    item.setdefault("Type", "String")
    item.setdefault("Version", 1)
    item.setdefault("LastModifiedDate", fill.now)


service = Service("ssm", {"parameters": Section("ParameterMetadata", {"value": "string"}, _parameter, ("Name",))})


def _known(call: Call) -> dict[str, Item]:
    known = {item["Name"]: item for item in call.items("parameters")}
    return known | {item["ARN"]: item for item in call.items("parameters")}


def _mine(call: Call) -> bool:
    """DescribeParameters asks about the workload; GetParameter(s) is the World's when it names a declared one."""
    if call.operation == "DescribeParameters":
        return True
    names = [*call.params.get("Names", []), call.params.get("Name", "")]
    return any(name in _known(call) for name in names)


service.split = _mine


@service.answers("DescribeParameters")
def describe_parameters(call: Call) -> Item:
    """Parameters by name, type or path; without their values."""
    kept = call.items("parameters")
    for one in call.params.get("ParameterFilters", []):
        kept = [item for item in kept if _fits(call, item, one)]
    page, more = call.page(call.public("parameters", kept), size=50, limit="MaxResults", marker="NextToken")
    return {"Parameters": page, **more}


def _fits(call: Call, item: Item, asked: Item) -> bool:
    key, option, values = asked["Key"], asked.get("Option", "Equals"), asked.get("Values", [])
    if key not in {"Name", "Type", "KeyId", "Path"}:
        raise call.world.failed(f"ssm:DescribeParameters: the World does not filter by {key}")
    if key == "Path":
        return any(item["Name"].startswith(value.rstrip("/") + "/") for value in values)
    text = str(item.get(key, ""))
    if option == "BeginsWith":
        return any(text.startswith(value) for value in values)
    return any(value in text if option == "Contains" else value == text for value in values)


def _shown(item: Item) -> Item:
    keys = ("Name", "Type", "Version", "LastModifiedDate", "ARN", "DataType")
    return {key: item[key] for key in keys if key in item} | {"Value": item.get("value", "")}


@service.answers("GetParameters")
def get_parameters(call: Call) -> Item:
    """Declared parameters; the other names are invalid."""
    known = _known(call)
    names = call.params["Names"]
    return {
        "Parameters": [_shown(known[name]) for name in names if name in known],
        "InvalidParameters": [name for name in names if name not in known],
    }


@service.answers("GetParameter")
def get_parameter(call: Call) -> Item:
    """A declared parameter; its value is what the world says, else empty."""
    return {"Parameter": _shown(_known(call)[call.params["Name"]])}
