"""How a method is declared, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.slack.errors import SlackError

if TYPE_CHECKING:
    from local.slack.store import Author, Channel, Message
    from local.slack.workspace import Workspace

type Arguments = Mapping[str, Any]
type Answer = dict[str, Any]
type Body = Callable[[Workspace, Author, Arguments], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    """One Slack method: its arguments that must be there, and what it does.

    Attributes:
        name: e.g. `chat.postMessage`.
        required: Arguments without which Slack answers invalid_arguments.
        run: Takes the workspace, the caller and the arguments; returns the answer or raises SlackError.
        needs_token: False only where Slack asks for no scope at all.
    """

    name: str
    required: tuple[str, ...]
    run: Body
    needs_token: bool


METHODS: Final[dict[str, Method]] = {}


def method(name: str, *required: str, needs_token: bool = True) -> Callable[[Body], Body]:
    """Register a function as a Slack method; two of one name are a mistake."""

    def register(run: Body) -> Body:
        if name in METHODS:
            raise ValueError(f"{name} is declared twice")
        METHODS[name] = Method(name, required, run, needs_token)
        return run

    return register


def channel_by_id(workspace: Workspace, value: object) -> Channel:
    """The channel; most methods take only an id. Raises channel_not_found."""
    channel = workspace.store.channel(str(value))
    if channel is None:
        raise SlackError("channel_not_found")
    return channel


def message_at(workspace: Workspace, channel: Channel, ts: object, missing: str = "message_not_found") -> Message:
    """The message at a timestamp. Raises `missing`."""
    message = workspace.store.message(channel.id, str(ts))
    if message is None:
        raise SlackError(missing)
    return message


def flag(value: object) -> bool:
    """A boolean argument in any of the forms that a form or JSON body has for it."""
    return str(value).lower() in ("true", "1")
