"""The bucket of recordings: private, expiring, and only ever added to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from infra.audit import statements_of
from infra.environment import Environment
from infra.recordings import PREFIX
from tests.infra.conftest import OTHER, strings

if TYPE_CHECKING:
    from tests.infra.conftest import Resources, Template


def _bucket(resources: Resources) -> tuple[str, dict[str, Any]]:
    [found] = [(k, v) for k, v in resources.of("AWS::S3::Bucket").items() if k.startswith("RecordingsBucket")]
    return found


@pytest.fixture
def bucket(resources: Resources) -> dict[str, Any]:
    return _bucket(resources)[1]


def test_it_is_private_encrypted_and_expires(bucket: dict[str, Any]) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert "VersioningConfiguration" not in bucket
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (90, "Enabled")


def test_only_tls_is_answered(resources: Resources) -> None:
    where = {"Ref": _bucket(resources)[0]}
    [statement, *more] = resources.one("AWS::S3::BucketPolicy", Bucket=where)[1]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert all(one["Effect"] == "Deny" for one in more)


def test_respond_alone_may_add_below_the_prefix_and_nothing_else(template: Template) -> None:
    ours = [s for s in statements_of(template, "Respond") if any("Recordings" in on for on in s.resources)]
    [statement] = [s for s in ours if any(a.startswith("s3:") for a in s.actions)]
    assert statement.actions == ("s3:PutObject",)
    assert all(f"/{PREFIX}*" in on for on in statement.resources)
    assert [s for s in statements_of(template, "Pulse") if any(a.startswith("s3:") for a in s.actions)] == []


def test_the_function_is_told_its_name(resources: Resources) -> None:
    logical, _ = _bucket(resources)
    respond = next(f for f in resources.of("AWS::Lambda::Function").values() if "respond.handler" in f["Handler"])
    told = json.dumps(respond["Environment"]["Variables"]["TOCSIN_SETTINGS"])
    assert f'{{"Ref": "{logical}"}}' in told
    assert '\\"recordings\\"' in "".join(strings(json.loads(told))).replace('"', '\\"')


@pytest.mark.parametrize("days", [-1, 3651])
def test_the_retention_has_bounds(days: int) -> None:
    with pytest.raises(ValidationError, match="recording_days"):
        Environment.model_validate(OTHER.model_dump() | {"recording_days": days})
