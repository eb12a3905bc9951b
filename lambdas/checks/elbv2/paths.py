"""The port path from each balancer to its targets: which security group or network ACL stops it, if one does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ec2.network import SecurityGroup, Subnet, security_group
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.balancers import ASKED, Balancer, Group
from lambdas.checks.elbv2.path_acls import PathAcl
from lambdas.checks.elbv2.reach import Answer, Side, reach
from lambdas.checks.elbv2.target_groups import TargetHealth

TARGETS = 4  # of each group: those of one group share their security groups nearly always


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Finding):
    """Whether one target can be reached on one port."""

    balancer: str  # name
    group: str  # the target group's name
    target: str
    state: str  # the target's health
    reason: str = ""
    port: int
    purpose: str  # "traffic", "health checks", or both
    answer: Answer
    where: str = ""  # the filter that blocks
    filter: str = ""  # its id
    from_groups: tuple[str, ...] = ()  # the balancer's security groups
    to_groups: tuple[str, ...] = ()  # the target's
    acls: bool = True  # whether network ACLs were seen too


@dataclass(frozen=True, slots=True)
class _Host:
    """Where a target is: what EC2 or ECS says of it."""

    address: str = ""
    subnet: str = ""
    groups: tuple[str, ...] | None = None


@dataclass(slots=True)
class _Map:
    """What is known of the network, by id."""

    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    acls: tuple[PathAcl, ...] = ()

    def side(self, host: _Host) -> Side:
        """One end of a path; groups that are not known leave the answer open."""
        known = None
        if host.groups is not None and all(id_ in self.groups for id_ in host.groups):
            known = [self.groups[id_] for id_ in host.groups]
        subnet = self.subnets.get(host.subnet)
        return Side(
            address=host.address,
            cidr=subnet.cidr if subnet else "",
            subnet=host.subnet,
            groups=known,
            group_ids=frozenset(host.groups or ()),
            acl=next((p.acl for p in self.acls if host.subnet and host.subnet in p.acl.subnets), None),
        )


@check(
    "elbv2.paths",
    title="Security group configurations between load balancer and targets",
    yields=(Path,),
    needs=(Balancer, TargetHealth),
    uses=(Group, ServiceState, SecurityGroup, Subnet, PathAcl),
    # Describe actions of EC2 take no resource (Service Authorization Reference).
    allow=(
        Allow("ec2:DescribeSecurityGroups"),
        Allow("ec2:DescribeSubnets"),
        Allow("ec2:DescribeInstances"),
        Allow("ec2:DescribeNetworkInterfaces"),
    ),
    calls=4,
)
def paths(look: Look) -> Iterator[Finding]:
    """For the first targets of each group, the failing ones first. Nothing where no group filters on the way."""
    balancers = [b for b in look.found.of(Balancer) if b.security_groups]
    chosen = list(_chosen(look))
    if not balancers or not chosen:
        return
    hosts = _hosts(look, [t for _, t in chosen])
    network = _network(look, balancers, hosts.values())
    for group, target in chosen:
        host = hosts.get(target.target)
        balancer = _of(balancers, group)
        if host is None or balancer is None:
            continue
        yield from _paths(look, network, balancer, (group, target, host))


def _of(balancers: list[Balancer], group: Group) -> Balancer | None:
    return next((b for b in balancers if b.arn in group.balancers or not group.balancers), None)


def _chosen(look: Look) -> Iterator[tuple[Group, TargetHealth]]:
    healths = look.found.of(TargetHealth)
    for group in look.found.of(Group)[:ASKED]:
        if group.target_type in ("lambda", "alb"):
            continue
        own = [t for t in healths if t.group_arn == group.arn and t.state not in ("draining", "unused") and t.target]
        own.sort(key=lambda t: t.state == "healthy")
        yield from ((group, target) for target in own[:TARGETS])


def _hosts(look: Look, targets: list[TargetHealth]) -> dict[str, _Host]:
    """By the target's id. Addresses of ECS tasks are known from their service; the rest is asked."""
    hosts: dict[str, _Host] = {}
    subnets = look.found.of(Subnet)
    for target in targets:
        service = next((s for s in look.found.of(ServiceState) if target.group_arn in s.target_groups), None)
        if service and service.security_groups and not target.target.startswith("i-"):
            own = [s for s in subnets if s.id in service.subnets and _inside(target.target, s.cidr)]
            subnet = own[0].id if own else ""
            hosts[target.target] = _Host(target.target, subnet, service.security_groups)
    rest = list(dict.fromkeys(t.target for t in targets if t.target not in hosts))
    if instances := [id_ for id_ in rest if id_.startswith("i-")]:
        answer: Any = look.aws.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": instances}])
        for reservation in answer.get("Reservations") or ():
            for raw in reservation.get("Instances") or ():
                hosts[raw.get("InstanceId", "")] = _host(raw, "SecurityGroups")
    if addresses := [id_ for id_ in rest if not id_.startswith("i-")]:
        answer = look.aws.ec2.describe_network_interfaces(
            Filters=[{"Name": "addresses.private-ip-address", "Values": addresses}]
        )
        for raw in answer.get("NetworkInterfaces") or ():
            hosts[raw.get("PrivateIpAddress", "")] = _host(raw, "Groups")
    return hosts


