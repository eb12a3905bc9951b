"""The Slack Web API over one kept connection, with the standard library only.

slack_sdk costs 0.6 of `import boto3` before the first post (`performance.md`), and the path to it needs few methods.
The client does not repeat what it may have delivered: that stays in the outbox, where a later run looks for it before
posting. A kept connection that ended while the function slept is replaced, and what only reads is asked once more.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from lambdas.errors import SettingsError, SlackBusy, SlackError

SLACK_API = "https://slack.com/api/"
TIMEOUT = 5.0  # seconds; Slack answers in about 0.2
FORMS = frozenset(  # the reading methods take form bodies only; of files.* every client sends forms
    {
        "conversations.history",
        "conversations.list",
        "conversations.replies",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
        "usergroups.users.list",
    }
)
AGAIN = frozenset(  # a second time does no more than the first: they read, or their trigger serves once
    {"conversations.history", "conversations.list", "conversations.replies", "usergroups.users.list", "views.open"}
)


class Slack:
    """Slack's methods by name. `token` is called when it is first needed, and again after Slack refused the old one."""

    def __init__(self, token: Callable[[], str], url: str | None = None) -> None:
        base = url or os.environ.get("SLACK_API_URL") or SLACK_API
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SlackError("connect", "bad_url", f"SLACK_API_URL must be http(s)://host/api/, not {base!r}")
        self._host, self._port, self._tls = parts.hostname, parts.port, parts.scheme == "https"
        self._path = parts.path.rstrip("/") + "/"
        self._read_token, self._token = token, ""
        self._connection: http.client.HTTPConnection | None = None

    def call(self, method: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call one method.

        Raises:
            SlackBusy: HTTP 429, with the seconds to wait.
            SlackError: `ok: false` with Slack's own code, an HTTP error, no answer ("unreachable"), or no token.
        """
        if not self._token:
            try:
                self._token = self._read_token()
            except SettingsError as error:  # nothing is lost: the post stays in the outbox until the secret is right
                raise SlackError(method, "no_token", str(error)) from error
        if method in FORMS:
            body, kind = urlencode(payload), "application/x-www-form-urlencoded"
        else:
            body, kind = json.dumps(payload), "application/json; charset=utf-8"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        kept = self._connection is not None
        try:
            try:
                status, retry_after, text = self._send(method, body.encode(), headers)
            except (OSError, http.client.HTTPException):
                self.close()
                if not kept or method not in AGAIN:
                    raise
                status, retry_after, text = self._send(method, body.encode(), headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise SlackError(method, "unreachable", type(error).__name__) from error
        if status == http.HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackBusy(method, float(retry_after or 30))
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise SlackError(method, f"http_{status}", "the answer is not JSON") from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            code = str(answer.get("error", f"http_{status}")) if isinstance(answer, dict) else f"http_{status}"
            if code in {"invalid_auth", "token_expired", "token_revoked", "not_authed"}:
                self._token = ""  # the secret may have been rotated since
            detail = answer.get("response_metadata", {}).get("messages", []) if isinstance(answer, dict) else []
            raise SlackError(method, code, "; ".join(map(str, detail)))
        return answer

    def respond(self, url: str, payload: Mapping[str, Any]) -> None:
        """Answer at an interaction's response_url. The token does not go there, and nothing goes anywhere but to Slack.

        Raises:
            SlackError: the address is not Slack's own, or did not answer 200.
        """
        parts = urlsplit(url)
        if not self._is_slack(parts):
            raise SlackError("response_url", "bad_url", f"{parts.scheme}://{parts.hostname}")
        self._post("response_url", parts, json.dumps(payload).encode(), "application/json; charset=utf-8")

    def _is_slack(self, parts: SplitResult) -> bool:
        """Whether an address is on the API's own host, or on the hooks host beside it (hooks.slack.com)."""
        try:
            port = parts.port
        except ValueError:
            return False
        if parts.scheme != ("https" if self._tls else "http") or parts.username or parts.password:
            return False
        return (parts.hostname, port) in {(self._host, self._port), (f"hooks.{self._host}", self._port)}

    def upload(self, url: str, content: bytes) -> None:
        """Send a file's bytes to where files.getUploadURLExternal said. The token does not go there.

        Raises:
            SlackError: the address is less safe than the API's own, or did not answer 200.
        """
        parts = urlsplit(url)
        if not parts.hostname or parts.scheme not in ({"https"} if self._tls else {"http", "https"}):
            raise SlackError("upload", "bad_url", f"{parts.scheme}://{parts.hostname}")
        self._post("upload", parts, content, "application/octet-stream")

    def _post(self, what: str, parts: SplitResult, content: bytes, kind: str) -> None:
        """Send bytes to an address, without the token, over a connection of its own."""
        connection = _connection(parts.hostname or "", parts.port, tls=parts.scheme == "https")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, content, {"Content-Type": kind})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            raise SlackError(what, "unreachable", type(error).__name__) from error
        finally:
            connection.close()
        if response.status == http.HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackBusy(what, float(response.getheader("Retry-After") or 30))
        if response.status != http.HTTPStatus.OK:
            raise SlackError(what, f"http_{response.status}")

    def _send(self, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        connection = self._connect()
        connection.request("POST", self._path + method, body, headers)
        response = connection.getresponse()
        text = response.read()
        if response.will_close:
            self.close()
        return response.status, response.getheader("Retry-After", ""), text

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is not None and _ended(self._connection):
            self.close()
        if self._connection is None:
            self._connection = _connection(self._host, self._port, tls=self._tls)
        return self._connection

    def close(self) -> None:
        """Let the connection go; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connection(host: str, port: int | None, *, tls: bool) -> http.client.HTTPConnection:
    if tls:
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT)


def _ended(connection: http.client.HTTPConnection) -> bool:
    """Whether a kept connection was ended by the other side: between answers there is nothing else to read on it."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])
