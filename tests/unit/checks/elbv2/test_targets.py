from __future__ import annotations

from lambdas.checks.elbv2.balancers import ASKED, read_group
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.checks.elbv2.targets import targets
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import ELB, GROUP, REGION, Client, look, run

ANSWER = {
    "TargetHealthDescriptions": [
        {
            "Target": {"Id": "10.0.1.5", "Port": 8080, "AvailabilityZone": "eu-west-1a"},
            "TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"},
        },
        {"Target": {"Id": "i-1"}, "TargetHealth": {}},
        {},
    ]
}


def test_states_and_reasons() -> None:
    at = look(LoadBalancer("app/web/1"), [read_group({"TargetGroupArn": GROUP}, REGION)],
              elbv2=Client(describe_target_health=ANSWER))  # fmt: skip
    found = run(targets, at, TargetHealth)
    assert [(t.group, t.target, t.zone, t.state, t.reason) for t in found] == [
        ("api", "10.0.1.5", "eu-west-1a", "unhealthy", "Target.Timeout"),
        ("api", "i-1", "", "", ""),
        ("api", "", "", "", ""),
    ]


def test_only_the_first_groups_are_asked() -> None:
    groups = [read_group({"TargetGroupArn": f"{ELB}:targetgroup/g{i}/{i}"}, REGION) for i in range(ASKED + 2)]
    elbv2 = Client(describe_target_health={})
    assert run(targets, look(LoadBalancer("app/web/1"), groups, elbv2=elbv2), TargetHealth) == []
    assert len(elbv2.asked) == ASKED
