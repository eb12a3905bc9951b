"""`act`: it exists only where it was switched on, and may change only what carries the tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.audit import statements_of
from infra.permissions import UNTAGGED, Place, acting, supporting
from lambdas.checks.base import load
from lambdas.remedies.base import KINDS
from tests.infra.conftest import OTHER
from tests.infra.test_permissions import PLACE, REFERENCE, _scopes

if TYPE_CHECKING:
    from tests.infra.conftest import Resources, Template

load("lambdas.remedies")
WRITES = {"ecs:UpdateService", "dynamodb:UpdateTable", "application-autoscaling:RegisterScalableTarget"}
TAG = ("tocsin:remedies", "allowed")


def _policies(template: Template, function: str) -> list[dict[str, Any]]:
    return [
        statement
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        and any(role.get("Ref", "").startswith(f"{function}Role") for role in resource["Properties"]["Roles"])
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]


def _actions(statement: dict[str, Any]) -> set[str]:
    return set(statement["Action"]) if isinstance(statement["Action"], list) else {statement["Action"]}


def _resources(statement: dict[str, Any]) -> list[Any]:
    return statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]


def test_it_does_not_exist_where_nothing_was_switched_on(other: Template, others: Resources) -> None:
    assert not [name for name in other["Resources"] if name.startswith(("Actor", "Approved"))]
    assert not [f for f in others.of("AWS::Lambda::Function").values() if "act" in f["Handler"].split(".")]


def test_it_alone_may_change_something(template: Template) -> None:
    able = {
        role["Ref"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        if WRITES & _actions(statement)
        for role in resource["Properties"]["Roles"]
    }
    assert [role[: len("ActorActRole")] for role in able] == ["ActorActRole"]


def test_it_changes_only_what_carries_the_tag(template: Template) -> None:
    for statement in _policies(template, "ActorAct"):
        changed = _actions(statement) & WRITES
        if changed - UNTAGGED:
            assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/tocsin:remedies": "allowed"}}
        if changed & UNTAGGED:
            assert changed == UNTAGGED


def test_it_may_do_nothing_else(template: Template) -> None:
    allowed = {action for statement in statements_of(template, "ActorAct") for action in statement.actions}
    assert allowed == WRITES | {
        *("ecs:DescribeServices", "ecs:ListTagsForResource", "dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"),
        "application-autoscaling:DescribeScalableTargets",
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"),
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
        "sqs:ReceiveMessage",
    }


def test_only_our_own_functions_may_send_to_its_queue(template: Template, resources: Resources) -> None:
    (queue,) = [name for name in resources.of("AWS::SQS::Queue") if name.startswith("ApprovedQueue")]
    policies = [p for p in resources.of("AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    allowing = [s for p in policies for s in p["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert allowing == []
    senders = {
        role["Ref"].partition("Role")[0]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in _actions(statement) and {"Fn::GetAtt": [queue, "Arn"]} in _resources(statement)
        for role in resource["Properties"]["Roles"]
    }
    assert senders == {"Respond", "Pulse"}


@pytest.mark.parametrize("id_", sorted(KINDS))
def test_a_remedy_declares_real_actions_on_resources_that_they_know(id_: str) -> None:
    for allow in (*KINDS[id_].reads, *KINDS[id_].writes):
        service, operation = allow.action.split(":")
        assert operation.lower() in {name.lower() for name in REFERENCE[service]["Actions"]}
        shapes = _scopes(allow.action)
        assert (allow.on == "*") == (not shapes), allow.action
        if shapes:
            assert any(shape.match(PLACE.fill(allow.on)) for shape in shapes)


@pytest.mark.parametrize("id_", sorted(KINDS))
def test_each_write_can_be_scoped_by_tag_or_is_named_as_one_that_cannot(id_: str) -> None:
    for allow in KINDS[id_].writes:
        service, operation = allow.action.split(":")
        entry = REFERENCE[service]
        kinds = {name.lower(): found for name, found in entry["Actions"].items()}[operation.lower()]["Resources"]
        conditions = {c for kind in kinds for c in entry["Resources"][kind.lower()].get("ConditionKeys", [])}
        if allow.action not in UNTAGGED:
            assert "aws:ResourceTag/${TagKey}" in conditions


def test_a_remedy_that_is_not_allowed_brings_no_permission() -> None:
    place = Place(partition="aws", region="eu-west-1", account="123456789012")
    actions = {action for s in acting(["scale_out"], place, TAG) for action in s.actions}
    assert actions == {"ecs:DescribeServices", "ecs:ListTagsForResource", "ecs:UpdateService"}


def test_support_cases_alone_bring_act_without_any_right_to_change() -> None:
    assert {action for s in supporting() for action in s.actions} == {
        *("support:CreateCase", "support:DescribeCases", "support:DescribeServices", "support:DescribeSeverityLevels")
    }
    assert OTHER.remedies is None
