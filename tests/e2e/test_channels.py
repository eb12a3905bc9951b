"""The ways of telling outside Slack, under the deployed policies: e-mail, the event bus, documents in S3."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from local.slack.interactivity import Place
from tests.e2e.conftest import alarm, eventually, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stage import Stage

pytestmark = pytest.mark.e2e

APPROVER = "U023BECGF"  # of the sample environment


@pytest.fixture
def tracker(staged: Stage) -> str:
    """A queue that hears what the environment's bus says, as a customer's tracker would."""
    sqs, events = staged.emulator.client("sqs"), staged.emulator.client("events")
    url: str = sqs.create_queue(QueueName="tracker")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="tracker", EventBusName=staged.deployed.name, EventPattern='{"source":["tocsin"]}')
    events.put_targets(Rule="tracker", EventBusName=staged.deployed.name, Targets=[{"Id": "tracker", "Arn": arn}])
    return url


def _heard(staged: Stage, url: str, service: str) -> dict[str, dict[str, Any]]:
    """The bus events about a service that are on the queue now, by change. They stay there."""
    found = {}
    messages = staged.emulator.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
    )
    for message in messages.get("Messages", []):
        event = json.loads(message["Body"])
        if event["detail"]["incident"]["service"] == service:
            found[event["detail"]["change"]] = event
    return found


def _mailed(staged: Stage, subject: str) -> list[dict[str, Any]]:
    """E-mails of a subject that the embedded SES took."""
    return [mail for mail in _taken(staged, "ses/messages", "Subject") if subject in str(mail["Subject"])]


def _taken(staged: Stage, what: str, field: str) -> list[dict[str, Any]]:
    """What the embedded AWS shows of the messages that it took, in whatever groups them."""
    with urlopen(f"{staged.emulator.url}/_ministack/{what}?account={staged.emulator.account}") as answer:
        return list(_entries(json.load(answer), field))


def _entries(value: Any, field: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and field in value:
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _entries(part, field)


def _press(staged: Stage, ts: str, verb: str, argument: str = "") -> None:
    """Press a button, or choose an option, of the thread's first message that has it, as somebody who may approve."""
    for message in staged.slack.thread("#alerts", ts):
        for block in message.get("blocks", []):
            for element in block.get("elements", []):
                if str(element.get("action_id", "")).startswith(f"tocsin.{verb}"):
                    values = [json.loads(option["value"])[1] for option in element.get("options", [])]
                    place = Place("#alerts", message["ts"], block["block_id"], element["action_id"])
                    option = values.index(argument) if argument else -1
                    staged.slack.workspace.interactivity.press(APPROVER, place, option)
                    return
    pytest.fail(f"nothing to press for {verb}")


def test_an_incident_is_told_everywhere_and_written_down(staged: Stage, tracker: str) -> None:
    message = alarm("told-cpu", "told")
    staged.publish(message)
    (root,) = eventually(lambda: roots(staged, "told"), "the first post", staged)
    opened = eventually(lambda: _heard(staged, tracker, "told").get("opened"), "the bus event", staged)
    assert (opened["source"], opened["detail-type"]) == ("tocsin", "Incident Opened")
    assert opened["detail"]["environment"]["name"] == "production"
    id_ = opened["detail"]["incident"]["id"]

    (mail,) = eventually(lambda: _mailed(staged, ": told ("), "the e-mail", staged)
    assert mail["Subject"] == "🚨 INCIDENT ALERT - Severity 2: told (acme production)"
    assert mail["To"][0] in {"ana.weber@example.com", "ben.frey@example.com"}
    assert mail["Source"] == "tocsin@example.com"

    def thread(words: str) -> list[str]:
        said = [str(m["text"]) for m in staged.slack.thread("#alerts", root["ts"])]
        return [text for text in said if words in text]

    eventually(lambda: thread("Diagnosis"), "the diagnosis", staged)
    _press(staged, root["ts"], "severity", "1")
    (text,) = eventually(
        lambda: [sms for sms in _taken(staged, "sns/sms-messages", "PhoneNumber") if " told: " in str(sms)],
        "the text message",
        staged,
    )
    assert text["PhoneNumber"] in {"+41441234501", "+41441234502"}
    eventually(lambda: thread("Draft to the customer"), "the draft", staged)
    assert _mailed(staged, "told: we are") == []
    _press(staged, root["ts"], "notice.approve")
    (notice,) = eventually(lambda: _mailed(staged, "told: we are investigating a service outage"), "the notice", staged)
    assert notice["To"] == ["it-operations@customer.example"]
    eventually(lambda: thread("(sent)"), "that it was sent", staged)
    later = datetime.now(UTC) + timedelta(minutes=10)
    message |= {"NewStateValue": "OK", "OldStateValue": "ALARM"}
    message["StateChangeTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    staged.publish(message)
    eventually(lambda: _heard(staged, tracker, "told").get("recovering"), "the recovery on the bus", staged)
    staged.invoke("pulse", {"time": later.strftime("%Y-%m-%dT%H:%M:%SZ")})
    eventually(lambda: thread("Post-mortem"), "the post-mortem in the thread", staged)
    (bucket,) = [name for name in staged.deployed.of("AWS::S3::Bucket") if "document" in name.lower()]
    s3 = staged.emulator.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="postmortems/").get("Contents", [])]
    (key,) = [key for key in keys if id_ in key]
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert text.startswith("# Post-mortem: told, Severity 1")
    assert "the incident opened" in text
    assert not thread("could not be told")
    assert not [line for line in staged.logged("respond") if "not delivered" in line]
