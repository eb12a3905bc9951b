"""Log answers as lines of a world."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from local.promote.relative import relative

type Item = dict[str, Any]


def groups(calls: Iterable[Item], now: datetime) -> tuple[list[Item], list[str]]:
    """The `logs.groups` of a world, and the queries whose rows are statistics and no lines."""
    found: dict[str, Item] = {}
    lines: dict[tuple[str, str, int, str], None] = {}  # group, stream, milliseconds, message
    queries: dict[str, Item] = {}
    lost: list[str] = []
    for call in calls:
        params, answer = call["params"], call["answer"]
        match call["operation"]:
            case "DescribeLogGroups":
                found |= {group["logGroupName"]: group for group in answer.get("logGroups", [])}
            case "FilterLogEvents" | "GetLogEvents":
                group = _name(params.get("logGroupName") or params.get("logGroupIdentifier") or "")
                for event in answer.get("events", []):
                    stream = event.get("logStreamName") or params.get("logStreamName", "app")
                    lines[group, stream, event["timestamp"], event["message"]] = None
            case "StartQuery":
                queries[answer["queryId"]] = params
            case "GetQueryResults":
                asked = queries.get(params["queryId"], {})
                if not _rows(asked, answer, lines):
                    lost.append(str(asked.get("queryString", "")))
    for group, stream, at, message in lines:
        item = found.setdefault(group, {"logGroupName": group})
        when = relative(datetime.fromtimestamp(at / 1000, UTC), now)
        item.setdefault("lines", []).append({"at": when, "stream": stream, "message": message})
    return list(found.values()), sorted(set(lost))


def _rows(asked: Item, answer: Item, lines: dict[tuple[str, str, int, str], None]) -> bool:
    """Take the rows of an Insights query as lines; False where they are none."""
    groups = [_name(name) for name in (asked.get("logGroupNames") or asked.get("logGroupIdentifiers") or [])]
    groups = groups or [_name(asked["logGroupName"])] if asked.get("logGroupName") else groups
    for row in answer.get("results", []):
        fields = {one["field"]: one.get("value", "") for one in row}
        if "@timestamp" not in fields or "@message" not in fields or not groups:
            return False
        at = datetime.fromisoformat(fields["@timestamp"]).replace(tzinfo=UTC)
        milliseconds = round(at.timestamp() * 1000)
        group = _name(fields.get("@log", "").partition(":")[2]) or groups[0]
        if not any(key[0] in groups and key[2:] == (milliseconds, fields["@message"]) for key in lines):
            lines[group, fields.get("@logStream", "app"), milliseconds, fields["@message"]] = None
    return True


def _name(text: str) -> str:
    return text.rsplit(":log-group:", maxsplit=1)[-1].removesuffix(":*") if text.startswith("arn:") else text
