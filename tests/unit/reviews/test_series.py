from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.aws import Aws
from lambdas.errors import NoAnswer
from lambdas.reviews import series
from lambdas.reviews.model import LONGEST_SUBJECT
from tests.unit.reviews.making import item

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class CloudWatch:
    """Answers every series with one point a page, on two pages."""

    def __init__(self, status: str = "Complete") -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = status

    def cloudwatch_in(self, _: str) -> CloudWatch:
        return self

    def get_metric_data(self, **params: Any) -> dict[str, Any]:
        self.asked.append(params)
        second = "NextToken" in params
        results = [
            {
                "Id": one["Id"],
                "Timestamps": [NOW - timedelta(hours=1 + second)],
                "Values": [1.0],
                "StatusCode": self.status,
            }
            for one in params["MetricDataQueries"]
        ]
        return {"MetricDataResults": results} | ({} if second else {"NextToken": "more"})


@pytest.mark.parametrize(
    ("number", "hours", "batches"), [(0, 24, 0), (1, 24, 1), (500, 24, 8), (500, 3, 1), (501, 3, 2), (2, 2000, 2)]
)
def test_a_batch_is_what_one_answer_holds_and_every_page_is_read(number: int, hours: int, batches: int) -> None:
    aws: Any = CloudWatch()
    found = series.read(aws, [series.Ask("N", f"m{n}") for n in range(number)], NOW - timedelta(hours=hours), NOW, 60)
    first = [asked for asked in aws.asked if "NextToken" not in asked]
    assert len(first) == batches
    assert len(aws.asked) == 2 * batches
    assert all(len(asked["MetricDataQueries"]) <= 500 for asked in first)
    assert [[value for _, value in points] for points in found] == [[1.0, 1.0]] * number
    assert all(points[0][0] < points[1][0] for points in found)


def test_a_series_that_cloudwatch_could_not_answer_for_is_not_without_data() -> None:
    aws: Any = CloudWatch("InternalError")
    with pytest.raises(NoAnswer):
        series.read(aws, [series.Ask("N", "m")], NOW - timedelta(hours=1), NOW, 60)


def test_another_region_has_its_own_client() -> None:
    aws = Aws("eu-west-1")
    assert aws.cloudwatch_in("us-east-1").meta.region_name == "us-east-1"
    assert aws.cloudwatch_in("us-east-1") is aws.cloudwatch_in("us-east-1")
    assert aws.cloudwatch_in("") is aws.cloudwatch_in("eu-west-1") is aws.cloudwatch


@pytest.mark.parametrize("subject", ["web", "x" * LONGEST_SUBJECT, "ü" * 5000, "x" * 5000])
def test_a_findings_key_fits_the_table(subject: str) -> None:
    one, other = item(subject=subject), item(subject=subject + "!")
    assert len(f"TOLD#{one.key}".encode()) <= 1024
    assert one.key != other.key
