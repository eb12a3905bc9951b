"""A diagnosis is recorded by the deployed function, under its own role."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import alarm, eventually

if TYPE_CHECKING:
    from local.stage import Stage

pytestmark = pytest.mark.e2e


def test_the_deployed_function_writes_its_recording(staged: Stage) -> None:
    s3: Any = staged.emulator.client("s3")
    [bucket] = [found["Name"] for found in s3.list_buckets()["Buckets"] if "recordings" in found["Name"].lower()]
    staged.publish(alarm("recorded", "recorded-shop"), topic=staged.topics()[0])

    def kept() -> list[dict[str, Any]]:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
        found = [json.loads(gzip.decompress(body)) for body in bodies]
        return [document for document in found if document["alert"]["name"] == "recorded"]

    [document] = eventually(kept, "the recording", staged)
    assert document["diagnosis"]["causes"]
    assert "recordings" not in document["settings"]
