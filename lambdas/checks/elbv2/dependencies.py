"""What the services behind the balancer depend on, so that the diagnosis can go on below them.

Hosts are taken from the environment of the current task definition (nothing else of a value is kept); where that names
no database, from the errors that name one, and from security groups: a database that lets in the service's own group is
its database. The database found is yielded as `Instance`, so that the checks of databases run for it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ec2.network import SecurityGroup, security_group
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.balancers import Group
from lambdas.checks.elbv2.paths import Path
from lambdas.checks.logs.lines import ErrorLine
from lambdas.checks.rds.instances import Cluster, Instance, instance

SERVICES = 3
GROUPS = 40  # security groups of databases that are read at most
HOST = re.compile(r"\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?::(\d{2,5}))?\b", re.IGNORECASE)
KINDS = (  # the endpoint's domain → what it is
    (re.compile(r"\.rds\.amazonaws\.com(\.cn)?$"), "database"),
    (re.compile(r"\.cache\.amazonaws\.com(\.cn)?$"), "cache"),
    (re.compile(r"\.(es|aoss)\.amazonaws\.com(\.cn)?$"), "search"),
    (re.compile(r"\.(docdb|neptune)\.amazonaws\.com(\.cn)?$|^docdb|\.docdb\."), "document database"),
    (re.compile(r"\.kafka\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$"), "stream"),
    (re.compile(r"\.(sqs|sns|s3|dynamodb)\b.*\.amazonaws\.com(\.cn)?$|^(sqs|sns|s3|dynamodb)\."), "AWS service"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency(Finding):
    """Something that a service behind the balancer needs to answer."""

    service: str  # the ECS service, or the target group
    kind: str  # database | cache | search | stream | AWS service | host
    name: str  # the database's identifier where it was found, else the host
    host: str = ""
    evidence: str = ""  # how it is known


@check(
    "elbv2.dependencies",
    title="External service dependencies of the targets: databases, caches, hosts",
    yields=(Dependency, Instance, Cluster),
    needs=(Group,),
    uses=(ServiceState, Path, SecurityGroup, ErrorLine),
    allow=(
        # DescribeTaskDefinition takes no resource (Service Authorization Reference, Amazon ECS).
        Allow("ecs:DescribeTaskDefinition"),
        Allow("rds:DescribeDBInstances", "arn:{partition}:rds:{region}:{account}:db:*"),
        Allow("rds:DescribeDBClusters", "arn:{partition}:rds:{region}:{account}:cluster:*"),
        Allow("ec2:DescribeSecurityGroups"),
    ),
    calls=8,
)
def dependencies(look: Look) -> Iterator[Finding]:
    """Hosts first; then the databases among them, that of the largest service first."""
    hosts: dict[str, str] = {}  # host → service
    for service in _services(look)[:SERVICES]:
        for host in _hosts(look, service):
            hosts.setdefault(host, service.name)
            if kind(host) not in ("database", "host"):
                yield Dependency(
                    service=service.name,
                    kind=kind(host),
                    name=host,
                    host=host,
                    evidence="its task definition's environment",
                    source="ecs:DescribeTaskDefinition",
                    link=service.link,
                )
    if not any(kind(h) == "database" for h in hosts):
        hosts |= _blamed(look)
    of_groups = _groups(look)
    databases = [h for h in hosts if kind(h) == "database"]
    if not databases and not of_groups:
        return
    answer: Any = look.aws.rds.describe_db_instances()
    raws: list[Mapping[str, Any]] = [r for r in answer.get("DBInstances") or () if r.get("DBInstanceIdentifier")]
    if databases:
        yield from _by_host(look, databases, hosts, raws)
        return
    yield from _by_edge(look, of_groups, raws)


def kind(host: str) -> str:
    """What a host is, by its domain."""
    return next((name for pattern, name in KINDS if pattern.search(host.lower())), "host")


def hosts_in(text: str) -> list[str]:
    """The host names in a value: a URL, a DSN, a bare host."""
    return [found[1].lower() for found in HOST.finditer(text)]


def _services(look: Look) -> list[ServiceState]:
    """The services that serve, those with most tasks first: one that runs nothing waits for no database."""
    return sorted((s for s in look.found.of(ServiceState) if s.running), key=lambda s: -s.running)


def _hosts(look: Look, service: ServiceState) -> list[str]:
    name = service.primary.task_definition if service.primary else service.task_definition
    if not name:
        return []
    answer: Any = look.aws.ecs.describe_task_definition(taskDefinition=name)
    containers = (answer.get("taskDefinition") or {}).get("containerDefinitions") or ()
    values = [str(e.get("value", "")) for c in containers for e in c.get("environment") or ()]
    found = dict.fromkeys(host for value in values for host in hosts_in(value))
    return [h for h in found if kind(h) != "host"]


def _blamed(look: Look) -> dict[str, str]:
    """Databases whose endpoint an error line names → the service that logged it."""
    lines = look.found.of(ErrorLine)
    return {h: line.service for line in lines for h in hosts_in(line.text) if kind(h) == "database"}


def _groups(look: Look) -> dict[str, str]:
    """Security groups of the services and targets → whose they are."""
    groups = {g: s.name for s in look.found.of(ServiceState) for g in s.security_groups}
    return {g: p.group for p in look.found.of(Path) for g in p.to_groups} | groups


def _by_host(
    look: Look, databases: list[str], hosts: Mapping[str, str], raws: list[Mapping[str, Any]]
) -> Iterator[Finding]:
    """By the instance's own endpoint, else through the cluster whose endpoint it is."""
    subjects = 0
    for host in databases:
        name = host.partition(".")[0]
        raw = next((r for r in raws if (r.get("Endpoint") or {}).get("Address", "").lower() == host), None)
        if raw is None and re.search(r"\.cluster-(ro-|custom-)?", host):
            raw = yield from _writer(look, name, raws, readers=".cluster-ro-" in host)
        if raw is None:
            raw = next((r for r in raws if r["DBInstanceIdentifier"] == name), None)
        found = instance(raw, "subject" if not subjects else "member", look.aws.region) if raw else None
        subjects += bool(found)
        yield Dependency(
            service=hosts[host],
            kind="database",
            name=found.id if found else host,
            host=host,
            evidence="its task definition's environment, or an error that names it",
            source="ecs:DescribeTaskDefinition",
            link=found.link if found else "",
        )
        if found:
            yield found


