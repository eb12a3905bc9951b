"""The synthesised stack of the sample environment, deployed once for all tests of this folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.app import application
from infra.environment import Environment, load_environment
from local.emulator import PYTHON
from local.stage import Stage, stage

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
PATIENCE = 60.0  # seconds; what is waited for takes one or two on a quiet machine


@pytest.fixture(scope="session")
def environment() -> Environment:
    return load_environment(ROOT / "environments" / "acme-production.yaml")


@pytest.fixture(scope="session")
def staged(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    assert PYTHON.exists(), "the embedded AWS is not installed: run tools/bootstrap emulator"
    out = tmp_path_factory.mktemp("cdk.out")
    application([environment], out=out).synth()
    with stage(environment, out) as staged:
        # Slack's three seconds are for a free machine; what the function needs is measured elsewhere.
        staged.slack.workspace.interactivity.patience = PATIENCE
        yield staged


def eventually[T](look: Callable[[], T | None], what: str, staged: Stage) -> T:
    """Wait until something truthy is seen, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.2)
    logs = "\n".join((*staged.logged("respond"), staged.emulator.log.read_text()[-3000:]))
    pytest.fail(f"{what}: not seen within {PATIENCE:.0f} s\n{logs}")


def alarm(name: str, service: str, at: datetime | None = None) -> dict[str, Any]:
    """The sample alarm under another name, for another service, changed just now."""
    message: dict[str, Any] = json.loads((EVENTS / "sns" / "ecs-cpu-message.json").read_text())
    message["AlarmName"] = name
    message["AlarmArn"] = message["AlarmArn"].rsplit(":", 1)[0] + f":{name}"
    message["StateChangeTime"] = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    for dimension in message["Trigger"]["Dimensions"]:
        if dimension["name"] == "ServiceName":
            dimension["value"] = service
    return message


def roots(staged: Stage, service: str) -> list[dict[str, Any]]:
    """Messages about a service that are no reply. A message that has replies names itself as its thread."""
    said = [m for m in staged.slack.messages("#alerts") if service in m["text"]]
    return [m for m in said if m.get("thread_ts", m["ts"]) == m["ts"]]
