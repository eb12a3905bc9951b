from __future__ import annotations

from lambdas.checks.elbv2.balancers import read_balancer
from lambdas.checks.elbv2.listeners import Listener, Route, listeners
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import BALANCER, ELB, GROUP, OTHER, REGION, Client, look, run

ARN = f"{ELB}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"
LISTENER = {
    "ListenerArn": ARN,
    "Port": 443,
    "Protocol": "HTTPS",
    "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1"}],
    "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP}],
}
WEIGHTED = {
    "Priority": "10",
    "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}, "Values": ["/api/*"]}],
    "Actions": [
        {
            "Type": "forward",
            "ForwardConfig": {
                "TargetGroups": [
                    {"TargetGroupArn": GROUP, "Weight": 100},
                    {"TargetGroupArn": OTHER, "Weight": 0},
                ]
            },
        }
    ],
}
DEFAULT = {"Priority": "default", "IsDefault": True, "Actions": [{"Type": "fixed-response"}]}


def at(rules: list[object], kind: str = "application") -> tuple[list[Route], list[Listener], Client]:
    elbv2 = Client(describe_listeners={"Listeners": [LISTENER]}, describe_rules={"Rules": rules})
    found = read_balancer({"LoadBalancerArn": BALANCER, "Type": kind}, REGION)
    here = look(LoadBalancer("app/web/50dc6c495c0c9188"), [found], elbv2=elbv2)
    return run(listeners, here, Route), run(listeners, here, Listener), elbv2


def test_weights_and_conditions() -> None:
    routes, [listener, *_], _ = at([WEIGHTED, DEFAULT])
    assert [(r.group_arn, r.weight, r.used) for r in routes] == [(GROUP, 100, True), (OTHER, 0, False)]
    assert routes[0].text == "listener :443 rule 10 (path /api/*), weight 100 of 100"
    assert listener.certificates == ("arn:aws:acm:eu-west-1:123456789012:certificate/1",)


def test_the_default_action_stands_in_for_a_missing_default_rule() -> None:
    routes, _, _ = at([])
    assert [(r.priority, r.group_arn, r.used) for r in routes] == [("default", GROUP, True)]


def test_network_balancers_have_no_rules() -> None:
    routes, _, elbv2 = at([], kind="network")
    assert [r.group_arn for r in routes] == [GROUP]
    assert {operation for operation, _ in elbv2.asked} == {"describe_listeners"}
