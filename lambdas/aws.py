"""AWS clients: one session, each client built on its first use, typed; and a record of every call.

Checks say `aws.ecs.describe_services(...)`. Nothing here wraps boto3 beyond building the client.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_acm import ACMClient
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ce import CostExplorerClient
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_compute_optimizer import ComputeOptimizerClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_health import HealthClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_pi import PIClient
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

# What counts the calls of the thread that runs, and may refuse one by raising. A check's thread has it, and nothing
# else: our own plane works through the same clients, and must never be refused for what a diagnosis has spent.
SPEND: ContextVar[Callable[[], None] | None] = ContextVar("SPEND", default=None)


# What these do twice, a person gets twice: botocore repeats nothing, the outbox decides.
ONCE = frozenset({"pinpoint_sms_voice_v2", "sesv2", "sns", "support"})


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS call, retries included, for the replay's report and the budget."""

    service: str  # botocore's name, e.g. "ecs"
    operation: str
    milliseconds: float
    error: str = ""  # AWS's error code, or the exception's name where no answer came


class Listener(Protocol):
    """Hears every call of these clients, in the threads that make them, for as long as it is an `Aws.listener`."""

    def asked(self, key: int, service: str, operation: str, params: dict[str, Any]) -> None:
        """A call is about to be sent. `key` stays the same until it is answered."""

    def answered(self, key: int, answer: dict[str, Any] | Exception) -> None:
        """What came: the parsed answer (an error's too, with `Error`), or the exception where none came."""


class Aws:
    """Clients of one region. Short timeouts: an on-call answer that comes late is no answer."""

    acm: ACMClient
    application_autoscaling: ApplicationAutoScalingClient
    autoscaling: AutoScalingClient
    ce: CostExplorerClient
    cloudtrail: CloudTrailClient
    cloudwatch: CloudWatchClient
    compute_optimizer: ComputeOptimizerClient
    dynamodb: DynamoDBClient
    ec2: EC2Client
    ecr: ECRClient
    ecs: ECSClient
    efs: EFSClient
    elbv2: ElasticLoadBalancingv2Client
    events: EventBridgeClient
    health: HealthClient
    iam: IAMClient
    logs: CloudWatchLogsClient
    pi: PIClient
    pinpoint_sms_voice_v2: PinpointSMSVoiceV2Client
    rds: RDSClient
    resourcegroupstaggingapi: ResourceGroupsTaggingAPIClient
    s3: S3Client
    secretsmanager: SecretsManagerClient
    service_quotas: ServiceQuotasClient
    sesv2: SESV2Client
    sns: SNSClient
    sqs: SQSClient
    ssm: SSMClient
    support: Any  # AWS Support

    def __init__(
        self,
        region: str,
        *,
        on_call: Callable[[Call], None] | None = None,
        session: boto3.session.Session | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.region = region
        self.listener: Listener | None = None  # the flight recorder, while it records
        self._endpoint_url = endpoint_url  # None: botocore decides, which honours AWS_ENDPOINT_URL
        self._session = session or boto3.session.Session(region_name=region)
        self._config = Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=20,
            user_agent_extra="tocsin",
        )
        core = self._session._session  # noqa: SLF001 — boto3 shows neither its parsers nor its events
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
        self._lock = threading.Lock()  # building a client is not thread-safe in botocore
        _record(core.get_component("event_emitter"), self, on_call)

    def __getattr__(self, name: str) -> Any:
        """Build the client on its first use; later reads find the attribute and never come here."""
        if name not in Aws.__annotations__:
            raise AttributeError(name)
        with self._lock:
            client = self.__dict__.get(name)
            if client is None:
                region = self._home(name)
                service = name.replace("_", "-")
                once = Config(retries={"mode": "standard", "total_max_attempts": 1})
                config = self._config.merge(once) if name in ONCE else self._config
                client = self._session.client(  # type: ignore[call-overload] # the name is a variable
                    service, region_name=region, config=config, endpoint_url=self._endpoint_url
                )
                self.__dict__[name] = client
        return client

    def _home(self, name: str) -> str:
        """Where a service answers: Health and Support have one endpoint for a whole partition (General Reference)."""
        if name == "support" and self.region.startswith(("cn-", "us-gov-")):
            return "cn-north-1" if self.region.startswith("cn-") else "us-gov-west-1"
        if name in {"health", "support"} and not self.region.startswith("cn-"):
            return "us-east-1"
        return self.region

    def cloudwatch_in(self, region: str) -> CloudWatchClient:
        """CloudWatch of a region, by its own or another name: a dashboard may show metrics of several."""
        if not region or region == self.region:
            return self.cloudwatch
        name = f"cloudwatch {region}"
        with self._lock:
            if name not in self.__dict__:
                self.__dict__[name] = self._session.client(
                    "cloudwatch", region_name=region, config=self._config, endpoint_url=self._endpoint_url
                )
        client: CloudWatchClient = self.__dict__[name]
        return client


def moment(value: Any) -> datetime:
    """An answer's timestamp, in UTC: epoch seconds or ISO 8601; botocore reads every other form.

    botocore asks dateutil for the local zone at every single one, and a week's baseline holds tens of thousands: that
    was half of a diagnosis' CPU.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        read = parse_timestamp(value)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _record(events: Any, aws: Aws, on_call: Callable[[Call], None] | None) -> None:
    """Time every call, and let the listener hear it, through botocore's own events."""

    def asked(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        if spend := SPEND.get():
            spend()
        context["tocsin"] = (model.service_model.service_name, model.name, time.perf_counter())
        if aws.listener:
            aws.listener.asked(id(context), model.service_model.service_name, model.name, params)

    def done(context: dict[str, Any], error: str, answer: dict[str, Any] | Exception) -> None:
        service, operation, started = context["tocsin"]
        if on_call:
            on_call(Call(service, operation, round((time.perf_counter() - started) * 1000, 1), error))
        if aws.listener:
            aws.listener.answered(id(context), answer)

    def after(context: dict[str, Any], parsed: dict[str, Any], **_: Any) -> None:
        done(context, str(parsed.get("Error", {}).get("Code", "")), parsed)

    def failed(context: dict[str, Any], exception: Exception, **_: Any) -> None:
        done(context, type(exception).__name__, exception)

    # before the request is built: whoever answers instead of AWS (a world, a stub) answers `before-call`
    events.register_last("before-parameter-build", asked)
    events.register_last("after-call", after)
    events.register_last("after-call-error", failed)
