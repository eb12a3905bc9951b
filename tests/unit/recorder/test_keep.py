"""Recordings in their bucket; a failure is logged and nothing more."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.aws import Aws
from lambdas.recorder.keep import keep


@dataclass
class Flown:
    """A flight, as far as storing it goes."""

    key: str
    incident: str = "INC-1"
    broken: bool = False

    def document(self) -> dict[str, Any]:
        if self.broken:
            raise ValueError("not JSON")
        return {"answers": [], "cut": [], "incident": self.incident}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return Aws("eu-west-1", session=boto3.session.Session("x", "y", region_name="eu-west-1"))


def test_they_are_stored_compressed(aws: Aws) -> None:
    with mock_aws():
        aws.s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        assert keep([Flown("recordings/2026/11/a.json.gz")], aws, "kept") == ["recordings/2026/11/a.json.gz"]  # type: ignore[list-item] # as far as it goes
        stored = aws.s3.get_object(Bucket="kept", Key="recordings/2026/11/a.json.gz")
        assert stored["ContentEncoding"] == "gzip"
        assert json.loads(gzip.decompress(stored["Body"].read()))["incident"] == "INC-1"


def test_what_fails_is_logged_and_the_next_is_stored(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    with mock_aws():
        assert keep([Flown("a")], aws, "no-such-bucket") == []  # type: ignore[list-item] # as far as it goes
        aws.s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        assert keep([Flown("b", broken=True), Flown("c")], aws, "kept") == ["c"]  # type: ignore[list-item] # the same
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["not recorded"] * 2
