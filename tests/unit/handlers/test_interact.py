"""The function URL: what Slack signed is queued, and nothing else; no secret is ever logged."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from lambdas.errors import SettingsError, SlackError
from lambdas.handlers.interact import LARGEST, Door, interact
from lambdas.incidents.orders import Order
from lambdas.slack import modals
from lambdas.slack.buttons import button, read
from lambdas.slack.secret import Secret
from lambdas.slack.signature import sign
from tests.unit.incidents.test_orders import INCIDENT
from tests.unit.slack.test_buttons import pressed

if TYPE_CHECKING:
    from lambdas.settings import Settings

NOW = 1_795_489_560
SECRET = Secret("xoxb-the-bot-token", "the-signing-secret")


class Queue:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 — boto3's names
        assert QueueUrl == "https://sqs/errands"
        self.sent.append(MessageBody)


class Slacks:
    """Slack, as far as the door knows it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.trouble: Exception | None = None

    def call(self, method: str, payload: Any) -> dict[str, Any]:
        self.calls.append((method, payload))
        if self.trouble:
            raise self.trouble
        return {"ok": True}


class Aws:
    """Our own plane, as far as the door knows it."""

    def __init__(self) -> None:
        self.sqs = Queue()


@pytest.fixture
def door(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr("lambdas.slack.secret.read", lambda *_: SECRET)
    return Door(replace(settings, queue="https://sqs/errands"), Aws(), Slacks(), clock=lambda: NOW)  # type: ignore[arg-type]


def request(form: dict[str, str] | bytes, *, at: int = NOW, secret: str = SECRET.signing_secret, **more: Any) -> Any:
    """A function URL's event of a form, signed."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": str(at),
        "x-slack-signature": sign(secret, str(at), body),
    } | more.pop("headers", {})
    event = {"requestContext": {"http": {"method": "POST"}}, "headers": headers, "isBase64Encoded": True}
    return event | {"body": base64.b64encode(body).decode()} | more


def click(verb: str = "acknowledge", **extras: Any) -> dict[str, str]:
    payload = {
        "type": "block_actions",
        "user": {"id": "U0ANA"},
        "trigger_id": "1.2.3",
        "response_url": "https://hooks.slack.com/actions/T/1/x",
        "container": {"channel_id": "C1", "message_ts": "1.0"},
        "message": {"ts": "1.0"},
        "actions": [pressed(button("b", verb, INCIDENT, extras=extras or None))],
    }
    return {"payload": json.dumps(payload)}


def submitted(cause: str, prevention: str = "A lock") -> dict[str, str]:
    view = modals.resolve(_press(), "C1", "1.0") | {
        "state": {
            "values": {
                name: {name: {"type": "plain_text_input", "value": text}}
                for name, text in ((modals.CAUSE, cause), (modals.PREVENTION, prevention))
            }
        }
    }
    return {"payload": json.dumps({"type": "view_submission", "user": {"id": "U0ANA"}, "view": view})}


def _press() -> Any:
    return read(pressed(button("b", "resolve", INCIDENT, extras={"cause": "c", "prevention": "p"})))


def orders(door: Door) -> list[Order]:
    return [Order.from_json(body) for body in door.aws.sqs.sent]  # type: ignore[attr-defined]


def test_a_click_is_queued_as_an_order(door: Door) -> None:
    assert interact(request(click()), door)["statusCode"] == 200
    (order,) = orders(door)
    assert (order.verb, order.by, order.incident, order.at) == ("acknowledge", "U0ANA", INCIDENT.id, NOW)
    assert (order.channel, order.thread, order.response_url) == ("C1", "1.0", "https://hooks.slack.com/actions/T/1/x")


def test_the_same_request_again_is_the_same_order(door: Door) -> None:
    for _ in range(2):
        interact(request(click()), door)
    interact(request(click(), at=NOW - 1), door)
    first, again, other = orders(door)
    assert first == again
    assert first.id != other.id


def test_a_command_is_queued_with_its_person_and_where_to_answer(door: Door) -> None:
    form = {"command": "/tocsin", "text": " status " + "x" * 5000, "user_id": "U0ANA", "channel_id": "C1"}
    assert interact(request(form | {"response_url": "https://hooks.slack.com/c"}), door) == {
        "statusCode": 200,
        "headers": {
            "content-type": "application/json",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
        "body": "",
    }
    (order,) = orders(door)
    assert (order.verb, order.by, len(order.text)) == ("command", "U0ANA", 1000)


def test_resolve_opens_a_dialog_and_queues_nothing(door: Door) -> None:
    interact(request(click("resolve", cause="The pool", prevention="Raise it")), door)
    assert orders(door) == []
    ((method, payload),) = door.slack.calls  # type: ignore[attr-defined]
    assert (method, payload["trigger_id"]) == ("views.open", "1.2.3")
    assert payload["view"]["blocks"][0]["element"]["initial_value"] == "The pool"


def test_a_dialog_that_does_not_open_is_told_by_whoever_may_write(door: Door) -> None:
    door.slack.trouble = SlackError("views.open", "expired_trigger_id")  # type: ignore[attr-defined]
    assert interact(request(click("resolve")), door)["statusCode"] == 200
    (order,) = orders(door)
    assert (order.verb, order.root_cause) == ("resolve", "")


def test_a_filled_dialog_is_queued_and_an_empty_one_is_not(door: Door) -> None:
    answer = interact(request(submitted("  ")), door)
    assert json.loads(answer["body"])["response_action"] == "errors"
    assert orders(door) == []
    assert interact(request(submitted("A job ran twice")), door)["body"] == ""
    (order,) = orders(door)
    assert (order.root_cause, order.prevention, order.incident) == ("A job ran twice", "A lock", INCIDENT.id)


def test_slacks_own_check_of_the_certificate_is_answered(door: Door) -> None:
    assert interact(request({"ssl_check": "1", "token": "x"}), door)["statusCode"] == 200
    assert orders(door) == []


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (request(click(), secret="guessed"), 401),
        (request(click(), headers={"x-slack-signature": ""}), 401),
        (request(click(), headers={"x-slack-request-timestamp": str(NOW + 1)}), 401),
        (request(click(), body=base64.b64encode(urlencode(click("escalate")).encode()).decode()), 401),
        (request(click(), at=NOW - 301), 403),
        (request(click(), at=NOW + 301), 403),
        (request(b"x" * (LARGEST + 1)), 413),
        (request(click(), body="x" * (LARGEST * 2)), 413),
        (request(click(), body="%%%"), 400),
        (request(click(), body=None), 401),
        (request(click(), body=7), 413),
        (request(click(), headers={"content-type": "application/json"}), 415),
        (request(click(), requestContext={"http": {"method": "GET"}}), 405),
        (request(click(), requestContext={}), 405),
        (request(click(), headers={"content-type": "text/plain"}), 415),
        ({}, 405),
        (None, 400),
        ({"Records": [{"body": "x"}]}, 405),
        (request({"payload": "not JSON"}), 400),
        (request({"payload": "[]"}), 400),
        (request({"payload": json.dumps({"type": "block_actions"})}), 400),
        (request({"payload": json.dumps({"type": "view_submission", "user": {"id": "U1"}, "view": []})}), 400),
        (request({"payload": json.dumps({"type": "view_submission", "user": {"id": "U1"}, "view": {}})}), 400),
        (request(b"\xff\xfe=1"), 400),
    ],
)
def test_what_slack_did_not_sign_or_nobody_gave_to_press_queues_nothing(
    door: Door, event: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert interact(event, door)["statusCode"] == status
    assert orders(door) == []
    assert door.slack.calls == []  # type: ignore[attr-defined]
    logged = str([record.__dict__ for record in caplog.records])
    for secret in (SECRET.bot_token, SECRET.signing_secret, "v0="):
        assert secret not in logged


def test_a_rotated_secret_is_read_anew_but_not_for_every_forgery(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, now = [], [float(NOW)]

    def read(*_: Any) -> Secret:
        reads.append(now[0])
        return SECRET if len(reads) == 1 else Secret("xoxb-x", "rotated")

    monkeypatch.setattr("lambdas.slack.secret.read", read)
    door.clock = lambda: now[0]
    assert interact(request(click()), door)["statusCode"] == 200
    for _ in range(5):
        assert interact(request(click(), secret="guessed"), door)["statusCode"] == 401
    assert len(reads) == 1
    now[0] += 61
    assert interact(request(click(), at=int(now[0]), secret="rotated"), door)["statusCode"] == 200
    assert len(reads) == 2


def test_a_secret_that_is_missing_is_said_without_its_content(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lambdas.slack.secret.read", lambda *_: Secret("xoxb-the-bot-token"))
    assert interact(request(click(), secret=""), door)["statusCode"] == 503
    assert "signing_secret" in str([record.__dict__ for record in caplog.records])

    def fail(*_: Any) -> Secret:
        raise SettingsError("the secret acme/slack cannot be read: AccessDeniedException")

    door.secret = None
    monkeypatch.setattr("lambdas.slack.secret.read", fail)
    assert interact(request(click()), door)["statusCode"] == 503
    assert "xoxb" not in caplog.text


def test_a_cold_start_loads_only_what_the_door_needs() -> None:
    code = "import lambdas.handlers.interact; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert not {"pydantic", "jinja2", "aws_lambda_powertools", "slack_sdk", "yaml"} & loaded
    assert not {f"lambdas.{name}" for name in ("desk", "house", "people", "diagnosis", "playbooks", "checks")} & loaded
