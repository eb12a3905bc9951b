"""From an alarm to its post-mortem, and to what the next one of the same cause is told: the real handlers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.aws import Aws
from lambdas.errands import source
from lambdas.handlers import respond as responder
from lambdas.handlers.pulse import pulse
from lambdas.incidents.store import Timeline
from local.world.hook import attached
from local.world.model import load_world

if TYPE_CHECKING:
    from lambdas.house import House
    from local.world.world import World
    from tests.conftest import Rooms

WORLD = Path(__file__).parents[2] / "events" / "worlds" / "demo" / "checkout-image-missing.yaml"
CAUSE = "ecs.image_missing"
BUCKET = "tocsin-documents"


@pytest.fixture
def world() -> World:
    return load_world(WORLD)


@pytest.fixture
def house(rooms: Rooms, world: World) -> Iterator[House]:
    rooms.clock.now = world.clock.now().timestamp()
    aws = rooms.house.aws
    queue = aws.sqs.create_queue(QueueName="alarms")["QueueUrl"]
    aws.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    settings = replace(rooms.house.settings, queue=queue, documents=BUCKET)
    with attached(world):
        yield replace(rooms.house, settings=settings, observe=lambda: Aws("eu-west-1"))


def thread(rooms: Rooms) -> list[dict[str, Any]]:
    return rooms.slack.thread("#alerts", str(rooms.slack.messages("#alerts")[0]["ts"]))


def bring(house: House) -> None:
    """Pulse, and respond to what it asks through the queue."""
    pulse(house)
    while found := house.aws.sqs.receive_message(QueueUrl=house.settings.queue).get("Messages"):
        for message in found:
            arn = f"arn:aws:sqs:{source(house.settings)}"
            record = {"messageId": message["MessageId"], "eventSource": "aws:sqs", "eventSourceARN": arn}
            responder.respond({"Records": [record | {"body": message["Body"]}]}, house)
            house.aws.sqs.delete_message(QueueUrl=house.settings.queue, ReceiptHandle=message["ReceiptHandle"])


def test_a_resolved_incident_is_written_down_with_its_diagnosis_and_chart(
    rooms: Rooms, house: House, world: World
) -> None:
    responder.respond(world.sns_event(), house)
    world.clock.advance(timedelta(minutes=6))
    rooms.clock.now += 6 * 60
    responder.respond(world.sns_event("OK"), house)
    for _ in range(3):
        rooms.clock.now += 6 * 60
        bring(house)
    listed = house.aws.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    chart, document = (item["Key"] for item in listed)
    assert chart.endswith("/chart.png")
    text = house.aws.s3.get_object(Bucket=BUCKET, Key=document)["Body"].read().decode()
    assert text.startswith("# Post-mortem: checkout, Severity 2")
    assert f"`{CAUSE}`" in text
    assert "### Ruled out" in text
    assert "](chart.png)" in text
    assert "went to ALARM: the incident opened" in text
    assert any("Post-mortem" in str(message["text"]) for message in thread(rooms))


def test_a_cause_that_was_there_before_is_said_first_in_the_report(rooms: Rooms, house: House, world: World) -> None:
    responder.respond(world.sns_event(), house)
    assert not any("Seen before" in str(message["blocks"]) for message in thread(rooms) if "blocks" in message)
    (id_,) = house.store.open_incidents()
    now = house.store.incident(id_)
    assert now is not None
    earlier = replace(
        now, id="INC-20261001-aaaaaaaa", ver=0, status="RESOLVED", opened_at=now.opened_at - 9 * 86_400, alarms={}
    )
    house.store.commit(earlier, Timeline(at=1, id="e", kind="test"), (), int(rooms.clock()))
    found = responder._seen_before(now, _Examined(now.headline), house)  # type: ignore[arg-type] # all that it reads
    assert "this cause was there once in the last 90 days" in found
    assert "INC-20261001-aaaaaaaa" in found


class _Examined:
    """As much of an examination as is looked at."""

    def __init__(self, headline: Any) -> None:
        self.headline = headline
