"""The embedded Slack over HTTP, on the loopback interface only."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from local.slack.arguments import arguments, multipart
from local.slack.errors import SlackError
from local.slack.faults import Fault
from local.slack.interactivity import Place, Shown
from local.slack.mrkdwn import escaped
from local.slack.page import Page
from local.slack.workspace import Call, Workspace

HOST: Final = "127.0.0.1"
_MOST_BYTES: Final = 20_000_000
_IMAGES: Final = frozenset(("image/png", "image/jpeg", "image/gif"))


class EmbeddedSlack:
    """A running Slack stand-in; use it as a context manager.

    Args:
        channels: Channels that the bot is in.
        token: The bot's token, the only one accepted.
        port: Port on 127.0.0.1; 0 takes a free one.
        options: Further arguments of `Workspace` (strict, rate_limit, processing, outside, edit_window, clock …).

    Attributes:
        workspace: What the server serves; its methods may be called beside it.
        url: Address for a client, ends with `/api/`.
        page_url: Address for a person.
    """

    def __init__(
        self,
        channels: Iterable[str] = ("#alerts",),
        token: str = "xoxb-embedded",  # noqa: S107 -- a stand-in's token opens nothing
        *,
        port: int = 0,
        **options: Any,
    ) -> None:
        self.workspace = Workspace(channels=channels, token=token, **options)
        self._server = _Server((HOST, port), self.workspace)
        self.page_url = f"http://{HOST}:{self._server.server_port}/"
        self.workspace.page_url = self.page_url
        self.url = f"{self.page_url}api/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="embedded-slack")
        self._thread.daemon = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in order."""
        with self.workspace.store.lock:
            return list(self.workspace.calls)

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What a channel shows, oldest first, in Slack's shape with metadata. Raises KeyError for no such channel."""
        store = self.workspace.store
        return [store.as_slack(message, metadata=True) for message in store.roots(self._channel(channel))]

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """A thread's root and replies, oldest first, in Slack's shape with metadata."""
        store = self.workspace.store
        return [store.as_slack(message, metadata=True) for message in store.thread(self._channel(channel), ts)]

    def connect(self, url: str, signing_secret: str) -> None:
        """Send what people do to an app: its request URL, and the secret that its requests are signed with."""
        self.workspace.interactivity.url = url
        self.workspace.interactivity.signing_secret = signing_secret
        self.workspace.store.touch()

    def whispers(self, user: str) -> list[str]:
        """What was shown to one person only, oldest first: the messages' texts."""
        with self.workspace.store.lock:
            return [whisper.text for whisper in self.workspace.store.whispers if whisper.user == user]

    def fail_next(
        self,
        method: str,
        error: str = "internal_error",
        *,
        status: int = 200,
        times: int = 1,
        retry_after: int | None = None,
    ) -> None:
        """Make the next calls of a method (`*`: any) fail without doing anything; `ratelimited` is a 429."""
        if error == "ratelimited":
            status, retry_after = 429, 1 if retry_after is None else retry_after
        self.workspace.faults.add(Fault(method, error, status, retry_after, times=times))

    def lose_answer_next(self, method: str, times: int = 1) -> None:
        """Let the next calls of a method succeed, but drop the connection instead of answering."""
        self.workspace.faults.add(Fault(method, lose_answer=True, times=times))

    def _channel(self, name: str) -> str:
        found = self.workspace.store.named(name)
        if found is None:
            raise KeyError(name)
        return found.id


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], workspace: Workspace) -> None:
        super().__init__(address, _Handler)
        self.workspace = workspace
        self.page = Page(workspace)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "EmbeddedSlack"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    timeout = 60

    def do_GET(self) -> None:
        """Pages and files; also Slack's reading methods."""
        self._serve({"api": self._api, "files": self._file})

    def do_POST(self) -> None:
        """Slack's methods and uploads."""
        self._serve(
            {
                "api": self._api,
                "upload": self._upload,
                "actions": self._response_url,
                "commands": self._response_url,
                "act": self._act,
            }
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Stay silent: every call is in `Workspace.calls`."""

    def _serve(self, roads: Mapping[str, Callable[[str], None]]) -> None:
        if (self.headers.get("Host") or "").rpartition(":")[0] not in (HOST, "localhost"):
            self._send(HTTPStatus.FORBIDDEN, b"loopback only", "text/plain")  # a page elsewhere must not reach in
            return
        first, _, rest = urlsplit(self.path).path.lstrip("/").partition("/")
        if first in roads:
            roads[first](unquote(rest))
        elif self.command == "GET":
            self._page()
        else:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")

    def _api(self, method: str) -> None:
        body = self._body()
        if body is None:
            return
        header = self.headers.get("Authorization") or ""
        token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else None
        try:
            found = arguments(method, urlsplit(self.path).query, self.headers.get("Content-Type") or "", body)
        except SlackError as error:
            reply = self.server.workspace.refuse(method, error)
        else:
            posted = found.pop("token", None)
            reply = self.server.workspace.handle(method, found, token or posted)
        if reply.lost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = json.dumps(reply.body).encode()
        self._send(HTTPStatus(reply.status), content, "application/json; charset=utf-8", reply.headers)

    def _upload(self, identity: str) -> None:
        content = self._body()
        if content is None:
            return
        kind = self.headers.get("Content-Type") or ""
        if kind.startswith("multipart/form-data"):
            content = next(iter(multipart(kind, content).values()), b"")
        if self.server.workspace.receive(identity, content):
            self._send(HTTPStatus.OK, f"OK - {len(content)}".encode(), "text/plain")
        else:
            self._send(HTTPStatus.BAD_REQUEST, b"not what was announced", "text/plain")

    def _file(self, identity: str) -> None:
        file = self.server.workspace.store.files.get(identity)
        if file is None or not file.completed or file.content is None:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")
        elif file.mimetype in _IMAGES:
            self._send(HTTPStatus.OK, file.content, file.mimetype)
        else:
            download = {"Content-Disposition": "attachment"}
            self._send(HTTPStatus.OK, file.content, "application/octet-stream", download)

    def _response_url(self, rest: str) -> None:
        """An app's answer to an interaction."""
        body = self._body()
        if body is None:
            return
        try:
            payload = json.loads(body)
        except ValueError:
            payload = None
        error = "invalid_payload"
        if isinstance(payload, dict):
            error = self.server.workspace.respond(rest.rpartition("/")[2], payload) or ""
        if error:
            content = json.dumps({"ok": False, "error": error}).encode()
            self._send(HTTPStatus.NOT_FOUND, content, "application/json; charset=utf-8")
        else:
            self._send(HTTPStatus.OK, b"ok", "text/plain")

    def _act(self, what: str) -> None:
        """What a person does on the page. Only the page itself may say so: JSON, from its own origin."""
        body = self._body()
        if body is None:
            return
        host = self.headers.get("Host") or ""
        if self.headers.get("Content-Type") != "application/json" or self.headers.get("Origin") != f"http://{host}":
            self._send(HTTPStatus.FORBIDDEN, b"only from the page", "text/plain")
            return
        try:
            shown = self._done(what, json.loads(body)).as_json()
        except SlackError as error:
            shown = Shown(trouble=f"Slack: {error.code}").as_json()
        except (ValueError, TypeError, KeyError, AttributeError):
            self._send(HTTPStatus.BAD_REQUEST, b"not understood", "text/plain")
            return
        self._send(HTTPStatus.OK, json.dumps(shown).encode(), "application/json; charset=utf-8")

    def _done(self, what: str, asked: Mapping[str, Any]) -> Shown:
        workspace, user = self.server.workspace, self._viewer()
        app = workspace.interactivity
        if what == "close":
            workspace.close_modal(user)
            return Shown()
        if what == "say" and not str(asked["text"]).startswith("/"):
            workspace.say(str(asked["channel"]), escaped(str(asked["text"])), user=user)
            return Shown()
        if not app.url:
            return Shown(trouble="No app is connected here.")
        if what == "say":
            return app.command(user, str(asked["channel"]), str(asked["text"]))
        if what == "submit":
            return app.submit(user, {str(k): str(v) for k, v in asked["values"].items()})
        if what == "press":
            channel, ts, block, action = (str(asked[name]) for name in ("channel", "ts", "block", "action"))
            return app.press(user, Place(channel, ts, block, action), int(asked.get("option", -1)))
        raise KeyError(what)

    def _viewer(self) -> str:
        """Who sits in front of the page: the cookie `me`, else the first member."""
        cookies = SimpleCookie()
        with contextlib.suppress(CookieError):
            cookies.load(self.headers.get("Cookie") or "")
        people = self.server.workspace.people
        asked = people.person(cookies["me"].value) if "me" in cookies else None
        return (asked or people.members[0]).id

    def _page(self) -> None:
        page, viewer = self.server.page, self._viewer()
        tag = page.tag(viewer)
        if self.headers.get("If-None-Match") == tag:
            self._send(HTTPStatus.NOT_MODIFIED, b"", "text/html; charset=utf-8", {"ETag": tag})
            return
        html = page.at(unquote(urlsplit(self.path).path), viewer)
        if html is None:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")
            return
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": page.policy}
        self._send(HTTPStatus.OK, html.encode(), "text/html; charset=utf-8", headers)

    def _body(self) -> bytes | None:
        """The request's body; None after an answer, when it is too large or has no length."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"too large", "text/plain")
            return None
        return self.rfile.read(int(length))

    def _send(self, status: HTTPStatus, content: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
