"""What is drawn, for which alarm, with which marks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import Fact, Judgement, Verdict
from lambdas.checks.base import Finding, Found, Window
from lambdas.checks.cloudwatch.alarm import AlarmState
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.ecs.deployments import Rollout
from lambdas.diagnosis.chart import LARGEST, MARKS, PNG, Chart, chart, draw, marks
from lambdas.diagnosis.model import Ranked
from lambdas.errors import ChartError

AT = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=1), now=AT + timedelta(minutes=1))
DIMENSIONS = {"ClusterName": "prod", "ServiceName": "checkout"}
CPU = Metric(namespace="AWS/ECS", name="CPUUtilization", dimensions=DIMENSIONS, period=60)
ALERT = Alert(
    kind="alarm",
    source="sns",
    name="checkout-cpu",
    state="ALARM",
    at=AT,
    account="123456789012",
    region="eu-west-1",
    metrics=(CPU,),
    comparison="GreaterThanThreshold",
    threshold=75.0,
)
ROW = ["AWS/ECS", "CPUUtilization", "ClusterName", "prod", "ServiceName", "checkout"]


def ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


def series(*values: float) -> Series:
    points = tuple((ago(len(values) - n), value) for n, value in enumerate(values))
    return Series(role="alarm", namespace="AWS/ECS", name="CPUUtilization", stat="Average", period=60, points=points)


def found(*findings: Finding, looked: Iterable[str] = ("cloudwatch.alarm_metric",)) -> Found:
    all_ = Found()
    for finding in findings:
        all_.add(finding)
    all_.looked |= set(looked)
    return all_


def ranked(id_: str, verdict: Verdict = "likely", since: datetime | None = None, *facts: Fact) -> Ranked:
    return Ranked(id=id_, title=id_, judgement=Judgement(verdict=verdict, since=since, evidence=facts))


def drawn(seen: Found, alert: Alert = ALERT, *causes: Ranked) -> dict[str, Any]:
    made = chart(seen, alert, WINDOW, causes or (ranked("unknown", "possible"),))
    assert made is not None
    widget: dict[str, Any] = json.loads(made.widget)
    return widget


def test_the_metric_with_its_threshold_over_the_window() -> None:
    widget = drawn(found(series(31, 88.2)))
    assert widget["metrics"] == [[*ROW, {"stat": "Average", "period": 60}]]
    assert (widget["start"], widget["end"]) == ("2026-11-24T00:05:00.000Z", "2026-11-24T03:06:00.000Z")
    assert widget["annotations"] == {
        "vertical": [{"value": "2026-11-24T03:05:00.000Z", "label": "ALARM"}],
        "horizontal": [{"value": 75.0, "label": "threshold > 75", "color": "#d13212"}],
    }
    assert (widget["width"], widget["height"], widget["region"]) == (800, 400, "eu-west-1")


def test_an_alarm_over_hours_is_drawn_over_a_day() -> None:
    hourly = replace(ALERT, metrics=(replace(CPU, period=3600),))
    assert drawn(found(series(1, 2)), hourly)["start"] == "2026-11-23T03:05:00.000Z"


MATH = (
    {
        "Id": "e5",
        "ReturnData": False,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "HTTPCode_Target_5XX_Count",
                "Dimensions": [{"Name": "LoadBalancer", "Value": "app/public/1"}],
            },
            "Stat": "Sum",
            "Period": 60,
        },
    },
    {"Id": "rate", "Expression": "100 * FILL(e5, 0) / req", "Label": "5XX rate", "ReturnData": True},
)
BAND = (
    {
        "Id": "m1",
        "ReturnData": True,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": []},
            "Stat": "Average",
            "Period": 300,
        },
    },
    {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "Label": "expected", "ReturnData": True},
)


@pytest.mark.parametrize(
    ("queries", "rows"),
    [
        (
            MATH,
            [
                [
                    "AWS/ApplicationELB",
                    "HTTPCode_Target_5XX_Count",
                    "LoadBalancer",
                    "app/public/1",
                    {"id": "e5", "visible": False, "stat": "Sum", "period": 60},
                ],
                [{"id": "rate", "visible": True, "label": "5XX rate", "expression": "100 * FILL(e5, 0) / req"}],
            ],
        ),
        (
            BAND,
            [
                ["AWS/ECS", "CPUUtilization", {"id": "m1", "visible": True, "stat": "Average", "period": 300}],
                [{"id": "ad1", "visible": True, "label": "expected", "expression": "ANOMALY_DETECTION_BAND(m1, 2)"}],
            ],
        ),
    ],
    ids=["metric math", "anomaly band"],
)
def test_the_alarms_own_queries_are_drawn(queries: tuple[dict[str, Any], ...], rows: list[Any]) -> None:
    state = AlarmState(name="checkout-cpu", state="ALARM", queries=queries)
    assert drawn(found(series(1), state), replace(ALERT, expression="x", threshold=None))["metrics"] == rows


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        (
            "m1 * 2",
            [
                [*ROW, {"stat": "Average", "period": 60, "id": "m1", "visible": False}],
                [{"expression": "m1 * 2", "label": "checkout-cpu", "id": "shown"}],
            ],
        ),
        (
            'SELECT AVG(CPUUtilization) FROM "AWS/ECS"',
            [[{"expression": 'SELECT AVG(CPUUtilization) FROM "AWS/ECS"', "label": "checkout-cpu", "id": "shown"}]],
        ),
    ],
)
def test_without_describe_alarms_the_notification_tells_the_expression(expression: str, rows: list[Any]) -> None:
    alert = replace(ALERT, metrics=(replace(CPU, id="m1"),), expression=expression)
    assert drawn(found(), alert)["metrics"] == rows


@pytest.mark.parametrize(
    ("seen", "alert"),
    [
        (found(series(1, 2), looked=()), ALERT),
        (found(series()), ALERT),
        (found(series(1, 2)), replace(ALERT, metrics=())),
    ],
    ids=["could not look", "the metric is absent", "an event has no metric"],
)
def test_nothing_to_draw(seen: Found, alert: Alert) -> None:
    assert chart(seen, alert, WINDOW, ()) is None


def test_the_marks_by_weight_and_in_order_of_time() -> None:
    trail = Fact(text="ada called ModifySecurityGroupRules", source="CloudTrail", at=ago(40))
    noise = Fact(text="CPU was high", source="cloudwatch:GetMetricData", at=ago(50))
    causes = (
        ranked("first", "likely", ago(20)),
        ranked("second", "confirmed", ago(30)),
        ranked("change.configuration", "possible", None, trail, noise),
        ranked("dismissed", "ruled_out", ago(60)),
    )
    got = [(mark.at, mark.label) for mark in marks(found(), WINDOW, causes)]
    assert got == [
        (ago(40), "ada called ModifySecurityGroupRules"),
        (ago(30), "second"),
        (ago(20), "first"),
        (AT, "ALARM"),
    ]


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [
        (20.5, ["deployment checkout:42: first", "ALARM"]),
        (25, ["deployment checkout:42", "first", "ALARM"]),
        (300, ["first", "ALARM"]),
        (0.5, ["first", "ALARM"]),
    ],
    ids=["the cause is the deployment", "apart", "before the window", "at the alarm"],
)
def test_deployments(minutes: float, labels: list[str]) -> None:
    rollout = Rollout(at=ago(minutes), id="1", service="checkout", status="SUCCESSFUL", task_definition="checkout:42")
    assert [mark.label for mark in marks(found(rollout), WINDOW, (ranked("first", "likely", ago(20)),))] == labels


def test_few_marks_with_short_labels_whatever_was_found() -> None:
    many = [Rollout(at=ago(10 * n), id=str(n), service="x\n\x00" * 60, status="SUCCESSFUL") for n in range(1, 15)]
    got = marks(found(*many), WINDOW, (ranked("first"),))
    assert len(got) == MARKS
    assert all(len(mark.label) <= 48 and mark.label.isprintable() for mark in got)


def test_words_for_who_cannot_see_it() -> None:
    made = chart(found(series(31, 88.2, 79)), ALERT, WINDOW, (ranked("first", "likely", ago(20)),))
    assert made is not None
    assert made.title == "CPUUtilization"
    assert made.alt == (
        "CPUUtilization of alarm checkout-cpu, 24 Nov 00:05 to 03:06 UTC. between 31 and 88.2, last 79. "
        "threshold > 75. marked: 02:45 first; 03:05 ALARM"
    )


def test_words_stay_within_slacks_limit() -> None:
    made = chart(found(series(1)), replace(ALERT, name="n" * 5000, expression="m1"), WINDOW, (ranked("f" * 3000),))
    assert isinstance(made, Chart)
    assert len(made.alt) <= 1000


class Watch:
    """CloudWatch with one picture."""

    def __init__(self, picture: bytes) -> None:
        self.cloudwatch, self.picture = self, picture
        self.asked: dict[str, Any] = {}

    def get_metric_widget_image(self, **asked: Any) -> dict[str, bytes]:
        self.asked = asked
        return {"MetricWidgetImage": self.picture}


def test_cloudwatch_draws_it() -> None:
    aws: Any = Watch(PNG + b"...")
    assert draw(aws, "{}") == PNG + b"..."
    assert aws.asked == {"MetricWidget": "{}", "OutputFormat": "png"}


@pytest.mark.parametrize("picture", [b"", b"<html>", PNG + bytes(LARGEST)])
def test_what_is_no_picture_is_refused(picture: bytes) -> None:
    aws: Any = Watch(picture)
    with pytest.raises(ChartError):
        draw(aws, "{}")
