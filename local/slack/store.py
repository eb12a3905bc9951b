"""The embedded workspace's memory: channels, messages, threads, files. No rules and no HTTP.

Every public method of `Store` may be called from any thread.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TEAM: Final = "T0EMBEDDED"


@dataclass(frozen=True, slots=True)
class Author:
    """Who posts: a bot (with `bot_id`) or a person."""

    user: str
    name: str
    bot_id: str = ""
    app_id: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; the bot may post only where it is a member."""

    id: str
    name: str
    member: bool = True

    def as_slack(self) -> dict[str, Any]:
        """The channel object of conversations.info, cut to what a caller uses."""
        return {"id": self.id, "name": self.name, "is_channel": True, "is_member": self.member, "is_archived": False}


@dataclass(slots=True)
class Message:
    """A message as Slack keeps it; `ts` identifies it within its channel."""

    ts: str
    channel: str
    author: Author
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    username: str = ""
    icon_emoji: str = ""
    edited: str | None = None
    versions: list[dict[str, Any]] = field(default_factory=list)
    files: "list[File]" = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """True for a message inside a thread, False for its root."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def as_slack(self, *, metadata: bool) -> dict[str, Any]:
        """The message object of Slack's answers; `metadata` only on request, as there."""
        optional = {
            "bot_id": self.author.bot_id,
            "app_id": self.author.app_id,
            "username": self.username,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "thread_ts": self.thread_ts,
            "metadata": self.metadata if metadata else None,
            "edited": {"user": self.author.user, "ts": self.edited} if self.edited else None,
            "files": [file.as_slack() for file in self.files],
            "reactions": [{"name": n, "users": u, "count": len(u)} for n, u in self.reactions.items()],
            "subtype": "thread_broadcast" if self.broadcast else None,
        }
        fixed = {"type": "message", "user": self.author.user, "team": TEAM, "ts": self.ts, "text": self.text}
        return fixed | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Whisper:
    """An ephemeral message: one person sees it, and it is in no history."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None


@dataclass(slots=True)
class File:
    """An uploaded file. `ready` turns true a moment after the upload was completed, as in Slack."""

    id: str
    name: str
    length: int
    ready: Callable[[], bool]
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None
    completed: bool = False
    url: str = ""

    @property
    def mimetype(self) -> str:
        """Told from the bytes, never from the name; images that a page may show, else octets."""
        content = self.content or b""
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return "image/png"
        if content.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        if content.startswith((b"GIF87a", b"GIF89a")):
            return "image/gif"
        return "application/octet-stream"

    def as_slack(self) -> dict[str, Any]:
        """The file object; without a mimetype until it has been processed."""
        ready = self.ready()
        known: dict[str, Any] = {"mimetype": self.mimetype if ready else ""}
        if ready and self.mimetype == "image/png" and self.content:
            known["original_w"] = int.from_bytes(self.content[16:20])
            known["original_h"] = int.from_bytes(self.content[20:24])
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "alt_txt": self.alt_text,
            "size": self.length,
            "url_private": self.url,
            "permalink": self.url,
            **known,
        }


class Store:
    """Channels and what is in them.

    Args:
        channels: Names of channels that the bot is in.
        outside: Names of channels that it is not in.
        clock: Seconds since the epoch; message timestamps come from it and always rise.
    """

    def __init__(self, channels: Iterable[str], outside: Iterable[str], clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.files: dict[str, File] = {}
        self.whispers: list[Whisper] = []
        self.revision = 0
        self._clock = clock
        self._last = 0
        self._channels: dict[str, Channel] = {}
        self._messages: dict[str, dict[str, Message]] = {}
        for name, member in [*((name, True) for name in channels), *((name, False) for name in outside)]:
            channel = Channel(_identity("C", name.removeprefix("#")), name.removeprefix("#"), member)
            self._channels[channel.id] = channel
            self._messages[channel.id] = {}

    def channels(self) -> list[Channel]:
        """All channels in the order of their making."""
        with self.lock:
            return list(self._channels.values())

    def channel(self, value: str) -> Channel | None:
        """A channel by its id."""
        with self.lock:
            return self._channels.get(value)

    def named(self, value: str) -> Channel | None:
        """A channel by its id, `#name` or `name`."""
        name = value.removeprefix("#")
        found = (channel for channel in self.channels() if channel.name == name)
        return self.channel(value) or next(found, None)

    def add(self, channel: Channel, author: Author, content: Mapping[str, Any]) -> Message:
        """Store a message under the next timestamp; `content` holds further fields of `Message`."""
        with self.lock:
            message = Message(self.next_ts(), channel.id, author, **content)
            self._messages[channel.id][message.ts] = message
            self.revision += 1
            root = self._messages[channel.id].get(message.thread_ts or "")
            if root is not None and message.is_reply:
                root.thread_ts = root.ts
            return message

    def edit(self, message: Message, changes: Mapping[str, Any]) -> None:
        """Change a message's fields and keep what it was."""
        with self.lock:
            message.versions.append(message.as_slack(metadata=True))
            for name, value in changes.items():
                setattr(message, name, value)
            message.edited = self.next_ts()
            self.revision += 1

    def whisper(
        self, channel: Channel, user: str, text: str, blocks: list[dict[str, Any]], thread_ts: str | None
    ) -> Whisper:
        """Store an ephemeral message."""
        with self.lock:
            whisper = Whisper(self.next_ts(), channel.id, user, text, blocks, thread_ts)
            self.whispers.append(whisper)
            self.revision += 1
            return whisper

    def touch(self) -> None:
        """Note a change that was made to a message in place (a reaction, a file)."""
        with self.lock:
            self.revision += 1

    def message(self, channel: str, ts: str) -> Message | None:
        """One message, root or reply."""
        with self.lock:
            return self._messages.get(channel, {}).get(ts)

    def roots(self, channel: str) -> list[Message]:
        """What the channel shows, oldest first: roots and broadcast replies."""
        with self.lock:
            return [m for m in self._messages[channel].values() if not m.is_reply or m.broadcast]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The root and its replies, oldest first; empty when there is no such message."""
        with self.lock:
            found = self._messages[channel].get(ts)
            root = found.thread_ts or ts if found else ts
            return [m for m in self._messages[channel].values() if root in (m.ts, m.thread_ts)]

    def as_slack(self, message: Message, *, metadata: bool) -> dict[str, Any]:
        """A message with its thread's figures, when it is the root of one."""
        with self.lock:
            body = message.as_slack(metadata=metadata)
            replies = [m for m in self._messages[message.channel].values() if m.is_reply and m.thread_ts == message.ts]
            if replies:
                users = list(dict.fromkeys(reply.author.user for reply in replies))
                body |= {"reply_count": len(replies), "reply_users": users, "latest_reply": replies[-1].ts}
            return body

    def next_ts(self) -> str:
        """A timestamp in Slack's form, later than every one before."""
        with self.lock:
            self._last = max(self._last + 1, round(self._clock() * 1_000_000))
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def _identity(prefix: str, name: str) -> str:
    """The same id for the same name in every run."""
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:10].upper()
