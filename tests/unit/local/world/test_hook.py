from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from local.world.errors import WorldError
from local.world.hook import NoWorld, attached
from local.world.service import services

from .conftest import HEAD, aws, world_of

ECS = "ecs: {services: [{cluster: prod, serviceName: checkout}]}\ndynamodb: {tables: [{TableName: orders}]}\n"
EXPECT = "expect: {headline: none.noise, verdict: likely}\n"


def faulty(fault: str) -> str:
    return HEAD + f"faults: [{fault}]\n"


def client(service: str, **config: Any) -> Any:
    return aws(service, config=Config(**config))


def test_the_world_answers_before_moto_and_lets_our_own_plane_through() -> None:
    with mock_aws(), attached(world_of(ECS)) as world:
        session: Any = boto3.session.Session()
        assert session.client("ecs").describe_services(cluster="prod", services=["checkout"])["services"]
        sns = session.client("sns")
        topic = sns.create_topic(Name="ours")["TopicArn"]
        assert sns.list_topics()["Topics"] == [{"TopicArn": topic}]
        ours = session.client("dynamodb")
        ours.create_table(
            TableName="incidents",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        assert ours.describe_table(TableName="incidents")["Table"]["TableName"] == "incidents"
        assert ours.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
    assert [(entry.service, entry.operation) for entry in world.ledger.calls()] == [
        ("ecs", "DescribeServices"),
        ("dynamodb", "DescribeTable"),
    ]


def test_after_the_block_moto_answers_again() -> None:
    with mock_aws():
        session: Any = boto3.session.Session()
        with attached(world_of(ECS)):
            assert session.client("ecs").list_clusters()["clusterArns"]
        assert session.client("ecs").list_clusters()["clusterArns"] == []


def test_what_the_world_does_not_implement_fails_loudly_even_when_swallowed() -> None:
    swallowed = pytest.raises(WorldError, match="ecs:DeleteService: the World does not implement")
    with swallowed, attached(world_of(ECS)), suppress(WorldError):
        aws("ecs").delete_service(service="checkout")
    with pytest.raises(WorldError, match="route53:ListHostedZones: the World does not know"), attached(world_of(ECS)):
        aws("route53").list_hosted_zones()


def test_an_answer_that_aws_never_sends_is_the_authors_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services()["sts"].operations, "GetCallerIdentity", lambda _: {"Account": 1, "Nonsense": 2})
    with pytest.raises(WorldError, match=r"never sends.*Nonsense"), attached(world_of(ECS)):
        aws("sts").get_caller_identity()


@pytest.mark.parametrize(
    ("service", "method", "code", "status"),
    [
        ("ecs", "list_clusters", "AccessDeniedException", 400),
        ("ec2", "describe_subnets", "UnauthorizedOperation", 403),
        ("elbv2", "describe_load_balancers", "AccessDenied", 403),
        ("cloudwatch", "describe_alarms", "AccessDenied", 400),
        ("efs", "describe_file_systems", "AccessDeniedException", 403),
        ("cloudtrail", "lookup_events", "InvalidMaxResultsException", 400),
    ],
)
def test_a_fault_is_the_right_error_in_every_protocol(service: str, method: str, code: str, status: int) -> None:
    head = faulty(f'{{service: {service}, error: {code}, message: "not you"}}')
    with attached(world_of("", head)) as world, pytest.raises(ClientError) as error:
        getattr(aws(service), method)()
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["Error"]["Message"] == "not you"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert [entry.error for entry in world.ledger.calls()] == [code]


def test_a_fault_that_passes_is_survived_by_the_clients_own_retries() -> None:
    fault = "{service: ecs, operation: ListClusters, error: ThrottlingException, times: 2}"
    with attached(world_of(ECS, faulty(fault))) as world:
        answer = aws("ecs").list_clusters()
    assert len(answer["clusterArns"]) == 1
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [entry.error for entry in world.ledger.calls()] == ["ThrottlingException"] * 2 + [None]


def test_the_clients_limit_of_attempts_holds() -> None:
    fault = "{service: ecs, error: ThrottlingException, times: 2}"
    with attached(world_of(ECS, faulty(fault))), pytest.raises(ClientError, match="ThrottlingException"):
        client("ecs", retries={"total_max_attempts": 2}).list_clusters()


