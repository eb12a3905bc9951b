"""CloudWatch Logs: groups, streams, events, and Logs Insights."""

import json
from dataclasses import replace
from typing import Any, Self

from pydantic import Field, model_validator

from local.world.answer import Call
from local.world.arns import uuid
from local.world.errors import AwsError
from local.world.events_log import Event, between
from local.world.filter_pattern import filter_pattern
from local.world.insights import group_filter, run
from local.world.model import Part
from local.world.service import Filler, Item, Section, Service
from local.world.times import Moment, Span


class Line(Part):
    """A log line, or a line that repeats: `at`, or `every` with `from` (and `to`, default `now`)."""

    at: Moment | None = None
    every: Span | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    stream: str = "app"
    message: str | dict[str, Any]

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


def _one(call: Call, key: str = "logGroupName") -> Item:
    name = call.params.get(key) or call.params.get("logGroupIdentifier") or ""
    wanted = _name(name)
    for group in call.items("groups"):
        if group["logGroupName"] == wanted:
            return group
    raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def _name(identifier_or_name: str) -> str:
    if identifier_or_name.startswith("arn:"):
        return identifier_or_name.rsplit(":log-group:", maxsplit=1)[-1].removesuffix(":*")
    return identifier_or_name


@service.answers("DescribeLogGroups")
def describe_log_groups(call: Call) -> Item:
    """Groups by prefix or pattern."""
    params = call.params
    kept = call.items("groups")
    if prefix := params.get("logGroupNamePrefix"):
        kept = [g for g in kept if g["logGroupName"].startswith(prefix)]
    if pattern := params.get("logGroupNamePattern"):
        kept = [g for g in kept if group_filter(pattern)(g["logGroupName"])]
    if names := params.get("logGroupIdentifiers"):
        kept = [g for g in kept if g["logGroupName"] in {_name(n) for n in names}]
    page, more = call.page(sorted(call.public("groups", kept), key=lambda g: g["logGroupName"]), size=50, limit="limit")
    return {"logGroups": page, **more}


@service.answers("DescribeLogStreams")
def describe_log_streams(call: Call) -> Item:
    """Streams of a group, by name or by their last event."""
    group, params = _one(call), call.params
    streams: dict[str, list[Event]] = {}
    for event in between(call.world, group, 0, _FOREVER):
        streams.setdefault(event.stream, []).append(event)
    listed: list[Item] = [
        {
            "logStreamName": name,
            "creationTime": events[0].at,
            "firstEventTimestamp": events[0].at,
            "lastEventTimestamp": events[-1].at,
            "lastIngestionTime": events[-1].at,
            "arn": f"{group['logGroupArn']}:log-stream:{name}",
            "storedBytes": 0,
        }
        for name, events in streams.items()
        if name.startswith(params.get("logStreamNamePrefix", ""))
    ]
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and "logStreamNamePrefix" in params:
        raise AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    key = "lastEventTimestamp" if by_time else "logStreamName"
    listed.sort(key=lambda stream: stream[key], reverse=bool(params.get("descending")))
    page, more = call.page(listed, size=50, limit="limit")
    return {"logStreams": page, **more}


@service.answers("FilterLogEvents")
def filter_log_events(call: Call) -> Item:
    """Events of a group by time, streams and pattern, oldest first."""
    group, params = _one(call), call.params
    matches = filter_pattern(params.get("filterPattern", ""))
    streams, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix", "")
    found = [
        event
        for event in between(call.world, group, params.get("startTime", 0), params.get("endTime", _FOREVER))
        if (not streams or event.stream in streams) and event.stream.startswith(prefix) and matches(event)
    ]
    page, more = call.page(found, size=10_000, limit="limit")
    events = [
        {
            "logStreamName": event.stream,
            "timestamp": event.at,
            "message": event.message,
            "ingestionTime": event.at,
            "eventId": event.id,
        }
        for event in page
    ]
    return {"events": events, "searchedLogStreams": [], **more}


@service.answers("GetLogEvents")
def get_log_events(call: Call) -> Item:
    """Events of one stream: the last page, or from the head; tokens go forward and backward."""
    group, params = _one(call), call.params
    start, end = params.get("startTime", 0), params.get("endTime", _FOREVER)
    stream = params["logStreamName"]
    if not any(event.stream == stream for event in between(call.world, group, 0, _FOREVER)):
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    events = [event for event in between(call.world, group, start, end) if event.stream == stream]
    limit = min(params.get("limit", 10_000), 10_000)
    token = params.get("nextToken", "")
    if token.startswith("f/"):
        first = int(token[2:])
    elif token.startswith("b/"):
        first = max(0, int(token[2:]) - limit)
    else:
        first = 0 if params.get("startFromHead") else max(0, len(events) - limit)
    last = min(len(events), int(token[2:]) if token.startswith("b/") else first + limit)
    page = [{"timestamp": e.at, "message": e.message, "ingestionTime": e.at} for e in events[first:last]]
    return {"events": page, "nextForwardToken": f"f/{last}", "nextBackwardToken": f"b/{first}"}


@service.answers("StartQuery")
def start_query(call: Call) -> Item:
    """Run an Insights query; its results wait for GetQueryResults."""
    params = call.params
    names = [*params.get("logGroupNames", []), *params.get("logGroupIdentifiers", [])]
    names += [params["logGroupName"]] if "logGroupName" in params else []
    names = [_name(name) for name in names]
    known = {group["logGroupName"]: group for group in call.items("groups")}
    missing = [name for name in names if name not in known]
    if not names:
        raise AwsError("InvalidParameterException", "Log group name(s) or identifier(s) required.")
    if missing:
        raise AwsError("ResourceNotFoundException", f"Log group '{missing[0]}' does not exist for this account.")
    if params["startTime"] > params["endTime"]:
        raise AwsError("MalformedQueryException", "Query's end date and time is before its start date and time")
    start, end = params["startTime"] * 1000, params["endTime"] * 1000
    account = call.world.head.account
    events = [
        replace(event, group=f"{account}:{name}")
        for name in dict.fromkeys(names)
        for event in between(call.world, known[name], start, end)
    ]
    events.sort(key=lambda event: event.at)
    result = run(params["queryString"], events, params.get("limit"))
    with call.world.lock:
        queries = call.world.memory.setdefault("queries", {})
        key = uuid(f"query {len(queries)} {params['queryString']}")
        queries[key] = result
    return {"queryId": key}


@service.answers("GetQueryResults")
def get_query_results(call: Call) -> Item:
    """The results of a query of this world."""
    result = call.world.memory.get("queries", {}).get(call.params["queryId"])
    if result is None:
        raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
    return {
        "queryLanguage": "CWLI",
        "results": [[{"field": name, "value": value} for name, value in row] for row in result.rows],
        "statistics": {
            "recordsMatched": float(result.matched),
            "recordsScanned": float(result.scanned),
            "bytesScanned": float(result.bytes_scanned),
        },
        "status": "Complete",
    }


@service.answers("StopQuery")
def stop_query(call: Call) -> Item:
    """Every query of the World is complete at once, so there is never one to stop."""
    if call.params["queryId"] not in call.world.memory.get("queries", {}):
        raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
    return {"success": False}


@service.answers("ListTagsForResource")
def list_tags_for_resource(call: Call) -> Item:
    """Tags of a log group."""
    wanted = _name(call.params["resourceArn"])
    for group in call.items("groups"):
        if group["logGroupName"] == wanted:
            return {"tags": group.get("tags", {})}
    raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")


_FOREVER = 2**62
