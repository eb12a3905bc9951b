"""A post-mortem is written once: into the bucket and the thread, whatever dies, is refused or is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.errors import SlackError
from lambdas.incidents.model import Closed, Diagnosed
from lambdas.incidents.store import Timeline
from lambdas.notify import postmortem
from lambdas.notify.postmortem import LEASE, TRIES, deliver
from lambdas.postmortem.kept import keep
from tests.unit.notify.scene import ID, SETTINGS, judged
from tests.unit.postmortem.scene import CAUSE, DIAGNOSIS, HEADLINE

if TYPE_CHECKING:
    from lambdas.settings import Settings
    from tests.unit.notify.conftest import Pager, Told

BUCKET = "tocsin-documents"
PICTURE = b"\x89PNG\r\n\x1a\n picture"
HOME = f"postmortems/2026/11/{ID}"


@pytest.fixture
def settings(pager: Pager) -> Settings:
    del pager
    channels = replace(SETTINGS.channels, bus="", customers=(), email={}, sms={}, call={})
    return replace(SETTINGS, documents=BUCKET, channels=channels)


@pytest.fixture
def over(told: Told, monkeypatch: pytest.MonkeyPatch) -> Told:
    """An incident that was diagnosed and resolved; its post-mortem is due."""
    told.house.aws.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    monkeypatch.setattr(postmortem, "draw", lambda _aws, _widget: PICTURE)
    told.raised()
    chart = {"widget": "{}", "title": "5XX", "alt": "5XX over 3 hours"}
    body = json.dumps({"diagnosis": keep(DIAGNOSIS).document(), "chart": chart})
    row = Timeline(at=int(told.rooms.clock()) * 1000, id="diagnosed-0", kind="diagnosed", body=body)
    told.house.desk.record(ID, Diagnosed(headline=HEADLINE, judged=judged(1)), row)
    closed = Closed(by="U0000001", root_cause="", prevention="Pin the tag")
    row = Timeline(at=int(told.rooms.clock()) * 1000, id="closed", kind="person.resolve", body='{"by": "U0000001"}')
    told.house.deliver(ID, told.house.desk.record(ID, closed, row))
    return told


def keys(told: Told) -> list[str]:
    return [item["Key"] for item in told.house.aws.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def text(told: Told, key: str = f"{HOME}/postmortem.md") -> str:
    return told.house.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def files(told: Told) -> list[str]:
    (root,) = [m for m in told.rooms.posts() if m.get("thread_ts") in {None, m["ts"]}]
    thread = told.rooms.slack.thread("#alerts", str(root["ts"]))
    return [file["name"] for message in thread for file in message.get("files", ())]


def due(told: Told) -> bool:
    return any(post.kind == "postmortem" for post in told.house.store.unsent(ID))


def test_it_is_in_the_bucket_and_in_the_thread_once(over: Told) -> None:
    for _ in range(3):
        deliver(over.house, ID)
    assert keys(over) == [f"{HOME}/chart.png", f"{HOME}/postmortem.md"]
    assert "![5XX over 3 hours](chart.png)" in text(over)
    assert "Ann resolved it" in text(over)
    assert files(over) == [f"{ID}-postmortem-0.md"]
    (said,) = [line for line in over.thread if "Post-mortem" in line]
    assert "Root cause: checkout cannot start" in said
    assert f"prefix={HOME}/postmortem.md|in S3" in said
    assert not due(over)


def test_who_dies_before_the_mark_leaves_one_file_in_the_thread(over: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(over.house.store, "sent", dies)
        with pytest.raises(Died):
            deliver(over.house, ID)
    over.rooms.clock.now += LEASE + 1
    deliver(over.house, ID)
    assert files(over) == [f"{ID}-postmortem-0.md"]
    assert not due(over)


def test_a_bucket_that_refuses_is_tried_again_and_then_said(over: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    monkeypatch.setattr(over.house.aws.s3, "put_object", refuses)
    for _ in range(TRIES):
        assert due(over)
        deliver(over.house, ID)
        over.rooms.clock.now += 10 * 60
    assert not due(over)
    assert over.house.store.rows(ID, "postmortem")[0].state == "FAILED"
    assert "The post-mortem could not be written" in over.thread[-1]


def test_where_slack_takes_no_file_its_lines_are_posted(over: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_scope(*_: Any, **__: Any) -> None:
        raise SlackError("files.getUploadURLExternal", "missing_scope")

    monkeypatch.setattr("lambdas.slack.files.share", no_scope)
    deliver(over.house, ID)
    assert files(over) == []
    assert "missing_scope" in over.thread[-1]
    assert "Root cause: checkout cannot start" in over.thread[-1]
    assert f"{HOME}/postmortem.md" in keys(over)


def test_without_a_chart_the_document_goes_without(over: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> bytes:
        raise ValueError("no picture")

    monkeypatch.setattr(postmortem, "draw", broken)
    deliver(over.house, ID)
    assert keys(over) == [f"{HOME}/postmortem.md"]
    assert "![" not in text(over)


def test_without_a_bucket_it_is_in_the_thread(over: Told) -> None:
    object.__setattr__(over.house, "settings", replace(over.house.settings, documents=""))
    deliver(over.house, ID)
    assert keys(over) == []
    assert files(over) == [f"{ID}-postmortem-0.md"]


def test_a_cause_that_came_before_gets_its_page(over: Told) -> None:
    incident = over.incident
    earlier = replace(incident, id="INC-20261101-bbbbbbbb", opened_at=incident.opened_at - 20 * 86_400, ver=0)
    over.house.store.commit(earlier, Timeline(at=1, id="e", kind="test"), (), int(over.rooms.clock()))
    deliver(over.house, ID)
    page = text(over, f"knowledge/{CAUSE}.md")
    assert page.startswith("# The container image does not exist")
    assert "Seen twice in the last 400 days" in page
    assert "The same cause was there once before" in next(line for line in over.thread if "Post-mortem" in line)
    assert "INC-20261101-bbbbbbbb" in text(over)
