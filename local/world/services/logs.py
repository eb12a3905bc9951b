"""CloudWatch Logs: groups, streams, events, and Logs Insights."""

import json
from typing import Any, Self

from pydantic import model_validator

from local.world.model import Part
from local.world.service import Filler, Item, Section, Service
from local.world.times import Moment, Span


class Line(Part):
    """A log line, or a line that repeats: `at`, or `every` with `from` (and `to`, default `now`)."""

    model_config = {**Part.model_config, "populate_by_name": False}
    at: Moment | None = None
    every: Span | None = None
    from_: Moment | None = None
    to: Moment | None = None
    stream: str = "app"
    message: str | dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _from(cls, value: Any) -> Any:
        """`from` is a word of Python's."""
        if isinstance(value, dict) and "from" in value:
            return {("from_" if key == "from" else key): one for key, one in value.items()}
        return value

    @model_validator(mode="after")
    def _when(self) -> Self:
        if (self.at is None) == (self.every is None):
            raise ValueError("a line has either `at`, or `every` with `from`")
        if self.every and self.from_ is None:
            raise ValueError("`every` needs `from`")
        if self.every and self.every.total_seconds() <= 0:
            raise ValueError("`every` must be more than nothing")
        return self

    @property
    def text(self) -> str:
        """The line as it was logged."""
        return self.message if isinstance(self.message, str) else json.dumps(self.message, separators=(",", ":"))


def _group(item: Item, fill: Filler) -> None:
    item.setdefault("arn", fill.arns.arn("logs", f"log-group:{item['logGroupName']}:*"))
    item.setdefault("logGroupArn", item["arn"].removesuffix(":*"))
    item.setdefault("logGroupClass", "STANDARD")
    item.setdefault("metricFilterCount", 0)
    item.setdefault("storedBytes", 0)
    item.setdefault("creationTime", int(fill.now.timestamp() * 1000) - 200 * 86_400_000)


service = Service(
    "logs",
    {"groups": Section("LogGroup", {"lines": [Line]}, _group, ("logGroupName",))},
    writes_pass=True,
)
