from __future__ import annotations

import pytest

from lambdas.checks.rds.events import RdsEvent, meaning
from lambdas.checks.rds.instances import Cluster, Instance
from tests.unit.checks.rds.fake import AT, Service, look, run


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Multi-AZ instance failover started.", "failover_started"),
        ("Multi-AZ instance failover completed", "failover_done"),
        ("Completed failover to DB instance: orders-2", "failover_done"),
        ("Started cross AZ failover to DB instance: orders-2", "failover_started"),
        ("The free storage capacity for DB instance: orders is low at 8% of the provisioned storage.", "storage_low"),
        ("The allocated storage for the DB instance has been exhausted.", "storage_full"),
        ("Finished applying autoscaling-initiated modification to allocated storage.", "storage_scaled"),
        ("Applying autoscaling-initiated modification to allocated storage.", "storage_scaling"),
        ("Storage autoscaling is unable to scale: reached the maximum storage threshold", "storage_unscalable"),
        ("DB instance restarted", "restart"),
        ("DB instance shutdown", "restart"),
        ("Finished applying modification to DB instance class", "class_changed"),
        ("Updated parameter max_connections to 500 with apply method pending-reboot", "parameters"),
        ("Finished updating DB parameter group", "parameters"),
        ("Replication for the read replica has been stopped.", "replication_stopped"),
        ("Replication for the Read Replica resumed", "replication_resumed"),
        ("Backing up DB instance", "backup"),
        ("DB engine version upgraded", "patch"),
        (
            "The gp2 burst balance credits for the RDS database instance are low. Modify your storage settings.",
            "burst_low",
        ),
        ("A database workload is causing the system to run critically low on memory.", "memory"),
        ("Something new", ""),
    ],
)
def test_what_rds_says(message: str, kind: str) -> None:
    assert meaning(message) == kind


def test_a_category_helps_where_the_sentence_is_new() -> None:
    assert meaning("Zap", ("failover",)) == "failover"


def test_events_of_the_group_are_read_once_each_and_others_dropped() -> None:
    def describe(request: dict[str, str]) -> dict[str, object]:
        own = {"SourceIdentifier": request["SourceIdentifier"], "Message": "DB instance restarted", "Date": AT}
        return {"Events": [own, own, {"SourceIdentifier": "foreign", "Message": "x", "Date": AT}, {"Date": AT}]}

    rds = Service({"describe_events": describe})
    told = look(Instance(id="a", role="subject"), Instance(id="b", role="member"), Cluster(id="c"), rds=rds)
    found = [e for e in run("rds.events", told) if isinstance(e, RdsEvent) and e.message]
    assert [(e.id, e.kind) for e in found] == [("a", "restart"), ("c", "restart"), ("b", "restart")]
    assert [c[1]["SourceType"] for c in rds.calls] == ["db-instance", "db-cluster", "db-instance"]


def test_without_a_description_the_target_itself_is_asked_for() -> None:
    rds = Service({"describe_events": {"Events": []}})
    assert run("rds.events", look(rds=rds)) == []
    assert rds.calls[0][1]["SourceIdentifier"] == "orders"
