"""Requests to parameters, answers to bytes: every protocol, by moto's server side (internals: moto is pinned)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.utils import parse_timestamp
from moto.core.errors import ErrorLookupFactory, ErrorShape
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import BaseJSONSerializer, get_serializer_class

from local.world.errors import AwsError
from local.world.service import services
from local.world.shapes import model_of

if TYPE_CHECKING:
    from datetime import datetime

    from local.world.world import World

# Services of the World's plane and of ours that a request may name; boto3 client names.
_SHARED_SCOPES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def _moment(value: Any) -> datetime:
    return parse_timestamp(value).astimezone(UTC)


def parse(service: str, request: Request) -> tuple[Any, str, dict[str, Any]]:
    """A request → (moto's operation model, protocol, parameters). Raises werkzeug's NotFound for no such operation."""
    operation, uri = get_service_router(service).match(request)
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=_moment)
    params = parser.parse(
        {
            "body": request.get_data(),
            "headers": request.headers,
            "method": request.method,
            "url_params": uri,
            "url_path": request.raw_path,
            "values": request.values,
        }
    )
    return operation, protocol, params or {}


def serialise(service: str, operation: Any, protocol: str, result: Any) -> Response:
    """An answer (a dict in the output shape, or an AwsError) → bytes in the protocol."""
    serializer = _serializer(service, protocol)(operation)
    raw = (
        _error(serializer, operation, protocol, result)
        if isinstance(result, AwsError)
        else serializer.serialize(result)
    )
    body = raw["body"]
    headers = {key: str(value) for key, value in raw["headers"].items()}
    return Response(raw["status_code"], headers, body.encode() if isinstance(body, str) else (body or b""))


@cache
def _serializer(service: str, protocol: str) -> type[Any]:
    base = get_serializer_class(service, protocol)
    return type("Serializer", (_Lists, base), {}) if issubclass(base, BaseJSONSerializer) else base


class _Lists:
    """A week's datapoints at once: moto writes each as if it were a document of its own."""

    def _serialize_type_list(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
        member = shape.member
        plain: list[Any] | None = None
        if member.type_name == "double":
            plain = [float(one) for one in value]
        elif member.type_name == "timestamp" and not member.serialization.get("timestampFormat"):
            plain = [_epoch(one) for one in value]
        if plain is None:
            super()._serialize_type_list(serialized, value, shape, key)  # type: ignore[misc] # moto's, beside this
        else:
            self._default_serialize(serialized, plain, shape, key)  # type: ignore[attr-defined] # the same


def _epoch(moment: datetime) -> float:
    """Seconds, whole where they are; milliseconds at the finest (Smithy, "Timestamp serialization formats")."""
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else int(seconds * 1000) / 1000


def _error(serializer: Any, operation: Any, protocol: str, error: AwsError) -> Any:
    """As the serialiser does it, but an error that the model does not list (AccessDenied, Throttling) is no warning."""
    shape = ErrorLookupFactory().for_service(operation.service_model).from_code(error.code)
    if shape is None:
        described = {
            "code": error.code,
            "httpStatusCode": error.status or _status(error.code, protocol),
            "senderFault": True,
        }
        shape = ErrorShape(error.code, {"exception": True, "type": "structure", "members": {}, "error": described})
    written = serializer.MAP_TYPE()
    serializer._serialize_error_metadata(written, error, shape)  # noqa: SLF001 # pinned internals, contract-tested
    response = serializer._create_default_response()  # noqa: SLF001 # the same
    response = serializer._serialized_error_to_response(response, error, shape, written)  # noqa: SLF001 # the same
    if error.status:
        response["status_code"] = error.status
    return response


def _status(code: str, protocol: str) -> int:
    """The HTTP status of an error that the service's model does not list."""
    if protocol == "json" and not code.startswith(("Internal", "ServiceUnavailable")):
        return 400  # the JSON protocols say everything but their own trouble with 400
    if "AccessDenied" in code or code in {"UnauthorizedOperation", "ExpiredToken", "InvalidClientTokenId"}:
        return 403
    if code.startswith(("Internal", "ServiceUnavailable")):
        return 500 if code.startswith("Internal") else 503
    return 400


def respond(
    world: World, service: str, request: Request, *, patience: float | None = None, caller: str | None = None
) -> Response | None:
    """The World's answer to a request, or None when our own plane should answer it.

    Raises:
        HungError: a `hang` fault outlasted `patience` seconds.
        WorldError: see `World.answer`.
        NotFound: (werkzeug's) the request is none of the service's operations.
    """
    if not world.concerns(service):
        return None
    operation, protocol, params = parse(service, request)
    result = world.answer(service, operation.name, params, patience=patience, caller=caller)
    if result is None:
        return None
    response = serialise(service, operation, protocol, result)
    response.headers["x-amzn-RequestId"] = f"world-{len(world.ledger.entries)}"
    return response


def refused(service: str, request: Request, code: str, message: str) -> Response:
    """An error of ours in the request's own protocol, so that every client shows it and none tries again."""
    operation, protocol, _ = parse(service, request)
    return serialise(service, operation, protocol, AwsError(code, message, 400))


@cache
def by_signing_name(scope: str) -> str | None:
    """The boto3 client name for a SigV4 scope's service, or None when the scope is not an AWS service."""
    if scope in _SHARED_SCOPES:
        return _SHARED_SCOPES[scope]
    # a world's own services first: reading every model that botocore has takes many seconds
    for name in sorted(services()):
        if str(model_of(name).signing_name) == scope:
            return name
    return scope if scope in botocore.session.get_session().get_available_services() else None


__all__ = ["Request", "Response", "by_signing_name", "parse", "respond", "serialise"]
