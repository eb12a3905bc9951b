"""Policies: derived from the checks, as narrow as the service allows, and no wider than what is called."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cfnlint
import pytest

from infra.audit import Called, called, denied, statements_of, unused
from infra.permissions import Place, Statement, TooMuchError, observing, proposing, reviewing, statements
from lambdas.checks.base import Allow

if TYPE_CHECKING:
    from infra.environment import Environment
    from tests.infra.conftest import Resources, Template

PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")

# Allowed on everything although the service could scope them, and why.
WIDE = {
    "cloudwatch:DescribeAlarms": "composite alarms are answered only to a caller who is allowed on * (API Reference)",
    "ce:GetAnomalies": "the anomalies of every monitor of the account",
    "ce:GetCostAndUsage": "the account's whole cost: a billing view would be another one's",
    "cloudwatch:ListMetrics": "the same as GetMetricData",
    "lambda:ListProvisionedConcurrencyConfigs": "Compute Optimizer asks it of its caller for all functions",
    "cloudwatch:GetMetricData": "its resource type 'dataset' is not what metrics of AWS services live in",
    "ecs:ListTasks": "its resource is the container instance, which a task on Fargate has none of",
    "health:DescribeAffectedEntities": "an event of AWS Health carries no account in its ARN: nothing to narrow",
    "health:DescribeEventDetails": "the same",
    "logs:GetQueryResults": "a query is named by its id; most regions check it on everything",
}

# Allowed on resources although the reference names none, and why that works.
NARROW = {
    "logs:DescribeLogGroups": "AWS checks it on 'log-group::log-stream:', which 'log-group:*' matches",
    "rds:DescribeEvents": "events of any kind of RDS resource",
    "rds:DescribePendingMaintenanceActions": "of any kind of RDS resource",
}

TOLD = (
    "ses:SendEmail",
    "sns:Publish",
    "events:PutEvents",
)  # the ways of telling that the sample environment configures


# --- the pure part -----------------------------------------------------------------------------------------------


def test_actions_on_the_same_resources_share_a_statement_whatever_their_order() -> None:
    one, two = Allow("ecs:DescribeTasks", "arn:{partition}:ecs:{region}:{account}:task/*"), Allow("ec2:DescribeSubnets")
    three = Allow("ecs:StopTask", "arn:{partition}:ecs:{region}:{account}:task/*")
    expected = [
        Statement(actions=("ec2:DescribeSubnets",), resources=("*",)),
        Statement(
            actions=("ecs:DescribeTasks", "ecs:StopTask"), resources=("arn:aws:ecs:eu-west-1:123456789012:task/*",)
        ),
    ]
    assert statements([one, two, three], PLACE) == expected
    assert statements([three, three, two, one], PLACE) == expected


def test_everything_swallows_the_narrower_resources_beside_it() -> None:
    wide, narrow = Allow("logs:DescribeLogGroups"), Allow("logs:DescribeLogGroups", "arn:{partition}:logs:*")
    assert statements([wide, narrow], PLACE) == [Statement(actions=("logs:DescribeLogGroups",), resources=("*",))]


@pytest.mark.parametrize("action", ["*", "ecs:*", "ecs:Describe*", "DescribeTasks", "ecs:", ":x"])
def test_more_than_one_action_at_once_is_refused(action: str) -> None:
    with pytest.raises(TooMuchError, match=re.escape(repr(action))):
        statements([Allow(action)], PLACE)


def test_an_unknown_place_in_a_pattern_is_refused() -> None:
    with pytest.raises(KeyError, match="stack"):
        statements([Allow("ecs:DescribeTasks", "arn:{stack}")], PLACE)


# --- the audit ---------------------------------------------------------------------------------------------------

TASKS = "arn:aws:ecs:eu-west-1:123456789012:task/*"
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/a"
GRANTED = [
    Statement(actions=("ecs:DescribeTasks",), resources=(TASKS,)),
    Statement(actions=("ec2:DescribeSubnets",), resources=("*",)),
]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Called(action="ec2:DescribeSubnets"), []),
        (Called(action="ecs:DescribeTasks", resources=("arn:aws:ecs:eu-west-1:123456789012:task/prod/1",)), []),
        (Called(action="ecs:DescribeTasks", resources=("*",)), []),
        (Called(action="ecs:StopTask"), ["ecs:StopTask is called and not allowed"]),
        (
            Called(action="ecs:DescribeTasks", resources=(SERVICE,)),
            [f"ecs:DescribeTasks is called on {SERVICE} and allowed only on {TASKS}"],
        ),
    ],
)
def test_a_call_is_allowed_by_action_and_resource(call: Called, expected: list[str]) -> None:
    assert denied([call, call], GRANTED) == expected


def test_what_is_allowed_is_called_or_has_a_reason_that_still_holds() -> None:
    calls = [Called(action="ec2:DescribeSubnets")]
    assert unused(calls, GRANTED, {}) == ["ecs:DescribeTasks is allowed and never called"]
    assert unused(calls, GRANTED, {"ecs:DescribeTasks": "only on EC2"}) == []
    assert unused(calls, GRANTED, {"ecs:DescribeTasks": "…", "ec2:DescribeSubnets": "…", "s3:GetObject": "…"}) == [
        "ec2:DescribeSubnets has a reason and needs none: it is called",
        "s3:GetObject has a reason and is not allowed",
    ]


def test_a_transaction_is_checked_as_the_writes_in_it() -> None:
    params: dict[str, Any] = {"TransactItems": [{"Put": {}}, {"Update": {}}, {"Put": {}}]}
    found = list(called("dynamodb:TransactWriteItems", params, ["arn:table"]))
    assert found == [
        Called(action="dynamodb:PutItem", resources=("arn:table",)),
        Called(action="dynamodb:UpdateItem", resources=("arn:table",)),
    ]
    assert list(called("ecs:ListTasks", {}, ())) == [Called(action="ecs:ListTasks", resources=("*",))]


# --- the synthesised policies ------------------------------------------------------------------------------------


def _policies(resources: Resources) -> list[dict[str, Any]]:
    found = [
        statement
        for policy in resources.of("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    for role in resources.of("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role, "a managed policy grants what nobody here declared"
        found += [s for p in role.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    return found


def test_no_action_is_a_pattern(resources: Resources) -> None:
    for statement in _policies(resources):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action]


def test_respond_may_do_exactly_what_the_checks_declare_and_its_own_plane(
    template: Template, environment: Environment
) -> None:
    allowed = {action for statement in statements_of(template, "Respond") for action in statement.actions}
    assert environment.remedies is not None
    declared = {allow.action for allow in (*observing(), *proposing(environment.remedies.allow))}
    own = {
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "cloudwatch:DescribeAlarms"),
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
        *("sqs:ReceiveMessage", "sqs:SendMessage", "cloudwatch:ListAlarmMuteRules"),
        *("s3:GetObject", "s3:PutObject", *TOLD),
    }
    assert allowed - declared <= own
    assert declared <= allowed


def test_pulse_reads_nothing_of_the_workload_but_alarms(template: Template) -> None:
    allowed = {action for statement in statements_of(template, "Pulse") for action in statement.actions}
    assert allowed == {
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "cloudwatch:DescribeAlarms"),
        *("sqs:SendMessage", "sns:Publish", "cloudwatch:ListAlarmMuteRules", *TOLD),
    }


def test_nothing_of_the_workload_may_be_changed() -> None:
    reading = re.compile(r":(Describe|List|Get|BatchGet|Lookup|Filter|Search|Query|Scan|StartQuery$|StopQuery$)")
    assert [allow.action for allow in (*observing(), *reviewing()) if not reading.search(allow.action)] == []


def test_the_one_secret_by_name_and_by_arn(template: Template, other: Template) -> None:
    def secret(found: Template) -> list[str]:
        statements = statements_of(found, "Respond")
        return [on for s in statements if "secretsmanager:GetSecretValue" in s.actions for on in s.resources]

    assert secret(template) == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:acme/production/slack-??????"]
    assert secret(other) == ["arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:slack-AbCdEf"]


def test_the_partition_is_the_regions_own(other: Template) -> None:
    scoped = [on for s in statements_of(other, "Respond") for on in s.resources if on.startswith("arn:")]
    assert scoped
    assert [on for on in scoped if not on.startswith("arn:aws-cn:")] == []


# --- against the Service Authorization Reference, as cfn-lint ships it ------------------------------------------

REFERENCE: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text()
)


def _scopes(action: str) -> list[re.Pattern[str]]:
    """The ARN shapes that an action can be scoped to."""
    service, operation = action.split(":")
    entry = REFERENCE[service]
    known = {name.lower(): found for name, found in entry["Actions"].items()}
    kinds = known[operation.lower()].get("Resources", [])
    shapes = {name.lower(): found.get("ARNFormats", []) for name, found in entry["Resources"].items()}
    formats = [shape for kind in kinds for shape in shapes[kind.lower()]]
    return [re.compile(re.sub(r"\$\{\w+\}", "[^:]*", shape)) for shape in formats]


def test_each_declared_action_exists() -> None:
    for allow in (*observing(), *reviewing()):
        service, operation = allow.action.split(":")
        known = {name.lower() for name in REFERENCE[service]["Actions"]}
        assert operation.lower() in known, f"{allow.action} is no IAM action"


def test_whatever_can_be_scoped_is() -> None:
    wide = {allow.action for allow in (*observing(), *reviewing()) if allow.on == "*" and _scopes(allow.action)}
    assert wide - WIDE.keys() == set(), "scope these, or write down here why they cannot be"


def test_an_action_is_scoped_to_a_kind_of_resource_that_it_knows() -> None:
    for allow in (*observing(), *reviewing()):
        if allow.on != "*" and allow.action not in NARROW:
            on = PLACE.fill(allow.on)
            assert any(shape.match(on) for shape in _scopes(allow.action)), f"{allow.action} is never checked on {on}"
