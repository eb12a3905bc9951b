"""The whole way through the deployed stack, by clicks: alarm, acknowledgement, escalation, scale-out, recovery."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.app import application
from local.stage import stage
from local.world.model import Relief, Remedied, load_world
from tests.browser.driver import driver
from tests.e2e.conftest import PATIENCE, eventually, roots

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.environment import Environment
    from local.stage import Stage
    from local.world.world import World
    from tests.browser.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

WORLD = Path(__file__).parents[2] / "events" / "worlds" / "ecs" / "no-scaling-at-all-under-load.yaml"


def sick() -> World:
    """A service without scaling under load, whose tag allows changes, and which gets better with more tasks."""
    world = load_world(WORLD, datetime.now(UTC))
    for service in world.body["ecs"]["services"]:
        service["tags"] = [{"key": "tocsin:remedies", "value": "allowed"}]
    better = Remedied(after=timedelta(minutes=1), metrics=[Relief(metric="CPUUtilization", to=55)])
    world.head = world.head.model_copy(update={"remedied": better})
    return world


def test_from_the_alarm_to_the_post_mortem(environment: Environment, tmp_path: Path) -> None:
    world = sick()
    here = environment.model_copy(
        update={
            "account": world.head.account,
            "region": world.head.region,
            "alarm_topics": ("create",),
            "workloads": (),
        }
    )
    application([here], out=tmp_path / "out").synth()
    with stage(here, tmp_path / "out", world=world, ticking=True) as staged, driver(tmp_path / "profile") as tab:
        staged.slack.workspace.interactivity.patience = PATIENCE
        _play(staged, world, tab)


def _play(staged: Stage, world: World, tab: Driver) -> None:
    later = Clock(staged, world)
    staged.publish(world.sns_message())
    ts = str(eventually(lambda: roots(staged, "requests"), "the first post", staged)[0]["ts"])
    said = _thread(staged, ts)
    eventually(lambda: said("A change is proposed"), "the proposal", staged)

    tab.open(f"{staged.slack.page_url}c/alerts/t/{ts}", width=1500, height=1000)
    tab.click(".thread button", "Acknowledge")
    tab.until_text("@Ana Weber is on it")
    tab.choose(".thread select[data-action='tocsin.severity']", "Severity 1")
    tab.until_text("Severity set by @Ana Weber")

    later(16)
    eventually(lambda: said("Escalated to level 2"), "the escalation", staged)
    tab.until_text("Escalated to level 2")

    tab.click(".thread button", "Approve")  # Ana may respond, and not approve
    tab.click("#ask button.primary, #ask button.danger")
    tab.until_text("you are not among those who may approve changes here")
    tab.choose("#me", "Sam Rossi")
    tab.until("document.readyState === 'complete' && document.querySelector('#me').value === 'U023BECGF'", "Sam")
    tab.click(".thread button", "Approve")
    tab.click("#ask button.primary, #ask button.danger")
    eventually(lambda: said("Done"), "the change", staged)
    (service,) = [s for s in world.body["ecs"]["services"] if s["serviceName"] == "requests"]
    assert service["desiredCount"] > 2
    for _ in range(3):
        if not said("it helped"):
            later(6)
            _soon(staged, lambda: said("it helped"))
    assert said("it helped")

    assert world.head.alarm
    over = world.head.alarm.model_copy(update={"recovers": world.clock.now()})
    world.head = world.head.model_copy(update={"alarm": over})
    staged.publish(world.sns_message("OK"))
    tab.until_text("Recovering")
    later(6)
    tab.until_text("INCIDENT RESOLVED - Severity 1")
    logical = next(
        name
        for name, kind in staged.deployed.types.items()
        if kind == "AWS::S3::Bucket" and name.startswith("Documents")
    )
    bucket = staged.deployed.resources[logical]
    s3 = staged.emulator.client("s3")

    def kept() -> list[str]:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [key for key in keys if key.startswith("postmortems/") and key.endswith("/postmortem.md")]

    (key,) = eventually(kept, "the post-mortem", staged)
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    for words in ("Severity 1", "Ana Weber", "Senior SRE", "Raise the desired count of requests"):
        assert words in text, words
    assert tab.console == []
    assert world.errors == []


class Clock:
    """Moves the world's clock and the product's: calling it lets so many minutes pass."""

    def __init__(self, staged: Stage, world: World) -> None:
        self._staged, self._world, self._passed = staged, world, 0.0

    def __call__(self, minutes: float) -> None:
        self._passed += minutes
        self._world.advance(timedelta(minutes=minutes))
        at = datetime.now(UTC) + timedelta(minutes=self._passed)
        self._staged.invoke("pulse", {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _thread(staged: Stage, ts: str) -> Callable[[str], bool]:
    """Whether the thread says something."""

    def said(words: str) -> bool:
        found: list[dict[str, Any]] = staged.slack.thread("#alerts", ts)
        return any(words in str(message) for message in found)

    return said


def _soon(staged: Stage, look: Callable[[], bool]) -> None:
    """Give what was asked for a moment to be done; what is not done by then may need the clock again."""
    ends = time.monotonic() + 15
    while not look() and time.monotonic() < ends:
        time.sleep(0.2)
