from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.world.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = """
cloudwatch:
  alarms: [{AlarmName: other, StateValue: OK, Namespace: AWS/ECS, MetricName: CPUUtilization}]
  compositeAlarms: [{AlarmName: all, AlarmRule: ALARM(other)}]
  dashboards: [{DashboardName: acme-prod-technical-dashboard, body: {widgets: []}}]
  metrics:
    - {namespace: AWS/ECS, metric: CPUUtilization, dimensions: {ServiceName: web}, unit: Percent,
       series: {base: 30, steps: [{at: -10m, to: 90}]}}
    - {namespace: AWS/ApplicationELB, metric: RequestCount, dimensions: {LoadBalancer: lb/public},
       series: {base: 100, counter: true}}
logs:
  groups:
    - logGroupName: /ecs/web
      lines: [{at: -8m, message: {level: ERROR, message: boom}}, {every: 1m, from: -20m, message: fine},
              {at: +5m, message: later}]
"""
WINDOW = {"StartTime": NOW - timedelta(minutes=20), "EndTime": NOW}
CPU = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": [{"Name": "ServiceName", "Value": "web"}]}


def stat(name: str, period: int = 300, **metric: Any) -> dict[str, Any]:
    return {"Id": name, "MetricStat": {"Metric": {**CPU, **metric}, "Period": period, "Stat": "Average"}}


def test_metric_data_with_math_and_nothing_for_a_metric_that_is_not_there(ask: Callable[..., Any]) -> None:
    queries = [
        stat("m1"),
        stat("none", MetricName="Nope"),
        {"Id": "e1", "Expression": "m1 - FILL(none, 1)", "Label": "less"},
        {"Id": "s", "Expression": "SEARCH('{AWS/ECS,ServiceName} CPUUtilization', 'Maximum', 300)"},
    ]
    found = ask(BODY, "cloudwatch", "get_metric_data", MetricDataQueries=queries, ScanBy="TimestampAscending", **WINDOW)
    by_id = {one["Id"]: one for one in found["MetricDataResults"]}
    assert by_id["m1"]["Values"][0] == 30
    assert by_id["m1"]["Values"][-1] == 90
    assert by_id["none"]["Values"] == []
    assert by_id["e1"]["Values"] == [value - 1 for value in by_id["m1"]["Values"]]
    assert by_id["e1"]["Label"] == "less"
    assert max(by_id["s"]["Values"]) == 90


def test_metric_data_comes_in_pages(ask: Callable[..., Any]) -> None:
    asked = {"MetricDataQueries": [stat("m1", 60), stat("m2", 60)], "MaxDatapoints": 30, **WINDOW}
    first = ask(BODY, "cloudwatch", "get_metric_data", **asked)
    second = ask(BODY, "cloudwatch", "get_metric_data", NextToken=first["NextToken"], **asked)
    counts = [len(one["Values"]) for page in (first, second) for one in page["MetricDataResults"]]
    assert sum(counts) == 40
    assert "NextToken" not in second


@pytest.mark.parametrize(
    "query", [{"Id": "e", "Expression": "WHAT(1)"}, stat("m", 61), {"Id": "e", "Expression": "e + 1"}, {"Id": "x"}]
)
def test_bad_queries_are_validation_errors(ask: Callable[..., Any], query: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        ask(BODY, "cloudwatch", "get_metric_data", MetricDataQueries=[query], **WINDOW)


def test_alarms_by_state_type_and_metric(ask: Callable[..., Any]) -> None:
    both = ask(BODY, "cloudwatch", "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in both["MetricAlarms"]] == ["checkout-cpu", "other"]
    assert [alarm["AlarmName"] for alarm in both["CompositeAlarms"]] == ["all"]
    assert (
        ask(BODY, "cloudwatch", "describe_alarms", StateValue="ALARM")["MetricAlarms"][0]["AlarmName"] == "checkout-cpu"
    )
    dims = [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "checkout"}]
    for given, expected in ((dims, ["checkout-cpu"]), (dims[:1], [])):
        found = ask(BODY, "cloudwatch", "describe_alarms_for_metric", **{**CPU, "Dimensions": given})["MetricAlarms"]
        assert [alarm["AlarmName"] for alarm in found] == expected


def test_metrics_are_listed_with_the_dimensions_of_the_load_balancer(ask: Callable[..., Any]) -> None:
    listed = ask(BODY, "cloudwatch", "list_metrics", Namespace="AWS/ApplicationELB", RecentlyActive="PT3H")["Metrics"]
    assert listed[0]["Dimensions"][0]["Value"].startswith("app/public/")


def test_a_widget_is_a_real_picture_and_a_dashboard_has_its_body(ask: Callable[..., Any]) -> None:
    widget = {
        "metrics": [["AWS/ECS", "CPUUtilization", "ServiceName", "web"]],
        "start": "-PT1H",
        "width": 300,
        "height": 200,
    }
    image = ask(BODY, "cloudwatch", "get_metric_widget_image", MetricWidget=json.dumps(widget))["MetricWidgetImage"]
    assert image.startswith(b"\x89PNG\r\n")
    assert (int.from_bytes(image[16:20]), int.from_bytes(image[20:24])) == (300, 200)
    name = "acme-prod-technical-dashboard"
    assert json.loads(ask(BODY, "cloudwatch", "get_dashboard", DashboardName=name)["DashboardBody"]) == {"widgets": []}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", 22),
        ("boom", 1),
        ("fine", 21),
        ('"level":"ERROR"', 0),
        ('{ $.level = "ERROR" }', 1),
        ("?boom ?fine", 22),
        ("-fine", 1),
    ],
)
def test_log_events_by_pattern_and_nothing_from_the_future(
    ask: Callable[..., Any], pattern: str, expected: int
) -> None:
    params = {"filterPattern": pattern} if pattern else {}
    if pattern.startswith('"'):
        params = {"filterPattern": '"level: ERROR"'}
    assert len(ask(BODY, "logs", "filter_log_events", logGroupName="/ecs/web", **params)["events"]) == expected
