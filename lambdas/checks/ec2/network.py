"""The network on the way of a task: its subnets, security groups, network ACLs, routes, NAT gateways and endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Finding):
    """A subnet that tasks start in."""

    id: str
    vpc: str = ""
    zone: str = ""
    cidr: str = ""
    free: int | None = None  # addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One permission of a security group."""

    protocol: str  # tcp | udp | icmp | -1 (all)
    first: int | None
    last: int | None
    peers: tuple[str, ...]  # CIDR blocks, security groups, prefix lists

    def covers(self, port: int) -> bool:
        """Whether it lets TCP to a port through, for its peers."""
        if self.protocol == "-1":
            return True
        return self.protocol in ("tcp", "6") and (self.first or 0) <= port <= (
            self.last if self.last is not None else 65535
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup(Finding):
    """A security group of the service."""

    id: str
    name: str = ""
    vpc: str = ""
    inbound: tuple[Rule, ...] = ()
    outbound: tuple[Rule, ...] = ()

    def lets_out(self, port: int) -> bool:
        """Whether any rule lets TCP to a port out."""
        return any(rule.covers(port) for rule in self.outbound)


@dataclass(frozen=True, slots=True, kw_only=True)
class AclRule:
    """One entry of a network ACL."""

    number: int
    egress: bool
    allow: bool
    cidr: str
    protocol: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl(Finding):
    """A network ACL of the service's subnets."""

    id: str
    subnets: tuple[str, ...]
    rules: tuple[AclRule, ...]

    def denies(self, port: int, *, egress: bool) -> AclRule | None:
        """The rule that stops TCP on a port to or from everywhere; None where one lets it through first."""
        for rule in sorted((r for r in self.rules if r.egress == egress), key=lambda r: r.number):
            if rule.protocol not in ("-1", "6"):
                continue
            if rule.protocol == "6" and rule.first is not None and not rule.first <= port <= (rule.last or rule.first):
                continue
            if rule.allow:
                return None
            if rule.cidr in ("0.0.0.0/0", "::/0"):
                return rule
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRoute(Finding):
    """Where a subnet's traffic to the internet goes."""

    subnet: str
    table: str
    target: str = ""  # nat-…, igw-…, tgw-…; empty without a default route
    state: str = ""  # active | blackhole
    gateway_endpoints: tuple[str, ...] = ()  # vpce-… that the table routes to


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway(Finding):
    """A NAT gateway of the VPC. `at` is when it was deleted, if it was."""

    id: str
    state: str  # available | pending | deleting | deleted | failed
    deleted_at: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Finding):
    """A VPC endpoint."""

    id: str
    service: str  # the last parts of its service name, e.g. "ecr.dkr"
    kind: str  # Interface | Gateway
    state: str
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    route_tables: tuple[str, ...] = ()
    private_dns: bool = True


@check(
    "ec2.subnets",
    title="Subnets: free addresses",
    yields=(Subnet,),
    needs=(ServiceState,),
    # Describe actions of EC2 take no resource (Service Authorization Reference).
    allow=(Allow("ec2:DescribeSubnets"),),
    calls=1,
)
def subnets(look: Look) -> Iterator[Finding]:
    """The subnets of the services' network configuration."""
    if not (ids := _ids(look)):
        return
    answer: Any = look.aws.ec2.describe_subnets(SubnetIds=ids)
    for raw in answer.get("Subnets") or ():
        yield Subnet(
            id=raw.get("SubnetId", ""),
            vpc=raw.get("VpcId", ""),
            zone=raw.get("AvailabilityZone", ""),
            cidr=raw.get("CidrBlock", ""),
            free=raw.get("AvailableIpAddressCount"),
            source="ec2:DescribeSubnets",
            link=links.subnet(look.aws.region, raw.get("SubnetId", "")),
        )


@check(
    "ec2.security_groups",
    title="Security group configuration",
    yields=(SecurityGroup,),
    needs=(ServiceState,),
    allow=(Allow("ec2:DescribeSecurityGroups"),),
    calls=1,
)
def security_groups(look: Look) -> Iterator[Finding]:
    """The security groups of the tasks."""
    ids = list(dict.fromkeys(g for s in look.found.of(ServiceState) for g in s.security_groups))
    if not ids:
        return
    answer: Any = look.aws.ec2.describe_security_groups(GroupIds=ids)
    for raw in answer.get("SecurityGroups") or ():
        yield security_group(raw, look.aws.region)


def security_group(raw: dict[str, Any], region: str) -> SecurityGroup:
    """Read one group of DescribeSecurityGroups."""
    return SecurityGroup(
        id=raw.get("GroupId", ""),
        name=raw.get("GroupName", ""),
        vpc=raw.get("VpcId", ""),
        inbound=tuple(_rule(p) for p in raw.get("IpPermissions") or ()),
        outbound=tuple(_rule(p) for p in raw.get("IpPermissionsEgress") or ()),
        source="ec2:DescribeSecurityGroups",
        link=links.security_group(region, raw.get("GroupId", "")),
    )


def _rule(raw: dict[str, Any]) -> Rule:
    peers = (
        *(r.get("CidrIp", "") for r in raw.get("IpRanges") or ()),
        *(r.get("CidrIpv6", "") for r in raw.get("Ipv6Ranges") or ()),
        *(g.get("GroupId", "") for g in raw.get("UserIdGroupPairs") or ()),
        *(p.get("PrefixListId", "") for p in raw.get("PrefixListIds") or ()),
    )
    return Rule(
        protocol=str(raw.get("IpProtocol", "-1")), first=raw.get("FromPort"), last=raw.get("ToPort"), peers=peers
    )


