"""chat.*: https://docs.slack.dev/reference/methods?family=chat."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.slack import rules
from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, channel_by_id, flag, message_at, method

if TYPE_CHECKING:
    from local.slack.store import Author, Channel, Message
    from local.slack.workspace import Workspace


@method("chat.postMessage", "channel")
def post_message(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Post to a channel or into a thread; the channel may be an id or a name."""
    channel = workspace.store.named(str(args["channel"]))
    if channel is None:
        raise SlackError("channel_not_found")
    if not channel.member:
        raise SlackError("not_in_channel")
    if workspace.limit and not workspace.limit.allows(channel.id):
        raise SlackError("ratelimited")
    _judge(workspace, args)
    thread_ts = _thread(workspace, channel, args.get("thread_ts"))
    content = {
        "text": str(args.get("text") or ""),
        "blocks": _named(args.get("blocks")),
        "attachments": _numbered(args.get("attachments")),
        "metadata": args.get("metadata") or None,
        "thread_ts": thread_ts,
        "broadcast": bool(thread_ts) and flag(args.get("reply_broadcast")),
        "username": str(args.get("username") or ""),
        "icon_emoji": str(args.get("icon_emoji") or ""),
    }
    message = workspace.store.add(channel, caller, content)
    return _answer(workspace, message)


@method("chat.update", "channel", "ts")
def update(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Edit one's own message; `text` without `blocks` deletes the blocks."""
    channel = channel_by_id(workspace, args["channel"])
    message = message_at(workspace, channel, args["ts"])
    if message.author != caller:
        raise SlackError("cant_update_message")
    if workspace.edit_window is not None and workspace.clock() - float(message.ts) > workspace.edit_window:
        raise SlackError("edit_window_closed")
    _judge(workspace, args)
    if workspace.strict:
        _fresh_identifiers(message, args)
    changes: dict[str, Any] = {}
    if "text" in args:
        changes["text"] = str(args["text"])
        if not args.get("attachments"):
            changes["blocks"] = []
        if not args.get("blocks"):
            changes["attachments"] = []
    if "blocks" in args:
        changes["blocks"] = _named(args["blocks"])
    if "attachments" in args:
        changes["attachments"] = _numbered(args["attachments"])
    if "metadata" in args:
        changes["metadata"] = args["metadata"] or None
    workspace.store.edit(message, changes)
    return _answer(workspace, message) | {"text": message.text}


@method("chat.postEphemeral", "channel", "user")
def post_ephemeral(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Show something to one member of the channel; it is in no history and cannot be edited."""
    del caller
    channel = workspace.store.named(str(args["channel"]))
    if channel is None:
        raise SlackError("channel_not_found")
    if not channel.member:
        raise SlackError("not_in_channel")
    if workspace.people.person(str(args["user"])) is None:
        raise SlackError("user_not_in_channel")
    _judge(workspace, {name: value for name, value in args.items() if name != "user"})
    thread_ts = _thread(workspace, channel, args.get("thread_ts"))
    whisper = workspace.whisper(channel, str(args["user"]), args, thread_ts)
    return {"message_ts": whisper.ts}


@method("chat.getPermalink", "channel", "message_ts")
def get_permalink(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """A link that opens the message on the embedded page."""
    del caller
    channel = channel_by_id(workspace, args["channel"])
    message = message_at(workspace, channel, args["message_ts"])
    return {"channel": channel.id, "permalink": workspace.permalink(channel, message)}


def _judge(workspace: Workspace, args: Arguments) -> None:
    """Refuse what Slack refuses and, when strict, what it should."""
    found = rules.problems(args)
    if not workspace.strict:
        found = [problem for problem in found if problem.error]
    if found:
        codes = [problem.error for problem in found if problem.error]
        sentences = tuple(str(problem) for problem in found)
        errors = [sentence.removeprefix("[ERROR] ") for sentence in sentences]
        raise SlackError(codes[0] if codes else "invalid_arguments", sentences, errors=errors)
    pending = tuple(
        f"[ERROR] invalid slack file [json-pointer:{path}]"
        for path, reference in _file_references(args.get("blocks") or [], "/blocks")
        if not workspace.file_ready(reference)
    )
    if pending:
        raise SlackError("invalid_blocks", pending)


def _file_references(value: Any, path: str) -> list[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        own = [(f"{path}/slack_file", value["slack_file"])] if "slack_file" in value else []
        return own + [found for name, item in value.items() for found in _file_references(item, f"{path}/{name}")]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _file_references(item, f"{path}/{index}")]
    return []


def _thread(workspace: Workspace, channel: Channel, ts: object) -> str | None:
    if not ts:
        return None
    root = message_at(workspace, channel, ts, "thread_not_found")
    if root.is_reply:
        sentence = "[STRICT] thread_ts is a reply's; use its parent's [json-pointer:/thread_ts]"
        raise SlackError("cannot_reply_to_message", (sentence,))
    return root.ts


def _fresh_identifiers(message: Message, args: Arguments) -> None:
    """Slack's reference: 'If a message is updated, use a new block_id.' The same block again is a retry, and fine."""
    old = {block["block_id"]: block for block in message.blocks}
    for index, block in enumerate(args.get("blocks") or []):
        if old.get(block.get("block_id"), block) != block:
            sentence = f"[STRICT] block_id used again for another content [json-pointer:/blocks/{index}/block_id]"
            raise SlackError("invalid_arguments", (sentence,))


def _named(blocks: Any) -> list[dict[str, Any]]:
    """Give each block an id, as Slack does."""
    return [{"block_id": secrets.token_urlsafe(4), **block} for block in blocks or []]


def _numbered(attachments: Any) -> list[dict[str, Any]]:
    return [
        {"id": number, **attachment, **({"blocks": _named(attachment["blocks"])} if "blocks" in attachment else {})}
        for number, attachment in enumerate(attachments or [], 1)
    ]


def _answer(workspace: Workspace, message: Message) -> Answer:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": workspace.store.as_slack(message, metadata=True),
    }
