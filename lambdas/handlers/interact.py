"""Slack's interactivity and slash commands, at a function URL: verify, enqueue, answer within three seconds.

It may do nothing else: read the signing secret, send to one queue, open a dialog. Whether a person may do what they
ask is decided by `respond`. Lean on purpose: a dialog's trigger lives three seconds, a cold start included.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lambdas.aws import Aws
from lambdas.errors import PayloadError, Refused, SettingsError, SlackError
from lambdas.settings import Settings, log_level
from lambdas.slack import secret
from lambdas.slack.client import Slack
from lambdas.slack.interactions import Heard, hear
from lambdas.slack.signature import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST = 256 * 1024  # bytes of a body: Slack's largest holds a whole message of 50 blocks
FORM = "application/x-www-form-urlencoded"
AGAIN = 60.0  # seconds before the secret is read again because of a wrong signature: it may have been rotated

log = logging.getLogger("tocsin")
log.setLevel(log_level())

type Answer = dict[str, Any]


@dataclass(slots=True)
class Door:
    """What the function keeps between requests."""

    settings: Settings
    aws: Aws
    slack: Slack
    clock: Callable[[], float] = time.time
    secret: secret.Secret | None = field(default=None, repr=False)
    read_at: float = 0.0


def handler(event: Any, context: Any) -> Answer:
    """AWS calls this (Lambda Developer Guide, "Function URL invocation", payload format 2.0)."""
    del context
    return interact(event, _door())


@functools.cache
def _door() -> Door:
    settings = Settings.from_environ()
    aws = Aws(settings.region)
    return Door(settings, aws, Slack(lambda: secret.read(aws, settings.slack_secret).bot_token))


def interact(event: Any, door: Door) -> Answer:
    """Answer one request. Nothing that it holds is logged, and nothing is queued unless Slack signed it."""
    try:
        headers, body = _request(event)
        at = _verified(headers, body, door)
    except Refused as refused:
        log.warning("refused", extra={"status": refused.status, "why": str(refused)})
        return _answer(refused.status)
    except SettingsError as error:
        log.error("the signing secret cannot be read", extra={"why": str(error)})  # noqa: TRY400 — no trace: it is about a secret
        return _answer(503)
    try:
        heard = hear(body, at)
    except PayloadError as error:
        log.warning("not understood", extra={"why": str(error)})
        return _answer(400)
    if heard.errors:
        return _answer(200, {"response_action": "errors", "errors": dict(heard.errors)})
    if heard.dialog and _opened(heard, door):
        return _answer(200)
    if heard.order:
        door.aws.sqs.send_message(QueueUrl=door.settings.queue, MessageBody=heard.order.to_json())
        log.info("queued", extra={"verb": heard.order.verb, "incident": heard.order.incident, "by": heard.order.by})
    return _answer(200)


def _request(event: Any) -> tuple[Mapping[str, str], bytes]:
    """Headers with names in lower case, and the raw body."""
    if not isinstance(event, dict):
        raise Refused(400, "this is no request")
    http = (event.get("requestContext") or {}).get("http") or {}
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if http.get("method") != "POST":
        raise Refused(405, "only POST")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(415, "only forms")
    text = event.get("body") or ""
    if not isinstance(text, str) or len(text) > LARGEST * 4 // 3 + 4:
        raise Refused(413, "too large")
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise Refused(400, "the body cannot be decoded") from error
    if len(body) > LARGEST:
        raise Refused(413, "too large")
    return headers, body


def _verified(headers: Mapping[str, str], body: bytes, door: Door) -> int:
    """When Slack signed it. A wrong signature reads the secret anew, at most once a minute."""
    now = door.clock()
    try:
        return verify(_signing_secret(door, now, anew=door.secret is None), headers, body, now)
    except Refused as refused:
        if refused.status != HTTPStatus.UNAUTHORIZED or now - door.read_at < AGAIN:
            raise
    return verify(_signing_secret(door, now, anew=True), headers, body, now)


def _signing_secret(door: Door, now: float, *, anew: bool) -> str:
    if door.secret is None or anew:
        door.secret, door.read_at = secret.read(door.aws, door.settings.slack_secret), now
    if not door.secret.signing_secret:
        raise SettingsError(f"the secret {door.settings.slack_secret} has no field 'signing_secret'")
    return door.secret.signing_secret


def _opened(heard: Heard, door: Door) -> bool:
    """Open the dialog. False: the order goes on without its answers, and `respond` tells the person."""
    try:
        door.slack.call("views.open", {"trigger_id": heard.trigger, "view": heard.dialog})
    except SlackError as error:
        log.warning("the dialog did not open", extra={"why": str(error)})
        return False
    return True


def _answer(status: int, body: Mapping[str, Any] | None = None) -> Answer:
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body) if body else ""}
