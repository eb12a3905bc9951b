"""Lambda, what is observed of it: functions that the world declares. Ours fall through."""

from local.world.service import Filler, Item, Section, Service


def _function(item: Item, fill: Filler) -> None:
    item.setdefault("FunctionArn", fill.arn(f"function/{item['FunctionName']}"))
    item.setdefault("State", "Active")


service = Service(
    "lambda",
    {"functions": Section("FunctionConfiguration", {"reservedConcurrency": "integer"}, _function, ("FunctionName",))},
)
