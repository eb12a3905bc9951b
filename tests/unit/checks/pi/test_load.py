from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.checks.pi.load import InsightsOff, LoadSeries, LoadTotal
from lambdas.checks.rds.instances import Instance
from tests.unit.checks.rds.fake import AT, Service, look, run

ON = Instance(id="orders", role="subject", resource_id="db-X", engine="postgres")


def keys(request: dict[str, Any]) -> dict[str, Any]:
    if request["GroupBy"]["Group"] == "db.sql_tokenized":
        return {
            "PartitionKeys": [{"Dimensions": {"db.wait_event.name": "CPU"}}, {"Dimensions": {}}],
            "Keys": [
                {
                    "Dimensions": {"db.sql_tokenized.statement": "SELECT 'secret'", "db.sql_tokenized.id": "D1"},
                    "Total": 3.0,
                    "Partitions": [2.0, 1.0],
                },
                {"Dimensions": {}, "Total": 1.0},
                {},
            ],
        }
    return {"Keys": [{"Dimensions": {"db.wait_event.name": "CPU", "db.wait_event.type": "CPU"}, "Total": 4.0}]}


def test_totals_by_wait_and_statement_with_the_split_and_no_literal() -> None:
    pi = Service({"describe_dimension_keys": keys})
    found = [f for f in run("pi.totals", look(ON, pi=pi)) if isinstance(f, LoadTotal)]
    statement = next(f for f in found if f.group == "statement")
    assert (statement.key, statement.digest, statement.load) == ("SELECT ?", "D1", 3.0)
    assert statement.waits[0] == ("CPU", 2.0)
    assert next(f for f in found if f.group == "wait").load == 4.0
    assert len(pi.calls) == 4


def test_performance_insights_that_is_off_is_said_and_not_asked() -> None:
    pi = Service({})
    off = Instance(id="orders", role="subject", insights=False, resource_id="db-X")
    assert [type(f) for f in run("pi.totals", look(off, pi=pi))] == [InsightsOff]
    assert run("pi.load", look(off, pi=pi)) == []
    assert run("pi.statements", look(Instance(id="orders", role="subject"), pi=pi)) == []
    assert pi.calls == []


def test_series_over_time_in_pages_with_the_whole_once_and_nulls_dropped() -> None:
    point = {"Timestamp": AT, "Value": 2.0}
    whole = {"Key": {"Metric": "db.load.avg"}, "DataPoints": [point, {"Timestamp": AT + timedelta(minutes=1)}]}
    wait = {
        "Key": {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "IO:DataFileRead"}},
        "DataPoints": [point],
    }

    def metrics(request: dict[str, Any]) -> dict[str, Any]:
        if "NextToken" in request:
            return {"MetricList": [wait, {}]}
        return {"MetricList": [whole, whole], "NextToken": "t"}

    pi = Service({"get_resource_metrics": metrics})
    found = [f for f in run("pi.load", look(ON, pi=pi)) if isinstance(f, LoadSeries)]
    assert [(f.group, f.key, f.points) for f in found] == [
        ("total", "", ((AT, 2.0),)),
        ("wait", "IO:DataFileRead", ((AT, 2.0),)),
    ]


def test_the_free_retention_is_respected_when_days_before_are_read() -> None:
    digest = {"Key": {"Dimensions": {"db.sql_tokenized.statement": "SELECT ?"}}, "DataPoints": []}
    pi = Service({"get_resource_metrics": {"MetricList": [digest]}})
    told = look(ON, pi=pi)
    run("pi.history", told)
    starts = [c[1]["StartTime"] for c in pi.calls]
    assert starts == [told.window.start - timedelta(days=1), told.window.start - timedelta(days=6)]


@pytest.mark.parametrize("refused", [False, True])
def test_statements_as_they_were_sent_where_there_are_no_digests(refused: bool) -> None:  # noqa: FBT001 — a table's column
    def plain(request: dict[str, Any]) -> dict[str, Any]:
        if request["GroupBy"]["Group"] == "db.sql_tokenized" and refused:
            raise ClientError({"Error": {"Code": "InvalidArgumentException"}}, "DescribeDimensionKeys")
        if request["GroupBy"]["Group"] != "db.sql":
            return {"Keys": []}
        return {"Keys": [{"Dimensions": {"db.sql.statement": "SELECT 42"}, "Total": 3.0}]}

    found = run("pi.totals", look(ON, pi=Service({"describe_dimension_keys": plain})))
    assert [(f.group, f.key, f.load) for f in found if isinstance(f, LoadTotal)] == [("statement", "SELECT ?", 3.0)]


def test_series_of_statements_as_they_were_sent_where_there_are_no_digests() -> None:
    def plain(request: dict[str, Any]) -> dict[str, Any]:
        groups = [q["GroupBy"]["Group"] for q in request["MetricQueries"]]
        key = {"db.sql.statement": "SELECT 42"} if groups == ["db.sql"] else {"db.user.name": "app"}
        points = [{"Timestamp": AT, "Value": 2.0}]
        return {"MetricList": [{"Key": {"Dimensions": key}, "DataPoints": points}]}

    found = run("pi.statements", look(ON, pi=Service({"get_resource_metrics": plain})))
    assert [(f.group, f.key) for f in found if isinstance(f, LoadSeries)] == [
        ("user", "app"),
        ("statement", "SELECT ?"),
    ]
