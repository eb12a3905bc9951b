from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = """
elbv2:
  loadBalancers: [{LoadBalancerName: public, attributes: {idle_timeout.timeout_seconds: 30}}]
  targetGroups:
    - TargetGroupName: web
      Port: 80
      targets: [{Target: {Id: 10.0.0.1, Port: 80}, TargetHealth: {State: unhealthy, Reason: Target.Timeout}}]
  listeners: [{LoadBalancerArn: lb/public, DefaultActions: [{Type: forward, TargetGroupArn: tg/web}]}]
ec2:
  subnets:
    - {SubnetId: subnet-1, VpcId: vpc-1, AvailableIpAddressCount: 2, Tags: [{Key: Name, Value: private-a}]}
    - {SubnetId: subnet-2, VpcId: vpc-2}
  securityGroups:
    - GroupId: sg-1
      IpPermissions: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, UserIdGroupPairs: [{GroupId: sg-2}]}]
  routeTables: [{RouteTableId: rtb-1, Associations: [{SubnetId: subnet-1}]}]
  vpcEndpoints: [{VpcEndpointId: vpce-1, VpcId: vpc-1, State: available}]
  instances: [{InstanceId: i-1, InstanceType: m5.large}]
"""


def test_a_group_knows_its_balancer_through_the_listener(ask: Callable[..., Any]) -> None:
    balancer = ask(BODY, "elbv2", "describe_load_balancers")["LoadBalancers"][0]["LoadBalancerArn"]
    groups = ask(BODY, "elbv2", "describe_target_groups", LoadBalancerArn=balancer)["TargetGroups"]
    assert groups[0]["LoadBalancerArns"] == [balancer]
    health = ask(BODY, "elbv2", "describe_target_health", TargetGroupArn=groups[0]["TargetGroupArn"])
    assert health["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.Timeout"
    attributes = ask(BODY, "elbv2", "describe_load_balancer_attributes", LoadBalancerArn=balancer)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in attributes
    listener = ask(BODY, "elbv2", "describe_listeners", LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rules = ask(BODY, "elbv2", "describe_rules", ListenerArn=listener)["Rules"]
    assert [rule["IsDefault"] for rule in rules] == [True]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"Name": "vpc-id", "Values": ["vpc-1"]}], ["subnet-1"]),
        ([{"Name": "tag:Name", "Values": ["private-*"]}], ["subnet-1"]),
        (
            [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}, {"Name": "subnet-id", "Values": ["subnet-2"]}],
            ["subnet-2"],
        ),
        ([{"Name": "state", "Values": ["pending"]}], []),
    ],
)
def test_filters(ask: Callable[..., Any], filters: list[dict[str, Any]], expected: list[str]) -> None:
    found = ask(BODY, "ec2", "describe_subnets", Filters=filters)["Subnets"]
    assert [subnet["SubnetId"] for subnet in found] == expected


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("describe_subnets", {"SubnetIds": ["subnet-9"]}, "InvalidSubnetID.NotFound"),
        ("describe_security_groups", {"GroupIds": ["sg-9"]}, "InvalidGroup.NotFound"),
        ("describe_subnets", {"Filters": [{"Name": "colour", "Values": ["red"]}]}, "InvalidParameterValue"),
    ],
)
def test_errors(ask: Callable[..., Any], method: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as error:
        ask(BODY, "ec2", method, **params)
    assert error.value.response["Error"]["Code"] == code


def test_the_rest_of_the_network(ask: Callable[..., Any]) -> None:
    by_subnet = [{"Name": "association.subnet-id", "Values": ["subnet-1"]}]
    assert ask(BODY, "ec2", "describe_route_tables", Filters=by_subnet)["RouteTables"][0]["RouteTableId"] == "rtb-1"
    assert ask(BODY, "ec2", "describe_vpc_endpoints")["VpcEndpoints"][0]["State"] == "available"
    assert ask(BODY, "ec2", "describe_instances")["Reservations"][0]["Instances"][0]["InstanceId"] == "i-1"
    assert ask(BODY, "ec2", "describe_instance_status")["InstanceStatuses"][0]["InstanceStatus"]["Status"] == "ok"
    group = [{"Name": "group-id", "Values": ["sg-1"]}]
    rules = ask(BODY, "ec2", "describe_security_group_rules", Filters=group)["SecurityGroupRules"]
    assert rules[0]["ReferencedGroupInfo"] == {"GroupId": "sg-2"}
