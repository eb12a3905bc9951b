"""The handler records last of all, only where a bucket is named, and never at anybody's cost."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.handlers import respond as responder
from local.world.hook import NoWorld, attached
from tests.flow.test_once import message, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Rooms

BUCKET = "recordings-of-acme"


@pytest.fixture(autouse=True)
def _nobody_to_look_at() -> Iterator[None]:
    with attached(NoWorld(own=frozenset({"incidents", "acme/slack"}))):
        yield


def handled(rooms: Rooms, monkeypatch: pytest.MonkeyPatch, bucket: str) -> dict[str, Any]:
    """The whole handler over one alarm."""
    house = replace(rooms.house, settings=replace(rooms.house.settings, recordings=bucket))
    monkeypatch.setattr(responder, "_house", lambda: house)
    return responder.handler(sqs(message()), None)


def test_a_diagnosis_is_stored_after_its_posts(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = rooms.house.aws.s3
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    posted: list[int] = []
    s3.meta.events.register("before-call.s3.PutObject", lambda **_: posted.append(len(rooms.slack.calls)))
    assert handled(rooms, monkeypatch, BUCKET) == {"batchItemFailures": []}
    assert posted == [len(rooms.slack.calls)]
    [stored] = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert stored["Key"].startswith("recordings/2026/11/INC-")
    document = json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=stored["Key"])["Body"].read()))
    assert document["alert"]["name"] == "acme-production-checkout-cpu"
    assert document["event"]["body"]["AlarmName"] == "acme-production-checkout-cpu"
    assert document["diagnosis"]["causes"]
    assert document["clock"] == rooms.clock.now


def test_without_a_bucket_nothing_is_recorded(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    handled(rooms, monkeypatch, "")
    assert "s3" not in vars(rooms.house.aws), "not even a client"


def test_a_bucket_that_refuses_costs_nothing(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert handled(rooms, monkeypatch, "no-such-bucket") == {"batchItemFailures": []}
    assert "not recorded" in [record.message for record in caplog.records]
    assert any(call.payload.get("thread_ts") for call in rooms.slack.calls)
