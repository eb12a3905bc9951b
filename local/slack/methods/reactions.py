"""reactions.*: https://docs.slack.dev/reference/methods?family=reactions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, channel_by_id, message_at, method

if TYPE_CHECKING:
    from local.slack.store import Author, Message
    from local.slack.workspace import Workspace


@method("reactions.add", "channel", "timestamp", "name")
def add(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Put one's emoji on a message, once."""
    message, name = _target(workspace, args)
    users = message.reactions.setdefault(name, [])
    if caller.user in users:
        raise SlackError("already_reacted")
    users.append(caller.user)
    workspace.store.touch()
    return {}


@method("reactions.remove", "channel", "timestamp", "name")
def remove(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Take one's emoji off again."""
    message, name = _target(workspace, args)
    users = message.reactions.get(name, [])
    if caller.user not in users:
        raise SlackError("no_reaction")
    users.remove(caller.user)
    if not users:
        del message.reactions[name]
    workspace.store.touch()
    return {}


def _target(workspace: Workspace, args: Arguments) -> tuple[Message, str]:
    name = str(args["name"])
    if not re.fullmatch(r"[a-z0-9_+'-]{1,100}", name):
        raise SlackError("invalid_name")
    return message_at(workspace, channel_by_id(workspace, args["channel"]), args["timestamp"]), name
