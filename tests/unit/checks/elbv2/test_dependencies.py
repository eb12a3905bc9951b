from __future__ import annotations

from typing import Any

import pytest

from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.balancers import read_group
from lambdas.checks.elbv2.dependencies import Dependency, dependencies, hosts_in, kind
from lambdas.checks.logs.lines import ErrorLine
from lambdas.checks.rds.instances import Cluster, Instance
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import GROUP, REGION, Client, look, run

AT = LoadBalancer("app/web/50dc6c495c0c9188")
HOST = "orders-pg.c9akciq32rgf.eu-west-1.rds.amazonaws.com"
API = read_group({"TargetGroupArn": GROUP}, REGION)


def service(**fields: Any) -> ServiceState:
    given: dict[str, Any] = {"desired": 2, "running": 2, "pending": 0, "name": "api"} | fields
    return ServiceState(
        cluster="prod", task_definition="api:1", target_groups=(GROUP,), security_groups=("sg-app",), **given
    )


def environment(*values: str) -> dict[str, Any]:
    pairs = [{"name": f"V{i}", "value": value} for i, value in enumerate(values)]
    return {"taskDefinition": {"containerDefinitions": [{"environment": pairs}]}}


def database(name: str, host: str = "", group: str = "sg-db") -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "Endpoint": {"Address": host, "Port": 5432},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group}],
    }


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HOST, "database"),
        ("a.cluster-c9akciq32rgf.eu-west-1.rds.amazonaws.com", "database"),
        ("s.abc.0001.euw1.cache.amazonaws.com", "cache"),
        ("sqs.eu-west-1.amazonaws.com", "AWS service"),
        ("api.psp.example.net", "host"),
    ],
)
def test_kinds(host: str, expected: str) -> None:
    assert kind(host) == expected


def test_hosts_of_urls_and_nothing_else_of_them() -> None:
    assert hosts_in(f"postgres://app:s3cr3t@{HOST}:5432/shop?sslmode=require") == [HOST]


def test_the_database_of_the_environment_is_yielded_for_its_checks() -> None:
    ecs = Client(describe_task_definition=environment(f"postgres://app@{HOST}/shop"))
    rds = Client(describe_db_instances={"DBInstances": [database("other"), database("orders-pg", HOST)]})
    at = look(AT, [API, service()], ecs=ecs, rds=rds)
    found = list(dependencies(at))
    assert [f.name for f in found if isinstance(f, Dependency)] == ["orders-pg"]
    assert [(f.id, f.role) for f in found if isinstance(f, Instance)] == [("orders-pg", "subject")]


def test_a_cluster_endpoint_leads_to_its_writer() -> None:
    host = "shop.cluster-c9akciq32rgf.eu-west-1.rds.amazonaws.com"
    members = [{"DBInstanceIdentifier": "shop-2"}, {"DBInstanceIdentifier": "shop-1", "IsClusterWriter": True}]
    rds = Client(
        describe_db_instances={"DBInstances": [database("shop-1"), database("shop-2")]},
        describe_db_clusters={"DBClusters": [{"DBClusterIdentifier": "shop", "DBClusterMembers": members}]},
    )
    at = look(AT, [API, service()], ecs=Client(describe_task_definition=environment(host)), rds=rds)
    found = list(dependencies(at))
    assert [f.id for f in found if isinstance(f, Instance)] == ["shop-1"]
    assert [f.writer for f in found if isinstance(f, Cluster)] == ["shop-1"]


@pytest.mark.parametrize(("databases", "expected"), [(1, ["db-0"]), (2, [])])
def test_a_security_group_edge_counts_where_it_is_the_only_one(databases: int, expected: list[str]) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": "sg-app"}]}
    at = look(
        AT,
        [API, service()],
        ecs=Client(describe_task_definition=environment("info")),
        rds=Client(describe_db_instances={"DBInstances": [database(f"db-{i}") for i in range(databases)]}),
        ec2=Client(describe_security_groups={"SecurityGroups": [{"GroupId": "sg-db", "IpPermissions": [rule]}]}),
    )
    assert [f.id for f in run(dependencies, at, Instance)] == expected
    assert len(run(dependencies, at, Dependency)) == databases


def test_an_error_names_the_database_that_the_environment_keeps_in_a_secret() -> None:
    text = f'OperationalError: connection to server at "{HOST}", port 5432 failed: FATAL: too many clients'
    at = look(
        AT,
        [API, service(), ErrorLine(group="/ecs/api", stream="s", text=text, service="api")],
        ecs=Client(describe_task_definition=environment("info")),
        rds=Client(describe_db_instances={"DBInstances": [database("other"), database("orders-pg", HOST)]}),
    )
    found = list(dependencies(at))
    assert [(f.service, f.name) for f in found if isinstance(f, Dependency)] == [("api", "orders-pg")]
    assert [f.id for f in found if isinstance(f, Instance)] == ["orders-pg"]


def test_services_that_run_nothing_wait_for_nothing() -> None:
    idle = service(running=0)
    at = look(AT, [API, idle], ecs=Client(), rds=Client(describe_db_instances={}))
    assert list(dependencies(at)) == []
