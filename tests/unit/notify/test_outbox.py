"""Nobody is paged twice and nobody is forgotten: duplicates, crashes at each send, channels that fail."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.errors import ChannelError
from lambdas.incidents.model import Closed, Escalated, Post
from lambdas.incidents.store import LEASE
from lambdas.notify import bus, call, email, outbox, sms
from tests.unit.notify.scene import ID

if TYPE_CHECKING:
    from tests.unit.notify.conftest import Told


class Died(BaseException):
    """The process ended: nothing of ours catches this."""


def dies(*_: Any, **__: Any) -> Any:
    raise Died


def refuses(code: str, status: int = 400) -> Any:
    def refuse(*_: Any, **__: Any) -> Any:
        error = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(error, "SendEmail")  # type: ignore[arg-type] # as much of it as is read

    return refuse


def test_each_person_and_system_is_told_once_whoever_delivers_it_again(told: Told) -> None:
    rows = told.raised()
    for _ in range(3):
        told.house.deliver(ID, rows)
    told.later()
    assert told.mails == ["ann@example.com"]
    assert [number for number, _ in told.texts] == ["+41790000001"]
    (event,) = told.events
    assert (event["source"], event["detail-type"]) == ("tocsin", "Incident Opened")
    assert event["detail"]["incident"]["id"] == ID
    assert event["detail"]["slack"]["ts"] == told.incident.ts
    assert told.waiting == []


@pytest.mark.parametrize(("kind", "module"), [("email", email), ("sms", sms), ("call", call), ("bus", bus)])
def test_who_dies_before_a_send_has_told_nobody_and_the_next_one_does(
    told: Told, monkeypatch: pytest.MonkeyPatch, kind: str, module: Any
) -> None:
    told.raised()
    told.house.deliver(ID, told.house.store.unsent(ID))
    with monkeypatch.context() as patch:
        patch.setattr(module, "send", dies)
        with pytest.raises(Died):
            told.record(Escalated(by="U0000001"), "e1")
    told.later()
    told.later()
    assert sorted(told.mails) == ["ann@example.com", "bob@example.com", "cleo@example.com"]
    assert [number for number, _ in told.texts] == ["+41790000001", "+41790000002"]
    assert len(told.pager.asked) == 1
    assert sorted(event["detail-type"] for event in told.events) == ["Incident Escalated", "Incident Opened"]
    assert kind not in told.waiting


@pytest.mark.parametrize("kind", ["email", "sms", "call", "bus"])
def test_who_dies_between_send_and_mark_pages_at_least_once(
    told: Told, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """None of these channels can be asked what it has. Rather twice than never; a receiver tells by the delivery."""
    told.raised()
    told.house.deliver(ID, told.house.store.unsent(ID))
    sent = told.house.store.sent

    def once(claim: Any, reference: str) -> None:
        if claim.post.kind == kind and claim.attempt == 1:
            raise Died
        sent(claim, reference)

    with monkeypatch.context() as patch:
        patch.setattr(told.house.store, "sent", once)
        with pytest.raises(Died):
            told.record(Escalated(by="U0000001"), "e1")
        for _ in range(4):  # of two e-mails each dies once
            try:
                told.later()
            except Died:
                continue
    got: dict[str, list[Any]] = {
        "email": [to for to in told.mails if to == "bob@example.com"],
        "sms": [number for number, _ in told.texts if number == "+41790000002"],
        "call": [headers["x-tocsin-delivery"] for headers, _ in told.pager.asked],
        "bus": [event["detail"]["id"] for event in told.events if event["detail"]["change"] == "escalated"],
    }
    assert len(got[kind]) == 2
    assert len(set(got[kind])) == 1
    assert all(len(found) == 1 for name, found in got.items() if name != kind)
    assert told.waiting == []


def test_chatter_goes_out_at_most_once(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.raised()
    told.house.deliver(ID, told.house.store.unsent(ID))
    with monkeypatch.context() as patch:
        patch.setattr(told.house.store, "sent", lambda claim, _: dies() if claim.post.kind == "email" else None)
        with pytest.raises(Died):
            told.record(Closed(by="U0000001", root_cause="r", prevention="p"), "e1")
    told.later()
    told.later()
    assert told.mails == ["ann@example.com", "ann@example.com"]  # it began, it is over
    assert told.waiting == []
    assert not [text for text in told.thread if "could not be told" in text]


@pytest.mark.parametrize(("kind", "client", "operation"), [("email", "sesv2", "send_email"), ("sms", "sns", "publish")])
def test_an_error_of_a_channel_is_not_swallowed_and_not_reported_as_success(
    told: Told, monkeypatch: pytest.MonkeyPatch, kind: str, client: str, operation: str
) -> None:
    rows = told.raised()
    monkeypatch.setattr(getattr(told.house.aws, client), operation, refuses("MessageRejected"))
    told.house.deliver(ID, rows)
    (row,) = told.house.store.rows(ID, kind)
    assert (row.state, row.said) == ("FAILED", "SendEmail: MessageRejected: no")
    (said,) = [text for text in told.thread if "could not be told" in text]
    assert said.startswith("Ann could not be told by")
    assert "MessageRejected" in said


def test_a_webhooks_refusal_is_said_in_the_thread(told: Told) -> None:
    told.pager.status = 403
    told.raised()
    told.record(Escalated(by="U0000001"), "e1")
    (row,) = told.house.store.rows(ID, "call")
    assert (row.state, row.said) == ("FAILED", "127.0.0.1 answers 403")
    assert [text for text in told.thread if text.startswith("Bob could not be told by telephone")]


def test_the_bus_refusing_an_entry_with_status_200_is_a_failure(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = told.raised()
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForDetailTypeException"}]}
    monkeypatch.setattr(told.house.aws.events, "put_events", lambda **_: refused)
    told.house.deliver(ID, rows)
    (row,) = told.house.store.rows(ID, "bus")
    assert row.state == "FAILED"
    assert [text for text in told.thread if "event bus" in text]


def test_a_channel_that_is_down_is_tried_again_with_growing_waits_and_then_said(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row for row in told.raised() if row.kind == "email"]
    tries: list[int] = []

    def down(**_: Any) -> Any:
        tries.append(int(told.rooms.clock()))
        refuses("ServiceUnavailable", 503)()

    monkeypatch.setattr(told.house.aws.sesv2, "send_email", down)
    told.house.deliver(ID, rows)
    for wait in outbox.WAITS:
        assert told.waiting.count("email") == 1
        assert not told.thread
        told.later(wait)
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits == list(outbox.WAITS)
    assert told.house.store.rows(ID, "email")[0].state == "FAILED"
    assert "ServiceUnavailable" in told.thread[0]


def test_what_failed_for_a_while_is_delivered_once(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = told.raised()
    with monkeypatch.context() as patch:
        patch.setattr(told.house.aws.sesv2, "send_email", refuses("TooManyRequestsException", 429))
        told.house.deliver(ID, rows)
    told.later(outbox.WAITS[0])
    told.later()
    assert told.mails == ["ann@example.com"]
    assert not told.thread


def test_chatter_that_failed_before_it_went_out_is_tried_again(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.raised()
    told.house.deliver(ID, told.house.store.unsent(ID))
    with monkeypatch.context() as patch:
        patch.setattr(told.house.aws.sesv2, "send_email", refuses("Throttling", 400))
        told.record(Closed(by="U0000001", root_cause="r", prevention="p"), "e1")
    told.later(outbox.WAITS[0])
    assert told.mails == ["ann@example.com", "ann@example.com"]


def test_a_dead_channel_is_asked_once_in_a_run(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.raised()
    asked: list[str] = []

    def down(**call: Any) -> Any:
        asked.append(call["Destination"]["ToAddresses"][0])
        refuses("ServiceUnavailable", 503)()

    with monkeypatch.context() as patch:
        patch.setattr(told.house.aws.sesv2, "send_email", down)
        told.record(Escalated(by="U0000001"), "e1")
    assert asked == ["bob@example.com"]
    assert [number for number, _ in told.texts] == ["+41790000002"]  # the others do not wait for it
    told.later(LEASE)
    assert sorted(told.mails) == ["ann@example.com", "bob@example.com", "cleo@example.com"]


def test_a_defect_of_a_sender_ends_in_a_word_to_people_too(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> str:
        raise ChannelError("no sender's address", again=False)

    rows = told.raised()
    monkeypatch.setattr(email, "send", broken)
    told.house.deliver(ID, rows)
    assert "no sender's address" in told.thread[0]
    assert told.waiting == []


def test_a_row_of_another_kind_is_not_touched(told: Told) -> None:
    told.raised()
    outbox.deliver(told.house, ID, [Post("diagnosis")])
    assert "diagnosis" in [post.kind for post in told.house.store.unsent(ID)]


def test_a_call_is_signed_over_its_time_and_body(told: Told) -> None:
    told.raised()
    told.record(Escalated(by="U0000001"), "e1")
    ((headers, body),) = told.pager.asked
    from tests.unit.notify.conftest import KEY

    assert headers["x-tocsin-signature"] == call.signature(KEY, int(headers["x-tocsin-timestamp"]), body)
    assert headers["x-tocsin-timestamp"] == str(int(told.rooms.clock()))
    asked = json.loads(body)
    assert asked["to"] == {"name": "Bob", "phone": "+41790000002", "level": 2}
    assert asked["delivery"] == headers["x-tocsin-delivery"]
    assert told.house.store.rows(ID, "call")[0].said == "call-7"


def test_first_posts_of_a_batch_do_not_wait_for_a_dead_webhook(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from lambdas.handlers.respond import respond

    said: list[str] = []
    post, send = told.house.slack.call, outbox._send

    def call(method: str, payload: Any) -> Any:
        said.append(method)
        return post(method, payload)

    def tell(house: Any, claim: Any, incident: Any) -> str:
        said.append(claim.post.kind)
        return send(house, claim, incident)

    monkeypatch.setattr(told.house.slack, "call", call)
    monkeypatch.setattr(outbox, "_send", tell)
    monkeypatch.setattr("lambdas.handlers.respond._diagnose", lambda *_: None)
    monkeypatch.setattr("lambdas.handlers.respond._chart", lambda *_: None)
    records = [
        {
            "messageId": f"m{n}",
            "eventSource": "aws:sqs",
            "attributes": {},
            "body": json.dumps(alarm(f"cpu-{n}", f"s{n}")),
        }
        for n in range(3)
    ]
    outcome = respond({"Records": records}, told.house)
    assert outcome.failed == []
    first = [n for n, what in enumerate(said) if what == "chat.postMessage"]
    others = [n for n, what in enumerate(said) if what in {"email", "bus"}]
    assert len(first) >= 3
    assert len(others) >= 3
    assert first[2] < others[0]


def alarm(name: str, service: str) -> dict[str, Any]:
    """The sample alarm under another name, for another service."""
    path = Path(__file__).parents[3] / "events" / "sns" / "ecs-cpu-message.json"
    found: dict[str, Any] = json.loads(path.read_text())
    found |= {"AlarmName": name, "AlarmArn": found["AlarmArn"].rsplit(":", 1)[0] + f":{name}"}
    for dimension in found["Trigger"]["Dimensions"]:
        if dimension["name"] == "ServiceName":
            dimension["value"] = service
    return found
