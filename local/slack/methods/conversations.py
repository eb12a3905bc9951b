"""conversations.*: https://docs.slack.dev/reference/methods?family=conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, channel_by_id, flag, message_at, method

if TYPE_CHECKING:
    from local.slack.store import Author, Message
    from local.slack.workspace import Workspace


@method("conversations.history", "channel")
def history(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """What the channel shows, newest first, without the threads' replies."""
    del caller
    channel = channel_by_id(workspace, args["channel"])
    if not channel.member:
        raise SlackError("not_in_channel")
    newest_first = list(reversed(_between(workspace.store.roots(channel.id), args)))
    return _page(workspace, newest_first, args)


@method("conversations.replies", "channel", "ts")
def replies(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """A thread: its root first, then the replies, oldest first."""
    del caller
    channel = channel_by_id(workspace, args["channel"])
    if not channel.member:
        raise SlackError("not_in_channel")
    root = message_at(workspace, channel, args["ts"], "thread_not_found")
    thread = workspace.store.thread(channel.id, root.ts)
    return _page(workspace, [thread[0], *_between(thread[1:], args)], args)


@method("conversations.info", "channel")
def info(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """One channel."""
    del caller
    return {"channel": channel_by_id(workspace, args["channel"]).as_slack()}


@method("conversations.list")
def list_(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """All channels, in pages."""
    del caller
    channels = workspace.store.channels()
    start, limit = _window(args, 100)
    cursor = str(start + limit) if start + limit < len(channels) else ""
    shown = [channel.as_slack() for channel in channels[start : start + limit]]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def _between(messages: list[Message], args: Arguments) -> list[Message]:
    """Those between `oldest` and `latest`, both excluded unless `inclusive`."""
    for name in ("oldest", "latest"):
        try:
            float(args.get(name) or 0)
        except ValueError:
            raise SlackError(f"invalid_ts_{name}") from None
    oldest, latest = str(args.get("oldest") or ""), str(args.get("latest") or "")
    edges = {oldest, latest} if flag(args.get("inclusive")) else set()
    return [
        message
        for message in messages
        if message.ts in edges
        or ((not oldest or float(message.ts) > float(oldest)) and (not latest or float(message.ts) < float(latest)))
    ]


def _window(args: Arguments, default: int) -> tuple[int, int]:
    """Where the page starts and how many it holds."""
    try:
        start, limit = int(args.get("cursor") or 0), int(args.get("limit") or default)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if not 1 <= limit <= 1000 or start < 0:
        raise SlackError("invalid_limit")
    return start, limit


def _page(workspace: Workspace, messages: list[Message], args: Arguments) -> Answer:
    start, limit = _window(args, 100)
    metadata = flag(args.get("include_all_metadata"))
    more = start + limit < len(messages)
    page = [workspace.store.as_slack(message, metadata=metadata) for message in messages[start : start + limit]]
    answer: Answer = {"messages": page, "has_more": more}
    if more:
        answer["response_metadata"] = {"next_cursor": str(start + limit)}
    return answer
