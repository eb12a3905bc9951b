"""The chart in the thread: after the report, once, and never at the cost of anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.aws import Aws
from lambdas.errands import source
from lambdas.handlers import respond as responder
from lambdas.handlers.pulse import pulse
from lambdas.slack.chart import TRIES, WAIT
from local.world.hook import attached
from local.world.model import FaultSpec, load_world

if TYPE_CHECKING:
    from lambdas.house import House
    from local.world.world import World
    from tests.conftest import Rooms

WORLD = Path(__file__).parents[2] / "events" / "worlds" / "demo" / "checkout-image-missing.yaml"
WIDGET = "GetMetricWidgetImage"


@pytest.fixture
def world() -> World:
    return load_world(WORLD)


@pytest.fixture
def house(rooms: Rooms, world: World) -> Iterator[House]:
    """The rooms at the world's time, whose respond can read the world, and whose queue is real."""
    rooms.clock.now = world.clock.now().timestamp()
    queue = rooms.house.aws.sqs.create_queue(QueueName="alarms")["QueueUrl"]
    with attached(world):
        yield replace(
            rooms.house, settings=replace(rooms.house.settings, queue=queue), observe=lambda: Aws("eu-west-1")
        )


def thread(rooms: Rooms) -> list[dict[str, Any]]:
    return rooms.slack.thread("#alerts", str(rooms.slack.messages("#alerts")[0]["ts"]))


def pictures(rooms: Rooms) -> list[dict[str, Any]]:
    return [file for message in thread(rooms) for file in message.get("files", ())]


def bring(house: House) -> None:
    """Pulse, and respond to what it asks through the queue."""
    pulse(house)
    while found := house.aws.sqs.receive_message(QueueUrl=house.settings.queue).get("Messages"):
        for message in found:
            arn = f"arn:aws:sqs:{source(house.settings)}"
            record = {"messageId": message["MessageId"], "eventSource": "aws:sqs", "eventSourceARN": arn}
            record["body"] = message["Body"]
            responder.respond({"Records": [record]}, house)
            house.aws.sqs.delete_message(QueueUrl=house.settings.queue, ReceiptHandle=message["ReceiptHandle"])


def test_after_the_report_with_the_change_points_in_words(rooms: Rooms, house: House, world: World) -> None:
    responder.respond(world.sns_event(), house)
    assert [bool(message.get("files")) for message in thread(rooms)][-1] is True
    assert [call.method for call in rooms.slack.calls][-2:] == [
        "files.getUploadURLExternal",
        "files.completeUploadExternal",
    ]
    (picture,) = pictures(rooms)
    content = rooms.slack.workspace.store.files[picture["id"]].content
    assert content
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (800, 400)
    for said in ("RunningTaskCount", "threshold < 3", "deployment checkout:42", "ALARM"):
        assert said in picture["alt_txt"]


def test_delivered_twice_it_is_drawn_once(rooms: Rooms, house: House, world: World) -> None:
    responder.respond(world.sns_event(), house)
    responder.respond(world.sns_event(), house)
    bring(house)
    assert len(pictures(rooms)) == 1
    assert [call.operation for call in world.ledger.calls()].count(WIDGET) == 1


def test_pulse_asks_respond_for_what_was_left_undone(rooms: Rooms, house: House, world: World) -> None:
    rooms.slack.fail_next("files.getUploadURLExternal", "internal_error")
    responder.respond(world.sns_event(), house)
    assert pictures(rooms) == []
    looked, said = len(world.ledger.calls()), len(thread(rooms))
    rooms.clock.now += WAIT + 1
    bring(house)
    assert len(pictures(rooms)) == 1
    assert len(thread(rooms)) == said + 1  # the report stands as it is
    assert [call.operation for call in world.ledger.calls()[looked:]] == [WIDGET]  # and nothing is diagnosed again


def test_out_of_time_it_is_left_to_the_next_run(rooms: Rooms, house: House, world: World) -> None:
    responder.respond(world.sns_event(), house, left=responder.CHART - 1)
    assert pictures(rooms) == []
    bring(house)
    assert len(pictures(rooms)) == 1


def test_denied_it_costs_nothing_but_itself(rooms: Rooms, house: House, world: World) -> None:
    world.head.faults.append(FaultSpec(service="cloudwatch", operation=WIDGET, error="AccessDenied", message="no"))
    outcome = responder.respond(world.sns_event(), house)
    assert outcome.failed == []
    assert "ecs.image_missing" in json.dumps(thread(rooms))
    for attempt in range(TRIES):
        rooms.clock.now += WAIT * (attempt + 1) + 1
        bring(house)
    assert pictures(rooms) == []
    (incident,) = rooms.house.store.open_incidents()
    assert rooms.house.store.unsent(incident) == []
