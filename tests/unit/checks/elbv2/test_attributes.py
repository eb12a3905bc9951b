from __future__ import annotations

from lambdas.checks.elbv2.attributes import (
    BalancerAttributes,
    GroupAttributes,
    balancer_attributes,
    group_attributes,
)
from lambdas.checks.elbv2.balancers import read_balancer, read_group
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import BALANCER, GROUP, REGION, Client, look, run

FOUND = (read_balancer({"LoadBalancerArn": BALANCER}, REGION), read_group({"TargetGroupArn": GROUP}, REGION))
AT = LoadBalancer("app/web/50dc6c495c0c9188")


def attributes(**values: str) -> dict[str, list[dict[str, str]]]:
    return {"Attributes": [{"Key": k.replace("__", "."), "Value": v} for k, v in values.items()]}


def test_balancer() -> None:
    answer = attributes(idle_timeout__timeout_seconds="75", load_balancing__cross_zone__enabled="true")
    at = look(AT, FOUND, elbv2=Client(describe_load_balancer_attributes=answer))
    [found] = run(balancer_attributes, at, BalancerAttributes)
    assert (found.idle_timeout, found.cross_zone, found.keep_alive) == (75, True, None)


def test_group() -> None:
    answer = attributes(
        stickiness__enabled="true",
        stickiness__type="app_cookie",
        stickiness__app_cookie__duration_seconds="604800",
        load_balancing__cross_zone__enabled="use_load_balancer_configuration",
        slow_start__duration_seconds="0",
    )
    at = look(AT, FOUND, elbv2=Client(describe_target_group_attributes=answer))
    [found] = run(group_attributes, at, GroupAttributes)
    assert (found.sticky, found.sticky_seconds, found.cross_zone, found.slow_start) == (True, 604800, None, 0)


def test_nothing_told_is_not_known() -> None:
    at = look(AT, FOUND, elbv2=Client(describe_target_group_attributes={}))
    [found] = run(group_attributes, at, GroupAttributes)
    assert (found.sticky, found.cross_zone, found.deregistration_delay) == (None, None, None)
