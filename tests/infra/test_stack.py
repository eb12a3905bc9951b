"""What the stack is made of, by what would break if it were otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_cdk import App
from moto import mock_aws

from infra.audit import statements_of
from infra.door import AT_ONCE
from infra.environment import Environment
from infra.stack import RESPOND_TIMEOUT, SETTINGS_ROOM, TocsinStack, TooLargeError
from lambdas.aws import Aws
from lambdas.handlers.pulse import _measure
from lambdas.handlers.respond import DEADLINE, LEASE, MARGIN
from lambdas.settings import Settings
from local.plane import create_table
from tests.infra.conftest import strings

if TYPE_CHECKING:
    from tests.infra.conftest import Resources, Template


def _get(logical: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical, attribute]}


def _inbox(resources: Resources, name: str = "Inbox") -> tuple[str, dict[str, Any]]:
    queues = resources.of("AWS::SQS::Queue").items()
    found = {k: v for k, v in queues if k.startswith(name) and "RedrivePolicy" in v}
    assert len(found) == 1
    return next(iter(found.items()))


def test_the_queue_outlives_the_function_and_keeps_what_fails(resources: Resources) -> None:
    _, queue = _inbox(resources)
    _, respond = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-respond")
    dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]

    assert queue["VisibilityTimeout"] >= 6 * respond["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["SqsManagedSseEnabled"] is True
    assert resources.all[dead]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert resources.all[dead]["DeletionPolicy"] == "Retain"


def test_both_queues_refuse_anything_but_tls(resources: Resources) -> None:
    for logical in resources.of("AWS::SQS::Queue"):
        (policy,) = [p for p in resources.of("AWS::SQS::QueuePolicy").values() if {"Ref": logical} in p["Queues"]]
        assert any(
            s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for s in policy["PolicyDocument"]["Statement"]
        )


def test_a_batch_is_taken_at_once_in_part_and_never_by_too_many(resources: Resources) -> None:
    queue, _ = _inbox(resources)
    _, mapping = resources.one("AWS::Lambda::EventSourceMapping", EventSourceArn=_get(queue))

    assert mapping["BatchSize"] == 10
    assert mapping["MaximumBatchingWindowInSeconds"] == 0
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_only_our_own_functions_send_to_the_queue_that_brings_peoples_orders(
    resources: Resources, template: Template
) -> None:
    queue, _ = _inbox(resources, "Errands")
    (policy,) = [p for p in resources.of("AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    assert {s["Effect"] for s in policy["PolicyDocument"]["Statement"]} == {"Deny"}, "no service may send to it"
    senders = {
        role["Ref"].partition("Role")[0]
        for p in resources.of("AWS::IAM::Policy").values()
        for s in p["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in s["Action"]
        and _get(queue) in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
        for role in p["Roles"]
    }
    assert senders == {"Respond", "Pulse", "Interact"}
    _, mapping = resources.one("AWS::Lambda::EventSourceMapping", EventSourceArn=_get(queue))
    function, _ = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-respond")
    assert mapping["FunctionName"] == {"Ref": function}
    assert template["Outputs"]["InteractUrl"]


def test_interact_may_read_one_secret_and_send_to_one_queue_and_nothing_else(
    resources: Resources, template: Template
) -> None:
    allowed = {action for statement in statements_of(template, "Interact") for action in statement.actions}
    assert allowed == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
    }
    function, interact = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-interact")
    assert interact["ReservedConcurrentExecutions"] == AT_ONCE
    _, url = resources.one("AWS::Lambda::Url")
    assert (url["AuthType"], url["TargetFunctionArn"]) == ("NONE", _get(function))


def test_a_diagnosis_fits_into_the_function_and_the_function_into_its_lease() -> None:
    assert DEADLINE + MARGIN < RESPOND_TIMEOUT.to_seconds() < LEASE


def test_alarms_may_invoke_respond_directly_and_a_failure_is_kept(resources: Resources) -> None:
    function, _ = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-respond")
    _, permission = resources.one("AWS::Lambda::Permission", Principal="lambda.alarms.cloudwatch.amazonaws.com")
    _, asynchronous = resources.one("AWS::Lambda::EventInvokeConfig", FunctionName={"Ref": function})
    queue, inbox = _inbox(resources)

    assert permission["FunctionName"] == _get(function)
    assert permission["SourceAccount"] == "123456789012"
    assert permission["SourceArn"] == "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"
    assert (
        asynchronous["DestinationConfig"]["OnFailure"]["Destination"] == inbox["RedrivePolicy"]["deadLetterTargetArn"]
    )
    assert queue


def test_every_topic_feeds_the_queue_in_snss_envelope(resources: Resources, template: Template) -> None:
    queue, _ = _inbox(resources)
    fed = resources.of("AWS::SNS::Subscription", Protocol="sqs")
    created, _ = resources.one("AWS::SNS::Topic", TopicName="tocsin-acme-production-alarms")
    (parameter,) = [
        name for name, p in template["Parameters"].items() if p["Default"] == "/acme/production/alarm-topic-arn"
    ]

    assert template["Parameters"][parameter]["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert [s["TopicArn"] for s in fed.values()] == [{"Ref": created}, {"Ref": parameter}]
    assert all(s["Endpoint"] == _get(queue) and s["RawMessageDelivery"] is False for s in fed.values())


def test_a_topic_known_by_its_arn_is_not_created(others: Resources) -> None:
    _, subscription = others.one("AWS::SNS::Subscription")
    assert subscription["TopicArn"] == "arn:aws-cn:sns:cn-north-1:210987654321:theirs"
    assert [t["TopicName"] for t in others.of("AWS::SNS::Topic").values()] == ["tocsin-other-staging-operators"]


def test_the_created_topic_takes_alarms_and_rds_events_of_this_account_only(resources: Resources) -> None:
    created, _ = resources.one("AWS::SNS::Topic", TopicName="tocsin-acme-production-alarms")
    (policy,) = [p for p in resources.of("AWS::SNS::TopicPolicy").values() if {"Ref": created} in p["Topics"]]
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    assert sorted(strings([s["Principal"] for s in allowed])) == [
        "cloudwatch.amazonaws.com",
        "events.rds.amazonaws.com",
    ]
    assert all(s["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}} for s in allowed)


def test_every_rule_on_events_may_send_to_the_queue_and_sends_nowhere_else(others: Resources) -> None:
    queue, _ = _inbox(others)
    rules = {k: v for k, v in others.of("AWS::Events::Rule").items() if "EventPattern" in v}
    (policy,) = [p for p in others.of("AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    sources = json.dumps(
        [
            s["Condition"]
            for s in policy["PolicyDocument"]["Statement"]
            if s["Effect"] == "Allow" and s["Principal"] == {"Service": "events.amazonaws.com"}
        ]
    )

    assert {detail for r in rules.values() for detail in r["EventPattern"]["detail-type"]} == {
        *("ECS Task State Change", "ECS Container Instance State Change", "ECS Deployment State Change"),
        *("ECS Service Action", "RDS DB Instance Event", "RDS DB Cluster Event", "AWS Health Event"),
        "CloudWatch Alarm State Change",
    }
    assert all([t["Arn"] for t in r["Targets"]] == [_get(queue)] for r in rules.values())
    assert all(json.dumps(_get(logical)) in sources for logical in rules)


def test_alarms_come_from_the_bus_only_where_they_are_asked_for(resources: Resources) -> None:
    details = [
        r["EventPattern"]["detail-type"] for r in resources.of("AWS::Events::Rule").values() if "EventPattern" in r
    ]
    assert ["CloudWatch Alarm State Change"] not in details
    assert len(details) == 6


def test_the_clock_ticks_each_minute_and_a_second_one_every_five(resources: Resources) -> None:
    pulse, _ = resources.one("AWS::Lambda::Function", FunctionName="tocsin-acme-production-pulse")
    _, schedule = resources.one("AWS::Scheduler::Schedule", ScheduleExpression="rate(1 minute)")
    _, rule = resources.one("AWS::Events::Rule", ScheduleExpression="rate(5 minutes)")

    assert schedule["State"] == "ENABLED"
    assert schedule["Target"]["Arn"] == _get(pulse)
    assert '"time"' in schedule["Target"]["Input"], "handlers/pulse.py reads the schedule's own time"
    assert [t["Arn"] for t in rule["Targets"]] == [_get(pulse)]


def test_the_table_is_kept_recoverable_and_cleans_up(resources: Resources, others: Resources) -> None:
    logical, table = resources.one("AWS::DynamoDB::Table")

    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert resources.all[logical]["DeletionPolicy"] == "Retain"
    throwaway, _ = others.one("AWS::DynamoDB::Table")
    assert others.all[throwaway]["DeletionPolicy"] == "Delete"


def test_the_replays_table_is_the_stacks_table(resources: Resources) -> None:
    _, deployed = resources.one("AWS::DynamoDB::Table")
    with mock_aws():
        create_table(Aws("eu-west-1"), "replayed")
        replayed = boto3.client("dynamodb", region_name="eu-west-1").describe_table(TableName="replayed")["Table"]

    assert replayed["KeySchema"] == deployed["KeySchema"]
    assert sorted(map(str, replayed["AttributeDefinitions"])) == sorted(map(str, deployed["AttributeDefinitions"]))
    shapes = [
        {i["IndexName"]: (i["KeySchema"], i["Projection"]) for i in indexes}
        for indexes in (replayed["GlobalSecondaryIndexes"], deployed["GlobalSecondaryIndexes"])
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", ["respond", "pulse", "review", "interact", "act"])
def test_a_function_reads_back_the_settings_that_were_written(
    resources: Resources, environment: Environment, name: str
) -> None:
    _, function = resources.one("AWS::Lambda::Function", FunctionName=f"tocsin-acme-production-{name}")
    table, _ = resources.one("AWS::DynamoDB::Table")
    queue, _ = _inbox(resources, "Errands")
    separator, parts = function["Environment"]["Variables"]["TOCSIN_SETTINGS"]["Fn::Join"]
    filled = {table: "the-table", queue: "https://sqs/the-queue"}
    text = separator.join(part if isinstance(part, str) else filled.get(part["Ref"], part["Ref"]) for part in parts)

    read = Settings.from_json(text)

    assert read.table == "the-table"
    assert read.queue == "https://sqs/the-queue"
    assert read.recordings.startswith("RecordingsBucket")
    assert read.documents.startswith("DocumentsBucket")
    assert read.review_queue.startswith("OrdersQueue")
    assert read.channels.bus.startswith("Bus")
    assert read.operators.startswith("Operators")
    assert len(read.alarm_topics) == len(environment.alarm_topics)
    expected = environment.settings("the-table", environment.slack.secret, bus=read.channels.bus)
    assert read.act_queue.startswith("ApprovedQueue")
    names = ("queue", "recordings", "documents", "review_queue", "operators", "act_queue")
    ours: dict[str, Any] = dict.fromkeys(names, "")
    assert replace(read, alarm_topics=(), **ours) == expected


def test_settings_that_do_not_fit_a_function_are_refused_with_the_file(environment: Environment) -> None:
    people = [{"name": "n" * 200, "email": f"person{n}@example.com"} for n in range(20)]
    crowded = Environment.model_validate(environment.model_dump() | {"contacts": {"1": people}})
    with pytest.raises(TooLargeError, match=rf"environments/acme-production\.yaml: .* {SETTINGS_ROOM}"):
        TocsinStack(App(), crowded)


def test_the_functions_run_what_they_were_built_for(resources: Resources, others: Resources) -> None:
    assert {f["Runtime"] for f in resources.of("AWS::Lambda::Function").values()} == {"python3.13"}
    assert {tuple(f["Architectures"]) for f in resources.of("AWS::Lambda::Function").values()} == {("arm64",)}
    assert {tuple(f["Architectures"]) for f in others.of("AWS::Lambda::Function").values()} == {("x86_64",)}


def test_logs_are_not_kept_for_ever(resources: Resources) -> None:
    groups = resources.of("AWS::Logs::LogGroup")
    assert {g["LogGroupName"] for g in groups.values()} == {
        "/aws/lambda/tocsin-acme-production-respond",
        "/aws/lambda/tocsin-acme-production-pulse",
        "/aws/lambda/tocsin-acme-production-review",
        "/aws/lambda/tocsin-acme-production-interact",
        "/aws/lambda/tocsin-acme-production-act",
    }
    assert all(g["RetentionInDays"] == 90 for g in groups.values())


def test_logs_are_kept_and_filtered_as_the_environment_says(resources: Resources, others: Resources) -> None:
    for stack, days, level in ((resources, 90, "INFO"), (others, 365, "WARN")):
        assert {g["RetentionInDays"] for g in stack.of("AWS::Logs::LogGroup").values()} == {days}
        functions = stack.of("AWS::Lambda::Function").values()
        assert {f["LoggingConfig"]["ApplicationLogLevel"] for f in functions} == {level}


def test_own_alarms_go_to_the_operators_and_to_nobody_else(resources: Resources) -> None:
    operators, _ = resources.one("AWS::SNS::Topic", TopicName="tocsin-acme-production-operators")
    alarms = resources.of("AWS::CloudWatch::Alarm")

    assert {a["AlarmName"].removeprefix("tocsin-acme-production-") for a in alarms.values()} == {
        *("dead-letters", "queue-age", "respond-errors", "respond-throttles"),
        *("pulse-errors", "pulse-throttles", "pulse-silent", "pulse-lag"),
        *("review-errors", "review-throttles", "review-dead-letters"),
        *("errands-dead-letters", "errands-age", "interact-errors", "interact-throttles"),
        *("act-errors", "act-throttles", "act-dead-letters"),
    }
    assert all(a["AlarmActions"] == a["OKActions"] == [{"Ref": operators}] for a in alarms.values())
    told = [s for s in resources.of("AWS::SNS::Subscription").values() if s["TopicArn"] == {"Ref": operators}]
    assert [(s["Protocol"], s["Endpoint"]) for s in told] == [("email", "operations@example.com")]


def test_a_silent_clock_is_a_breach(resources: Resources) -> None:
    for short in ("pulse-silent", "pulse-lag"):
        _, alarm = resources.one("AWS::CloudWatch::Alarm", AlarmName=f"tocsin-acme-production-{short}")
        assert alarm["TreatMissingData"] == "breaching"


def test_the_lag_alarm_watches_the_metric_that_pulse_writes(
    resources: Resources, environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    _, alarm = resources.one("AWS::CloudWatch::Alarm", AlarmName="tocsin-acme-production-pulse-lag")

    _measure(environment.settings(table="t", slack_secret="s"), 7, 0)

    written = [line for line in capsys.readouterr().out.splitlines() if "PulseLag" in line]
    assert len(written) == 1
    assert f'"Namespace":"{alarm["Namespace"]}"' in written[0]
    assert alarm["MetricName"] == "PulseLag"
    (dimension,) = alarm["Dimensions"]
    assert f'"Dimensions":[["{dimension["Name"]}"]]' in written[0]
    assert f'"{dimension["Name"]}":"{dimension["Value"]}"' in written[0]
    assert alarm["Threshold"] == 180


def test_no_token_and_no_person_leaves_the_settings(template: Template, assembly: Path) -> None:
    text = (assembly / "tocsin-acme-production.template.json").read_text()
    assert "xox" not in text
    assert not [r for r in template["Resources"].values() if r["Type"] == "AWS::SecretsManager::Secret"]
