from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lambdas.alerts.model import Metric
from lambdas.checks.rds.instances import Cluster, DatabaseMissing, Instance, instance
from lambdas.targets import Database
from tests.unit.checks.rds.fake import Service, look, refused, run


def test_a_replica_brings_its_source_with_it_in_one_call() -> None:
    def describe(request: dict[str, object]) -> dict[str, object]:
        if "Filters" in request:
            return {"DBInstances": [{"DBInstanceIdentifier": "orders-main"}, {"DBInstanceIdentifier": "foreign"}]}
        return {
            "DBInstances": [
                {
                    "DBInstanceIdentifier": "orders",
                    "ReadReplicaSourceDBInstanceIdentifier": "orders-main",
                    "StatusInfos": [{"StatusType": "read replication", "Normal": False, "Status": "error"}],
                }
            ]
        }

    rds = Service({"describe_db_instances": describe})
    found = run("rds.instances", look(rds=rds))
    assert [(i.id, i.role) for i in found if isinstance(i, Instance)] == [
        ("orders", "subject"),
        ("orders-main", "source"),
    ]
    assert isinstance(found[0], Instance)
    assert found[0].is_replica
    assert not found[0].replication[0].normal
    assert len(rds.calls) == 2


def test_a_source_of_another_region_is_not_asked_for() -> None:
    raw = {
        "DBInstanceIdentifier": "orders",
        "ReadReplicaSourceDBInstanceIdentifier": "arn:aws:rds:us-east-1:123456789012:db:main",
    }
    rds = Service({"describe_db_instances": {"DBInstances": [raw]}})
    found = run("rds.instances", look(rds=rds))
    assert len(rds.calls) == 1
    assert isinstance(found[0], Instance)
    assert found[0].follows == "main"


@pytest.mark.parametrize(("role", "subject"), [("", "w"), ("READER", "r1")])
def test_a_cluster_is_resolved_to_the_member_that_the_alarm_is_about(role: str, subject: str) -> None:
    members = [{"DBInstanceIdentifier": n, "IsClusterWriter": n == "w"} for n in ("r1", "w", "r2")]
    rds = Service(
        {
            "describe_db_clusters": {"DBClusters": [{"DBClusterIdentifier": "shop", "DBClusterMembers": members}]},
            "describe_db_instances": {
                "DBInstances": [{"DBInstanceIdentifier": n, "DBClusterIdentifier": "shop"} for n in ("r1", "r2", "w")]
            },
        }
    )
    dimensions = {"DBClusterIdentifier": "shop"} | ({"Role": role} if role else {})
    told = look(
        target=Database("shop", cluster=True),
        metrics=(Metric(namespace="AWS/RDS", name="CPU", dimensions=dimensions),),
        rds=rds,
    )
    found = run("rds.instances", told)
    assert isinstance(found[0], Cluster)
    instances = [i for i in found if isinstance(i, Instance)]
    assert instances[0].id == subject
    assert {i.id: i.writer for i in instances} == {"w": True, "r1": False, "r2": False}


def test_a_database_that_is_gone_is_a_finding() -> None:
    rds = Service({"describe_db_instances": refused("DBInstanceNotFound", "DescribeDBInstances")})
    assert run("rds.instances", look(rds=rds)) == [
        DatabaseMissing(id="orders", reason="not found", source="rds:DescribeDBInstances")
    ]


def test_a_refusal_is_left_to_the_runner() -> None:
    rds = Service({"describe_db_instances": refused("AccessDenied")})
    with pytest.raises(ClientError):
        run("rds.instances", look(rds=rds))


def test_a_cluster_that_may_not_be_read_keeps_what_is_known_of_the_member() -> None:
    raw = {"DBInstanceIdentifier": "orders", "DBClusterIdentifier": "shop", "Engine": "aurora-mysql"}
    rds = Service(
        {"describe_db_instances": {"DBInstances": [raw]}, "describe_db_clusters": refused("DBClusterNotFoundFault")}
    )
    found = run("rds.instances", look(rds=rds))
    assert isinstance(found[0], Instance)
    assert found[0].aurora
    assert isinstance(found[1], DatabaseMissing)


def test_nearly_every_field_may_be_absent_and_no_password_is_kept() -> None:
    read = instance(
        {"DBInstanceIdentifier": "x", "PendingModifiedValues": {"MasterUserPassword": "s", "Iops": 1}}, "subject", "r"
    )
    assert read.pending == (("Iops", "1"),)
    assert read.hardware is None
    assert read.family == ""
