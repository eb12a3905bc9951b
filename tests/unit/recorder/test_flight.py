"""The document that is kept of a diagnosis, and what is left out of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from lambdas.alerts.model import Alert
from lambdas.alerts.unwrap import Delivery
from lambdas.causes.base import Judgement
from lambdas.diagnosis.examine import Examined
from lambdas.diagnosis.model import Diagnosis, Ranked
from lambdas.recorder.flight import EVENT, Flight, code_version
from lambdas.recorder.tape import Tape
from lambdas.settings import Contact, Settings
from lambdas.triage.classify import classify

AT = datetime(2026, 11, 4, 3, 5, tzinfo=UTC)
ALERT = Alert(kind="alarm", source="sns", name="cpu", state="ALARM", at=AT, account="123456789012", region="eu-west-1")
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="incidents",
    slack_secret="acme/slack",
    queue="https://sqs/queue",
    recordings="bucket",
    contacts={"1": (Contact(name="Ann", email="ann@example.com", phone="+41790000000"),)},
    thresholds={"cpu": 80.0},
)


def flight(tape: Tape | None = None, **more: Any) -> Flight:
    head = Ranked(id="unknown", title="Unknown", judgement=Judgement(verdict="possible", summary="ask ann@example.com"))
    examined = Examined(
        diagnosis=Diagnosis(playbook="ecs", section="ECS", causes=(head,)),
        classification=classify(ALERT, SETTINGS, None),
    )
    given = Flight(
        incident="INC-1",
        reopen=2,
        alert=ALERT,
        delivery=Delivery(body={"AlarmName": "cpu"}, topic="arn:topic", message_id="m-1"),
        settings=SETTINGS,
        clock=AT.timestamp(),
        tape=tape or Tape(),
        examined=examined,
    )
    return replace(given, **more)


def test_its_key_tells_when_and_which() -> None:
    assert flight().key == "recordings/2026/11/INC-1-2.json.gz"


def test_it_holds_what_a_replay_needs_and_no_secret() -> None:
    document = flight().document()
    assert document["schema"] == 1
    assert document["clock"] == AT.timestamp()
    assert document["code"] == code_version()
    assert document["event"] == {"body": {"AlarmName": "cpu"}, "sent": "", "topic": "arn:topic", "message_id": "m-1"}
    assert document["alert"]["name"] == "cpu"
    assert document["settings"]["thresholds"] == {"cpu": 80.0}
    assert not {"contacts", "responders", "rotations", "schedule_secret"} & document["settings"].keys()
    assert document["settings"]["slack_secret"] == ""
    assert document["diagnosis"]["causes"][0]["summary"] == "ask [redacted:email:1]"
    assert document["redacted"] == {"email": 1}
    assert "ann@example.com" not in json.dumps(document)


def test_each_way_a_call_can_end() -> None:
    tape = Tape()
    refused = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    ends: list[Any] = [
        {"at": AT, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r"}},
        refused,
        ConnectTimeoutError(endpoint_url="https://ecs"),
        ValueError("a defect"),
    ]
    for key, end in enumerate(ends):
        tape.asked(key, "ecs", "X", {"since": AT})
        tape.answered(key, end)
    tape.asked(9, "ecs", "X", {"since": AT})
    tape.stop()
    answers = flight(tape).document()["answers"]
    assert all(call.pop("params") == {"since": "t!2026-11-04T03:05:00+00:00"} for call in answers)
    assert [{k: v for k, v in call.items() if k not in {"service", "operation"}} for call in answers] == [
        {"answer": {"at": "t!2026-11-04T03:05:00+00:00"}, "status": 200},
        {"error": {"Error": {"Code": "AccessDenied", "Message": "no"}}, "status": 403},
        {"exception": {"type": "ConnectTimeoutError", "text": 'Connect timeout on endpoint URL: "https://ecs"'}},
        {"exception": {"type": "BotoCoreError", "text": "a defect"}},
        {"unanswered": True},
    ]


@pytest.mark.parametrize("delivery", [None, Delivery(body="x" * (EVENT + 1))])
def test_no_event_and_one_that_is_too_long(delivery: Delivery | None) -> None:
    event = flight(delivery=delivery).document()["event"]
    assert event is None if delivery is None else event["body"].endswith("… (cut)")
