"""Every remedy from a labelled world to its undo: proposed, approved, done, looked at, taken back, in process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdas import house
from lambdas.checks.base import load
from lambdas.handlers import act as actor
from lambdas.handlers.pulse import pulse
from lambdas.handlers.respond import respond
from lambdas.incidents.model import Decided, Incident, Remedy
from lambdas.incidents.store import Timeline
from lambdas.remedies import doing, verify
from lambdas.remedies.base import KINDS
from lambdas.settings import Remedies
from local.slack.rules import problems
from local.world.hook import attached
from local.world.model import Relief, Remedied, load_world

if TYPE_CHECKING:
    from lambdas.settings import Settings
    from local.world.world import World
    from tests.conftest import Rooms

WORLDS = Path(__file__).parents[2] / "events" / "worlds"
load("lambdas.remedies")

# world, the remedy, the metric that it relieves and to which level, how the resource is read
CASES = [
    ("ecs/no-scaling-at-all-under-load", "scale_out:requests", ("CPUUtilization", 55)),
    ("ecs/scaling-stuck-at-its-maximum", "raise_max_capacity:menu", ("CPUUtilization", 55)),
    ("ecs/scaling-suspended-since-the-migration", "resume_scaling:filing", ("CPUUtilization", 55)),
    ("ecs/memory-climbs-with-task-age", "force_new_deployment:gradebook", ("MemoryUtilization", 30)),
    ("ecs/memory-steps-up-at-deployment", "roll_back:auction", ("MemoryUtilization", 30)),
    ("ddb/auto-scaling-has-reached-its-maximum", "raise_max_capacity:cart-events", ("WriteThrottleEvents", 0)),
    (
        "ddb/writes-grew-past-what-was-provisioned",
        "raise_provisioned_capacity:device-shadow",
        ("WriteThrottleEvents", 0),
    ),
    (
        "ddb/index-with-too-few-writes-holds-the-table-back",
        "raise_provisioned_capacity:index byWarehouse of orders",
        ("ThrottledRequests", 0),
    ),
]


def tagged(name: str, relief: tuple[str, float] | None = None) -> World:
    """A world whose services and tables may be changed, and which gets better for it."""
    world = load_world(WORLDS / f"{name}.yaml")
    for service in world.body.get("ecs", {}).get("services", []):
        service["tags"] = [{"key": "tocsin:remedies", "value": "allowed"}]
    for table in world.body.get("dynamodb", {}).get("tables", []):
        table["tags"] = {"tocsin:remedies": "allowed"}
    if relief:
        better = Remedied(after=timedelta(minutes=1), metrics=[Relief(metric=relief[0], to=relief[1])])
        world.head = world.head.model_copy(update={"remedied": better})
    return world


class Play:
    """One world and the house that looks at it, on one clock."""

    def __init__(self, rooms: Rooms, world: World, rules: Remedies) -> None:
        self.rooms, self.world = rooms, world
        self.settings: Settings = replace(
            rooms.house.settings, remedies=rules, account=world.head.account, region=world.head.region
        )
        rooms.clock.now = world.clock.now().timestamp()
        self.house = house.build(self.settings, aws=rooms.house.aws, slack=rooms.house.slack, clock=rooms.clock)
        self.id = ""

    def raised(self) -> Incident:
        outcome = respond(self.world.sns_event(), self.house)
        assert outcome.taken[0].incident is not None
        self.id = outcome.taken[0].incident.id
        return self.incident

    @property
    def incident(self) -> Incident:
        found = self.house.store.incident(self.id)
        assert found is not None
        return found

    def later(self, minutes: float) -> None:
        self.rooms.clock.now += minutes * 60
        self.world.advance(timedelta(minutes=minutes))

    def decide(self, remedy: str, decision: Any, by: str = "U023BECGF") -> None:
        row = Timeline(at=self.house.desk.now * 1000, id=f"{decision}-{by}", kind="decided")
        event = Decided(by=by, remedy=remedy, decision=decision)
        self.house.deliver(self.id, self.house.desk.record(self.id, event, row))

    def act(self) -> None:
        actor.act(self.house, self.id)

    def look(self) -> None:
        pulse(self.house)
        verify.deliver(self.house, self.id)

    def remedy(self, id_: str) -> Remedy:
        return self.incident.remedies[id_]

    def said(self) -> list[str]:
        thread = self.rooms.slack.thread("#alerts", self.incident.ts)
        return [str(message["text"]) for message in thread]

    def writes(self) -> list[str]:
        return [e.operation for e in self.world.ledger.calls() if e.operation.startswith(("Update", "Register"))]


@pytest.fixture
def play(rooms: Rooms) -> Iterator[Any]:
    made: list[Any] = []

    def start(name: str, relief: tuple[str, float] | None = None, **rules: Any) -> Play:
        world = tagged(name, relief)
        around = attached(world)
        around.__enter__()
        made.append(around)
        return Play(rooms, world, Remedies(**{"allowed": tuple(KINDS), **rules}))

    yield start
    for around in made:
        around.__exit__(None, None, None)


@pytest.mark.parametrize(("name", "id_", "relief"), CASES, ids=[case[1].replace(" ", "_") for case in CASES])
def test_a_remedy_from_its_proposal_to_its_undo(play: Any, name: str, id_: str, relief: tuple[str, float]) -> None:
    stage: Play = play(name, relief)
    incident = stage.raised()
    assert id_ in incident.remedies, sorted(incident.remedies)
    proposed = stage.remedy(id_)
    assert (proposed.state, stage.writes()) == ("PROPOSED", [])

    stage.later(0.1)
    stage.decide(id_, "approve")
    assert stage.remedy(id_).state == "APPROVED"
    stage.later(0.1)
    stage.act()
    applied = stage.remedy(id_)
    assert applied.state == "APPLIED", applied.note
    assert len(stage.writes()) == 1
    stage.act()
    assert len(stage.writes()) == 1  # its row has ended

    for _ in range(3):  # a metric of five minutes needs more than one look
        if stage.remedy(id_).state == "APPLIED":
            stage.later(6)
            stage.look()
    verified = stage.remedy(id_)
    assert verified.state == "VERIFIED", verified.note
    assert any("helped" in text for text in stage.said())

    stage.later(1)
    stage.decide(id_, "undo")
    stage.act()
    undone = stage.remedy(id_)
    if KINDS[proposed.kind].undo:
        assert undone.state == "UNDONE", undone.note
        state = KINDS[proposed.kind].changes.read(stage.house.aws, undone)
        assert doing.holds(state.values, doing.prepared(proposed, "now"))
        assert len(stage.writes()) == 2
    else:
        assert undone.state == "VERIFIED"
        assert len(stage.writes()) == 1
    kinds = [row.kind for row in stage.house.store.timeline(stage.id) if row.kind.startswith(("remedy", "decided"))]
    assert kinds[:3] == ["remedy.proposed", "decided", "remedy.APPLIED"]


def test_without_the_tag_nothing_is_proposed(play: Any) -> None:
    stage: Play = play("ecs/no-scaling-at-all-under-load", tag_key="team:remedies")
    assert stage.raised().remedies == {}


def test_what_the_environment_does_not_allow_is_not_proposed(play: Any) -> None:
    stage: Play = play("ecs/no-scaling-at-all-under-load", allowed=("roll_back",))
    assert stage.raised().remedies == {}


def test_a_proposal_keeps_to_the_limit_of_tasks(play: Any) -> None:
    stage: Play = play("ecs/no-scaling-at-all-under-load", max_tasks=3)
    remedy = stage.raised().remedies["scale_out:requests"]
    assert (remedy.now, remedy.then) == ("2 tasks", "3 tasks")


SCALE = ("ecs/no-scaling-at-all-under-load", "scale_out:requests")


def _service(stage: Play) -> dict[str, Any]:
    services: list[dict[str, Any]] = stage.world.body["ecs"]["services"]
    return next(service for service in services if service["serviceName"] == "requests")


def test_a_world_that_moved_on_is_left_alone(play: Any) -> None:
    stage: Play = play(SCALE[0])
    stage.raised()
    _service(stage)["desiredCount"] = 3
    stage.decide(SCALE[1], "approve")
    stage.act()
    failed = stage.remedy(SCALE[1])
    assert (failed.state, stage.writes()) == ("FAILED", [])
    assert (
        failed.note
        == "Not done, and nothing was changed: it has changed since the dry run: it was 2 tasks, and is desired 3."
    )


def test_somebody_who_was_faster_is_no_success_of_ours(play: Any) -> None:
    stage: Play = play(SCALE[0])
    stage.raised()
    _service(stage)["desiredCount"] = 5
    stage.decide(SCALE[1], "approve")
    stage.act()
    assert (stage.remedy(SCALE[1]).state, stage.writes()) == ("FAILED", [])
    assert "somebody was faster" in stage.remedy(SCALE[1]).note


@pytest.mark.parametrize("where", ["record", "sent"])
def test_a_crash_after_the_change_applies_it_once(play: Any, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`act` dies between the change and its record, or between the record and the row's end."""
    stage: Play = play(SCALE[0])
    stage.raised()
    stage.decide(SCALE[1], "approve")
    dies = RuntimeError("the function was ended")

    def die(*_: Any, **__: Any) -> None:
        raise dies

    with monkeypatch.context() as patched:
        patched.setattr(stage.house.desk if where == "record" else stage.house.store, where, die)
        with pytest.raises(RuntimeError):
            stage.act()
    assert stage.writes() == ["UpdateService"]
    stage.act()  # its lease lasts
    assert stage.writes() == ["UpdateService"]
    stage.later(3)
    stage.act()
    assert stage.writes() == ["UpdateService"]
    assert stage.remedy(SCALE[1]).state == "APPLIED"
    if where == "record":
        assert stage.remedy(SCALE[1]).note == "Done; an earlier attempt had made the change."