def _host(raw: Mapping[str, Any], key: str) -> _Host:
    groups = raw.get(key)
    return _Host(
        raw.get("PrivateIpAddress", ""),
        raw.get("SubnetId", ""),
        None if groups is None else tuple(g.get("GroupId", "") for g in groups),
    )


def _inside(address: str, cidr: str) -> bool:
    try:
        return ip_address(address) in ip_network(cidr, strict=False)
    except ValueError:
        return False


def _network(look: Look, balancers: list[Balancer], hosts: Iterable[_Host]) -> _Map:
    """What other checks have read already, and the rest in one call each. Filters do not fail on what is gone."""
    hosts = list(hosts)
    found = _Map(
        groups={g.id: g for g in look.found.of(SecurityGroup)},
        subnets={s.id: s for s in look.found.of(Subnet)},
        acls=tuple(look.found.of(PathAcl)),
    )
    ids = [*(g for b in balancers for g in b.security_groups), *(g for h in hosts for g in h.groups or ())]
    if missing := [id_ for id_ in dict.fromkeys(ids) if id_ not in found.groups]:
        answer: Any = look.aws.ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": missing}])
        for raw in answer.get("SecurityGroups") or ():
            found.groups[raw.get("GroupId", "")] = security_group(raw, look.aws.region)
    subnets = [*(s for b in balancers for s in b.zones.values()), *(h.subnet for h in hosts)]
    if missing := [id_ for id_ in dict.fromkeys(subnets) if id_ and id_ not in found.subnets]:
        answer = look.aws.ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": missing}])
        for raw in answer.get("Subnets") or ():
            found.subnets[raw.get("SubnetId", "")] = Subnet(id=raw.get("SubnetId", ""), cidr=raw.get("CidrBlock", ""))
    return found


def _paths(look: Look, network: _Map, balancer: Balancer, end: tuple[Group, TargetHealth, _Host]) -> Iterator[Path]:
    group, target, host = end
    traffic = target.port or group.port
    checks = int(group.check_port) if group.check_port.isdigit() else traffic
    purposes: dict[int, str] = {}
    for port, purpose in ((traffic, "traffic"), (checks, "health checks")):
        if port:
            purposes[port] = f"{purposes[port]} and {purpose}" if port in purposes else purpose
    destination = network.side(host)
    sources = [
        network.side(_Host(subnet=subnet, groups=balancer.security_groups)) for subnet in balancer.zones.values()
    ] or [network.side(_Host(groups=balancer.security_groups))]
    for port, purpose in purposes.items():
        hops = [reach(source, destination, port) for source in sources]
        order = ("blocked", "unknown", "open")
        worst = min(hops, key=lambda hop: order.index(hop.answer))
        yield Path(
            balancer=balancer.name,
            group=group.name,
            target=target.target,
            state=target.state,
            reason=target.reason,
            port=port,
            purpose=purpose,
            answer=worst.answer,
            where=worst.where,
            filter=worst.id,
            from_groups=balancer.security_groups,
            to_groups=host.groups or (),
            acls=bool(network.acls),
            source="ec2:DescribeSecurityGroups" if not worst.id.startswith("acl-") else "ec2:DescribeNetworkAcls",
            link=_link(look, worst.id),
        )


def _link(look: Look, id_: str) -> str:
    if id_.startswith("sg-"):
        return links.security_group(look.aws.region, id_)
    return links.vpc(look.aws.region, "NetworkAclDetails:networkAclId", id_) if id_ else ""
