"""Logs Insights for reviews: one query over many log groups, in batches that Insights takes, waited for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.aws import Aws
    from lambdas.reviews.base import Tour

ALLOW = (
    Allow("logs:DescribeLogGroups", "arn:{partition}:logs:{region}:{account}:log-group:*"),
    Allow("logs:StartQuery", "arn:{partition}:logs:{region}:{account}:log-group:*"),
    Allow("logs:GetQueryResults"),  # takes no resource (Service Authorization Reference, Amazon CloudWatch Logs)
)
GROUPS = 50  # of one query
ROWS = 100
POLL = 1.0  # seconds
PATIENCE = 120.0
NOISE = ("/aws/lambda/tocsin-", "/aws/rds/", "/aws/vpc", "/aws/cloudtrail", "aws-waf-logs-", "/aws/codebuild/")

type Row = dict[str, str]


def groups(tour: Tour, most: int) -> list[str]:
    """The log groups of the workloads: those that the environment names, else all that hold something.

    Groups that are no application's (flow logs, trails, database engines, our own) are left out. The largest `most`.
    """
    hinted = [group for hint in tour.settings.workloads for group in hint.log_groups]
    if hinted:
        return list(dict.fromkeys(hinted))

    def read() -> list[tuple[int, str]]:
        pages: Any = tour.aws.logs.get_paginator("describe_log_groups").paginate()
        return [
            (one.get("storedBytes") or 0, one["logGroupName"]) for page in pages for one in page.get("logGroups") or ()
        ]

    found = tour.inventory.once("log groups", read)
    ours = [one for one in found if not one[1].startswith(NOISE)]
    return [name for _, name in sorted(ours, key=lambda one: (-one[0], one[1]))[:most]]


def query(aws: Aws, names: Sequence[str], text: str, start: datetime, end: datetime) -> list[Row]:
    """The rows of a query over all groups; where there are more than one query takes, those of all batches.

    Raises TimeoutError where Insights does not finish; its own refusals are ClientErrors.
    """
    started = [
        aws.logs.start_query(
            logGroupNames=list(names[first : first + GROUPS]),
            startTime=int(start.timestamp()),
            endTime=int(end.timestamp()),
            queryString=text,
            limit=ROWS,
        )["queryId"]
        for first in range(0, len(names), GROUPS)
    ]
    return [row for id_ in started for row in _rows(aws, id_)]


def _rows(aws: Aws, id_: str) -> list[Row]:
    ends = time.monotonic() + PATIENCE
    while True:
        answer: Any = aws.logs.get_query_results(queryId=id_)
        status = answer.get("status")
        if status == "Complete":
            return [{one.get("field", ""): one.get("value", "") for one in row} for row in answer.get("results") or ()]
        if status not in {"Scheduled", "Running"} or time.monotonic() > ends:
            raise TimeoutError(f"Logs Insights: the query is {status}")
        time.sleep(POLL)
