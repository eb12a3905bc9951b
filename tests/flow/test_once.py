"""One incident and one post, whatever the deliveries and whoever dies in between."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.errors import SlackError
from lambdas.handlers import respond as responder
from lambdas.handlers.pulse import pulse
from lambdas.incidents.cadence import HOLD
from lambdas.incidents.store import LEASE, Store
from lambdas.slack.poster import Poster
from local.world.hook import NoWorld, attached

if TYPE_CHECKING:
    from tests.conftest import Rooms

AT = datetime.fromisoformat("2026-11-24T03:05:30+00:00")
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:acme-production-checkout-cpu"


def message(state: str = "ALARM", *, at: datetime = AT, name: str = "acme-production-checkout-cpu") -> dict[str, Any]:
    """The alarm as SNS carries it."""
    return {
        "AlarmName": name,
        "AlarmArn": ARN.rpartition(":")[0] + f":{name}",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [88.2 (24/11/26 03:04:00)] was greater than (75.0).",
        "StateChangeTime": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "Region": "EU (Ireland)",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/ECS",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Dimensions": [
                {"name": "ClusterName", "value": "acme-production"},
                {"name": "ServiceName", "value": "checkout"},
            ],
            "Period": 60,
            "EvaluationPeriods": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 75.0,
        },
    }


def change(state: str = "ALARM", *, at: datetime = AT) -> dict[str, Any]:
    """The same state change as EventBridge carries it."""
    data = {"recentDatapoints": [88.2], "threshold": 75.0}
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-1",
        "resources": [ARN],
        "detail": {
            "alarmName": "acme-production-checkout-cpu",
            "state": {
                "value": state,
                "reason": "Threshold Crossed",
                "reasonData": json.dumps(data),
                "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
            },
            "previousState": {"value": "OK"},
            "configuration": {
                "metrics": [
                    {
                        "id": "m1",
                        "metricStat": {
                            "metric": {
                                "namespace": "AWS/ECS",
                                "name": "CPUUtilization",
                                "dimensions": {"ClusterName": "acme-production", "ServiceName": "checkout"},
                            },
                            "period": 60,
                            "stat": "Average",
                        },
                        "returnData": True,
                    }
                ]
            },
        },
    }


def sqs(*bodies: dict[str, Any]) -> dict[str, Any]:
    """A Lambda event of SQS records with SNS envelopes, as the queue brings them."""
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "eventSource": "aws:sqs",
                "body": json.dumps(
                    body if "detail-type" in body else {"Type": "Notification", "Message": json.dumps(body)}
                ),
            }
            for number, body in enumerate(bodies)
        ]
    }


@pytest.fixture(autouse=True)
def _nobody_answers() -> Iterator[None]:
    """Nothing about the workload can be seen: the diagnosis then says so, and nothing else."""
    with attached(NoWorld(own=frozenset({"incidents", "acme/slack"}))):
        yield


def roots(rooms: Rooms) -> list[dict[str, Any]]:
    return [post for post in rooms.posts() if not post.get("thread_ts") or post["thread_ts"] == post["ts"]]


def texts(rooms: Rooms) -> list[str]:
    return [str(post["text"]) for post in roots(rooms)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1)], ids=["SNS first", "EventBridge first", "each twice"])
def test_one_incident_and_one_post_by_whichever_road(rooms: Rooms, order: tuple[int, ...]) -> None:
    roads = (message(), change())
    for road in order:
        responder.respond(sqs(roads[road]), rooms.house)
    assert len(roots(rooms)) == 1
    assert len(rooms.house.store.open_incidents()) == 1


def test_the_same_batch_may_hold_it_several_times(rooms: Rooms) -> None:
    outcome = responder.respond(sqs(message(), change(), message()), rooms.house)
    assert [taken.outcome for taken in outcome.taken] == ["opened", "duplicate", "duplicate"]
    assert outcome.failed == []
    assert len(roots(rooms)) == 1


def test_delivered_concurrently(rooms: Rooms) -> None:
    start = threading.Barrier(6)
    failures: list[list[str]] = []

    def deliver(road: dict[str, Any]) -> None:
        start.wait()
        failures.append(responder.respond(sqs(road), rooms.house).failed)

    threads = [threading.Thread(target=deliver, args=(copy.deepcopy(road),)) for road in (message(), change()) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [[]] * 6
    assert len(roots(rooms)) == 1
    assert len(rooms.house.store.open_incidents()) == 1


class Killed(BaseException):
    """The process is gone: nothing catches it."""


def test_killed_between_the_commit_and_the_post(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Poster, "deliver", _die)
        with pytest.raises(Killed):
            responder.respond(sqs(message()), rooms.house)
    assert roots(rooms) == []
    pulse(rooms.house)
    assert len(roots(rooms)) == 1
    responder.respond(sqs(message()), rooms.house)  # SQS brings it again, too
    pulse(rooms.house)
    assert len(roots(rooms)) == 1


def test_killed_between_the_post_and_its_mark(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "sent_root", _die)
        with pytest.raises(Killed):
            responder.respond(sqs(message()), rooms.house)
    assert len(roots(rooms)) == 1
    rooms.clock.now += LEASE + 1
    pulse(rooms.house)
    assert len(roots(rooms)) == 1
    incident = rooms.house.store.incident(rooms.house.store.open_incidents()[0])
    assert incident is not None
    assert incident.ts == roots(rooms)[0]["ts"]


def test_an_answer_that_is_lost_is_looked_up(rooms: Rooms) -> None:
    rooms.slack.lose_answer_next("chat.postMessage")
    responder.respond(sqs(message()), rooms.house)
    assert len(roots(rooms)) == 1


def test_slack_down_then_up(rooms: Rooms) -> None:
    rooms.slack.fail_next("chat.postMessage", "internal_error", times=3)
    outcome = responder.respond(sqs(message()), rooms.house)
    assert outcome.failed == []  # it is stored: SQS need not bring it again
    assert roots(rooms) == []
    for _ in range(4):
        rooms.clock.now += 60
        pulse(rooms.house)
    assert len(roots(rooms)) == 1


def test_told_to_wait(rooms: Rooms) -> None:
    rooms.slack.fail_next("chat.postMessage", status=429, retry_after=40)
    responder.respond(sqs(message()), rooms.house)
    rooms.clock.now += 30
    pulse(rooms.house)
    assert roots(rooms) == []
    rooms.clock.now += 30
    pulse(rooms.house)
    assert len(roots(rooms)) == 1


def test_blocks_that_slack_refuses_go_out_as_text(rooms: Rooms) -> None:
    rooms.slack.fail_next("chat.postMessage", "invalid_blocks")
    responder.respond(sqs(message()), rooms.house)
    assert len(roots(rooms)) == 1
    assert "checkout" in texts(rooms)[0]


def test_the_look_up_down_pages_at_least_once(rooms: Rooms) -> None:
    rooms.slack.lose_answer_next("chat.postMessage")
    rooms.slack.fail_next("conversations.history", "missing_scope", times=5)
    responder.respond(sqs(message()), rooms.house)
    assert 1 <= len(roots(rooms)) <= 2


def test_a_wrong_secret_loses_nothing(rooms: Rooms, caplog: pytest.LogCaptureFixture) -> None:
    secret = rooms.slack.workspace.token
    rooms.house.aws.secretsmanager.put_secret_value(
        SecretId="acme/slack", SecretString='{"wrong": "xoxb-secret-value"}'
    )
    responder.respond(sqs(message()), rooms.house)
    assert roots(rooms) == []
    assert "xoxb-secret-value" not in caplog.text
    rooms.house.aws.secretsmanager.put_secret_value(
        SecretId="acme/slack", SecretString=json.dumps({"bot_token": secret})
    )
    rooms.clock.now += 60
    pulse(rooms.house)
    assert len(roots(rooms)) == 1
    assert secret not in caplog.text


def test_ok_before_alarm_opens_nothing(rooms: Rooms) -> None:
    late = message("OK", at=AT + timedelta(seconds=30))
    for body in (late, message()):
        responder.respond(sqs(body), rooms.house)
    assert roots(rooms) == []


def test_an_ok_is_held_verified_and_resolved(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    responder.respond(sqs(message()), rooms.house)
    responder.respond(sqs(message("OK", at=AT + timedelta(minutes=2))), rooms.house)
    assert "INCIDENT ALERT" in texts(rooms)[0]
    rooms.clock.now += HOLD + 5
    pulse(rooms.house)  # DescribeAlarms answers nobody: it must not be called resolved
    assert "INCIDENT ALERT" in texts(rooms)[0]
    monkeypatch.setattr(type(rooms.house.desk), "_states", lambda *_: {ARN: "OK"})
    rooms.clock.now += 61
    pulse(rooms.house)
    assert "INCIDENT RESOLVED" in texts(rooms)[0]
    assert len(texts(rooms)) == 1
    assert rooms.house.store.open_incidents() == []


def test_an_alarm_that_comes_back_while_recovering_stays_one_incident(rooms: Rooms) -> None:
    for state, minute in (("ALARM", 0), ("OK", 2), ("ALARM", 4)):
        responder.respond(sqs(message(state, at=AT + timedelta(minutes=minute))), rooms.house)
    assert len(roots(rooms)) == 1
    assert len(rooms.house.store.open_incidents()) == 1


def test_a_second_alarm_of_the_same_service_joins(rooms: Rooms) -> None:
    memory = message(name="acme-production-checkout-memory")
    outcome = responder.respond(sqs(message(), memory), rooms.house)
    assert [taken.outcome for taken in outcome.taken] == ["opened", "joined"]
    assert len(roots(rooms)) == 1


def test_every_record_is_posted_before_the_first_is_diagnosed(rooms: Rooms) -> None:
    other = message(name="acme-production-billing-cpu")
    other["Trigger"]["Dimensions"][1]["value"] = "billing"
    responder.respond(sqs(message(), other), rooms.house)
    calls = [call for call in rooms.slack.calls if call.method == "chat.postMessage"]
    assert ["thread_ts" in call.payload for call in calls[:2]] == [False, False]
    assert any("thread_ts" in call.payload for call in calls[2:])


def test_an_event_that_is_not_understood_is_posted_as_such(rooms: Rooms) -> None:
    responder.respond({"Records": [{"messageId": "m", "body": "the disk is <!channel> on fire"}]}, rooms.house)
    assert len(roots(rooms)) == 1
    shown = json.dumps(roots(rooms)[0]["blocks"])
    assert "&lt;!channel&gt; on fire" in shown


def test_a_bad_record_does_not_take_its_batch_with_it(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, seen = Store.commit, []

    def refuse_first(self: Store, *arguments: Any, **named: Any) -> Any:
        seen.append(1)
        if len(seen) == 1:
            raise SlackError("x", "broken")
        return commit(self, *arguments, **named)

    monkeypatch.setattr(Store, "commit", refuse_first)
    other = message(name="acme-production-billing-cpu")
    other["Trigger"]["Dimensions"][1]["value"] = "billing"
    outcome = responder.respond(sqs(message(), other), rooms.house)
    assert outcome.failed == ["m-0"]
    assert len(roots(rooms)) == 1


def _die(*_: Any, **__: Any) -> None:
    raise Killed
