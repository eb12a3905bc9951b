"""EC2: the network around the workload, and its instances."""

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
