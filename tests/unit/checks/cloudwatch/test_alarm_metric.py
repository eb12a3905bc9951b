"""The alarm's own metric, and what its metric math makes of several."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.alerts.model import Metric
from lambdas.checks.base import CHECKS
from lambdas.checks.cloudwatch import alarm_metric
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import NOW, Client, look, run

if TYPE_CHECKING:
    from lambdas.checks.base import Look

ELB = "AWS/ApplicationELB"
ERRORS = Metric(namespace=ELB, name="HTTPCode_ELB_5XX_Count", statistic="Sum", period=300, id="e5")
REQUESTS = Metric(namespace=ELB, name="RequestCount", statistic="Sum", period=300, id="req")


def at(expression: str, *metrics: Metric, **clients: Client) -> Look:
    found = look(LoadBalancer("app/x/1"), metrics=metrics, **clients)
    return replace(found, alert=replace(found.alert, expression=expression))


def answer(params: dict[str, Any]) -> dict[str, Any]:
    shown = [query["Id"] for query in params["MetricDataQueries"] if query.get("ReturnData", True)]
    return {"MetricDataResults": [{"Id": id_, "Timestamps": [NOW], "Values": [2.0]} for id_ in shown]}


def test_the_math_is_asked_for_by_the_alarm_s_period_beside_each_metric() -> None:
    cloudwatch = Client(get_metric_data=answer)
    seen = at("100 * FILL(e5, 0) / req", ERRORS, REQUESTS, cloudwatch=cloudwatch)
    series = run(CHECKS["cloudwatch.alarm_metric"].run, seen, Series)
    assert [(s.role, s.period) for s in series] == [("alarm", 60), ("alarm.req", 60), ("alarm.math", 300)]
    [(_, params)] = cloudwatch.asked
    queries = {query["Id"]: query for query in params["MetricDataQueries"]}
    assert queries["q2"]["Expression"] == "100 * FILL(q2_e5, 0) / q2_req"
    assert queries["q2"]["Period"] == 300
    assert {queries[id_]["MetricStat"]["Period"] for id_ in ("q2_e5", "q2_req")} == {300}
    assert [query.get("ReturnData", True) for query in queries.values()] == [True, True, False, False, True]


def test_the_week_before_is_asked_in_the_same_period() -> None:
    cloudwatch = Client(get_metric_data=answer)
    [*_, math] = run(
        CHECKS["cloudwatch.alarm_metric_baseline"].run, at("e5 / req", ERRORS, REQUESTS, cloudwatch=cloudwatch), Past
    )
    assert (math.role, math.period) == ("alarm.math", 300)
    [(_, params)] = cloudwatch.asked
    assert params["EndTime"] - params["StartTime"] == timedelta(days=7)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB")',
        "ANOMALY_DETECTION_BAND(e5, 2)",
        "SUM(METRICS())",
        "ALARM(child)",
    ],
)
def test_what_is_no_arithmetic_of_the_metrics_is_left_out(expression: str) -> None:
    assert [want.role for want in alarm_metric.wants(at(expression, ERRORS))] == ["alarm"]