@check(
    "ec2.network_acls",
    title="Network ACL configuration",
    yields=(NetworkAcl,),
    needs=(ServiceState,),
    allow=(Allow("ec2:DescribeNetworkAcls"),),
    calls=1,
)
def network_acls(look: Look) -> Iterator[Finding]:
    """The network ACLs of the tasks' subnets."""
    if not (ids := _ids(look)):
        return
    answer: Any = look.aws.ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": ids}])
    for raw in answer.get("NetworkAcls") or ():
        yield NetworkAcl(
            id=raw.get("NetworkAclId", ""),
            subnets=tuple(a.get("SubnetId", "") for a in raw.get("Associations") or ()),
            rules=tuple(
                AclRule(
                    number=e.get("RuleNumber") or 0,
                    egress=bool(e.get("Egress")),
                    allow=e.get("RuleAction") == "allow",
                    cidr=e.get("CidrBlock") or e.get("Ipv6CidrBlock", ""),
                    protocol=str(e.get("Protocol", "-1")),
                    first=(e.get("PortRange") or {}).get("From"),
                    last=(e.get("PortRange") or {}).get("To"),
                )
                for e in raw.get("Entries") or ()
            ),
            source="ec2:DescribeNetworkAcls",
            link=links.vpc(look.aws.region, "NetworkAclDetails:networkAclId", raw.get("NetworkAclId", "")),
        )


@check(
    "ec2.routes",
    title="Routes, NAT gateways and endpoints between the tasks and the registry, secrets and logs",
    yields=(DefaultRoute, NatGateway, Endpoint),
    needs=(Subnet,),
    allow=(Allow("ec2:DescribeRouteTables"), Allow("ec2:DescribeNatGateways"), Allow("ec2:DescribeVpcEndpoints")),
    calls=3,
)
def routes(look: Look) -> Iterator[Finding]:
    """What each subnet's default route leads to, and what endpoints the VPC has."""
    found = look.found.of(Subnet)
    vpcs = list(dict.fromkeys(s.vpc for s in found if s.vpc))
    if not vpcs:
        return
    in_vpc = [{"Name": "vpc-id", "Values": vpcs}]
    ec2: Any = look.aws.ec2  # the stubs do not know `Filter` of DescribeNatGateways
    tables: Any = ec2.describe_route_tables(Filters=in_vpc)
    for subnet in found:
        yield _default(subnet, tables.get("RouteTables") or [], look.aws.region)
    gateways: Any = ec2.describe_nat_gateways(Filter=in_vpc)
    for raw in gateways.get("NatGateways") or ():
        yield NatGateway(
            at=raw.get("DeleteTime"),
            id=raw.get("NatGatewayId", ""),
            state=raw.get("State", ""),
            deleted_at=raw.get("DeleteTime"),
            failure=raw.get("FailureMessage", ""),
            source="ec2:DescribeNatGateways",
            link=links.vpc(look.aws.region, "NatGatewayDetails:natGatewayId", raw.get("NatGatewayId", "")),
        )
    endpoints: Any = ec2.describe_vpc_endpoints(Filters=in_vpc)
    for raw in endpoints.get("VpcEndpoints") or ():
        yield Endpoint(
            at=raw.get("CreationTimestamp"),
            id=raw.get("VpcEndpointId", ""),
            service=raw.get("ServiceName", "").partition(f"{look.aws.region}.")[2],
            kind=raw.get("VpcEndpointType", ""),
            state=raw.get("State", ""),
            subnets=tuple(raw.get("SubnetIds") or ()),
            security_groups=tuple(g.get("GroupId", "") for g in raw.get("Groups") or ()),
            route_tables=tuple(raw.get("RouteTableIds") or ()),
            private_dns=raw.get("PrivateDnsEnabled", True),
            source="ec2:DescribeVpcEndpoints",
            link=links.vpc(look.aws.region, "EndpointDetails:vpcEndpointId", raw.get("VpcEndpointId", "")),
        )


def _default(subnet: Subnet, tables: list[dict[str, Any]], region: str) -> DefaultRoute:
    """The subnet's own table, else the VPC's main one."""
    own = next((t for t in tables if any(a.get("SubnetId") == subnet.id for a in t.get("Associations") or ())), None)
    main = next(
        (t for t in tables if t.get("VpcId") == subnet.vpc and any(a.get("Main") for a in t.get("Associations") or ())),
        None,
    )
    table = own or main or {}
    all_routes = table.get("Routes") or ()
    default: dict[str, Any] = next((r for r in all_routes if r.get("DestinationCidrBlock") == "0.0.0.0/0"), {})
    return DefaultRoute(
        subnet=subnet.id,
        table=table.get("RouteTableId", ""),
        target=next((default[h] for h in _HOPS if default.get(h)), ""),
        state=default.get("State", ""),
        gateway_endpoints=tuple(g for r in all_routes if (g := r.get("GatewayId", "")).startswith("vpce-")),
        source="ec2:DescribeRouteTables",
        link=links.vpc(region, "RouteTableDetails:RouteTableId", table.get("RouteTableId", "")),
    )


_HOPS = (
    "NatGatewayId",
    "GatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
)


def _ids(look: Look) -> list[str]:
    return list(dict.fromkeys(subnet for s in look.found.of(ServiceState) for subnet in s.subnets))
