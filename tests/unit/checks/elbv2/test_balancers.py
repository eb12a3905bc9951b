from __future__ import annotations

from typing import Any

import pytest

from lambdas.checks.elbv2.balancers import Balancer, Group, balancers, read_balancer, read_group
from lambdas.targets import EcsService, LoadBalancer, TargetGroup
from tests.unit.checks.elbv2.answers import BALANCER, GROUP, OTHER, REGION, Client, look, run

RAW_BALANCER = {
    "LoadBalancerArn": BALANCER,
    "LoadBalancerName": "web",
    "Type": "application",
    "Scheme": "internal",
    "VpcId": "vpc-1",
    "State": {"Code": "active"},
    "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-a"}],
    "SecurityGroups": ["sg-lb"],
}
RAW_GROUP = {
    "TargetGroupArn": GROUP,
    "TargetGroupName": "api",
    "LoadBalancerArns": [BALANCER],
    "Port": 8080,
    "HealthCheckTimeoutSeconds": 5,
    "Matcher": {"HttpCode": "200-299"},
}
RAW_OTHER = {"TargetGroupArn": OTHER, "TargetGroupName": "admin", "LoadBalancerArns": [BALANCER]}


def client(groups: list[dict[str, Any]] | None = None) -> Client:
    return Client(
        describe_load_balancers={"LoadBalancers": [RAW_BALANCER]},
        describe_target_groups=lambda params: {
            "TargetGroups": [RAW_GROUP] if "Names" in params else [RAW_OTHER, RAW_GROUP] if groups is None else groups
        },
    )


def test_a_balancer_with_all_its_groups() -> None:
    elbv2 = client()
    at = look(LoadBalancer("app/web/50dc6c495c0c9188"), elbv2=elbv2)
    assert [b.dimension for b in run(balancers, at, Balancer)] == ["app/web/50dc6c495c0c9188"]
    assert [g.name for g in run(balancers, at, Group)] == ["admin", "api"]
    assert elbv2.asked[0] == ("describe_load_balancers", {"Names": ["web"]})


def test_a_group_comes_first_and_brings_its_balancers_others() -> None:
    at = look(TargetGroup("targetgroup/api/73e2d6bc24d8a067", "app/web/50dc6c495c0c9188"), elbv2=client())
    assert [g.name for g in run(balancers, at, Group)] == ["api", "admin"]
    assert [b.name for b in run(balancers, at, Balancer)] == ["web"]


@pytest.mark.parametrize("balancer", ["", "app/web/50dc6c495c0c9188"])
def test_a_group_that_its_balancer_does_not_list_is_asked_by_name(balancer: str) -> None:
    at = look(TargetGroup("targetgroup/api/73e2d6bc24d8a067", balancer), elbv2=client(groups=[]))
    assert [g.name for g in run(balancers, at, Group)] == ["api"]
    assert [b.name for b in run(balancers, at, Balancer)] == ["web"]


def test_other_targets_are_not_asked_about() -> None:
    assert list(balancers(look(EcsService("prod", "api"), elbv2=Client()))) == []


def test_everything_but_the_arn_may_be_absent() -> None:
    balancer = read_balancer({"LoadBalancerArn": BALANCER}, REGION)
    group = read_group({"TargetGroupArn": GROUP}, REGION)
    assert (balancer.name, balancer.zones, balancer.security_groups) == ("web", {}, ())
    assert (group.name, group.timeout, group.codes, group.dimension) == (
        "api", None, "", "targetgroup/api/73e2d6bc24d8a067",
    )  # fmt: skip
