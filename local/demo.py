"""The whole way, on this machine: deploy the synthesised stack, raise a real alarm, watch the incident.

    python -m local.demo [--once] [--world FILE]

The stack is the one that a customer gets; its functions run as their own roles on the embedded AWS, read the workload
from a world, and post to the embedded Slack. Exit code 0: the incident was posted, diagnosed and resolved.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.app import application
from infra.environment import load_environment
from infra.problems import EnvironmentFileError
from local.deploy import DeployError, deploy, prepare
from local.emulator import EmulatorError, emulator, free_port, tail
from local.slack.server import EmbeddedSlack
from local.world.gateway import Gateway
from local.world.model import load_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.deploy import Deployed
    from local.emulator import Emulator
    from local.world.world import World

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / "environments" / "acme-production.yaml"
WORLD = ROOT / "events" / "worlds" / "demo" / "checkout-image-missing.yaml"
PATIENCE = 90.0  # seconds for a step that takes about one on a free machine
HOLD = timedelta(minutes=6)  # the world's clock moves on by this: the fix lands, the alarm is OK, the hold is over


class DemoError(Exception):
    """A step did not show what it must; the message says which, and what the functions printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All that runs during the demo."""

    aws: Emulator
    gateway: Gateway
    slack: EmbeddedSlack
    world: World
    stack: Deployed
    channel: str


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="The real stack on the embedded AWS, with an alarm.")
    parser.add_argument("--once", action="store_true", help="end after the resolution instead of keeping the page up")
    parser.add_argument("--world", type=Path, default=WORLD, help="another world whose alarm recovers")
    asked = parser.parse_args(arguments)
    try:
        with ExitStack() as stack:
            stage = _set(stack, asked.world)
            _play(stage)
            _say(f"done: posted, diagnosed, resolved. The page: {stage.slack.page_url}")
            if not asked.once:
                _say("press Ctrl-C to end")
                _wait_for_person()
    except (DemoError, DeployError, EmulatorError, EnvironmentFileError) as error:
        sys.stderr.write(f"\ndemo: {error}\n")
        return 1
    return 0


def _set(stack: ExitStack, path: Path) -> Stage:
    """Bring everything up."""
    began = time.monotonic()
    environment = load_environment(ENVIRONMENT)
    world = load_world(path, datetime.now(UTC))
    slack = stack.enter_context(EmbeddedSlack(channels=(environment.slack.channel,)))
    port = free_port()
    gateway = stack.enter_context(Gateway(world, upstream=f"http://127.0.0.1:{port}", ticking=True))
    out = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-out-")))
    architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    _say("synthesising the stack of environments/acme-production.yaml …")
    app = application([environment.model_copy(update={"architecture": architecture, "removal": "destroy"})], out=out)
    app.synth()
    _say(f"starting the embedded AWS; Slack is at {slack.page_url}")
    aws = stack.enter_context(
        emulator(
            account=environment.account,
            region=environment.region,
            port=port,
            functions={"AWS_ENDPOINT_URL": gateway.url, "SLACK_API_URL": slack.url},
        )
    )
    prepare(environment, aws.client, slack_token=json.dumps({"bot_token": slack.workspace.token}))
    deployed = deploy(out, f"tocsin-{environment.name}", aws.client, progress=_say)
    _say(f"deployed: {len(deployed.resources)} resources, {time.monotonic() - began:.0f} s after the start")
    return Stage(aws=aws, gateway=gateway, slack=slack, world=world, stack=deployed, channel=environment.slack.channel)


def _play(stage: Stage) -> None:
    """The alarm, the diagnosis, the recovery; each step must show on the channel."""
    raised = time.monotonic()
    topic = stage.stack.of("AWS::SNS::Topic")[0]
    alarm = stage.world.sns_message()
    _say(f"alarm {alarm['AlarmName']}: {alarm['NewStateReason']}")
    stage.aws.client("sns").publish(TopicArn=topic, Message=json.dumps(alarm))
    root = _until(stage, "the first post", lambda: _root(stage, "INCIDENT ALERT"))
    _say(f"  first post after {time.monotonic() - raised:.1f} s: {_first_line(root)}")
    report = _until(stage, "the diagnosis", lambda: _in_thread(stage, root["ts"], "Diagnosis"))
    _say(f"  diagnosed after {time.monotonic() - raised:.1f} s: {_first_line(report)}")
    _say(f"the fix lands; the world's clock moves {HOLD.total_seconds() / 60:.0f} minutes on")
    stage.world.clock.advance(HOLD)
    stage.aws.client("sns").publish(TopicArn=topic, Message=json.dumps(stage.world.sns_message("OK")))
    _until(stage, "the recovery", lambda: _shown(stage, "Recovering"))
    _say("  the alarm is OK; recovery is held, then verified with DescribeAlarms")
    later = datetime.now(UTC) + HOLD
    _pulse(stage, later)
    resolved = _until(stage, "the resolution", lambda: _root(stage, "INCIDENT RESOLVED"))
    _say(f"  {_first_line(resolved)}")
    if stage.world.errors:
        raise DemoError(f"the world could not answer honestly: {stage.world.errors[0]}")


def _pulse(stage: Stage, at: datetime) -> None:
    """The minute's schedule, at a time that has not come yet."""
    pulse = next(name for name in stage.stack.of("AWS::Lambda::Function") if name.endswith("pulse"))
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = stage.aws.client("lambda").invoke(FunctionName=pulse, Payload=json.dumps(event))
    said = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise DemoError(f"pulse failed: {said}")


def _until(stage: Stage, what: str, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """Wait until something shows."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.1)
    raise DemoError(f"{what} did not appear within {PATIENCE:.0f} s. The embedded AWS said:\n{tail(stage.aws.log)}")


def _root(stage: Stage, words: str) -> dict[str, Any] | None:
    return next((m for m in stage.slack.messages(stage.channel) if words in m["text"] and _is_root(m)), None)


def _is_root(message: dict[str, Any]) -> bool:
    return message.get("thread_ts") in {None, message["ts"]}


def _in_thread(stage: Stage, ts: str, words: str) -> dict[str, Any] | None:
    return next((m for m in stage.slack.thread(stage.channel, ts) if words in m["text"]), None)


def _shown(stage: Stage, words: str) -> dict[str, Any] | None:
    return next((m for m in stage.slack.messages(stage.channel) if words in json.dumps(m.get("blocks", []))), None)


def _first_line(message: dict[str, Any]) -> str:
    return " ".join(str(message["text"]).split())[:160]


def _say(text: str) -> None:
    print(text, flush=True)


def _wait_for_person() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
