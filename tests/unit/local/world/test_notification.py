from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.world.errors import WorldError
from local.world.model import load_world

from .conftest import HEAD, world_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_metric_alarm_reads_as_sns_would_carry_it() -> None:
    said = world_of("").sns_message()
    assert said["NewStateValue"] == "ALARM"
    assert said["OldStateValue"] == "OK"
    assert said["StateChangeTime"] == "2026-11-24T03:05:00.000+0000"
    assert said["Region"] == "EU (Ireland)"
    assert said["AlarmArn"] == "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-cpu"
    assert said["NewStateReason"] == (
        "Threshold Crossed: 3 out of the last 3 datapoints [88.2 (24/11/26 03:04:00), 88.2 (24/11/26 03:03:00), "
        "88.2 (24/11/26 03:02:00)] were greater than the threshold (75.0) "
        "(minimum 3 datapoints for OK -> ALARM transition)."
    )
    trigger = said["Trigger"]
    assert (trigger["MetricName"], trigger["StatisticType"], trigger["Statistic"]) == (
        "CPUUtilization",
        "Statistic",
        "AVERAGE",
    )
    assert {"value": "prod", "name": "ClusterName"} in trigger["Dimensions"]


def test_the_way_back_to_ok() -> None:
    said = world_of("").sns_message("OK")
    assert (said["NewStateValue"], said["OldStateValue"]) == ("OK", "ALARM")
    assert "was not greater than the threshold (75.0)" in said["NewStateReason"]


def test_metric_math_and_anomaly_bands_keep_their_queries() -> None:
    band = '{Id: ad1, Expression: "ANOMALY_DETECTION_BAND(m1, 2)"}'
    metric = "{Namespace: AWS/X, MetricName: Y, Dimensions: [{Name: A, Value: b}]}"
    metrics = f"[{{Id: m1, MetricStat: {{Period: 60, Stat: Sum, Metric: {metric}}}}}, {band}]"
    head = _head(metrics=metrics, extra="threshold_metric: ad1, comparison: GreaterThanUpperThreshold")
    trigger = world_of("", head).sns_message()["Trigger"]
    assert trigger["ThresholdMetricId"] == "ad1"
    assert trigger["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"] == [{"value": "b", "name": "A"}]
    assert "MetricName" not in trigger


def test_a_composite_alarm_names_its_children() -> None:
    head = _head(rule="ALARM(a) OR ALARM(b)", extra="children: [a]")
    said = world_of("", head).sns_message()
    assert said["AlarmRule"] == "ALARM(a) OR ALARM(b)"
    assert said["TriggeringChildren"][0]["Arn"].endswith(":alarm:a")
    assert "Trigger" not in said


def test_the_lambda_event_is_sqs_around_sns_around_the_message() -> None:
    world = world_of("")
    record: dict[str, Any] = world.sns_event()["Records"][0]
    envelope = json.loads(record["body"])
    assert record["eventSource"] == "aws:sqs"
    assert envelope["Subject"] == 'ALARM: "checkout-cpu" in EU (Ireland)'
    assert json.loads(envelope["Message"]) == world.sns_message()


def test_a_world_may_give_its_own_event() -> None:
    start, end = HEAD.index("alarm:"), HEAD.index("expect:")
    world = world_of("", HEAD[:start] + "event: {source: aws.ecs}\n" + HEAD[end:])
    assert world.sns_event() == {"source": "aws.ecs"}
    with pytest.raises(WorldError, match="gives its own"):
        world.sns_message()


def _head(*, extra: str, **kind: str) -> str:
    start, end = HEAD.index("alarm:"), HEAD.index("expect:")
    pairs = ", ".join(f"{key}: {value}" for key, value in kind.items())
    return HEAD[:start] + f"alarm: {{name: x, at: -1m, {pairs}, {extra}}}\n" + HEAD[end:]


def test_an_event_file_stands_beside_the_world(tmp_path: Path) -> None:
    start, end = HEAD.index("alarm:"), HEAD.index("expect:")
    (tmp_path / "event.json").write_text('{"Records": []}')
    (tmp_path / "world.yaml").write_text(HEAD[:start] + "event: event.json\n" + HEAD[end:])
    assert load_world(tmp_path / "world.yaml").sns_event() == {"Records": []}
