"""The embedded workspace: Slack's Web API as one function, `Workspace.call`, without any HTTP."""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from local.slack.errors import SlackError
from local.slack.faults import Fault, Faults, RateLimit
from local.slack.methods import METHODS
from local.slack.store import Author, Channel, File, Message, Store

ANONYMOUS: Final = Author(user="", name="")
_TRIGGER_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in; the token is never kept.

    Attributes:
        method: e.g. `chat.postMessage`.
        payload: The arguments, with JSON strings decoded.
        ok: Whether Slack did it.
        error: Slack's error code, or None.
        at: When, in UTC.
        answered: False when the answer was dropped on purpose.
        ts: Timestamp of the message concerned, where there is one.
    """

    method: str
    payload: Mapping[str, Any]
    ok: bool
    error: str | None
    at: datetime
    answered: bool = True
    ts: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The call as a JSON object."""
        return {
            "method": self.method,
            "payload": dict(self.payload),
            "ok": self.ok,
            "error": self.error,
            "at": self.at.isoformat(),
            "answered": self.answered,
            "ts": self.ts,
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP; `lost` means that nothing does."""

    body: dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


class Workspace:
    """Channels, one bot, and Slack's methods over them.

    Args:
        channels: Channels that the bot is in.
        outside: Channels that it is not in.
        token: The bot's token.
        strict: Refuse also what Slack would take and show wrongly (see `rules.Problem.error`).
        rate_limit: Answer 429 above one message a second and channel (after a burst of three).
        processing: Seconds until a completed file may be referred to.
        edit_window: Seconds after which a message can no longer be edited; None for ever.
        clock: Seconds since the epoch, for message timestamps.
        monotonic: Seconds that only rise, for waiting times.
    """

    def __init__(
        self,
        *,
        channels: Iterable[str] = ("#alerts",),
        outside: Iterable[str] = (),
        token: str = "xoxb-embedded",  # noqa: S107 -- a stand-in's token opens nothing
        strict: bool = True,
        rate_limit: bool = False,
        processing: float = 0.5,
        edit_window: float | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = Store(channels, outside, clock)
        self.strict = strict
        self.edit_window = edit_window
        self.clock = clock
        self.calls: list[Call] = []
        self.views: list[dict[str, Any]] = []
        self.faults = Faults()
        self.bot = Author(user="U0TOCSIN", name="Tocsin", bot_id="B0TOCSIN", app_id="A0TOCSIN")
        self.page_url = ""
        self.token = token
        self._processing = processing
        self._monotonic = monotonic
        self.limit = RateLimit(3, monotonic) if rate_limit else None
        self._triggers: dict[str, tuple[str, float]] = {}
        self._spent: set[str] = set()

    def call(self, method: str, payload: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        """Do one method call and return Slack's JSON answer; never raises for what a caller did wrong."""
        return self.handle(method, payload, token).body

    def handle(self, method: str, payload: Mapping[str, Any], token: str | None) -> Reply:
        """The same, with the HTTP status and headers. One call at a time."""
        with self.store.lock:
            fault = self.faults.take(method)
            if fault is not None and not fault.lose_answer:
                reply = _failed(fault)
            else:
                reply = self._answer(method, payload, token, lost=fault is not None)
            self._record(method, payload, reply)
            return reply

    def refuse(self, method: str, error: SlackError) -> Reply:
        """Answer, and record, a call whose arguments could not even be read."""
        with self.store.lock:
            reply = Reply(error.body())
            self._record(method, {}, reply)
            return reply

    def say(self, channel: str, text: str, *, user: str = "U0PERSON", thread_ts: str | None = None) -> str:
        """A person writes; returns the message's ts. For tests and the page, not part of the API."""
        found = self.store.named(channel)
        if found is None:
            raise ValueError(f"no channel {channel}")
        author = Author(user=user, name=user)
        return self.store.add(found, author, {"text": text, "thread_ts": thread_ts}).ts

    def issue_trigger(self, user: str) -> str:
        """A trigger id as an interaction would carry it; it lives three seconds."""
        with self.store.lock:
            trigger = f"{secrets.randbelow(10**13)}.{secrets.token_hex(8)}"
            self._triggers[trigger] = (user, self._monotonic())
            return trigger

    def exchange_trigger(self, trigger: str) -> str:
        """The person behind a trigger. Raises expired_, exchanged_ or invalid_trigger_id."""
        if trigger in self._spent:
            raise SlackError("exchanged_trigger_id")
        if trigger not in self._triggers:
            raise SlackError("invalid_trigger_id")
        user, since = self._triggers[trigger]
        if self._monotonic() - since > _TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger)
        return user

    def new_file(self, name: str, length: int, alt_text: str) -> File:
        """Announce an upload."""
        identity = f"F{secrets.token_hex(5).upper()}"
        file = File(identity, name, length, ready=lambda: False, alt_text=alt_text)
        file.url = f"{self.page_url}files/{identity}"
        self.store.files[identity] = file
        return file

    def upload_url(self, file: File) -> str:
        """Where the bytes of a file go."""
        return f"{self.page_url}upload/{file.id}"

    def receive(self, identity: str, content: bytes) -> bool:
        """Take the bytes of an announced file; False when they are not what was announced."""
        with self.store.lock:
            file = self.store.files.get(identity)
            if file is None or file.completed or len(content) != file.length:
                return False
            file.content = content
            return True

    def complete(self, file: File) -> None:
        """Finish an upload; the file is ready a moment later."""
        ready_at = self._monotonic() + self._processing
        file.completed = True
        file.ready = lambda: self._monotonic() >= ready_at
        self.store.touch()

    def file_ready(self, reference: Mapping[str, Any]) -> bool:
        """Whether a message may refer to this file, given by id or address."""
        with self.store.lock:
            files = self.store.files.values()
            found = (f for f in files if f.id == reference.get("id") or f.url == reference.get("url"))
            return any(file.ready() for file in found)

    def permalink(self, channel: Channel, message: Message) -> str:
        """Where the page shows a message."""
        thread = f"/t/{message.thread_ts or message.ts}" if message.thread_ts else ""
        return f"{self.page_url}c/{channel.name}{thread}#m{message.ts}"

    def _record(self, method: str, payload: Mapping[str, Any], reply: Reply) -> None:
        ok = bool(reply.body.get("ok"))
        error = None if ok else str(reply.body.get("error"))
        at = datetime.fromtimestamp(self.clock(), UTC)
        self.calls.append(Call(method, dict(payload), ok, error, at, not reply.lost, reply.body.get("ts")))

    def _answer(self, name: str, payload: Mapping[str, Any], token: str | None, *, lost: bool) -> Reply:
        try:
            return Reply({"ok": True, **self._run(name, payload, token)}, lost=lost)
        except SlackError as error:
            if error.code == "ratelimited":
                return Reply(error.body(), 429, {"Retry-After": "1"}, lost=lost)
            return Reply(error.body(), lost=lost)

    def _run(self, name: str, payload: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if not token and method.needs_token:
            raise SlackError("not_authed")
        if token and not hmac.compare_digest(token.encode(), self.token.encode()):
            raise SlackError("invalid_auth")
        if absent := [argument for argument in method.required if payload.get(argument) in (None, "")]:
            raise SlackError("invalid_arguments", tuple(f"[ERROR] missing required field: {a}" for a in absent))
        return method.run(self, self.bot if token else ANONYMOUS, payload)


def _failed(fault: Fault) -> Reply:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Reply({"ok": False, "error": fault.error}, fault.status, headers)
