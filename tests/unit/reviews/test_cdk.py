"""The code that the audit proposes is code: it compiles, and CDK makes the alarms from it, whatever the names are."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from lambdas.reviews import cdk, watched
from lambdas.reviews.watched import ALL, Resource

HOSTILE = 'web\'); import os; os.abort() #\n"""'


def resource(what: Any, name: str) -> Resource:
    keys = {
        "service": ("ClusterName", "ServiceName"),
        "database": ("DBInstanceIdentifier",),
        "balancer": ("LoadBalancer",),
    }
    at = keys.get(what, ("TargetGroup", "LoadBalancer") if what == "group" else ("TableName",))
    return Resource(what=what, name=name, dimensions=dict.fromkeys(at, name))


def made(code: str) -> Template:
    stack = Stack(App(), "S")
    names = {"self": stack, "alarm_topic": sns.Topic(stack, "T")}
    exec(compile(code, "proposed", "exec"), names)
    return Template.from_stack(stack)


def test_every_alarm_that_can_be_missing_is_made() -> None:
    code = "".join(
        cdk.code(resource(what, what), wanted, {one.role: 7.0 for one in wanted})
        for what in ("service", "database", "balancer", "group", "table")
        if (wanted := [one for one in ALL if one.what == what])
    )
    template = made(code)
    template.resource_count_is("AWS::CloudWatch::Alarm", len(ALL))
    for alarm in template.find_resources("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"]
        assert alarm["Properties"]["OKActions"], "an incident must hear that it is over"
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {"Metrics": Match.array_with([Match.object_like({"Expression": "100 * FILL(errors, 0) / requests"})])},
    )


def test_a_hostile_name_stays_a_name() -> None:
    template = made(cdk.code(resource("service", HOSTILE), [watched.CPU], {"CPU": 85.0}))
    [alarm] = template.find_resources("AWS::CloudWatch::Alarm").values()
    assert {one["Value"] for one in alarm["Properties"]["Dimensions"]} == {HOSTILE}
    assert alarm["Properties"]["Threshold"] == 85


@pytest.mark.parametrize("name", ["", "ünïcode", "a-b_c.d", "9"])
def test_any_name_gives_a_construct_id(name: str) -> None:
    compile(cdk.code(resource("table", name), [watched.THROTTLES], {"throttled requests": 0.0}), "x", "exec")