def test_an_incident_that_is_over_is_not_acted_on(play: Any) -> None:
    stage: Play = play(SCALE[0])
    stage.raised()
    stage.decide(SCALE[1], "approve")
    over = replace(stage.incident, status="RESOLVED", resolved_at=stage.house.desk.now)
    row = Timeline(at=stage.house.desk.now * 1000, id="over", kind="test")
    stage.house.store.commit(over, row, (), stage.house.desk.now)
    stage.act()
    assert (stage.remedy(SCALE[1]).state, stage.writes()) == ("FAILED", [])
    assert "the incident was over" in stage.remedy(SCALE[1]).note


def test_what_does_not_help_is_said(play: Any) -> None:
    stage: Play = play(SCALE[0])  # the world gets no better
    stage.raised()
    stage.decide(SCALE[1], "approve")
    stage.act()
    for _ in range(5):
        stage.later(6)
        stage.look()
    remedy = stage.remedy(SCALE[1])
    assert remedy.state == "NOT_VERIFIED"
    assert "It has not helped so far: 5 of 5 tasks run; CPUUtilization (Average) went from 95.8 to" in remedy.note


def test_every_message_on_the_way_is_one_that_slack_takes(play: Any) -> None:
    stage: Play = play(*SCALE[:1], ("CPUUtilization", 55), approvals_sev1=2)
    stage.raised()
    stage.decide(SCALE[1], "approve")
    stage.act()
    stage.later(6)
    stage.look()
    sent = [call for call in stage.rooms.slack.calls if call.method in {"chat.postMessage", "chat.update"}]
    assert len(sent) > 5
    assert [problem for call in sent for problem in problems(dict(call.payload))] == []
