"""The deployed function `review`: under its own role, with its own asset, once for each slot."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lambdas.reviews.order import Order

if TYPE_CHECKING:
    from local.stage import Stage

pytestmark = pytest.mark.e2e

# AWS checks a call that names no instance on db:*, and of log groups on log-group::log-stream:; the embedded AWS checks
# both on *, which neither pattern matches.
STRICT = {"rds:DescribeDBInstances", "logs:DescribeLogGroups"}


def test_a_deployed_review_is_posted_once_and_its_page_can_be_opened(staged: Stage) -> None:
    order = {"tocsin.review": {"kind": "daily", "time": datetime.now(UTC).isoformat()}}
    first = staged.invoke("review", order)["made"][0]
    again = staged.invoke("review", order)["made"][0]

    assert (first["kind"], first["state"], first["posted"]) == ("daily", "made", True)
    assert again["state"] == "already"
    posted = [m for m in staged.slack.messages("#alerts") if "Morning health check" in str(m["text"])]
    assert len(posted) == 1
    s3 = staged.emulator.client("s3")
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"] if "documents" in b["Name"].lower()]
    page = s3.get_object(Bucket=bucket, Key=f"reviews/daily/{first['slot']}/report.html")["Body"].read().decode()
    assert page.startswith("<!doctype html>")
    denied = set(re.findall(r"access denied: ([\w:-]+)", page))
    assert denied <= STRICT, "a part was denied what it declares"
    assert "the check failed" not in page


def test_a_persons_order_comes_through_the_queue(staged: Stage) -> None:
    body = Order(kind="hourly", by="U024BE7LH", id="T1").to_json()
    done = staged.invoke("review", {"Records": [{"messageId": "1", "body": body}]})
    assert done["batchItemFailures"] == []
    assert any("Performance review" in str(m["text"]) for m in staged.slack.messages("#alerts"))
