"""What an alarm is about: dimensions → a resource. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EcsService:
    """One ECS service (dimensions ClusterName, ServiceName; or an ECS event's `group`)."""

    cluster: str
    name: str

    def __str__(self) -> str:
        return f"ecs:{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True)
class EcsCluster:
    """A whole ECS cluster (dimension ClusterName alone, or a container instance's event)."""

    name: str

    def __str__(self) -> str:
        return f"ecs:{self.name}"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """`name` is the dimension's form, `targetgroup/<name>/<id>`; `load_balancer` as in LoadBalancer, or empty."""

    name: str
    load_balancer: str = ""

    def __str__(self) -> str:
        return f"elb:{self.name}"


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """`name` is the dimension's form, `app/<name>/<id>` or `net/<name>/<id>`."""

    name: str

    def __str__(self) -> str:
        return f"elb:{self.name}"


@dataclass(frozen=True, slots=True)
class Database:
    """An RDS instance, or an Aurora cluster (`cluster` True)."""

    identifier: str
    cluster: bool = False

    def __str__(self) -> str:
        return f"rds:{self.identifier}"


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table, or one of its indexes."""

    name: str
    index: str = ""

    def __str__(self) -> str:
        return f"dynamodb:{self.name}" + (f"/{self.index}" if self.index else "")


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function."""

    name: str

    def __str__(self) -> str:
        return f"lambda:{self.name}"


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Nothing we have a playbook for; `text` is what the alert names."""

    text: str = ""

    def __str__(self) -> str:
        return self.text or "unrecognised"


type Target = EcsService | EcsCluster | TargetGroup | LoadBalancer | Database | Table | Function | Unrecognised
