"""The scheduled routines: their local times, what `review` may do, and where its documents are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from infra.audit import statements_of
from infra.permissions import reviewing
from lambdas.postmortem.places import POSTMORTEMS
from lambdas.reviews.documents import PREFIX
from lambdas.reviews.model import KINDS
from lambdas.reviews.order import order_of
from lambdas.reviews.slots import expression
from lambdas.reviews.store import LEASE

if TYPE_CHECKING:
    from tests.infra.conftest import Resources, Template


def test_each_routine_has_its_schedule_in_the_environments_time_zone(resources: Resources) -> None:
    review, function = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-review")
    found = {}
    for schedule in resources.of("AWS::Scheduler::Schedule").values():
        if schedule["Target"]["Arn"] != {"Fn::GetAtt": [review, "Arn"]}:
            continue
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Zurich"
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        text = schedule["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-24T08:00:00Z")
        found[order_of(text).kind] = schedule["ScheduleExpression"]
    assert found == {kind: expression(kind) for kind in KINDS}
    assert function["Timeout"] == 900
    assert function["Timeout"] < LEASE, "nobody takes a slot from a function that still runs"


def test_review_only_reads_but_for_its_own_rows_and_documents(template: Template) -> None:
    reading = re.compile(r":(Describe|List|Get|BatchGet|Lookup|Filter|Search|Query|Scan|StartQuery$|StopQuery$)")
    own = {
        *("dynamodb:PutItem", "dynamodb:UpdateItem", "s3:PutObject", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"),
    }
    allowed = {action for statement in statements_of(template, "Review") for action in statement.actions}
    assert {action for action in allowed if not reading.search(action)} == own
    assert {allow.action for allow in reviewing()} <= allowed
    [documents] = [s for s in statements_of(template, "Review") if "s3:PutObject" in s.actions]
    assert all(f"/{PREFIX}*" in on for on in documents.resources)


def test_documents_are_private_and_versioned(resources: Resources) -> None:
    [bucket] = [v for k, v in resources.of("AWS::S3::Bucket").items() if k.startswith("DocumentsBucket")]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    expiring = [rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [
        (PREFIX, 400),
        (POSTMORTEMS, 1095),
    ]
