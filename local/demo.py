"""The whole way, on this machine: deploy the synthesised stack, raise a real alarm, watch the incident.

    python -m local.demo [--once] [--world FILE]

The stack is the one that a customer gets; its functions run as their own roles on the embedded AWS, read the workload
from a world, and post to the embedded Slack. Exit code 0: the incident was posted, diagnosed and resolved.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.app import application
from infra.environment import load_environment
from infra.problems import EnvironmentFileError
from local.deploy import DeployError
from local.emulator import EmulatorError, tail
from local.stage import Stage, stage
from local.world.model import load_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.world.world import World

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / "environments" / "acme-production.yaml"
WORLD = ROOT / "events" / "worlds" / "demo" / "checkout-image-missing.yaml"
PATIENCE = 90.0  # seconds for a step that takes about one on a free machine
HOLD = timedelta(minutes=6)  # the world's clock moves on by this: the fix lands, the alarm is OK, the hold is over


class DemoError(Exception):
    """A step did not show what it must; the message says which, and what the functions printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What runs during the demo."""

    running: Stage
    world: World
    channel: str


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="The real stack on the embedded AWS, with an alarm.")
    parser.add_argument("--once", action="store_true", help="end after the resolution instead of keeping the page up")
    parser.add_argument("--world", type=Path, default=WORLD, help="another world whose alarm recovers")
    asked = parser.parse_args(arguments)
    try:
        with _set(asked.world) as show:
            _play(show)
            _say(f"done: posted, diagnosed, resolved. The page: {show.running.slack.page_url}")
            if not asked.once:
                _ring_again(show)
                _say("press Ctrl-C to end")
                _wait_for_person()
    except (DemoError, DeployError, EmulatorError, EnvironmentFileError) as error:
        sys.stderr.write(f"\ndemo: {error}\n")
        return 1
    return 0


@contextlib.contextmanager
def _set(path: Path) -> Iterator[Show]:
    """Bring everything up."""
    began = time.monotonic()
    environment = load_environment(ENVIRONMENT)
    world = load_world(path, datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="tocsin-out-") as folder:
        _say("synthesising the stack of environments/acme-production.yaml …")
        out, architecture = Path(folder), "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
        application(
            [environment.model_copy(update={"architecture": architecture, "removal": "destroy"})], out=out
        ).synth()
        with stage(environment, out, world=world, ticking=True, progress=_say) as running:
            took = time.monotonic() - began
            _say(f"deployed: {len(running.deployed.resources)} resources, {took:.0f} s from the start")
            yield Show(running=running, world=world, channel=environment.slack.channel)


def _play(show: Show) -> None:
    """The alarm, the diagnosis, the recovery; each step must show on the channel."""
    raised = time.monotonic()
    alarm = show.world.sns_message()
    _say(f"alarm {alarm['AlarmName']}: {alarm['NewStateReason']}")
    show.running.publish(alarm)
    root = _until(show, "the first post", lambda: _root(show, "INCIDENT ALERT"))
    _say(f"  first post after {time.monotonic() - raised:.1f} s: {_first_line(root)}")
    report = _until(show, "the diagnosis", lambda: _in_thread(show, root["ts"], "Diagnosis"))
    _say(f"  diagnosed after {time.monotonic() - raised:.1f} s: {_first_line(report)}")
    _say(f"the fix lands; the world's clock moves {HOLD.total_seconds() / 60:.0f} minutes on")
    show.world.clock.advance(HOLD)
    show.running.publish(show.world.sns_message("OK"))
    _until(show, "the recovery", lambda: _shown(show, "Recovering"))
    _say("  the alarm is OK; recovery is held, then verified with DescribeAlarms")
    # the minute's schedule, at a time that has not come yet: the clock follows it
    show.running.invoke("pulse", {"time": (datetime.now(UTC) + HOLD).strftime("%Y-%m-%dT%H:%M:%SZ")})
    resolved = _until(show, "the resolution", lambda: _root(show, "INCIDENT RESOLVED"))
    _say(f"  {_first_line(resolved)}")
    if show.world.errors:
        raise DemoError(f"the world could not answer honestly: {show.world.errors[0]}")


def _ring_again(show: Show) -> None:
    """Leave something to do for whoever watches: within half an hour the same alarm reopens the incident."""
    at = show.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    show.running.publish(show.world.sns_message() | {"StateChangeTime": at})
    _until(show, "the reopened incident", lambda: _root(show, "INCIDENT ALERT"))
    _say("the alarm rings again: on the page, acknowledge it, resolve it, or type /tocsin")


def _until(show: Show, what: str, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """Wait until something shows."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.1)
    raise DemoError(
        f"{what} did not appear within {PATIENCE:.0f} s. The embedded AWS said:\n{tail(show.running.emulator.log)}"
    )


def _root(show: Show, words: str) -> dict[str, Any] | None:
    return next((m for m in show.running.slack.messages(show.channel) if words in m["text"] and _is_root(m)), None)


def _is_root(message: dict[str, Any]) -> bool:
    return message.get("thread_ts") in {None, message["ts"]}


def _in_thread(show: Show, ts: str, words: str) -> dict[str, Any] | None:
    return next((m for m in show.running.slack.thread(show.channel, ts) if words in m["text"]), None)


def _shown(show: Show, words: str) -> dict[str, Any] | None:
    return next(
        (m for m in show.running.slack.messages(show.channel) if words in json.dumps(m.get("blocks", []))), None
    )


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
