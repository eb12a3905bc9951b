"""Every sample event, and what it is read as; then anything at all, which must be read as something."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.targets import resolve

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert

EVENTS = Path(__file__).parents[3] / "events"
NOW = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)

CHECKOUT = "ecs:acme-production/checkout"
CLUSTER = "ecs:acme-production"
ALB = "elb:app/acme-production/50dc6c495c0c9188"
GROUP = "elb:targetgroup/checkout/943f017f100becff"
ORDERS = "rds:acme-production-orders"
SESSIONS = "dynamodb:acme-production-sessions"

# file: kind, source, state, routine, target, observed value
ALARM, OK = "ALARM", "OK"
SAMPLES: dict[str, list[tuple[str, str, str, bool, str, float | None]]] = {
    "sns/alb-5xx-count.json": [("alarm", "sns", ALARM, False, ALB, 412.0)],
    "sns/alb-target-response-time.json": [("alarm", "sns", ALARM, False, GROUP, 1.93)],
    "sns/alb-unhealthy-hosts.json": [("alarm", "sns", ALARM, False, GROUP, 2.0)],
    "sns/anomaly-band.json": [("alarm", "sns", ALARM, False, ALB, 1.42)],
    "sns/china.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/composite.json": [
        ("alarm", "sns", ALARM, False, "composite of acme-production-checkout-cpu, acme-production-5xx-rate", None)
    ],
    "sns/dynamodb-throttles.json": [("alarm", "sns", ALARM, False, SESSIONS, 1284.0)],
    "sns/ecs-cpu-alarm.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/ecs-cpu-lambda-event.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/ecs-cpu-message.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/ecs-cpu-ok.json": [("alarm", "sns", OK, False, CHECKOUT, 41.7)],
    "sns/ecs-cpu-warning.json": [("alarm", "sns", ALARM, False, CHECKOUT, 72.0)],
    "sns/ecs-memory-alarm.json": [("alarm", "sns", ALARM, False, CHECKOUT, 93.4)],
    "sns/ecs-running-tasks-alarm.json": [("alarm", "sns", ALARM, False, CHECKOUT, 1.0)],
    "sns/govcloud-without-arn.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/insufficient-data.json": [("alarm", "sns", "INSUFFICIENT_DATA", False, CHECKOUT, None)],
    "sns/metric-math-5xx-rate.json": [("alarm", "sns", ALARM, False, ALB, 7.31)],
    "sns/metrics-insights.json": [("alarm", "sns", ALARM, False, CHECKOUT, 91.05)],
    "sns/missing-data-breaching.json": [("alarm", "sns", ALARM, False, GROUP, None)],
    "sns/older-without-arn.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sns/rds-connections.json": [("alarm", "sns", ALARM, False, ORDERS, 396.0)],
    "sns/rds-read-latency.json": [("alarm", "sns", ALARM, False, ORDERS, 0.137)],
    "sns/sqs-queue-age-outside-the-tables.json": [
        (
            "alarm",
            "sns",
            ALARM,
            False,
            "AWS/SQS ApproximateAgeOfOldestMessage (QueueName=acme-production-mail)",
            1830.0,
        )
    ],
    "eventbridge/anomaly-band.json": [("alarm", "eventbridge", ALARM, False, ALB, 1.42)],
    "eventbridge/composite.json": [
        ("alarm", "eventbridge", ALARM, False, "composite of acme-production-5xx-rate", None)
    ],
    "eventbridge/composite-suppressed.json": [
        ("alarm", "eventbridge", ALARM, False, "composite of acme-production-5xx-rate", None)
    ],
    "eventbridge/configuration-change.json": [("alarm", "eventbridge", OK, True, CHECKOUT, None)],
    "eventbridge/contributor.json": [("alarm", "eventbridge", ALARM, False, SESSIONS, 1284.0)],
    "eventbridge/ecs-cpu-alarm.json": [("alarm", "eventbridge", ALARM, False, CHECKOUT, 88.2)],
    "eventbridge/ecs-cpu-ok.json": [("alarm", "eventbridge", OK, False, CHECKOUT, 41.7)],
    "eventbridge/metric-math-5xx-rate.json": [("alarm", "eventbridge", ALARM, False, ALB, 7.31)],
    "lambda-action/composite.json": [
        ("alarm", "lambda-action", ALARM, False, "composite of acme-production-5xx-rate", None)
    ],
    "lambda-action/ecs-cpu-alarm.json": [("alarm", "lambda-action", ALARM, False, CHECKOUT, 88.2)],
    "lambda-action/metric-math-5xx-rate.json": [("alarm", "lambda-action", ALARM, False, ALB, 7.31)],
    "sqs/batch-of-three.json": [
        ("alarm", "sns", ALARM, False, CHECKOUT, 88.2),
        ("alarm", "sns", ALARM, False, "composite of acme-production-checkout-cpu, acme-production-5xx-rate", None),
        ("alarm", "eventbridge", ALARM, False, CHECKOUT, 88.2),
    ],
    "sqs/eventbridge.json": [("alarm", "eventbridge", ALARM, False, CHECKOUT, 88.2)],
    "sqs/eventbridge-through-sns.json": [("alarm", "eventbridge", ALARM, False, CHECKOUT, 88.2)],
    "sqs/sns-raw-off.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "sqs/sns-raw-on.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
    "ecs/container-instance-disconnected.json": [("ecs", "eventbridge", ALARM, False, CLUSTER, None)],
    "ecs/deployment-completed.json": [("ecs", "eventbridge", OK, False, CHECKOUT, None)],
    "ecs/deployment-failed.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/deployment-in-progress.json": [("ecs", "eventbridge", OK, True, CHECKOUT, None)],
    "ecs/service-placement-failure.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/service-steady-state.json": [("ecs", "eventbridge", OK, False, CHECKOUT, None)],
    "ecs/service-task-start-impaired.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/task-failed-elb-health-check.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/task-image-missing.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/task-job-finished.json": [("ecs", "eventbridge", OK, True, CLUSTER, None)],
    "ecs/task-out-of-memory.json": [("ecs", "eventbridge", ALARM, False, CHECKOUT, None)],
    "ecs/task-running.json": [("ecs", "eventbridge", OK, True, CHECKOUT, None)],
    "ecs/task-scaled-in.json": [("ecs", "eventbridge", OK, True, CHECKOUT, None)],
    "rds/backup-finished.json": [("rds", "eventbridge", OK, True, ORDERS, None)],
    "rds/cluster-failover-started.json": [("rds", "eventbridge", ALARM, False, "rds:acme-production-catalog", None)],
    "rds/failover-completed.json": [("rds", "eventbridge", OK, False, ORDERS, None)],
    "rds/failover-started.json": [("rds", "eventbridge", ALARM, False, ORDERS, None)],
    "rds-sns/failover-started.json": [("rds", "rds-sns", ALARM, False, ORDERS, None)],
    "rds-sns/many-databases.json": [("rds", "rds-sns", OK, True, ORDERS, None)],
    "rds-sns/storage-full-without-arn.json": [("rds", "rds-sns", ALARM, False, ORDERS, None)],
    "health/account-notification.json": [("health", "eventbridge", ALARM, True, CLUSTER, None)],
    "health/operational-issue.json": [
        ("health", "eventbridge", ALARM, False, "AWS Health issue: AWS_ECS_OPERATIONAL_ISSUE", None)
    ],
    "health/operational-issue-closed.json": [
        ("health", "eventbridge", OK, False, "AWS Health issue: AWS_ECS_OPERATIONAL_ISSUE", None)
    ],
    "health/rds-hardware-maintenance.json": [("health", "eventbridge", ALARM, False, ORDERS, None)],
    "bad/empty-object.json": [("unknown", "unknown", ALARM, False, "Message not understood (44136fa355b3)", None)],
    "bad/empty-records.json": [("unknown", "unknown", ALARM, False, "Message not understood (fa14d98246b9)", None)],
    "bad/hostile-names.json": [("alarm", "sns", ALARM, False, "ecs:a&b</code>/<@U012AB3CD>", 88.2)],
    "bad/invalid-json.json": [("unknown", "unknown", ALARM, False, "Message not understood (d00fbb098d36)", None)],
    "bad/plain-text.txt": [("unknown", "unknown", ALARM, False, "Message not understood (eea0180ecf2b)", None)],
    "bad/sqs-empty-bodies.json": [
        ("unknown", "unknown", ALARM, False, "Message not understood (e3b0c44298fc)", None),
        ("unknown", "unknown", ALARM, False, "Message not understood (44136fa355b3)", None),
        ("unknown", "unknown", ALARM, False, "Message not understood (74234e98afe7)", None),
        ("unknown", "unknown", ALARM, False, "Message not understood (4f53cda18c2b)", None),
    ],
    "bad/sqs-good-among-bad.json": [
        ("unknown", "unknown", ALARM, False, "Message not understood (e939d8fef87e)", None),
        ("alarm", "sns", ALARM, False, CHECKOUT, 88.2),
        ("unknown", "unknown", ALARM, False, "Message not understood (b7ae1cb44448)", None),
    ],
    "bad/subscription-confirmation.json": [
        ("unknown", "unknown", ALARM, False, "Message not understood (e7c3b57b47ad)", None)
    ],
    "bad/unknown-event.json": [("unknown", "unknown", ALARM, False, "Message not understood (a0d40d9aab24)", None)],
    "bad/unknown-region.json": [("alarm", "sns", ALARM, False, CHECKOUT, 88.2)],
}


def read(name: str) -> list[Alert]:
    return [parse(delivery, now=NOW) for delivery in unwrap((EVENTS / name).read_text())]


def one(name: str) -> Alert:
    (alert,) = read(name)
    return alert


def test_every_sample_is_in_the_table() -> None:
    stored = {
        str(path.relative_to(EVENTS))
        for path in EVENTS.rglob("*")
        if path.is_file() and "worlds" not in path.parts and path.suffix != ".md"
    }
    assert stored == set(SAMPLES)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_sample_is_read_as(name: str) -> None:
    got = [(a.kind, a.source, a.state, a.routine, str(resolve(a)), a.observed) for a in read(name)]
    assert got == SAMPLES[name]


def test_one_state_change_has_one_identity_by_every_road() -> None:
    roads = [
        "sns/ecs-cpu-alarm.json",
        "sns/ecs-cpu-lambda-event.json",
        "sns/ecs-cpu-message.json",
        "sns/older-without-arn.json",
        "eventbridge/ecs-cpu-alarm.json",
        "lambda-action/ecs-cpu-alarm.json",
        "sqs/sns-raw-off.json",
        "sqs/sns-raw-on.json",
        "sqs/eventbridge.json",
        "sqs/eventbridge-through-sns.json",
    ]
    assert len({one(name).identity for name in roads}) == 1
    assert one("sns/ecs-cpu-ok.json").identity != one(roads[0]).identity
    assert one("sns/ecs-cpu-ok.json").identity == one("eventbridge/ecs-cpu-ok.json").identity


def test_composite_has_one_identity_by_every_road() -> None:
    roads = ["sns/composite.json", "eventbridge/composite.json", "lambda-action/composite.json"]
    assert len({one(name).identity for name in roads}) == 1


def test_failover_has_one_identity_by_event_bus_and_subscription() -> None:
    assert one("rds/failover-started.json").identity == one("rds-sns/failover-started.json").identity


@pytest.mark.parametrize(
    ("name", "arn", "partition"),
    [
        (
            "sns/older-without-arn.json",
            "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:acme-production-checkout-cpu",
            "aws",
        ),
        (
            "sns/china.json",
            "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:acme-production-checkout-cpu",
            "aws-cn",
        ),
        (
            "sns/govcloud-without-arn.json",
            "arn:aws-us-gov:cloudwatch:us-gov-west-1:123456789012:alarm:acme-production-checkout-cpu",
            "aws-us-gov",
        ),
        (
            "rds-sns/storage-full-without-arn.json",
            "arn:aws:rds:eu-west-1:123456789012:db:acme-production-orders",
            "aws",
        ),
        ("bad/unknown-region.json", "", "aws"),
        ("ecs/task-out-of-memory.json", "arn:aws:ecs:eu-west-1:123456789012:service/acme-production/checkout", "aws"),
    ],
)
def test_arn_is_taken_or_rebuilt(name: str, arn: str, partition: str) -> None:
    alert = one(name)
    assert (alert.arn, alert.partition) == (arn, partition)


def test_alarm_is_read_whole() -> None:
    alert = one("eventbridge/ecs-cpu-alarm.json")
    assert alert.at == datetime(2026, 11, 24, 3, 1, 12, 345_000, tzinfo=UTC)
    assert alert.observed_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert alert.recent == (84.1, 86.9, 88.2)
    assert (alert.comparison, alert.threshold, alert.previous) == ("GreaterThanThreshold", 75.0, "OK")
    assert alert.description == "CPU of checkout. Runbook: ECS high utilisation."
    (metric,) = alert.metrics
    assert (metric.namespace, metric.name, metric.statistic, metric.period) == (
        "AWS/ECS",
        "CPUUtilization",
        "Average",
        60,
    )


def test_suppression_is_told() -> None:
    assert one("eventbridge/composite-suppressed.json").suppressed_by == "WaitPeriod (acme-production-maintenance)"
    assert one("eventbridge/composite.json").suppressed_by == ""


def test_missing_data_that_breaches_is_told() -> None:
    assert one("sns/missing-data-breaching.json").missing_data_breaches
    assert not one("sns/ecs-cpu-alarm.json").missing_data_breaches


def test_children_of_a_composite() -> None:
    assert [(c.name, c.state) for c in one("sns/composite.json").children] == [
        ("acme-production-checkout-cpu", "ALARM"),
        ("acme-production-5xx-rate", "ALARM"),
    ]


def test_what_is_not_understood_keeps_its_text_and_its_identity() -> None:
    first, again = one("bad/plain-text.txt"), parse(unwrap((EVENTS / "bad/plain-text.txt").read_text())[0])
    assert first.description.startswith("Backups of acme-production finished")
    assert first.identity == again.identity  # though it is read at another time


def test_subscription_token_is_not_kept() -> None:
    alert = one("bad/subscription-confirmation.json")
    assert "acme-production-alarms" in alert.description
    assert "2336412f37fb" not in repr(alert)


def test_a_message_of_256_kb_is_cut_visibly() -> None:
    message = json.loads((EVENTS / "sns/ecs-cpu-message.json").read_text())
    message["AlarmDescription"] = "x" * 256_000
    alert = parse(message, now=NOW)
    assert alert.observed == 88.2
    assert alert.description.endswith("(cut: 256,000 characters in all)")
    unknown = parse("y" * 262_144, now=NOW)
    assert (unknown.kind, len(unknown.description) < 9_000) == ("unknown", True)
    assert unknown.description.endswith("(cut: 262,144 characters in all)")


def test_a_shape_that_disappoints_becomes_unknown_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Alert:
        raise KeyError("Trigger")

    monkeypatch.setattr("lambdas.alerts.parse.SOURCES", {"lambdas.alerts.sns_alarm": broken})
    alert = parse({"AlarmName": "x"}, now=NOW)
    assert (alert.kind, alert.reason) == ("unknown", "sns_alarm: KeyError: 'Trigger'")


def test_nesting_beyond_reason_is_unknown() -> None:
    alert = parse("[" * 100_000, now=NOW)
    assert alert.kind == "unknown"


def test_lone_surrogates_can_be_stored() -> None:
    alert = parse(
        json.dumps({"source": "aws.ecs", "detail-type": "ECS Service Action", "detail": {"reason": "\ud800"}})
    )
    assert json.dumps(dict(alert.detail), ensure_ascii=False).encode()
    assert alert.identity


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "AlarmName", "NewStateValue", "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "Trigger", "Metrics",
    "MetricStat", "Metric", "Dimensions", "Expression", "Id", "TriggeringChildren", "State", "Arn", "source",
    "detail-type", "detail", "resources", "account", "region", "time", "id", "alarmData", "alarmArn", "configuration",
    "metrics", "state", "value", "reason", "reasonData", "recentDatapoints", "evaluatedDatapoints", "containers",
    "lastStatus", "stopCode", "group", "clusterArn", "eventName", "eventType", "SourceIdentifier", "EventCategories",
    "Event Source", "Event Message", "Event ID", "eventTypeCode", "eventDescription", "affectedEntities", "Records",
    "body", "Sns", "Message", "Type", "TopicArn", "attributes", "SentTimestamp", "messageId", "threshold", "Threshold",
]  # fmt: skip
WORDS = [
    "aws.ecs", "aws.rds", "aws.health", "aws.cloudwatch", "ECS Task State Change", "ECS Service Action",
    "ECS Container Instance State Change", "ECS Deployment State Change", "CloudWatch Alarm State Change", "STOPPED",
    "Notification", "ALARM", "OK", "EU (Ireland)", "2026-11-24T03:01:12.345+0000", "0001-01-01T00:00:00+23:59",
    "Threshold Crossed: 1 out of the last 1 datapoints [9e999 (99/99/99 99:99:99)] was greater than the threshold (1)",
]  # fmt: skip
aws_like = st.recursive(
    st.sampled_from(WORDS) | st.none() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=25,
)


def survives(value: Any) -> None:
    for delivery in unwrap(value):
        alert = parse(delivery, now=NOW)
        assert alert.at.tzinfo is not None
        assert len(alert.identity) == 16
        assert str(resolve(alert))


@given(json_values)
def test_any_json_becomes_an_alert(value: Any) -> None:
    survives(value)
    survives(json.dumps(value))


@settings(max_examples=400)
@given(aws_like)
def test_anything_that_looks_like_aws_becomes_an_alert(value: Any) -> None:
    survives(value)


@given(st.binary(max_size=200))
def test_any_bytes_become_an_alert(value: bytes) -> None:
    survives(value)
