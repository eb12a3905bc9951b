"""Network ACLs of the subnets on both ends of the path between balancer and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ec2.network import AclRule, NetworkAcl
from lambdas.checks.elbv2.balancers import Balancer

VPCS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAcl(Finding):
    """A network ACL of the balancer's VPC. A type of its own: most of them do not concern the tasks."""

    acl: NetworkAcl


@check(
    "elbv2.path_acls",
    title="Network ACL configuration between load balancer and targets",
    yields=(PathAcl,),
    needs=(Balancer,),
    # Describe actions of EC2 take no resource (Service Authorization Reference).
    allow=(Allow("ec2:DescribeNetworkAcls"),),
    calls=1,
)
def path_acls(look: Look) -> Iterator[Finding]:
    """All of the VPC in one call: which subnets the targets are in is not known yet."""
    vpcs = list(dict.fromkeys(b.vpc for b in look.found.of(Balancer) if b.vpc))[:VPCS]
    if not vpcs:
        return
    answer: Any = look.aws.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": vpcs}])
    for raw in answer.get("NetworkAcls") or ():
        acl = read(raw, look.aws.region)
        yield PathAcl(acl=acl, source=acl.source, link=acl.link)


def read(raw: Mapping[str, Any], region: str) -> NetworkAcl:
    """Read one ACL of DescribeNetworkAcls."""
    id_ = raw.get("NetworkAclId", "")
    return NetworkAcl(
        id=id_,
        subnets=tuple(a["SubnetId"] for a in raw.get("Associations") or () if a.get("SubnetId")),
        rules=tuple(_rule(e) for e in raw.get("Entries") or ()),
        source="ec2:DescribeNetworkAcls",
        link=links.vpc(region, "NetworkAclDetails:networkAclId", id_),
    )


def _rule(raw: Mapping[str, Any]) -> AclRule:
    ports = raw.get("PortRange") or {}
    return AclRule(
        number=raw.get("RuleNumber") or 0,
        egress=bool(raw.get("Egress")),
        allow=raw.get("RuleAction") == "allow",
        cidr=raw.get("CidrBlock") or raw.get("Ipv6CidrBlock", ""),
        protocol=str(raw.get("Protocol", "-1")),
        first=ports.get("From"),
        last=ports.get("To"),
    )
