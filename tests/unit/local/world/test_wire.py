"""moto's internals are our server side: one contract for each protocol that botocore may speak to us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from botocore.parsers import create_parser

from local.world.errors import AwsError
from local.world.service import services
from local.world.shapes import model_of
from local.world.wire import Request, Response, by_signing_name, parse, serialise

from .conftest import aws

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest

PROTOCOLS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "json": ("ecs", "DescribeServices", {"cluster": "c", "services": ["a"]}, {"services": [{"serviceName": "a"}]}),
    "query": ("elbv2", "DescribeTargetGroups", {"Names": ["a", "b"]}, {"TargetGroups": [{"TargetGroupName": "a"}]}),
    "ec2": (
        "ec2",
        "DescribeSubnets",
        {"Filters": [{"Name": "vpc-id", "Values": ["v"]}]},
        {"Subnets": [{"SubnetId": "s"}]},
    ),
    "rest-json": ("efs", "DescribeMountTargets", {"FileSystemId": "fs-1"}, {"MountTargets": []}),
    "rest-xml": (
        "route53",
        "GetHealthCheckStatus",
        {"HealthCheckId": "h"},
        {"HealthCheckObservations": [{"Region": "us-east-1", "IPAddress": "1.2.3.4"}]},
    ),
}


def request_of(service: str, operation: str, params: dict[str, Any]) -> Request:
    """What a client would send."""
    client = aws(service)
    seen: list[AWSRequest] = []

    def catch(request: AWSRequest, **_: Any) -> NoReturn:
        seen.append(request)
        raise StopIteration

    client.meta.events.register_first("before-send", catch)
    method = next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
    with pytest.raises(StopIteration):
        getattr(client, method)(**params)
    sent: Any = seen[0]
    return Request.from_primitives(sent.method, sent.url, sent.headers, sent.body)


def read(service: str, operation: str, response: Response) -> Any:
    model = model_of(service)
    given = {"status_code": response.status, "headers": response.headers, "body": response.body}
    shape: Any = model.operation_model(operation).output_shape
    return create_parser(model.resolved_protocol).parse(given, shape)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_request_is_read_and_an_answer_written(protocol: str) -> None:
    service, name, params, answer = PROTOCOLS[protocol]
    assert model_of(service).resolved_protocol == protocol
    operation, found, parsed = parse(service, request_of(service, name, params))
    assert (operation.name, found, parsed) == (name, protocol, params)
    result = read(service, name, serialise(service, operation, protocol, answer))
    assert {key: value for key, value in result.items() if key != "ResponseMetadata"} == answer


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("code", "status"), [("AccessDenied", None), ("Throttling", 429), ("InternalFailure", None)])
def test_an_error_is_written(protocol: str, code: str, status: int | None) -> None:
    service, name, params, _ = PROTOCOLS[protocol]
    operation, _, _ = parse(service, request_of(service, name, params))
    response = serialise(service, operation, protocol, AwsError(code, "because", status))
    error = read(service, name, response)["Error"]
    assert (error["Code"], error["Message"]) == (code, "because")
    expected = status or (500 if code == "InternalFailure" else 400 if protocol == "json" else 403)
    assert response.status == expected


def test_the_worlds_services_speak_protocols_that_moto_can_serve() -> None:
    spoken = {name: model_of(name).resolved_protocol for name in services()}
    assert set(spoken.values()) <= set(PROTOCOLS), spoken
    assert spoken["cloudwatch"] == "json"


def test_times_are_read_as_aware_utc() -> None:
    request = request_of("cloudtrail", "LookupEvents", {"StartTime": "2026-11-24T03:06:00Z"})
    _, _, params = parse("cloudtrail", request)
    assert params["StartTime"].isoformat() == "2026-11-24T03:06:00+00:00"


@pytest.mark.parametrize("name", sorted(services()))
def test_every_service_is_found_by_its_scope(name: str) -> None:
    assert by_signing_name(model_of(name).signing_name) == name
