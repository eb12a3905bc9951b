"""Lambda, what is observed of it: functions that the world declares. Ours fall through."""

from local.world.answer import Call
from local.world.service import Filler, Item, Section, Service


def _function(item: Item, fill: Filler) -> None:
    item.setdefault("FunctionArn", fill.arn(f"function/{item['FunctionName']}"))
    item.setdefault("State", "Active")


service = Service(
    "lambda",
    {"functions": Section("FunctionConfiguration", {"reservedConcurrency": "integer"}, _function, ("FunctionName",))},
)


def _find(call: Call) -> Item | None:
    wanted = call.params.get("FunctionName", "").rsplit(":function:", 1)[-1]
    return next((item for item in call.items("functions") if item["FunctionName"] == wanted), None)


service.split = lambda call: _find(call) is not None


@service.answers("GetFunctionConfiguration")
def get_function_configuration(call: Call) -> Item:
    """A function of the world."""
    found = _find(call)
    assert found is not None
    return call.public("functions", [found])[0]


@service.answers("GetFunctionConcurrency")
def get_function_concurrency(call: Call) -> Item:
    """Reserved concurrency of a function of the world."""
    found = _find(call) or {}
    return {"ReservedConcurrentExecutions": found["reservedConcurrency"]} if "reservedConcurrency" in found else {}
