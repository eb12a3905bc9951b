"""The embedded workspace: Slack's Web API as one function, `Workspace.call`, without any HTTP."""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from local.slack import rules
from local.slack.errors import SlackError
from local.slack.faults import Fault, Faults, RateLimit
from local.slack.interactivity import Interactivity, named_view
from local.slack.methods import METHODS
from local.slack.people import SAMPLE, People
from local.slack.store import TEAM, Author, Channel, File, Message, Store, Whisper

ANONYMOUS: Final = Author(user="", name="")
_RESPONSE_SECONDS: Final = 30 * 60  # that a response_url lives
_RESPONSES: Final = 5  # that it takes


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


@dataclass(slots=True)
class _ResponseUrl:
    """Where an app may answer one interaction."""

    user: str
    channel: str
    thread_ts: str | None
    since: float
    left: int = _RESPONSES


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
        people: Who is in the workspace; they may press buttons, and user groups hold them.
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
        people: People = SAMPLE,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = Store(channels, outside, clock)
        self.strict = strict
        self.edit_window = edit_window
        self.clock = clock
        self.calls: list[Call] = []
        self.views: list[dict[str, Any]] = []
        self.modals: dict[str, dict[str, Any]] = {}  # the dialog that a person has open
        self.people = people
        self.interactivity = Interactivity(self)
        self._responses: dict[str, _ResponseUrl] = {}
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
        if self._monotonic() - since > self.interactivity.patience:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger)
        return user

    def open_modal(self, user: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Show a dialog to a person; it stands above any before it."""
        with self.store.lock:
            identity = f"V{secrets.token_hex(5).upper()}"
            opened = {
                "id": identity,
                "team_id": TEAM,
                "app_id": self.bot.app_id,
                "bot_id": self.bot.bot_id,
                "hash": f"{int(self.clock())}.{secrets.token_hex(4)}",
                "root_view_id": identity,
                "previous_view_id": None,
                "private_metadata": "",
                "callback_id": "",
                **named_view(view),
            }
            self.modals[user] = opened
            self.store.touch()
            return opened

    def close_modal(self, user: str) -> None:
        """Take a person's dialog away."""
        with self.store.lock:
            self.modals.pop(user, None)
            self.store.touch()

    def new_response_url(self, kind: str, user: str, channel: str, thread_ts: str | None) -> str:
        """An address for the app's answer, as Slack gives one with each interaction (`kind`: actions, commands)."""
        with self.store.lock:
            key = secrets.token_urlsafe(18)
            self._responses[key] = _ResponseUrl(user, channel, thread_ts, self._monotonic())
            return f"{self.page_url}{kind}/{TEAM}/{secrets.randbelow(10**12)}/{key}"

    def respond(self, key: str, payload: Mapping[str, Any]) -> str | None:
        """Take an answer at a response_url; returns Slack's error, None for none.

        Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        """
        with self.store.lock:
            found = self._responses.get(key)
            channel = self.store.channel(found.channel) if found else None
            if found is None or channel is None or self._monotonic() - found.since > _RESPONSE_SECONDS:
                return "expired_url"
            if found.left == 0:
                return "used_url"
            found.left -= 1
            content = {name: payload[name] for name in ("text", "blocks") if name in payload}
            if problems := [p for p in rules.problems(content) if self.strict or p.error]:
                return problems[0].error or "invalid_arguments"
            if payload.get("response_type") == "in_channel":
                self.store.add(channel, self.bot, content | {"thread_ts": found.thread_ts})
            else:
                self.whisper(channel, found.user, content, found.thread_ts)
            return None

    def whisper(self, channel: Channel, user: str, content: Mapping[str, Any], thread_ts: str | None) -> Whisper:
        """Show something to one person only."""
        text, blocks = str(content.get("text") or ""), list(content.get("blocks") or [])
        return self.store.whisper(channel, user, text, blocks, thread_ts)

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
