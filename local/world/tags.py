"""Tags of a world file, as a mapping or already as AWS's list."""

from typing import Any


def tag_list(tags: Any, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """`{team: payments}` → `[{Key: team, Value: payments}]`; a list stays."""
    if isinstance(tags, list):
        return tags
    return [{key: str(name), value: str(text)} for name, text in (tags or {}).items()]
