"""Auto scaling is off: the deployed stack proposes, a person approves, `act` scales out, it helps, it is taken back.

Every function runs as its own role: `act` under the policy that its remedies declare.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from local.slack.interactivity import Place
from local.world.model import LOADER, Relief, Remedied, read_world
from tests.e2e.conftest import eventually, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stage import Stage
    from local.world.world import World

pytestmark = pytest.mark.e2e

WORLD = Path(__file__).parents[2] / "events" / "worlds" / "ecs" / "no-scaling-at-all-under-load.yaml"
APPROVER, RESPONDER = "U023BECGF", "U0ANAWEBER"


@pytest.fixture
def overloaded(staged: Stage) -> Iterator[World]:
    """The labelled world, in the stack's own account and region, happening now; its service may be changed."""
    text = WORLD.read_text().replace("323232454647", "123456789012").replace("us-east-2", "eu-west-1")
    text = re.sub(r"daily: [\d.]+", "daily: 0", text)  # the same surge at whatever hour this runs
    world = read_world(yaml.load(text, Loader=LOADER), text, WORLD, datetime.now(UTC))
    (service,) = [one for one in world.body["ecs"]["services"] if one["serviceName"] == "requests"]
    service["tags"] = [{"key": "tocsin:remedies", "value": "allowed"}]
    better = Remedied(after=timedelta(minutes=1), metrics=[Relief(metric="CPUUtilization", to=55)])
    world.head = world.head.model_copy(update={"remedied": better})
    world.clock.tick()
    staged.gateway.swap(world)
    yield world
    staged.gateway.swap(None)


def proposal(staged: Stage, ts: str) -> dict[str, Any] | None:
    """The remedy's message in the thread, as it stands now."""
    thread = staged.slack.thread("#alerts", ts)
    return next((m for m in thread if "#" in _key(m) and _key(m).split("/")[1].startswith("remedy#")), None)


def _key(message: dict[str, Any]) -> str:
    return str((message.get("metadata") or {}).get("event_payload", {}).get("key", "/"))


def press(staged: Stage, ts: str, verb: str, by: str) -> None:
    message = proposal(staged, ts)
    assert message is not None
    (block, element) = next(
        (part, found)
        for part in message["blocks"]
        for found in part.get("elements", [])
        if str(found.get("action_id", "")).startswith(f"tocsin.{verb}")
    )
    place = Place(
        channel=message.get("channel", "#alerts"),
        ts=message["ts"],
        block=block["block_id"],
        action=element["action_id"],
    )
    staged.slack.workspace.interactivity.press(by, place)


def test_scaled_out_with_approval_verified_and_taken_back(staged: Stage, overloaded: World) -> None:
    services = {one["serviceName"]: one for one in overloaded.body["ecs"]["services"]}
    staged.publish(overloaded.sns_message())
    ts = str(eventually(lambda: roots(staged, "requests"), "the first post", staged)[0]["ts"])

    def says(words: str) -> Any:
        return eventually(lambda: words in str(proposal(staged, ts)), words, staged)

    says("Raise the desired count of requests from 2 to 6")
    press(staged, ts, "remedy.approve", RESPONDER)
    eventually(
        lambda: staged.slack.whispers(RESPONDER)[-1:] and "not among" in staged.slack.whispers(RESPONDER)[-1],
        "no",
        staged,
    )
    assert services["requests"]["desiredCount"] == 2

    press(staged, ts, "remedy.approve", APPROVER)
    says("*Done*")
    assert services["requests"]["desiredCount"] == 6
    changed = [entry for entry in overloaded.ledger.calls("ecs", "UpdateService") if not entry.error]
    assert len(changed) == 1

    overloaded.advance(timedelta(minutes=7))
    later = datetime.now(UTC) + timedelta(minutes=7)
    staged.invoke("pulse", {"time": later.isoformat()})
    says("Done, and it helped")

    press(staged, ts, "remedy.undo", APPROVER)
    says("*Taken back*")
    assert services["requests"]["desiredCount"] == 2
    assert overloaded.errors == []
