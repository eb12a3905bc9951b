"""Which resources share an incident: load balancer → target group → service → database or table. Pure.

An alarm on one of these, while the incident lasts, joins it instead of paging again. Only what surely belongs together
is named: a balancer, database or table may serve others too, so it counts only where the diagnosis leads to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.checks.dynamodb.tables import TableState
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetGroupState
from lambdas.checks.rds.instances import Cluster, Instance
from lambdas.targets import Database, EcsService, LoadBalancer, Table, TargetGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.checks.base import Found
    from lambdas.diagnosis.model import Diagnosis
    from lambdas.targets import Target

SURE = ("confirmed", "likely")


def related(found: Found, target: Target, diagnosis: Diagnosis) -> tuple[str, ...]:
    """The targets, as `str(target)`, whose alarms tell of the same incident; the alert's own first."""
    head = diagnosis.headline
    family = head.id.partition(".")[0] if head.judgement.verdict in SURE else ""
    return tuple(dict.fromkeys((str(target), *map(str, _chain(found, target, family)))))


def _chain(found: Found, target: Target, family: str) -> Iterator[Target]:
    services = found.of(ServiceState)
    if len(services) == 1:  # several: nobody can say which one an alarm on one of them is about
        service = services[0]
        yield EcsService(service.cluster, service.name)
        own = set(service.target_groups)
        for group in found.of(TargetGroupState):
            if group.arn in own:
                yield TargetGroup(group.arn.rpartition(":")[2], group.load_balancer)
                if family == "alb" and group.load_balancer:
                    yield LoadBalancer(group.load_balancer)
    if family == "db" or isinstance(target, Database):
        yield from (Database(instance.id) for instance in found.of(Instance))
        yield from (Database(cluster.id, cluster=True) for cluster in found.of(Cluster))
    if family == "ddb" or isinstance(target, Table):
        yield from (Table(table.name) for table in found.of(TableState))
