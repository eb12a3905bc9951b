"""One call to the World, and what operations need to answer it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from local.world.errors import AwsError
from local.world.service import Item, services

if TYPE_CHECKING:
    from local.world.world import World


@dataclass(frozen=True)
class Call:
    """A parsed request, and the world that answers it."""

    world: World
    service: str
    operation: str
    params: dict[str, Any]

    @property
    def now(self) -> datetime:
        """The virtual clock."""
        return self.world.clock.now()

    def arn(self, short: str) -> str:
        """A short name as an ARN."""
        return self.world.arns.expand(short) or short

    def items(self, section: str, service: str | None = None) -> list[Item]:
        """The items of a section, with the keys of ours in them."""
        found: list[Item] = self.world.body.get(service or self.service, {}).get(section, [])
        return found

    def mapping(self, section: str) -> dict[str, Any]:
        """A section that is a mapping."""
        found: dict[str, Any] = self.world.body.get(self.service, {}).get(section, {})
        return found

    def public(self, section: str, items: Iterable[Item]) -> list[Item]:
        """The items without the keys of ours: as AWS answers them."""
        own = services()[self.service].sections[section].own
        return [{key: value for key, value in item.items() if key not in own} for item in items]

    def page[T](
        self, items: list[T], *, size: int, limit: str = "maxResults", marker: str = "nextToken"
    ) -> tuple[list[T], dict[str, str]]:
        """One page, and `{marker: …}` when there is more. `size` is what AWS sends without a limit."""
        return self.page_as(items, size=size, limit=limit, marker=marker, answer=marker)

    def page_as[T](
        self, items: list[T], *, size: int, limit: str, marker: str, answer: str
    ) -> tuple[list[T], dict[str, str]]:
        """As `page`, where the answer's token has another name than the request's."""
        start = 0
        if given := self.params.get(marker):
            try:
                start = int(base64.b64decode(given))
            except ValueError:
                raise AwsError("InvalidParameterException", f"Invalid token: {given}") from None
        end = start + min(int(self.params.get(limit) or size), size)
        more = {answer: base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
        return items[start:end], more


def one_of(items: Iterable[Item], key: str, wanted: Iterable[str] | None) -> list[Item]:
    """The items whose `key` is wanted; all, when nothing is asked for."""
    if not wanted:
        return list(items)
    names = set(wanted)
    return [item for item in items if item.get(key) in names]


def short(arn: str) -> str:
    """The last part of an ARN or of a path: `…:cluster/prod` → `prod`."""
    return arn.rsplit("/", 1)[-1] if "/" in arn else arn.rsplit(":", 1)[-1]


def filtered(items: list[Item], filters: list[dict[str, Any]], keys: dict[str, Callable[[Item], Any]]) -> list[Item]:
    """EC2's `Filters`: every filter must match one of its values, with `*` and `?` as wildcards."""
    for one in filters:
        name = one["Name"]
        if name.startswith("tag:"):
            key = name.removeprefix("tag:")

            def tagged(item: Item, key: str = key) -> Any:
                return [t["Value"] for t in item.get("Tags", []) if t["Key"] == key]

            read: Callable[[Item], Any] = tagged
        elif name in keys:
            read = keys[name]
        else:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        items = [item for item in items if _any(read(item), one["Values"], fnmatchcase)]
    return items


def _any(found: Any, wanted: list[str], match: Callable[[str, str], bool]) -> bool:
    values = found if isinstance(found, list | set | tuple) else [found]
    return any(match(_text(value), pattern) for value in values if value is not None for pattern in wanted)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
