from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lambdas.checks.base import CHECKS, Finding
from lambdas.checks.rds.instances import Cluster, Instance
from lambdas.checks.rds.parameters import ConnectionLimit
from lambdas.diagnosis.catalogue import loaded
from tests.unit.checks.rds.fake import Service, look, refused, run


def limit_of(subject: Instance, value: str, **more: object) -> ConnectionLimit | None:
    answer = {"Parameters": [{"ParameterName": "max_connections", "ParameterValue": value, **more}]}
    rds = Service({"describe_db_parameters": answer})
    found = run("rds.parameters", look(subject, rds=rds))
    return next((f for f in found if isinstance(f, ConnectionLimit)), None)


def subject(**given: object) -> Instance:
    told: dict[str, object] = {"cls": "db.m6g.large", "engine": "postgres", "groups": (("pg", "in-sync"),)}
    return Instance(id="orders", role="subject", **(told | given))  # type: ignore[arg-type]


def test_the_maximum_by_number_and_by_formula() -> None:
    by_number = limit_of(subject(), "250")
    by_formula = limit_of(subject(), "LEAST({DBInstanceClassMemory/9531392},5000)")
    assert [(x.value, x.exact) for x in (by_number, by_formula) if x] == [(250, True), (901, False)]


def test_an_unknown_class_gives_no_maximum_rather_than_a_wrong_one() -> None:
    assert limit_of(subject(cls="db.q9.mega"), "{DBInstanceClassMemory/12582880}") is None


def test_the_engines_default_holds_where_the_group_says_nothing() -> None:
    rds = Service({"describe_db_parameters": {"Parameters": []}})
    found = run("rds.parameters", look(subject(engine="mysql"), rds=rds))
    assert [f.value for f in found if isinstance(f, ConnectionLimit)] == [682]


def test_a_clusters_own_value_beats_the_default_of_the_instances_group() -> None:
    default = [{"ParameterName": "max_connections", "ParameterValue": "5000", "Source": "system"}]
    own = [{"ParameterName": "max_connections", "ParameterValue": "300", "Source": "user"}]
    rds = Service(
        {"describe_db_parameters": {"Parameters": default}, "describe_db_cluster_parameters": {"Parameters": own}}
    )
    told = look(subject(engine="aurora-postgresql"), Cluster(id="shop", group="cluster-pg"), rds=rds)
    assert [f.value for f in run("rds.parameters", told) if isinstance(f, ConnectionLimit)] == [300]


def test_pages_end_where_a_stand_in_ignores_the_filter() -> None:
    page = {"Parameters": [{"ParameterName": "work_mem", "ParameterValue": "1"}], "Marker": "more"}
    rds = Service({"describe_db_parameters": page})
    run("rds.parameters", look(subject(), rds=rds))
    assert len(rds.calls) == 5


def test_a_refused_group_still_tells_the_default_before_it_is_reported() -> None:
    loaded()
    rds = Service({"describe_db_parameters": refused("AccessDenied")})
    told: list[Finding] = []

    def collect() -> None:
        for finding in CHECKS["rds.parameters"].run(look(subject(), rds=rds)):
            told.append(finding)  # noqa: PERF402 — what came before the error is kept, as by the runner

    with pytest.raises(ClientError):
        collect()
    assert [f.value for f in told if isinstance(f, ConnectionLimit)] == [901]
