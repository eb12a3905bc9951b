"""EC2: the network around the workload, and its instances."""

import re
from collections.abc import Callable
from typing import Any

from local.world.answer import Call, filtered
from local.world.arns import identifier
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _subnet(item: Item, fill: Filler) -> None:
    item.setdefault("State", "available")
    item.setdefault("AvailabilityZone", f"{fill.arns.region}a")
    item.setdefault("OwnerId", fill.arns.account)


def _group(item: Item, fill: Filler) -> None:
    item.setdefault("GroupName", item["GroupId"])
    item.setdefault("OwnerId", fill.arns.account)
    item.setdefault("IpPermissions", [])
    item.setdefault("IpPermissionsEgress", [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])


def _gateway(item: Item, _fill: Filler) -> None:
    item.setdefault("State", "available")


def _instance(item: Item, _fill: Filler) -> None:
    item.setdefault("State", {"Code": 16, "Name": "running"})


service = Service(
    "ec2",
    {
        "vpcs": Section("Vpc", {"attributes": "any"}, required=("VpcId",)),
        "subnets": Section("Subnet", fill=_subnet, required=("SubnetId",)),
        "securityGroups": Section("SecurityGroup", fill=_group, required=("GroupId",)),
        "networkAcls": Section("NetworkAcl", required=("NetworkAclId",)),
        "routeTables": Section("RouteTable", required=("RouteTableId",)),
        "natGateways": Section("NatGateway", fill=_gateway, required=("NatGatewayId",)),
        "internetGateways": Section("InternetGateway", required=("InternetGatewayId",)),
        "vpcEndpoints": Section("VpcEndpoint", fill=_gateway, required=("VpcEndpointId",)),
        "networkInterfaces": Section("NetworkInterface", required=("NetworkInterfaceId",)),
        "instances": Section("Instance", fill=_instance, required=("InstanceId",)),
        "instanceStatuses": Section("InstanceStatus", required=("InstanceId",)),
        "instanceTypes": Section("InstanceTypeInfo", required=("InstanceType",)),
    },
)


def _reader(key: str) -> Callable[[Item], Any]:
    return lambda item: item.get(key)


def _of(key: str, inner: str) -> Callable[[Item], Any]:
    return lambda item: [one.get(inner) for one in item.get(key, [])]


def _under(key: str, inner: str) -> Callable[[Item], Any]:
    return lambda item: item.get(key, {}).get(inner)


_COMMON = {
    "vpc-id": _reader("VpcId"),
    "subnet-id": _reader("SubnetId"),
    "availability-zone": _reader("AvailabilityZone"),
}
_STATE = {"state": _reader("State")}


def _describe(
    operation: str,
    section: str,
    *,
    ids: tuple[str, str],
    answer: str,
    error: str,
    filters: dict[str, Callable[[Item], Any]],
    filter_param: str = "Filters",
    shape: Callable[[Call, list[Item]], list[Item]] | None = None,
) -> None:
    """Register one Describe operation: ids (parameter, key), EC2's filters, pages."""
    param, key = ids
    known = _COMMON | filters | {_kebab(key): _reader(key)}

    def describe(call: Call) -> Item:
        wanted = call.params.get(param)
        items = [item for item in call.items(section) if wanted is None or item[key] in wanted]
        missing = set(wanted or []) - {item[key] for item in items}
        if missing:
            what = _kebab(key).removesuffix("-id").replace("-", " ")
            raise AwsError(error, f"The {what} ID '{min(missing)}' does not exist")
        kept = filtered(items, call.params.get(filter_param) or [], known)
        found = call.public(section, kept)
        page, more = call.page(
            shape(call, found) if shape else found, size=1000, limit="MaxResults", marker="NextToken"
        )
        return {answer: page, **more}

    service.answers(operation)(describe)


