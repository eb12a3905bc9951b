"""Deploys a synthesised `cdk.out` to an AWS endpoint with boto3 alone: no CDK command line, no bootstrap stack.

For the embedded AWS. A real account is deployed to with `make deploy`.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.environment import TopicArn, TopicParameter

if TYPE_CHECKING:
    from infra.environment import Environment

type Client = Callable[[str], Any]  # service name → boto3 client of the endpoint
type Progress = Callable[[str], None]

SECONDS = 120
PAGER_KEY = "the pager's key on this machine"  # what calls are signed with here
_POLL = 0.2

# Resource types of the stack that the embedded AWS cannot create, and why nothing is lost by leaving them out there.
# Whatever is set aside is reported as progress, never in silence.
SET_ASIDE: Mapping[str, str] = {}


class DeployError(Exception):
    """The stack was not created; the message names each resource that failed, with CloudFormation's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A created stack: physical ids by logical id, and by type in template order; what it outputs."""

    name: str
    resources: Mapping[str, str]
    types: Mapping[str, str]  # logical id → resource type
    outputs: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[str]:
        """Physical ids of a resource type, e.g. `AWS::SNS::Topic`."""
        return [self.resources[logical] for logical, found in self.types.items() if found == kind]


def prepare(environment: Environment, client: Client, *, slack_secret: str) -> None:
    """Make what the stack expects to find in its account: secrets, the sender's identity, the customer's own topics.

    A topic behind an SSM parameter is created and published there, as the customer's own stack would do it.
    """
    client("secretsmanager").create_secret(Name=environment.slack.secret, SecretString=slack_secret)
    if environment.channels.email:
        client("sesv2").create_email_identity(EmailIdentity=environment.channels.email.sender)
    if environment.channels.call:
        client("secretsmanager").create_secret(Name=environment.channels.call.secret, SecretString=PAGER_KEY)
    for source in environment.alarm_topics:
        if isinstance(source, TopicArn):
            client("sns").create_topic(Name=source.arn.rsplit(":", 1)[1])
        elif isinstance(source, TopicParameter):
            name = source.parameter.strip("/").replace("/", "-").replace(".", "-")
            arn = client("sns").create_topic(Name=name)["TopicArn"]
            client("ssm").put_parameter(Name=source.parameter, Value=arn, Type="String")


def deploy(out: Path, stack: str, client: Client, *, progress: Progress = lambda _: None) -> Deployed:
    """Upload the assets, create the stack and wait for it.

    Raises:
        DeployError: CloudFormation rolled back, refused the template, or took longer than two minutes.
    """
    assets: dict[str, Any] = json.loads((out / f"{stack}.assets.json").read_text())
    template: dict[str, Any] = json.loads((out / f"{stack}.template.json").read_text())
    for logical, resource in list(template["Resources"].items()):
        if why := SET_ASIDE.get(resource["Type"]):
            progress(f"{resource['Type']} {logical} is left out here: {why}")
            del template["Resources"][logical]
    bucket = _upload(out, assets, client, progress)
    _bootstrap_version(client)
    body = json.dumps(template).encode()
    client("s3").put_object(Bucket=bucket, Key=f"{stack}.template.json", Body=body)
    url = f"{client('s3').meta.endpoint_url}/{bucket}/{stack}.template.json"
    progress(f"creating {stack}: {len(template['Resources'])} resources")
    try:
        client("cloudformation").create_stack(StackName=stack, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
    except ClientError as error:
        raise DeployError(f"{stack} is refused: {error.response['Error']['Message']}") from error
    _wait(stack, client("cloudformation"))
    types = {logical: resource["Type"] for logical, resource in template["Resources"].items()}
    found = client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    resources = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}
    (described,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return Deployed(
        name=stack,
        resources=resources,
        types={k: v for k, v in types.items() if k in resources},
        outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())},
    )


def _upload(out: Path, assets: Mapping[str, Any], client: Client, progress: Progress) -> str:
    """Put every asset where the template expects it. Returns the assets' bucket."""
    s3 = client("s3")
    bucket = ""
    for asset in assets["files"].values():
        source = out / asset["source"]["path"]
        body = _zip(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            if destination["bucketName"] != bucket:
                bucket = destination["bucketName"]
                _create_bucket(s3, bucket)
            s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)
        progress(f"uploaded {source.name} ({len(body) / 1e6:.1f} MB)")
    return bucket


def _zip(folder: Path) -> bytes:
    """Stored, not deflated: it goes through memory to the same machine."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()


def _create_bucket(s3: Any, bucket: str) -> None:
    where = {} if s3.meta.region_name == "us-east-1" else {"LocationConstraint": s3.meta.region_name}
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # a second stack of the same account
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))


def _bootstrap_version(client: Client) -> None:
    """What `cdk bootstrap` leaves behind and every CDK template asks for."""
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True)


def _wait(stack: str, cloudformation: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if status == "CREATE_COMPLETE":
            return
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(_POLL)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in reversed(events)
        if "FAILED" in event["ResourceStatus"]
    ]
    raise DeployError(f"{stack} is {status}:\n" + "\n".join(failed))
