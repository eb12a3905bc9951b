"""Bad input: a clear outcome each time, nothing lost, nothing leaked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.handlers import respond as responder
from lambdas.handlers.pulse import pulse
from local.slack.rules import problems
from local.world.hook import NoWorld, attached
from tests.flow.test_once import message, roots, sqs

if TYPE_CHECKING:
    from tests.conftest import Rooms

HOSTILE = "<!channel> <@U1> <https://evil.example|ok> *b* `c` \x07\u202e & ${jndi:ldap://x} </script>"


@pytest.fixture(autouse=True)
def _nobody_answers() -> Iterator[None]:
    with attached(NoWorld(own=frozenset({"incidents", "acme/slack"}))):
        yield


def valid(rooms: Rooms) -> None:
    for call in rooms.slack.calls:
        if call.method in {"chat.postMessage", "chat.update"}:
            assert [str(problem) for problem in problems(call.payload)] == []


@pytest.mark.parametrize(
    "event",
    [
        {"Records": [{"messageId": "m", "body": "{not json"}]},
        {"Records": [{"messageId": "m", "body": ""}]},
        {"Records": [{"messageId": "m", "body": "x" * 256 * 1024}]},
        {"Records": [{"messageId": "m", "body": json.dumps({"AlarmName": HOSTILE, "NewStateValue": "ALARM"})}]},
        {"Records": [{"messageId": "m", "body": json.dumps({"deep": [[[[[[HOSTILE]]]]]]})}]},
        {"Records": [{"messageId": "m", "body": "\ud800 \x00 " + HOSTILE}]},
        {},
        [],
        "text",
        None,
        7,
    ],
    ids=["no JSON", "empty body", "256 KB", "hostile alarm", "nested", "surrogate", "{}", "[]", "text", "None", "7"],
)
def test_what_is_not_understood_is_posted_and_kept(rooms: Rooms, event: Any) -> None:
    outcome = responder.respond(event, rooms.house)
    assert outcome.failed == []
    assert len(roots(rooms)) == 1
    valid(rooms)
    responder.respond(event, rooms.house)
    assert len(roots(rooms)) == 1 or event in ({}, [], "text", None, 7)  # without an id, two are two


def test_no_records_are_nothing(rooms: Rooms) -> None:
    outcome = responder.respond({"Records": []}, rooms.house)
    assert outcome.failed == []


def test_hostile_names_stay_text(rooms: Rooms) -> None:
    body = message(name=HOSTILE)
    body["AlarmDescription"] = HOSTILE
    body["NewStateReason"] += HOSTILE
    body["Trigger"]["Dimensions"][1]["value"] = HOSTILE
    responder.respond(sqs(body), rooms.house)
    assert len(roots(rooms)) == 1
    valid(rooms)
    shown = json.dumps([call.payload for call in rooms.slack.calls], default=dict)
    for forbidden in ("<!channel", "<@U1", "<https://evil", "\\u202e", "\\u0007"):
        assert forbidden not in shown


def test_an_unknown_region_is_still_posted(rooms: Rooms) -> None:
    body = message()
    body["Region"] = "Mars (Olympus Mons)"
    del body["AlarmArn"]
    responder.respond(sqs(body), rooms.house)
    assert len(roots(rooms)) == 1
    valid(rooms)


OWN = ["GetItem", "TransactWriteItems", "UpdateItem", "Query"]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
@pytest.mark.parametrize("operation", OWN)
def test_our_own_table_failing_loses_nothing(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, operation: str, code: str
) -> None:
    client: Any = rooms.house.aws.dynamodb
    call = client._make_api_call

    def failing(name: str, parameters: dict[str, Any]) -> Any:
        if name == operation:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, name)
        return call(name, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(client, "_make_api_call", failing)
        try:
            failed = responder.respond(sqs(message()), rooms.house).failed
        except ClientError:
            failed = ["m-0"]  # Lambda reports the whole batch
    for _ in range(3):  # SQS brings it again, the clock comes by
        if failed:
            responder.respond(sqs(message()), rooms.house)
        rooms.clock.now += 300
        pulse(rooms.house)
    assert len(roots(rooms)) == 1