def _kebab(key: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", key).lower()


def _reservations(call: Call, instances: list[Item]) -> list[Item]:
    owner = call.world.head.account
    return [{"ReservationId": f"r-{i['InstanceId'][2:]}", "OwnerId": owner, "Instances": [i]} for i in instances]


_describe(
    "DescribeVpcs",
    "vpcs",
    ids=("VpcIds", "VpcId"),
    answer="Vpcs",
    error="InvalidVpcID.NotFound",
    filters={**_STATE, "cidr": _reader("CidrBlock"), "is-default": _reader("IsDefault")},
)
_describe(
    "DescribeSubnets",
    "subnets",
    ids=("SubnetIds", "SubnetId"),
    answer="Subnets",
    error="InvalidSubnetID.NotFound",
    filters={**_STATE, "cidr-block": _reader("CidrBlock")},
)
_describe(
    "DescribeSecurityGroups",
    "securityGroups",
    ids=("GroupIds", "GroupId"),
    answer="SecurityGroups",
    error="InvalidGroup.NotFound",
    filters={"group-name": _reader("GroupName"), "description": _reader("Description")},
)
_describe(
    "DescribeNetworkAcls",
    "networkAcls",
    ids=("NetworkAclIds", "NetworkAclId"),
    answer="NetworkAcls",
    error="InvalidNetworkAclID.NotFound",
    filters={"association.subnet-id": _of("Associations", "SubnetId"), "default": _reader("IsDefault")},
)
_describe(
    "DescribeRouteTables",
    "routeTables",
    ids=("RouteTableIds", "RouteTableId"),
    answer="RouteTables",
    error="InvalidRouteTableID.NotFound",
    filters={
        "association.subnet-id": _of("Associations", "SubnetId"),
        "association.main": _of("Associations", "Main"),
        "route.nat-gateway-id": _of("Routes", "NatGatewayId"),
        "route.gateway-id": _of("Routes", "GatewayId"),
    },
)
_describe(
    "DescribeNatGateways",
    "natGateways",
    ids=("NatGatewayIds", "NatGatewayId"),
    answer="NatGateways",
    error="NatGatewayNotFound",
    filters=_STATE,
    filter_param="Filter",
)
_describe(
    "DescribeInternetGateways",
    "internetGateways",
    ids=("InternetGatewayIds", "InternetGatewayId"),
    answer="InternetGateways",
    error="InvalidInternetGatewayID.NotFound",
    filters={"attachment.vpc-id": _of("Attachments", "VpcId"), "attachment.state": _of("Attachments", "State")},
)
_describe(
    "DescribeVpcEndpoints",
    "vpcEndpoints",
    ids=("VpcEndpointIds", "VpcEndpointId"),
    answer="VpcEndpoints",
    error="InvalidVpcEndpointId.NotFound",
    filters={
        "service-name": _reader("ServiceName"),
        "vpc-endpoint-type": _reader("VpcEndpointType"),
        "vpc-endpoint-state": _reader("State"),
    },
)
_describe(
    "DescribeNetworkInterfaces",
    "networkInterfaces",
    ids=("NetworkInterfaceIds", "NetworkInterfaceId"),
    answer="NetworkInterfaces",
    error="InvalidNetworkInterfaceID.NotFound",
    filters={
        "group-id": _of("Groups", "GroupId"),
        "status": _reader("Status"),
        "description": _reader("Description"),
        "private-ip-address": _reader("PrivateIpAddress"),
        "addresses.private-ip-address": _of("PrivateIpAddresses", "PrivateIpAddress"),
        "interface-type": _reader("InterfaceType"),
        "requester-id": _reader("RequesterId"),
        "attachment.instance-id": _under("Attachment", "InstanceId"),
    },
)
_describe(
    "DescribeInstances",
    "instances",
    ids=("InstanceIds", "InstanceId"),
    answer="Reservations",
    error="InvalidInstanceID.NotFound",
    filters={
        "instance-state-name": _under("State", "Name"),
        "instance-type": _reader("InstanceType"),
        "private-ip-address": _reader("PrivateIpAddress"),
        "instance.group-id": _of("SecurityGroups", "GroupId"),
    },
    shape=_reservations,
)
_describe(
    "DescribeInstanceTypes",
    "instanceTypes",
    ids=("InstanceTypes", "InstanceType"),
    answer="InstanceTypes",
    error="InvalidInstanceType",
    filters={"current-generation": _reader("CurrentGeneration")},
)


@service.answers("DescribeInstanceStatus")
def describe_instance_status(call: Call) -> Item:
    """Status checks; an instance without a word in the world is running and passes both."""
    said = {one["InstanceId"]: one for one in call.items("instanceStatuses")}
    wanted = call.params.get("InstanceIds")
    known = [instance["InstanceId"] for instance in call.items("instances")]
    ids = wanted or list(dict.fromkeys([*said, *known]))
    missing = [one for one in ids if one not in said and one not in known]
    if missing:
        raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{missing[0]}' does not exist")
    states = {instance["InstanceId"]: instance["State"] for instance in call.items("instances")}
    fine = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
    every = [
        {
            "InstanceState": states.get(one, {"Code": 16, "Name": "running"}),
            "InstanceStatus": fine,
            "SystemStatus": fine,
        }
        | said.get(one, {})
        | {"InstanceId": one}
        for one in ids
    ]
    if not call.params.get("IncludeAllInstances"):
        every = [one for one in every if one["InstanceState"].get("Name") == "running"]
    page, more = call.page(every, size=1000, limit="MaxResults", marker="NextToken")
    return {"InstanceStatuses": page, **more}


@service.answers("DescribeVpcAttribute")
def describe_vpc_attribute(call: Call) -> Item:
    """DNS support and host names of a VPC; AWS's default is support on, host names off."""
    for vpc in call.items("vpcs"):
        if vpc["VpcId"] == call.params["VpcId"]:
            name = call.params["Attribute"]
            given = vpc.get("attributes", {}).get(name, name == "enableDnsSupport")
            return {"VpcId": vpc["VpcId"], name[:1].upper() + name[1:]: {"Value": bool(given)}}
    raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{call.params['VpcId']}' does not exist")


@service.answers("DescribeSecurityGroupRules")
def describe_security_group_rules(call: Call) -> Item:
    """The rules of the world's security groups, one by one."""
    rules = [rule for group in call.items("securityGroups") for rule in _rules(group)]
    if wanted := call.params.get("SecurityGroupRuleIds"):
        rules = [rule for rule in rules if rule["SecurityGroupRuleId"] in wanted]
    rules = filtered(rules, call.params.get("Filters") or [], {"group-id": _reader("GroupId")})
    page, more = call.page(rules, size=1000, limit="MaxResults", marker="NextToken")
    return {"SecurityGroupRules": page, **more}


def _rules(group: Item) -> list[Item]:
    found: list[Item] = []
    for egress, key in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
        for permission in group[key]:
            head = {
                "GroupId": group["GroupId"],
                "GroupOwnerId": group["OwnerId"],
                "IsEgress": egress,
                "IpProtocol": permission["IpProtocol"],
                "FromPort": permission.get("FromPort", -1),
                "ToPort": permission.get("ToPort", -1),
            }
            peers: list[Item] = [{"CidrIpv4": one["CidrIp"]} for one in permission.get("IpRanges", [])]
            peers += [{"CidrIpv6": one["CidrIpv6"]} for one in permission.get("Ipv6Ranges", [])]
            peers += [{"PrefixListId": one["PrefixListId"]} for one in permission.get("PrefixListIds", [])]
            peers += [
                {"ReferencedGroupInfo": {"GroupId": one["GroupId"]}} for one in permission.get("UserIdGroupPairs", [])
            ]
            found.extend(head | peer for peer in peers)
    for rule in found:
        rule["SecurityGroupRuleId"] = f"sgr-{identifier(str(sorted(rule.items(), key=str)), 17)}"
    return found
