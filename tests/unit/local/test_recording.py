"""A recording answers what was asked then, in order, and nothing else."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from lambdas.alerts.encode import encode as encode_alert
from lambdas.alerts.model import Alert
from lambdas.aws import Aws
from lambdas.recorder.encode import encode
from lambdas.recorder.flight import SCHEMA
from local.recording import Recording, RecordingError, about, load, timeless

AT = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
ALERT = Alert(kind="alarm", source="sns", name="cpu", state="ALARM", at=AT, account="123456789012", region="eu-west-1")


def call(operation: str, params: dict[str, Any], **end: Any) -> dict[str, Any]:
    return {"service": "ecs", "operation": operation, "params": encode(params), "status": 200} | end


def recording(*answers: dict[str, Any], **more: Any) -> Recording:
    settings = {
        "customer": "acme",
        "environment": "production",
        "account": "123456789012",
        "region": "eu-west-1",
        "slack_channel": "#alerts",
        "table": "",
        "slack_secret": "",
    }
    raw = {
        "schema": SCHEMA,
        "clock": AT.timestamp(),
        "code": "another",
        "event": None,
        "alert": json.loads(encode_alert(ALERT)),
        "settings": settings,
        "answers": list(answers),
    }
    return Recording(raw | more)


def clients(found: Recording) -> Aws:
    session = boto3.session.Session("x", "y", region_name="eu-west-1")
    found.answer(session)
    return Aws("eu-west-1", session=session)


def test_answers_come_in_order_and_the_last_one_stays() -> None:
    polls = [call("ListClusters", {}, answer={"clusterArns": [name]}) for name in ("running", "complete")]
    aws = clients(recording(*polls))
    assert [aws.ecs.list_clusters()["clusterArns"] for _ in range(3)] == [["running"], ["complete"], ["complete"]]


def test_parameters_are_compared_whatever_their_order_and_times_are_times_again() -> None:
    params = {"cluster": "prod", "services": ["a"]}
    aws = clients(recording(call("DescribeServices", params, answer={"services": [{"createdAt": encode(AT)}]})))
    assert aws.ecs.describe_services(services=["a"], cluster="prod")["services"][0]["createdAt"] == AT


def test_what_was_not_asked_is_refused_by_name() -> None:
    found = recording(call("ListServices", {"cluster": "prod"}, answer={}))
    with pytest.raises(ClientError, match="not in the recording"):
        clients(found).ecs.list_services(cluster="other")
    assert found.missed == ["ecs:ListServices"]


@pytest.mark.parametrize(
    ("end", "error", "said"),
    [
        ({"error": {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "status": 400}, ClientError, "no"),
        ({"exception": {"type": "ReadTimeoutError", "text": "Read timeout"}}, ReadTimeoutError, "Read timeout"),
        ({"exception": {"type": "os.system", "text": "what?"}}, BotoCoreError, "what?"),
        ({"unanswered": True}, ClientError, "no answer in the recording"),
        ({"cut": 9_000_000}, ClientError, "cut in the recording.*9000000 characters"),
    ],
)
def test_a_call_ends_as_it_did_then(end: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        clients(recording(call("ListClusters", {}, **end))).ecs.list_clusters()


def test_a_secret_in_the_parameters_is_its_mark_on_both_sides() -> None:
    found = recording(call("ListServices", {"cluster": "[redacted:email:7]"}, answer={"serviceArns": ["arn:x"]}))
    assert clients(found).ecs.list_services(cluster="ann@example.com")["serviceArns"] == ["arn:x"]


def test_the_event_comes_back_only_where_it_reads_as_the_same_alert() -> None:
    kept = {"body": {"AlarmName": "x"}, "sent": "", "topic": "", "message_id": ""}
    assert recording().event is None
    assert recording(event=kept).event is None
    assert recording().alert == ALERT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "cannot be read"),
        (b"\x1f\x8bxx", "cannot be read"),
        (b"[]", "is no recording"),
        (b'{"answers": [], "schema": 99}', "has schema 99; this code reads 1"),
        (b'{"answers": [], "schema": 1}', "lacks what a replay needs"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.json.gz"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=said):
        load(path)


def test_it_is_read_compressed_or_plain(tmp_path: Path) -> None:
    text = json.dumps(recording().raw).encode()
    for name, content in (("a.json", text), ("b.json.gz", gzip.compress(text))):
        (tmp_path / name).write_bytes(content)
        assert load(tmp_path / name).alert == ALERT


def test_people_are_told_what_differs() -> None:
    same = {"incident": "INC-1", "at": "2026-11-24T03:06:00+00:00", "same_diagnosis": True, "same_code": True}
    assert about(same | {"cut": [], "not_in_the_recording": []}) == (
        "RECORDING  INC-1 of 2026-11-24T03:06:00Z: the same diagnosis\n"
    )
    other = same | {"same_diagnosis": False, "same_code": False, "cut": ["pi:X"], "not_in_the_recording": ["a:B"] * 2}
    assert about(other).splitlines() == [
        "RECORDING  INC-1 of 2026-11-24T03:06:00Z: ANOTHER diagnosis, by other code than then",
        "           cut in the recording: pi:X",
        "           not in the recording: a:B",
    ]


def test_milliseconds_are_nothing_to_compare() -> None:
    assert timeless({"a": [{"milliseconds": 1, "b": 2}], "milliseconds": 3}) == {"a": [{"b": 2}]}
