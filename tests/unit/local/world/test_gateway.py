from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.world.gateway import Gateway

from .conftest import HEAD, aws, world_of

if TYPE_CHECKING:
    from pathlib import Path

BODY = "ecs: {services: [{cluster: prod, serviceName: checkout}]}\nec2: {subnets: [{SubnetId: subnet-1}]}\n"


def client(gateway: Gateway, service: str) -> Any:
    config = Config(retries={"total_max_attempts": 3, "mode": "standard"})
    return aws(service, endpoint_url=gateway.url, config=config)


def control(gateway: Gateway, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", gateway.server_port)
    connection.request(method, path, json.dumps(body) if body is not None else None)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


@pytest.mark.parametrize(
    ("service", "method", "key"),
    [
        ("ecs", "list_clusters", "clusterArns"),
        ("ec2", "describe_subnets", "Subnets"),
        ("elbv2", "describe_load_balancers", "LoadBalancers"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("efs", "describe_file_systems", "FileSystems"),
        ("health", "describe_events", "events"),
    ],
)
def test_every_protocol_over_http(service: str, method: str, key: str) -> None:
    with Gateway(world_of(BODY)) as gateway:
        assert key in getattr(client(gateway, service), method)()
        _, ledger = control(gateway, "GET", "/_world/ledger")
    assert [(call["service"], call["caller"]) for call in ledger["calls"]] == [(service, "testing")]


def test_what_the_world_does_not_own_goes_to_the_emulator_behind() -> None:
    with Gateway(world_of(BODY)) as behind, Gateway(None, upstream=behind.url) as gateway:
        assert client(gateway, "ecs").list_clusters()["clusterArns"]
    with Gateway(world_of(BODY)) as alone, pytest.raises(ClientError, match="no emulator behind it"):
        client(alone, "sqs").list_queues()


def test_an_unknown_operation_fails_loudly_in_the_callers_protocol() -> None:
    with Gateway(world_of(BODY)) as gateway:
        for service, method, params in (
            ("ecs", "delete_service", {"service": "x"}),
            ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1}),
        ):
            with pytest.raises(ClientError, match="does not implement") as error:
                getattr(client(gateway, service), method)(**params)
            assert error.value.response["Error"]["Code"] == "WorldError"
        _, ledger = control(gateway, "GET", "/_world/ledger")
    assert len(ledger["errors"]) == 2


def test_real_retries_survive_a_passing_fault() -> None:
    head = HEAD + "faults: [{service: ecs, error: ThrottlingException, times: 1}]\n"
    with Gateway(world_of(BODY, head)) as gateway:
        answer = client(gateway, "ecs").list_clusters()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_control_moves_the_clock_and_swaps_the_world(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(HEAD.replace("A world for a test", "Another"))
    with Gateway(world_of(BODY)) as gateway:
        assert control(gateway, "POST", "/_world/clock", {"advance": "5m"}) == (
            200,
            {"title": "A world for a test", "now": "2026-11-24T03:11:00+00:00"},
        )
        assert control(gateway, "POST", "/_world/load", {"path": str(other)})[1]["title"] == "Another"
        assert client(gateway, "ecs").list_clusters()["clusterArns"] == []
        assert control(gateway, "POST", "/_world/load", {"path": "/none.yaml"})[0] == 400
        assert control(gateway, "POST", "/_world/nope", {})[0] == 400
        now = "2027-01-01T00:00:00+00:00"
        assert control(gateway, "POST", "/_world/load", {"path": str(other), "now": now})[1]["now"] == now
