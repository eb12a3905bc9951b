"""Whether packets get from a balancer to a target and back: security groups and network ACLs. Pure.

Rules of evaluation (Amazon VPC User Guide): security groups are stateful and only allow, so the balancer's outbound and
the target's inbound rules decide; network ACLs are stateless, are read by rule number, the first match decides, and
apply only between subnets, so the way back to the balancer's ephemeral ports (1024–65535) counts too.

What was not seen is never 'blocked': a group or subnet that is unknown makes the answer 'unknown'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.checks.ec2.network import AclRule, NetworkAcl, Rule, SecurityGroup

type Answer = Literal["open", "blocked", "unknown"]
type Network = IPv4Network | IPv6Network

EPHEMERAL = (1024, 65535)  # that balancer nodes choose from (Elastic Load Balancing User Guide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One end of the path. `groups` None: not known; empty: it has none, and nothing filters there."""

    address: str = ""  # of a single host; empty for the nodes of a balancer, which may take any of the subnet's
    cidr: str = ""  # of its subnet
    subnet: str = ""
    groups: Sequence[SecurityGroup] | None = None
    acl: NetworkAcl | None = None
    group_ids: frozenset[str] = field(default_factory=frozenset)  # also of groups that could not be described

    @property
    def network(self) -> Network | None:
        """The addresses it may have."""
        for text in (self.address, self.cidr):
            try:
                if text:
                    return ip_network(text, strict=False)
            except ValueError:
                continue
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One filter on the way and what it does."""

    answer: Answer
    where: str = ""  # the filter that blocks, e.g. "sg-0123 inbound"
    id: str = ""  # of the security group or network ACL


def reach(source: Side, target: Side, port: int) -> Hop:
    """The first filter that blocks TCP from `source` to `target`:`port`, or the answer for the whole way."""
    hops = [
        _group(source.groups, target, port, outbound=True),
        _group(target.groups, source, port, outbound=False),
    ]
    if not (source.subnet and source.subnet == target.subnet):
        hops += [
            _acl(source.acl, target, (port, port), egress=True),
            _acl(target.acl, source, (port, port), egress=False),
            _acl(target.acl, source, EPHEMERAL, egress=True),
            _acl(source.acl, target, EPHEMERAL, egress=False),
        ]
    return next((h for h in hops if h.answer == "blocked"), None) or next(
        (h for h in hops if h.answer == "unknown"), Hop(answer="open")
    )


def _group(groups: Sequence[SecurityGroup] | None, peer: Side, port: int, *, outbound: bool) -> Hop:
    """All groups of an interface count as one list of rules: one rule that lets the peer through is enough."""
    if groups is None:
        return Hop(answer="unknown")
    if not groups:
        return Hop(answer="open")
    rules = [rule for group in groups for rule in (group.outbound if outbound else group.inbound)]
    answers = [_rule(rule, peer) for rule in rules if rule.covers(port)]
    if "open" in answers:
        return Hop(answer="open")
    ids = ", ".join(group.id for group in groups)
    answer: Answer = "unknown" if "unknown" in answers else "blocked"
    return Hop(answer=answer, where=f"{ids} {'outbound' if outbound else 'inbound'}", id=groups[0].id)


def _rule(rule: Rule, peer: Side) -> Answer:
    answers: set[Answer] = {_peer(text, peer) for text in rule.peers if text}
    return "open" if "open" in answers else "unknown" if "unknown" in answers else "blocked"


def _peer(text: str, peer: Side) -> Answer:
    if text.startswith("sg-"):
        if text in peer.group_ids:
            return "open"
        return "blocked" if peer.groups is not None else "unknown"
    if text.startswith("pl-"):
        return "unknown"  # the prefix list's entries were not read
    return _covers(text, peer.network)


def _covers(cidr: str, network: Network | None) -> Answer:
    """Open if the block holds all addresses of the network; unknown if it holds some, or the network is not known."""
    try:
        block = ip_network(cidr, strict=False)
    except ValueError:
        return "unknown"
    if network is None:
        return "open" if block.prefixlen == 0 and block.version == 4 else "unknown"
    if isinstance(block, IPv4Network) and isinstance(network, IPv4Network):
        return "open" if network.subnet_of(block) else "unknown" if network.overlaps(block) else "blocked"
    if isinstance(block, IPv6Network) and isinstance(network, IPv6Network):
        return "open" if network.subnet_of(block) else "unknown" if network.overlaps(block) else "blocked"
    return "blocked"  # an IPv6 block says nothing of an IPv4 address


def _acl(acl: NetworkAcl | None, peer: Side, ports: tuple[int, int], *, egress: bool) -> Hop:
    """An ACL that was not seen is the VPC's default one in nearly every account; that is assumed, never 'blocked'."""
    if acl is None or not acl.rules:
        return Hop(answer="open")
    way = f"{acl.id} {'outbound' if egress else 'inbound'}"
    ordered = sorted((r for r in acl.rules if r.egress == egress), key=lambda r: r.number)
    return Hop(answer=_entries(ordered, peer, ports), where=_where(way, ports), id=acl.id)


def _entries(rules: Iterable[AclRule], peer: Side, ports: tuple[int, int]) -> Answer:
    """Read the rules in order. One that fits only some ports or addresses settles nothing, but leaves doubt."""
    allowed: list[tuple[int, int]] = []
    doubt = False
    for rule in rules:
        if rule.protocol not in ("-1", "6", "tcp"):
            continue
        fits = _covers(rule.cidr, peer.network)
        first, last = (0, 65535) if rule.protocol == "-1" or rule.first is None else (rule.first, rule.last)
        last = first if last is None else last
        if fits == "blocked" or last < ports[0] or first > ports[1]:
            continue
        if fits == "unknown":
            doubt = True
            continue
        if rule.allow:
            allowed.append((first, last))
            if _whole(allowed, ports):
                return "unknown" if doubt else "open"
            continue
        if first <= ports[0] and last >= ports[1]:
            return "unknown" if doubt or allowed else "blocked"
        doubt = True  # some of the ports are denied: connections fail now and then
    return "unknown" if doubt or allowed else "blocked"


def _whole(parts: list[tuple[int, int]], ports: tuple[int, int]) -> bool:
    """Whether ranges together hold all of `ports`."""
    reached = ports[0]
    for first, last in sorted(parts):
        if first > reached:
            return False
        reached = max(reached, last + 1)
    return reached > ports[1]


def _where(way: str, ports: tuple[int, int]) -> str:
    return f"{way} (return traffic to ports {ports[0]}–{ports[1]})" if ports == EPHEMERAL else way
