"""Whether what a metric's dimensions name is still there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from lambdas.reviews.inventory import dimension

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.reviews.inventory import Inventory


class Existing:
    """Resources by their dimensions. Each list is read only if somebody asks about its kind."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def lost(self, namespace: str, at: Mapping[str, str]) -> str:
        """What is not there, for people; empty if everything is, or is of a kind that is not listed here."""
        if namespace in {"AWS/ECS", "ECS/ContainerInsights"} and "ServiceName" in at:
            if (at.get("ClusterName", ""), at["ServiceName"]) not in self._services:
                return f"the ECS service {at['ServiceName']} in {at.get('ClusterName') or 'no cluster'}"
        elif namespace == "AWS/RDS":
            return self._lost_database(at)
        elif namespace in {"AWS/ApplicationELB", "AWS/NetworkELB", "AWS/GatewayELB"}:
            if at.get("LoadBalancer") and at["LoadBalancer"] not in self._balancers:
                return f"the load balancer {at['LoadBalancer']}"
            if at.get("TargetGroup") and at["TargetGroup"] not in self._groups:
                return f"the target group {at['TargetGroup']}"
        elif namespace == "AWS/DynamoDB" and "TableName" in at and at["TableName"] not in self._tables:
            return f"the table {at['TableName']}"
        return ""

    def _lost_database(self, at: Mapping[str, str]) -> str:
        if "DBInstanceIdentifier" in at:
            id_ = at["DBInstanceIdentifier"]
            return "" if id_ in self._databases else f"the database {id_}"
        id_ = at.get("DBClusterIdentifier", "")
        return f"the database cluster {id_}" if id_ and id_ not in self._clusters else ""

    @cached_property
    def _services(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.cluster, one.name) for one in self._inventory.services())

    @cached_property
    def _databases(self) -> frozenset[str]:
        return frozenset(one["DBInstanceIdentifier"] for one in self._inventory.databases())

    @cached_property
    def _clusters(self) -> frozenset[str]:
        return frozenset(one["DBClusterIdentifier"] for one in self._inventory.db_clusters())

    @cached_property
    def _balancers(self) -> frozenset[str]:
        return frozenset(dimension(one["LoadBalancerArn"]) for one in self._inventory.balancers())

    @cached_property
    def _groups(self) -> frozenset[str]:
        return frozenset(dimension(one["TargetGroupArn"]) for one in self._inventory.target_groups())

    @cached_property
    def _tables(self) -> frozenset[str]:
        return frozenset(self._inventory.tables())