def test_a_call_that_hangs_ends_with_the_clients_patience() -> None:
    with attached(world_of(ECS, faulty("{service: ecs, hang: 1h}"))), pytest.raises(ReadTimeoutError):
        client("ecs", read_timeout=0.01, retries={"total_max_attempts": 1}).list_clusters()


def test_leaving_the_world_wakes_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(ECS, faulty("{service: ecs, hang: 1h}"))
    asked, hang = threading.Event(), world._hang

    def watched(seconds: float, patience: float | None) -> None:
        asked.set()
        hang(seconds, patience)

    monkeypatch.setattr(world, "_hang", watched)
    with ThreadPoolExecutor(1) as pool:
        with attached(world):
            waiting = pool.submit(aws("ecs").list_clusters)
            assert asked.wait(30)
        assert isinstance(waiting.exception(), ReadTimeoutError)


def test_a_fault_of_our_own_plane_needs_its_operation_named() -> None:
    head = faulty("{service: sqs, operation: ListQueues, error: InternalError, status: 500, times: 1}")
    with mock_aws(), attached(world_of(ECS, head)) as world:
        assert "QueueUrls" not in aws("sqs").list_queues()
    assert [entry.error for entry in world.ledger.calls("sqs")] == ["InternalError"]


def test_sixteen_threads_share_one_world() -> None:
    with attached(world_of(ECS)) as world:
        ecs = aws("ecs")
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda _: ecs.list_services(cluster="prod")["serviceArns"], range(64)))
    assert {tuple(arns) for arns in found} == {("arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",)}
    assert len(world.ledger.calls()) == 64


def test_the_ledger_names_action_resource_and_caller() -> None:
    with attached(world_of(ECS)) as world:
        world.caller = "respond"
        aws("ecs").describe_services(cluster="prod", services=["checkout"])
    entry = world.ledger.calls()[0]
    assert (entry.action, entry.caller) == ("ecs:DescribeServices", "respond")
    assert entry.resources == ("arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",)


def test_without_a_world_observation_is_refused_and_our_own_plane_works() -> None:
    with mock_aws(), attached(NoWorld(own=frozenset({"incidents"}))) as none:
        session: Any = boto3.session.Session()
        for service, method, params in (
            ("ecs", "list_clusters", {}),
            ("cloudwatch", "describe_alarms", {}),
            ("logs", "describe_log_groups", {}),
            ("dynamodb", "describe_table", {"TableName": "orders"}),
            ("ssm", "describe_parameters", {}),
            ("compute-optimizer", "get_enrollment_status", {}),
        ):
            with pytest.raises(ClientError) as error:
                getattr(session.client(service), method)(**params)
            assert error.value.response["Error"]["Code"] == "NoWorld"
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            session.client("dynamodb").describe_table(TableName="incidents")
        assert session.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        secrets = session.client("secretsmanager")
        secrets.create_secret(Name="slack", SecretString="s")
        assert secrets.get_secret_value(SecretId="slack")["SecretString"] == "s"
    assert {entry.error for entry in none.ledger.calls()} == {"NoWorld"}


def test_the_clock_lets_the_alarm_recover() -> None:
    head = HEAD.replace("  at: -1m", "  at: -1m\n  recovers: +4m")
    with attached(world_of("", head)) as world:
        alarms = aws("cloudwatch")
        assert alarms.describe_alarms(AlarmNames=["checkout-cpu"])["MetricAlarms"][0]["StateValue"] == "ALARM"
        world.clock.advance(timedelta(minutes=5))
        alarm = alarms.describe_alarms(StateValue="OK")["MetricAlarms"][0]
        history = alarms.describe_alarm_history(AlarmName="checkout-cpu")["AlarmHistoryItems"]
    assert alarm["StateUpdatedTimestamp"] == world.head.now + timedelta(minutes=4)
    assert [item["HistorySummary"] for item in history] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]


def test_a_stream_that_goes_on_to_moto_is_whole() -> None:
    with mock_aws(), attached(world_of(ECS)):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=b"hello")
        assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"hello"
