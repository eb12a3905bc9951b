from __future__ import annotations

from typing import Any

import pytest

from lambdas.alerts.metrics import dimensions, statistic, watched

ALB = {"LoadBalancer": "app/a/1"}


def query(key: str, name: str, *, returned: bool = False, stat: str = "Sum") -> dict[str, Any]:
    metric = {"namespace": "AWS/ApplicationELB", "name": name, "dimensions": ALB}
    return {"id": key, "metricStat": {"metric": metric, "period": 60, "stat": stat}, "returnData": returned}


@pytest.mark.parametrize(
    ("expression", "headline"),
    [
        ("m1/m2", "HTTPCode_Target_5XX_Count"),
        ("IF(m2 > 100, 100 * m1 / m2, 0)", "HTTPCode_Target_5XX_Count"),
        ("100 * (m3 + m1) / m2", "HTTPCode_ELB_5XX_Count"),
        ("SUM(METRICS())", "RequestCount"),
        ("FILL(e1, 0)", "HTTPCode_Target_5XX_Count"),
    ],
)
def test_headline_is_the_metric_that_says_what_is_wrong(expression: str, headline: str) -> None:
    queries = [
        {"id": "e2", "expression": expression, "label": "rate", "returnData": True},
        {"id": "e1", "expression": "m1 / m2", "returnData": False},
        query("m2", "RequestCount"),
        query("m1", "HTTPCode_Target_5XX_Count"),
        query("m3", "HTTPCode_ELB_5XX_Count"),
    ]
    got = watched(queries)
    if expression == "SUM(METRICS())":  # names none: the traffic comes last
        headline = "HTTPCode_Target_5XX_Count"
    written_out = expression.replace("e1", "(m1 / m2)")
    assert (got.metrics[0].name, got.expression, got.label, len(got.metrics)) == (headline, written_out, "rate", 3)


def test_expressions_that_name_each_other_end() -> None:
    queries = [{"id": "e1", "expression": "e2 + m1"}, {"id": "e2", "expression": "e1 * 2"}, query("m1", "RequestCount")]
    got = watched(queries)
    assert got.metrics[0].name == "RequestCount"
    assert len(got.expression) < 1_000


def test_band_watches_the_metric_itself() -> None:
    queries = [
        {"Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "Id": "ad1", "Label": "expected", "ReturnData": True},
        query("m1", "TargetResponseTime", returned=True, stat="p90"),
    ]
    got = watched(queries, "ad1")
    assert (got.metrics[0].name, got.metrics[0].statistic) == ("TargetResponseTime", "p90")
    assert got.expression.startswith("ANOMALY_DETECTION_BAND")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            (
                "SELECT MAX(CPUUtilization) FROM SCHEMA(\"AWS/ECS\", ClusterName,ServiceName) WHERE ServiceName = 'a' "
                "AND ClusterName='b' GROUP BY ServiceName ORDER BY MAX() DESC"
            ),
            ("AWS/ECS", "CPUUtilization", "Maximum", {"ServiceName": "a", "ClusterName": "b"}),
        ),
        ('SELECT AVG(Lag) FROM "My/Space"', ("My/Space", "Lag", "Average", {})),
        ('select count("queue depth") from Custom', ("Custom", "queue depth", "SampleCount", {})),
    ],
)
def test_insights_query_names_its_metric(sql: str, expected: tuple[object, ...]) -> None:
    metric = watched([{"id": "q1", "expression": sql, "period": 300, "returnData": True}]).metrics[0]
    assert (metric.namespace, metric.name, metric.statistic, dict(metric.dimensions)) == expected
    assert metric.period == 300


def test_dimensions_in_every_spelling() -> None:
    want = {"ServiceName": "a"}
    assert dimensions({"ServiceName": "a"}) == want
    assert dimensions([{"value": "a", "name": "ServiceName"}]) == want
    assert dimensions([{"Value": "a", "Name": "ServiceName"}, {"Value": "x"}, 3]) == want
    assert dimensions("ServiceName=a") == {}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("AVERAGE", "Average"), ("SUM", "Sum"), ("p99", "p99"), ("SampleCount", "SampleCount"), (None, "Average")],
)
def test_statistics_as_the_api_writes_them(written: object, expected: str) -> None:
    assert statistic(written) == expected
