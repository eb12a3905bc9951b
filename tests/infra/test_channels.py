"""Each way of telling outside Slack is allowed where it is configured, as narrowly as its service can, and else not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.audit import statements_of
from infra.channels import Channels
from infra.permissions import Place, tell

if TYPE_CHECKING:
    from tests.infra.conftest import Resources, Template

PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")
ORIGIN = "arn:aws:sms-voice:eu-west-1:123456789012:phone-number/phone-1"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret"
TELLING = {"ses:SendEmail", "sns:Publish", "sms-voice:SendTextMessage", "events:PutEvents"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, {}),
        (
            {"email": {"from": "tocsin@example.com"}},
            {
                "ses:SendEmail": (
                    "arn:aws:ses:eu-west-1:123456789012:identity/tocsin@example.com",
                    "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
                )
            },
        ),
        ({"sms": {}}, {"sns:Publish": ("*",)}),
        ({"sms": {"from": ORIGIN}}, {"sms-voice:SendTextMessage": (ORIGIN,)}),
        (
            {"call": {"url": "https://pager.example.com/x", "secret": "acme/pager"}},
            {
                "secretsmanager:GetSecretValue": (
                    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:acme/pager-??????",
                )
            },
        ),
        ({"event_bus": "default"}, {"events:PutEvents": ("arn:aws:events:eu-west-1:123456789012:event-bus/default",)}),
        (
            {"event_bus": "arn:aws:events:eu-west-1:210987654321:event-bus/central"},
            {"events:PutEvents": ("arn:aws:events:eu-west-1:210987654321:event-bus/central",)},
        ),
    ],
)
def test_what_a_way_of_telling_needs(written: dict[str, Any], expected: dict[str, tuple[str, ...]]) -> None:
    found = tell(PLACE, Channels.model_validate(written).settings())
    assert {action: statement.resources for statement in found for action in statement.actions} == expected
    assert all(statement.why for statement in found if "*" in statement.resources)


@pytest.mark.parametrize("function", ["Respond", "Pulse"])
def test_who_delivers_may_tell_and_only_where_it_is_configured(
    template: Template, other: Template, function: str
) -> None:
    def telling(found: Template) -> set[str]:
        statements = statements_of(found, function)
        told = [s for s in statements if "Operators" not in "".join(s.resources)]  # that topic is always there
        return {action for s in told for action in s.actions if action in TELLING}

    assert telling(template) == {"ses:SendEmail", "sns:Publish", "events:PutEvents"}
    assert telling(other) == set()


def test_the_review_tells_nobody_outside_slack(template: Template) -> None:
    assert not [a for s in statements_of(template, "Review") for a in s.actions if a in TELLING]


def test_a_bus_of_our_own_is_created_where_it_is_asked_for(resources: Resources, others: Resources) -> None:
    [bus] = resources.of("AWS::Events::EventBus").values()
    assert bus["Name"] == "tocsin-acme-production"
    assert others.of("AWS::Events::EventBus") == {}
