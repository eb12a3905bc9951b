"""What happens when a person clicks, chooses, submits or types a command: Slack's signed request to the app.

Payloads: https://docs.slack.dev/reference/interaction-payloads. Signature:
https://docs.slack.dev/authentication/verifying-requests-from-slack. The app has three seconds to answer; what Slack
shows when it does not is shown here, too.
"""

import hashlib
import hmac
import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from local.slack import rules
from local.slack.errors import SlackError
from local.slack.people import Person
from local.slack.store import TEAM, Message

if TYPE_CHECKING:
    from local.slack.workspace import Workspace

PATIENCE: Final = 3.0  # seconds that the app has
SIGNING_SECRET: Final = "embedded-signing-secret"  # noqa: S105 -- a stand-in's secret opens nothing
_TOKEN: Final = "verification-tokens-are-deprecated"  # noqa: S105 -- Slack still sends one
_DOMAIN: Final = "embedded"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request to the app, for tests: what was sent and what came back.

    Attributes:
        body: The form's bytes, as signed.
        headers: The request's headers.
        status: The answer's HTTP status; 0 when none came in time.
        answer: The answer's JSON, where there was any.
    """

    body: bytes
    headers: Mapping[str, str]
    status: int
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Which element of which message."""

    channel: str
    ts: str
    block: str
    action: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page has to show after an interaction: a trouble, or a dialog's errors by block_id."""

    trouble: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return {"trouble": self.trouble, "errors": dict(self.errors)}


class Interactivity:
    """Sends interactions to the app.

    Attributes:
        url: The app's request URL for interactivity and slash commands; empty: buttons are dead.
        signing_secret: What requests are signed with.
        patience: Seconds that the app has to answer, and that a trigger lives.
        sent: Every request so far, in order.
    """

    def __init__(self, workspace: "Workspace", url: str = "", signing_secret: str = SIGNING_SECRET) -> None:
        self.patience = PATIENCE
        self.url = url
        self.signing_secret = signing_secret
        self.sent: list[Sent] = []
        self._workspace = workspace

    def press(self, user: str, at: Place, option: int = -1) -> Shown:
        """A person presses a button, or chooses an option of a select, on a message.

        Raises:
            SlackError: there is no such person, message or element to press.
        """
        workspace = self._workspace
        with workspace.store.lock:
            person, message = self._person(user), self._message(at.channel, at.ts)
            element = _element(message, at)
            where = workspace.store.channel(message.channel)
            payload = self._about(person, "block_actions") | {
                "container": {
                    "type": "message",
                    "message_ts": message.ts,
                    "channel_id": message.channel,
                    "is_ephemeral": False,
                    **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
                },
                "channel": {"id": message.channel, "name": where.name if where else ""},
                "message": workspace.store.as_slack(message, metadata=True),
                "state": {"values": {}},
                "response_url": workspace.new_response_url("actions", user, message.channel, message.thread_ts),
                "actions": [_action(element, at.block, option, workspace.store.next_ts())],
            }
        sent = self._send({"payload": json.dumps(payload)})
        return Shown() if sent.status == http.HTTPStatus.OK else Shown(trouble=_trouble(sent))

    def submit(self, user: str, values: Mapping[str, str]) -> Shown:
        """A person submits the open dialog; `values`: what stands in each input, by block_id.

        Raises:
            SlackError: there is no open dialog.
        """
        workspace = self._workspace
        with workspace.store.lock:
            person, view = self._person(user), workspace.modals.get(user)
            if view is None:
                raise SlackError("view_not_found")
            missing = _missing(view, values)
            if missing:
                return Shown(errors=missing)
            state = {"values": _values(view, values)}
            about = self._about(person, "view_submission")
            payload = about | {"view": view | {"state": state}, "response_urls": []}
        sent = self._send({"payload": json.dumps(payload)})
        if sent.status != http.HTTPStatus.OK:
            return Shown(trouble="We had some trouble connecting. Try again?")
        action = sent.answer.get("response_action")
        if action == "errors":
            return Shown(errors={str(k): str(v) for k, v in sent.answer.get("errors", {}).items()})
        if action in ("update", "push"):
            if rules.view_problems(sent.answer.get("view") or {}):
                return Shown(trouble="We had some trouble connecting. Try again?")
            workspace.open_modal(user, sent.answer["view"])
        else:
            workspace.close_modal(user)
        return Shown()

    def command(self, user: str, channel: str, text: str) -> Shown:
        """A person sends a slash command. Raises SlackError for no such person or channel."""
        workspace = self._workspace
        with workspace.store.lock:
            person, where = self._person(user), workspace.store.named(channel)
            if where is None:
                raise SlackError("channel_not_found")
            name, _, rest = text.strip().partition(" ")
            form = {
                "token": _TOKEN,
                "team_id": TEAM,
                "team_domain": _DOMAIN,
                "channel_id": where.id,
                "channel_name": where.name,
                "user_id": person.id,
                "user_name": person.handle,
                "command": name,
                "text": rest.strip(),
                "api_app_id": workspace.bot.app_id,
                "is_enterprise_install": "false",
                "response_url": workspace.new_response_url("commands", user, where.id, None),
                "trigger_id": workspace.issue_trigger(person.id),
            }
        sent = self._send(form)
        if sent.status != http.HTTPStatus.OK:
            error = "operation_timeout" if sent.status == 0 else f"http_service_error: {sent.status}"
            return Shown(trouble=f"{name} failed with the error “{error}”")
        if sent.answer.get("text") or sent.answer.get("blocks"):
            refused = workspace.respond(form["response_url"].rpartition("/")[2], sent.answer)
            return Shown(trouble=f"{name} failed with the error “{refused}”" if refused else "")
        return Shown()

    def _about(self, person: Person, kind: str) -> dict[str, Any]:
        workspace = self._workspace
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": _DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": TEAM},
            "api_app_id": workspace.bot.app_id,
            "token": _TOKEN,
            "trigger_id": workspace.issue_trigger(person.id),
        }

    def _person(self, user: str) -> Person:
        person = self._workspace.people.person(user)
        if person is None:
            raise SlackError("user_not_found")
        return person

    def _message(self, channel: str, ts: str) -> Message:
        where = self._workspace.store.named(channel)
        message = self._workspace.store.message(where.id, ts) if where else None
        if message is None:
            raise SlackError("message_not_found")
        return message

    def _send(self, form: Mapping[str, str]) -> Sent:
        """Post a signed form to the app, as Slack does: no redirect followed, three seconds at most."""
        body = urlencode(form).encode()
        stamp = str(int(self._workspace.clock()))
        digest = hmac.new(self.signing_secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }
        status, answer = post(self.url, body, headers, self.patience)
        sent = Sent(body, headers, status, answer)
        self.sent.append(sent)
        return sent


