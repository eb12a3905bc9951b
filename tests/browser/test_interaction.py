"""People at the embedded Slack's page: what they press, choose, fill in and type reaches the app, signed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from lambdas.slack import messages, modals
from lambdas.slack.buttons import read
from local.slack import sample
from local.slack.mrkdwn import escaped
from local.slack.server import EmbeddedSlack
from tests.unit.slack.test_messages import headline, incident

if TYPE_CHECKING:
    from lambdas.settings import Settings
    from tests.browser.driver import Driver

pytestmark = pytest.mark.browser

SECRET = "signing"


class App:
    """An app that keeps what it was sent and answers what a test wants."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.answers: Callable[[dict[str, str]], tuple[int, dict[str, Any]]] = lambda _: (200, {})
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert SignatureVerifier(SECRET).is_valid_request(body, dict(self.headers.items()))
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                app.forms.append(form)
                status, answer = app.answers(form)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode() if answer else b"")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def payload(self, kind: str) -> dict[str, Any]:
        """The last interaction of a type."""
        found = [json.loads(form["payload"]) for form in self.forms if "payload" in form]
        payload: dict[str, Any] = [each for each in found if each["type"] == kind][-1]
        return payload


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def slack(app: App, settings: Settings) -> Iterator[EmbeddedSlack]:
    with EmbeddedSlack(processing=0.0) as running:
        running.connect(app.url, SECRET)
        client = WebClient(token=sample.TOKEN, base_url=running.url)
        root = messages.root(incident("checkout", headline=headline("The pool is full"), next_update=9000), settings)
        client.chat_postMessage(channel="#alerts", **root)
        yield running


def test_a_pressed_button_and_a_chosen_option_reach_the_app(slack: EmbeddedSlack, app: App, tab: Driver) -> None:
    tab.open(slack.page_url)
    tab.click("button", "Acknowledge")
    tab.until("!document.querySelector('.busy')", "the answer")
    pressed = app.payload("block_actions")
    assert pressed["user"]["id"] == "U0ANAWEBER"
    assert read(pressed["actions"][0]).verb == "acknowledge"
    assert pressed["message"]["ts"] == pressed["container"]["message_ts"]

    tab.choose("select[data-action='tocsin.severity']", "Severity 1")
    tab.until("!document.querySelector('.busy')", "the answer")
    chosen = read(app.payload("block_actions")["actions"][0])
    assert (chosen.verb, chosen.argument) == ("severity", "1")
    assert tab.console == []


def test_a_confirmation_can_be_refused_and_given(slack: EmbeddedSlack, app: App, tab: Driver) -> None:
    tab.open(slack.page_url)
    tab.click("button", "Escalate")
    tab.until_text("The senior engineer will be told now.")
    tab.click("#ask button", "Cancel")
    assert app.forms == []
    tab.click("button[data-action]", "Escalate")
    tab.click("#ask button", "Escalate")
    tab.until("!document.querySelector('.busy')", "the answer")
    assert read(app.payload("block_actions")["actions"][0]).verb == "escalate"


def test_a_dialog_opens_shows_errors_and_closes(slack: EmbeddedSlack, app: App, tab: Driver) -> None:
    def answers(form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        payload = json.loads(form["payload"])
        if payload["type"] == "block_actions":
            view = modals.resolve(read(payload["actions"][0]), "C1", "1.0")
            client = WebClient(token=sample.TOKEN, base_url=slack.url)
            client.views_open(trigger_id=payload["trigger_id"], view=view)
            return 200, {}
        _, cause, _ = modals.answers(payload["view"])
        wrong = {"response_action": "errors", "errors": {modals.CAUSE: "Say more, please."}}
        return 200, wrong if len(cause) < 10 else {}

    app.answers = answers
    tab.open(slack.page_url)
    tab.click("button", "Resolve…")
    tab.until_text("Resolve the incident")
    assert tab.value("document.querySelector('textarea').value") == "The pool is full"
    tab.write("textarea[name=root_cause]", "Pool", instead=True)
    tab.click("button[type=submit]", "Resolve")
    tab.until_text("Say more, please.")
    tab.write("textarea[name=root_cause]", "", instead=True)
    tab.value("document.querySelector('textarea').value = ''")
    tab.click("button[type=submit]", "Resolve")
    tab.until_text("Please complete this required field.")
    tab.write("textarea[name=root_cause]", "The pool of checkout was too small", instead=True)
    tab.click("button[type=submit]", "Resolve")
    tab.until("!document.querySelector('[data-dialog]')", "the dialog closes")
    about, cause, prevention = modals.answers(app.payload("view_submission")["view"])
    assert about == ["INC-20261124-3f9a1c", "0", "C1", "1.0"]
    assert (cause, prevention) == ("The pool of checkout was too small", "The pool is full")
    assert tab.console == []


def test_a_command_is_sent_and_its_answer_seen_by_its_person_alone(slack: EmbeddedSlack, app: App, tab: Driver) -> None:
    app.answers = lambda form: (
        200,
        {"text": escaped(f"for {form['user_id']}: {form['text']}")} if form["text"] else {},
    )
    tab.open(slack.page_url)
    tab.write("#say input", "/tocsin silence <!channel> 2h & more", enter=True)
    tab.until_text("for U0ANAWEBER: silence")
    assert app.forms[-1]["command"] == "/tocsin"
    assert app.forms[-1]["response_url"].startswith(f"{slack.page_url}commands/")
    tab.choose("#me", "Kim Guest")
    tab.until("document.readyState === 'complete' && document.querySelector('#me').value === 'U0STRANGER'", "Kim")
    assert "Only visible to you" not in tab.text()
    app.answers = lambda _: (200, {})
    tab.click("button", "Acknowledge")
    tab.until("!document.querySelector('.busy')", "the answer")
    assert app.payload("block_actions")["user"]["id"] == "U0STRANGER"


@pytest.mark.parametrize(("status", "words"), [(500, "The app answered 500"), (401, "The app answered 401")])
def test_an_app_that_fails_is_shown(slack: EmbeddedSlack, app: App, tab: Driver, status: int, words: str) -> None:
    app.answers = lambda _: (status, {})
    tab.open(slack.page_url)
    tab.click("button", "Acknowledge")
    tab.until_text(words)
    tab.write("#say input", "/tocsin", enter=True)
    tab.until_text(f"/tocsin failed with the error “http_service_error: {status}”")


def test_buttons_are_dead_where_no_app_is_connected(tab: Driver, settings: Settings) -> None:
    with EmbeddedSlack() as slack:
        client = WebClient(token=sample.TOKEN, base_url=slack.url)
        client.chat_postMessage(channel="#alerts", **messages.root(incident("checkout"), settings))
        tab.open(slack.page_url)
        assert tab.value("[...document.querySelectorAll('article button')].every(b => b.disabled)") is True
        tab.write("#say input", "/tocsin", enter=True)
        tab.until_text("No app is connected here.")
