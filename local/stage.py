"""Around the deployed stack, all on loopback: the World's gateway, the embedded AWS behind it, the embedded Slack."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.deploy import Deployed, Progress, deploy, prepare
from local.emulator import Emulator, emulator, free_port
from local.slack.interactivity import SIGNING_SECRET
from local.slack.server import EmbeddedSlack
from local.world.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from infra.environment import Environment
    from local.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A deployed stack and what surrounds it."""

    emulator: Emulator
    gateway: Gateway
    slack: EmbeddedSlack
    deployed: Deployed

    def publish(self, message: Mapping[str, Any], *, topic: str | None = None) -> None:
        """Say something on an alarm topic, by its ARN; on any that feeds the inbox where none is given."""
        sns = self.emulator.client("sns")
        sns.publish(TopicArn=topic or self.topics()[0], Message=json.dumps(message), Subject="ALARM")

    def topics(self) -> list[str]:
        """The ARNs of the topics that feed the inbox."""
        found = self.emulator.client("sns").list_subscriptions()["Subscriptions"]
        return [subscription["TopicArn"] for subscription in found if subscription["Protocol"] == "sqs"]

    def invoke(self, function: str, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call `respond` or `pulse` and return its answer; raises RuntimeError with the function's own error."""
        name = f"{self.deployed.name}-{function}"
        answer = self.emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"{name}: {payload.get('errorType')}: {payload.get('errorMessage')}")
        return payload

    def logged(self, function: str) -> list[str]:
        """What a function wrote to its log group."""
        logs, group = self.emulator.client("logs"), f"/aws/lambda/{self.deployed.name}-{function}"
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]


def interact_url(deployed: Deployed, aws: Emulator) -> str:
    """The deployed function URL as the embedded AWS serves it: by its id, below its own address."""
    host = urlsplit(deployed.outputs["InteractUrl"]).hostname or ""
    return f"{aws.url}/_aws/lambda-url/{host.partition('.')[0]}/"


@contextlib.contextmanager
def stage(
    environment: Environment,
    out: Path,
    *,
    world: World | None = None,
    ticking: bool = False,
    slack: EmbeddedSlack | None = None,
    progress: Progress = lambda _: None,
) -> Iterator[Stage]:
    """Set everything up, deploy the environment's stack from `out` (a cdk.out), and take it all down after the block.

    Args:
        environment: the environment whose stack is deployed.
        out: where the stack was synthesised to.
        world: what is wrong with the workload; None leaves it to the embedded AWS, where nothing ever is.
        ticking: the World's clock follows real seconds.
        slack: the Slack to post to; one is started where there is none.
        progress: told each step, for people.

    Raises:
        EmulatorError, DeployError: see there.
    """
    with contextlib.ExitStack() as exits:
        if slack is None:
            slack = exits.enter_context(EmbeddedSlack(channels=(environment.slack.channel,)))
        port = free_port()
        upstream = f"http://127.0.0.1:{port}"
        gateway = exits.enter_context(Gateway(world, upstream=upstream, ticking=ticking))
        progress(f"Slack on {slack.page_url}, the World on {gateway.url}")
        aws = exits.enter_context(
            emulator(
                account=environment.account,
                region=environment.region,
                port=port,
                functions={"AWS_ENDPOINT_URL": gateway.url, "SLACK_API_URL": slack.url},
            )
        )
        progress(f"embedded AWS on {aws.url}")
        secret = {"bot_token": slack.workspace.token, "signing_secret": SIGNING_SECRET}
        prepare(environment, aws.client, slack_secret=json.dumps(secret))
        deployed = deploy(out, f"tocsin-{environment.name}", aws.client, progress=progress)
        slack.connect(interact_url(deployed, aws), SIGNING_SECRET)
        yield Stage(emulator=aws, gateway=gateway, slack=slack, deployed=deployed)
