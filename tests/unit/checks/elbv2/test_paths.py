from __future__ import annotations

from typing import Any

from lambdas.checks.ec2.network import Subnet
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.balancers import read_balancer, read_group
from lambdas.checks.elbv2.path_acls import PathAcl, path_acls, read
from lambdas.checks.elbv2.paths import Path, paths
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import BALANCER, GROUP, REGION, Client, look, run

AT = LoadBalancer("app/web/50dc6c495c0c9188")
WEB = read_balancer(
    {
        "LoadBalancerArn": BALANCER,
        "VpcId": "vpc-1",
        "SecurityGroups": ["sg-lb"],
        "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-lb"}],
    },
    REGION,
)
API = read_group(
    {"TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER], "Port": 80, "HealthCheckPort": "9090"}, REGION
)
SERVICE = ServiceState(
    cluster="prod", name="api", desired=1, running=1, pending=0, task_definition="api:1", target_groups=(GROUP,),
    subnets=("subnet-app",), security_groups=("sg-app",),
)  # fmt: skip
APP_SUBNET = Subnet(id="subnet-app", cidr="10.0.8.0/24")


def health(target: str, state: str = "unhealthy") -> TargetHealth:
    return TargetHealth(group="api", group_arn=GROUP, target=target, port=8080, state=state, reason="Target.Timeout")


def group(id_: str, first: int, last: int, peer: str) -> dict[str, Any]:
    return {
        "GroupId": id_,
        "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "UserIdGroupPairs": [{"GroupId": peer}]}
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }


def ec2(**answers: Any) -> Client:
    return Client(
        **{
            "describe_security_groups": {
                "SecurityGroups": [group("sg-lb", 443, 443, "sg-any"), group("sg-app", 8080, 8080, "sg-lb")]
            },
            "describe_subnets": {"Subnets": [{"SubnetId": "subnet-lb", "CidrBlock": "10.0.0.0/24"}]},
        }
        | answers
    )


def test_traffic_and_health_checks_may_go_to_two_ports() -> None:
    client = ec2()
    found = run(paths, look(AT, [WEB, API, SERVICE, APP_SUBNET, health("10.0.8.7")], ec2=client), Path)
    assert [(p.port, p.purpose, p.answer, p.where) for p in found] == [
        (8080, "traffic", "open", ""),
        (9090, "health checks", "blocked", "sg-app inbound"),
    ]
    assert {operation for operation, _ in client.asked} == {"describe_security_groups", "describe_subnets"}


def test_instances_and_other_addresses_are_looked_up() -> None:
    client = ec2(
        describe_instances={
            "Reservations": [
                {
                    "Instances": [
                        {
                            "InstanceId": "i-1",
                            "PrivateIpAddress": "10.0.8.9",
                            "SubnetId": "subnet-app",
                            "SecurityGroups": [{"GroupId": "sg-app"}],
                        }
                    ]
                }
            ]
        },
        describe_network_interfaces={"NetworkInterfaces": [{"PrivateIpAddress": "10.0.9.9", "Groups": []}]},
    )
    found = run(paths, look(AT, [WEB, API, health("i-1"), health("10.0.9.9")], ec2=client), Path)
    assert [(p.target, p.port, p.answer) for p in found] == [
        ("i-1", 8080, "open"),
        ("i-1", 9090, "blocked"),
        ("10.0.9.9", 8080, "open"),
        ("10.0.9.9", 9090, "open"),
    ]


def test_groups_that_ec2_does_not_tell_are_unknown() -> None:
    client = ec2(describe_security_groups={}, describe_subnets={})
    found = run(paths, look(AT, [WEB, API, SERVICE, health("10.0.8.7")], ec2=client), Path)
    assert {p.answer for p in found} == {"unknown"}


def test_balancers_without_groups_and_draining_targets_are_left_out() -> None:
    bare = read_balancer({"LoadBalancerArn": BALANCER}, REGION)
    assert run(paths, look(AT, [bare, API, SERVICE, health("10.0.8.7")], ec2=Client()), Path) == []
    assert run(paths, look(AT, [WEB, API, SERVICE, health("10.0.8.7", "draining")], ec2=Client()), Path) == []


RAW_ACL = {
    "NetworkAclId": "acl-app",
    "Associations": [{"SubnetId": "subnet-app"}],
    "Entries": [
        {"RuleNumber": 90, "Egress": False, "RuleAction": "deny", "Protocol": "6", "CidrBlock": "10.0.0.0/24",
         "PortRange": {"From": 8080, "To": 8080}},
        {"RuleNumber": 100, "Egress": False, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
        {"RuleNumber": 100, "Egress": True, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
    ],
}  # fmt: skip


def test_the_acl_of_the_targets_subnet_blocks() -> None:
    acl = PathAcl(acl=read(RAW_ACL, REGION))
    at = look(AT, [WEB, API, SERVICE, APP_SUBNET, acl, health("10.0.8.7")], ec2=ec2())
    [traffic, _] = run(paths, at, Path)
    assert (traffic.answer, traffic.where, traffic.source) == ("blocked", "acl-app inbound", "ec2:DescribeNetworkAcls")


def test_acls_of_the_balancers_vpc() -> None:
    client = Client(describe_network_acls={"NetworkAcls": [RAW_ACL, {}]})
    found = run(path_acls, look(AT, [WEB], ec2=client), PathAcl)
    assert [(p.acl.id, len(p.acl.rules)) for p in found] == [("acl-app", 3), ("", 0)]
    assert client.asked[0][1] == {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
