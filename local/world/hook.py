"""The World in process: botocore's `before-call`, ahead of moto. `with attached(world): …`.

Import this module before a boto3 session is made (the handler is built into every session from then on); for a client
that is older, `watch(client)`. `before-call` stands above botocore's retries, so they are imitated here, without delay.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import boto3
import botocore.awsrequest
import botocore.handlers
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.parsers import ResponseParserFactory

from lambdas.aws import moment
from local.world.errors import HungError
from local.world.ledger import Entry, Ledger
from local.world.service import services
from local.world.wire import Request, respond
from local.world.world import OWN_PLANE, READ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.world.wire import Response
    from local.world.world import World

# What botocore's standard mode tries again: throttling by code, trouble by status.
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "RequestTimeout",
    }
)
_TROUBLE = frozenset({500, 502, 503, 504})
_PARSERS = ResponseParserFactory()
_PARSERS.set_parser_defaults(timestamp_parser=moment)


@dataclass
class NoWorld:
    """For replays without a world: what would observe the workload answers `NoWorld`, our own plane falls through.

    Attributes:
        own: names of our own tables, secrets and parameters; describing these falls through as well.
    """

    own: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)

    def refuses(self, service: str, operation: str, params: dict[str, Any]) -> bool:
        """Whether a call looks at the workload."""
        known = services().get(service)
        if service in OWN_PLANE:
            named = {str(value) for value in params.values() if isinstance(value, str)}
            return known is not None and operation in known.operations and not named & self.own
        if known is not None and known.writes_pass:
            return service != "sts" and bool(READ.match(operation))
        return True


_attached: list[World | NoWorld] = []


@contextmanager
def attached[W: (World, NoWorld)](world: W) -> Iterator[W]:
    """Answer this process's AWS calls from `world` until the block ends; nests, the innermost answers.

    Raises:
        WorldError: on leaving, if a call could not be answered honestly, even when the caller swallowed that error.
    """
    if boto3.DEFAULT_SESSION is not None:
        boto3.DEFAULT_SESSION.events.register_first("before-call", _dispatch, unique_id="world")
    _attached.append(world)
    try:
        yield world
    finally:
        _attached.remove(world)
        if not isinstance(world, NoWorld):
            world.hanging.set()
    if not isinstance(world, NoWorld) and world.errors:
        raise world.errors[0]


def watch(client: Any) -> None:
    """Make a client that is older than this module see the World."""
    client.meta.events.register_first("before-call", _dispatch, unique_id="world")


def _read(body: Any) -> Any:
    """A request's body, as bytes or text. A stream (what PutObject sends) is left as it was: it may go on to moto."""
    if isinstance(body, dict):
        return urlencode(body)
    if hasattr(body, "read"):
        content = body.read()
        body.seek(0)
        return content
    return body


class _Body(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while data := self.read():
            yield data


def _dispatch(model: Any = None, params: Any = None, context: Any = None, **_: Any) -> Any:
    """Answer botocore's `before-call`: (http response, parsed) answers the call, None leaves it to the next."""
    if not _attached or model is None:
        return None
    world = _attached[-1]
    service = model.service_model.service_name  # the boto3 client name
    if service is None:
        return None
    if isinstance(world, NoWorld):
        return _refuse(world, service, model.name, context or {})
    url = params["url"]  # with the query string in it
    body = _read(params["body"])
    request = Request.from_primitives(params["method"], url, params["headers"], body)
    config = (context or {}).get("client_config")
    attempts = _attempts(config)
    for attempt in range(attempts):
        try:
            response = respond(world, service, request, patience=getattr(config, "read_timeout", None))
        except HungError:
            if attempt < attempts - 1 and not world.hanging.is_set():
                continue
            raise ReadTimeoutError(endpoint_url=url) from None
        if response is None:
            return None
        answer = _parsed(response, model, url, attempt)
        code = answer[1].get("Error", {}).get("Code")
        if code not in _THROTTLED and response.status not in _TROUBLE:
            break
    return answer


def _parsed(response: Response, model: Any, url: str, attempt: int) -> tuple[Any, dict[str, Any]]:
    headers = HTTPHeaders()
    for key, value in response.headers.items():
        headers[key] = value
    http = botocore.awsrequest.AWSResponse(url, response.status, headers, _Body(response.body))
    parser = _PARSERS.create_parser(model.service_model.resolved_protocol)
    given = {"status_code": response.status, "headers": headers, "body": response.body}
    parsed: dict[str, Any] = parser.parse(given, model.output_shape)
    parsed.setdefault("ResponseMetadata", {})["RetryAttempts"] = attempt
    return http, parsed


def _attempts(config: Any) -> int:
    """How often the client would try: its configuration, else botocore's defaults."""
    retries = getattr(config, "retries", None) or {}
    if "total_max_attempts" in retries:
        return int(retries["total_max_attempts"])
    if "max_attempts" in retries:
        return int(retries["max_attempts"]) + 1
    return 3 if retries.get("mode") in {"standard", "adaptive"} else 5


def _refuse(world: NoWorld, service: str, operation: str, context: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """An answer of botocore's own kind, so that the caller's `after-call` hears of it as of any other error."""
    params = context.get("world_params") or {}
    if not world.refuses(service, operation, params):
        return None
    world.ledger.add(Entry(service, operation, params, ("*",), "", "NoWorld"))
    said = {"Error": {"Code": "NoWorld", "Message": "no world given: nothing to look at"}, "ResponseMetadata": {}}
    return botocore.awsrequest.AWSResponse("", 400, HTTPHeaders(), _Body()), said


def _remember(params: Any = None, context: Any = None, **_: Any) -> None:
    """Keep, at botocore's `before-parameter-build`, the parameters as the caller wrote them, for `NoWorld`."""
    if _attached and context is not None:
        context["world_params"] = params


botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-call", _dispatch))
botocore.handlers.BUILTIN_HANDLERS.append(("before-parameter-build", _remember))