def post(url: str, body: bytes, headers: Mapping[str, str], patience: float) -> tuple[int, dict[str, Any]]:
    """One POST. Returns the status and the JSON object; 0 when no answer came within `patience` seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {}
    return response.status, answer if isinstance(answer, dict) else {}


def _trouble(sent: Sent) -> str:
    """Slack only shows a warning sign beside the element; what it means is said here."""
    if sent.status == 0:
        return "The app did not answer within three seconds. Slack shows ⚠️ beside the button."
    return f"The app answered {sent.status}. Slack shows ⚠️ beside the button."


def _element(message: Message, at: Place) -> Mapping[str, Any]:
    for block in message.blocks:
        if block.get("block_id") == at.block:
            for element in (*block.get("elements", ()), block.get("accessory") or {}):
                if element.get("action_id") == at.action:
                    found: Mapping[str, Any] = element
                    return found
    raise SlackError("action_not_found")


def _action(element: Mapping[str, Any], block_id: str, option: int, ts: str) -> dict[str, Any]:
    """An entry of `actions`, as Slack makes it from the element."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id, "action_ts": ts}
    if element["type"] == "static_select":
        if not 0 <= option < len(element["options"]):
            raise SlackError("action_not_found")
        return action | {"selected_option": element["options"][option], "placeholder": element.get("placeholder")}
    action |= {"text": element["text"]}
    return action | ({"value": element["value"]} if "value" in element else {})


def _inputs(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == "input"]


def _missing(view: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What Slack itself refuses before it asks the app."""
    found: dict[str, str] = {}
    for block in _inputs(view):
        text = values.get(block["block_id"], "")
        most = block["element"].get("max_length", 3000)
        if not text and not block.get("optional"):
            found[block["block_id"]] = "Please complete this required field."
        elif len(text) > most:
            found[block["block_id"]] = f"Please use {most} characters or fewer."
    return found


def _values(view: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    return {
        block["block_id"]: {
            block["element"]["action_id"]: {
                "type": block["element"]["type"],
                "value": values.get(block["block_id"]) or None,
            }
        }
        for block in _inputs(view)
    }


def named_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """A view with the ids that Slack gives it."""
    blocks = [{"block_id": secrets.token_urlsafe(4), **block} for block in view["blocks"]]
    return {**view, "blocks": blocks}