def _writer(look: Look, name: str, raws: list[Mapping[str, Any]], *, readers: bool) -> Any:
    """The member of a cluster that an endpoint leads to; yields the cluster."""
    answer: Any = look.aws.rds.describe_db_clusters(DBClusterIdentifier=name)
    for raw in answer.get("DBClusters") or ():
        members = raw.get("DBClusterMembers") or ()
        writer = next((m.get("DBInstanceIdentifier", "") for m in members if m.get("IsClusterWriter")), "")
        others = tuple(m.get("DBInstanceIdentifier", "") for m in members if not m.get("IsClusterWriter"))
        yield Cluster(
            id=raw.get("DBClusterIdentifier", name),
            status=raw.get("Status", ""),
            engine=raw.get("Engine", ""),
            writer=writer,
            readers=others,
            group=raw.get("DBClusterParameterGroup", ""),
            source="rds:DescribeDBClusters",
        )
        wanted = others[0] if readers and others else writer
        return next((r for r in raws if r["DBInstanceIdentifier"] == wanted), None)
    return None


def _by_edge(look: Look, of_groups: Mapping[str, str], raws: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Databases whose security group lets the service's group in on their port. More than one is no answer."""
    ids = dict.fromkeys(g for raw in raws for g in _own(raw))
    if not ids:
        return
    answer: Any = look.aws.ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": list(ids)[:GROUPS]}])
    groups = {g.get("GroupId", ""): security_group(g, look.aws.region) for g in answer.get("SecurityGroups") or ()}
    found = [(raw, peer) for raw in raws if (peer := _lets_in(raw, groups, of_groups))]
    for raw, peer in found:
        database = instance(raw, "subject", look.aws.region)
        yield Dependency(
            service=of_groups[peer],
            kind="database",
            name=database.id,
            host=(raw.get("Endpoint") or {}).get("Address", ""),
            evidence=f"its security group lets {peer} in",
            source="ec2:DescribeSecurityGroups",
            link=database.link,
        )
    if len(found) == 1:
        yield instance(found[0][0], "subject", look.aws.region)


def _own(raw: Mapping[str, Any]) -> Iterable[str]:
    return (g["VpcSecurityGroupId"] for g in raw.get("VpcSecurityGroups") or () if g.get("VpcSecurityGroupId"))


def _lets_in(raw: Mapping[str, Any], groups: Mapping[str, SecurityGroup], of_groups: Mapping[str, str]) -> str:
    port = (raw.get("Endpoint") or {}).get("Port") or 0
    for id_ in _own(raw):
        for rule in groups[id_].inbound if id_ in groups else ():
            for peer in rule.peers:
                if rule.covers(port) and peer in of_groups:
                    return peer
    return ""
