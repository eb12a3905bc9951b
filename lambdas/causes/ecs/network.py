"""Where the way from the tasks to the registry, to secrets and to logs ends, as far as configuration shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.ecs.related import changes_of
from lambdas.checks.ec2.network import DefaultRoute, Endpoint, NatGateway, NetworkAcl, SecurityGroup
from lambdas.checks.ecs.services import ServiceState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

REGISTRY = ("ecr.api", "ecr.dkr", "s3")


def on_the_way(evidence: Evidence, services: tuple[str, ...] = REGISTRY) -> list[Fact]:
    """What stops TCP 443 from the tasks' subnets to AWS's services; empty where nothing visible does."""
    return [
        *_routes(evidence, services),
        *_endpoints(evidence, services),
        *_groups(evidence),
        *_acls(evidence),
        *_changes(evidence),
    ]


def _routes(evidence: Evidence, services: tuple[str, ...]) -> Iterator[Fact]:
    endpoints = {e.service for e in evidence.of(Endpoint) if e.state.lower() == "available"}
    nats = {n.id: n for n in evidence.of(NatGateway)}
    lacking = [s for s in services if s not in endpoints]
    public = any(s.public_ip for s in evidence.of(ServiceState))
    for route in evidence.of(DefaultRoute):
        nat = nats.get(route.target)
        if route.state == "blackhole":
            text = (
                f"the default route of {route.subnet} leads to {route.target}, which is gone (blackhole, {route.table})"
            )
        elif nat and nat.state not in ("available", "pending"):
            text = f"the default route of {route.subnet} leads to {route.target}, which is {nat.state}"
        elif route.target.startswith("nat-") and nats and nat is None:
            text = f"the default route of {route.subnet} leads to {route.target}, which does not exist any more"
        elif not route.target and lacking:
            text = (
                f"{route.subnet} has no default route ({route.table}),"
                f" and the VPC has no endpoint for {', '.join(lacking)}"
            )
        elif route.target.startswith("igw-") and not public and lacking:
            text = f"{route.subnet} routes to an internet gateway, but the tasks get no public address"
        else:
            continue
        yield Fact(text=text, source=route.source, link=(nat.link if nat else route.link), at=nat.at if nat else None)


def _endpoints(evidence: Evidence, services: tuple[str, ...]) -> Iterator[Fact]:
    groups = {g.id: g for g in evidence.of(SecurityGroup)}
    for endpoint in evidence.of(Endpoint):
        if endpoint.service not in services:
            continue
        if endpoint.state.lower() not in ("available", ""):
            yield Fact(
                text=f"the endpoint {endpoint.id} ({endpoint.service}) is {endpoint.state}", source=endpoint.source
            )
        known = [groups[g] for g in endpoint.security_groups if g in groups]
        if known and not any(rule.covers(443) for g in known for rule in g.inbound):
            text = f"the security group of the endpoint {endpoint.id} ({endpoint.service}) lets nothing in on 443"
            yield Fact(text=text, source=endpoint.source, link=endpoint.link)
    tables = {r.table for r in evidence.of(DefaultRoute) if r.table}
    for gateway in (e for e in evidence.of(Endpoint) if e.kind == "Gateway" and e.service in services):
        without = sorted(tables - set(gateway.route_tables)) if gateway.route_tables else []
        unreachable = [r for r in evidence.of(DefaultRoute) if r.table in without and not r.target]
        if unreachable:
            text = (
                f"the gateway endpoint {gateway.id} ({gateway.service})"
                f" is not in the route table {unreachable[0].table}"
            )
            yield Fact(text=text, source=gateway.source, link=gateway.link)


def _groups(evidence: Evidence) -> Iterator[Fact]:
    own = {g for s in evidence.of(ServiceState) for g in s.security_groups}
    tasks = [g for g in evidence.of(SecurityGroup) if g.id in own]
    if tasks and not any(g.lets_out(443) for g in tasks):
        names = ", ".join(g.id for g in tasks)
        yield Fact(
            text=f"the tasks' security groups ({names}) let no TCP 443 out", source=tasks[0].source, link=tasks[0].link
        )


def _acls(evidence: Evidence) -> Iterator[Fact]:
    for acl in evidence.of(NetworkAcl):
        if (rule := acl.denies(443, egress=True)) or (rule := acl.denies(50000, egress=False)):
            way = "out on 443" if rule.egress else "back in on high ports"
            text = f"the network ACL {acl.id} denies TCP {way} (rule {rule.number}) for {', '.join(acl.subnets[:2])}"
            yield Fact(text=text, source=acl.source, link=acl.link)


def _changes(evidence: Evidence) -> Iterator[Fact]:
    names = [n for r in evidence.of(DefaultRoute) for n in (r.table, r.target)]
    names += [e.id for e in evidence.of(Endpoint)] + [g for s in evidence.of(ServiceState) for g in s.security_groups]
    names += [a.id for a in evidence.of(NetworkAcl)] + [n.id for n in evidence.of(NatGateway)]
    yield from changes_of(evidence, *dict.fromkeys(names))
