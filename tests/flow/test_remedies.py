"""Every remedy from a labelled world to its undo: proposed, approved, done, looked at, taken back, in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdas import house
from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.checks.base import load
from lambdas.diagnosis.examine import examine
from lambdas.handlers import act as actor
from lambdas.handlers.pulse import pulse
from lambdas.handlers.respond import respond
from lambdas.incidents.model import Alarm, Decided, Incident, Judged, Post, Remedy
from lambdas.incidents.store import Timeline
from lambdas.remedies import doing, verify
from lambdas.remedies.base import KINDS
from lambdas.settings import Remedies
from local.slack.rules import problems
from local.world.hook import attached
from local.world.model import FaultSpec, Relief, Remedied, load_world
from tests.flow.worlds import clients

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


def examined(world: World, settings: Settings, **rules: Any) -> tuple[Remedy, ...]:
    """What is proposed for a world, as `respond` would."""
    alert = parse(unwrap(world.sns_event())[0])
    allowed = Remedies(**{"allowed": tuple(KINDS), **rules})
    settings = replace(settings, account=alert.account, region=alert.region, remedies=allowed)
    return examine(alert, settings, clients(alert.region), world.clock.now().timestamp(), 60).remedies


@pytest.mark.parametrize(("name", "id_", "relief"), CASES, ids=[case[1].replace(" ", "_") for case in CASES])
def test_a_remedy_is_done_verified_and_undone(
    settings: Settings, name: str, id_: str, relief: tuple[str, float]
) -> None:
    world, rules = tagged(name, relief), Remedies(allowed=tuple(KINDS))
    aws = clients(world.head.region)

    def now() -> int:
        return int(world.clock.now().timestamp())

    def writes() -> int:
        return sum(e.operation.startswith(("Update", "Register")) for e in world.ledger.calls())

    with attached(world):
        found = {remedy.id: remedy for remedy in examined(world, settings)}
        assert id_ in found, sorted(found)
        remedy, kind = found[id_], KINDS[found[id_].kind]
        assert writes() == 0

        done = doing.apply(aws, remedy, rules, now())
        assert (done.state, writes()) == ("APPLIED", 1), done.note
        remedy = replace(remedy, state="APPLIED", before=done.before, applied_at=now())
        again = doing.apply(aws, remedy, rules, now(), lost=True)
        assert (again.state, writes()) == ("APPLIED", 1), again.note

        looked = done
        for _ in range(3):  # a metric of five minutes needs more than one look
            if looked.state == "APPLIED":
                world.advance(timedelta(minutes=6))
                looked = doing.verify(aws, remedy, now())
        assert looked.state == "VERIFIED", looked.note

        undone = doing.undo(aws, remedy, rules)
        if not kind.undo:
            assert (undone.state, writes()) == ("FAILED", 1)
            return
        assert (undone.state, writes()) == ("UNDONE", 2), undone.note
        assert doing.holds(kind.changes.read(aws, remedy).values, doing.prepared(remedy, "now"))
        assert (doing.undo(aws, remedy, rules).state, writes()) == ("UNDONE", 2)
    assert world.errors == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"tag_key": "team:remedies"}, []),
        ({"tag_value": "no"}, []),
        ({"allowed": ("roll_back",)}, []),
        ({"max_tasks": 3}, [("2 tasks", "3 tasks")]),
        ({"max_tasks": 2}, []),
        ({}, [("2 tasks", "5 tasks")]),
    ],
)
def test_what_is_proposed_keeps_to_the_environments_rules(
    settings: Settings, rules: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    world = tagged("ecs/no-scaling-at-all-under-load")
    with attached(world):
        found = examined(world, settings, **rules)
    assert [(remedy.now, remedy.then) for remedy in found] == expected


def test_nothing_is_proposed_where_the_services_tags_cannot_be_read(settings: Settings) -> None:
    world = tagged("ecs/no-scaling-at-all-under-load")
    denied = FaultSpec(service="ecs", operation="ListTagsForResource", error="AccessDeniedException")
    world.head.faults.append(denied)
    with attached(world):
        assert examined(world, settings) == ()


def test_nothing_is_proposed_where_auto_scaling_was_not_seen(settings: Settings) -> None:
    world = tagged("ecs/no-scaling-at-all-under-load")
    denied = FaultSpec(service="application-autoscaling", error="AccessDeniedException")
    world.head.faults.append(denied)
    with attached(world):
        assert examined(world, settings) == ()


SCALE = ("ecs/no-scaling-at-all-under-load", "scale_out:requests")


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


def test_from_the_alarm_to_the_undo_in_the_thread(play: Any) -> None:
    stage: Play = play(*SCALE[:1], ("CPUUtilization", 55), approvals_sev1=2)
    stage.raised()
    stage.later(0.1)
    stage.decide(SCALE[1], "approve")
    stage.later(0.1)
    stage.act()
    assert stage.remedy(SCALE[1]).state == "APPLIED"
    stage.later(6)
    stage.look()
    assert stage.remedy(SCALE[1]).state == "VERIFIED"
    stage.later(0.1)
    stage.decide(SCALE[1], "undo")
    stage.later(0.1)
    stage.act()
    assert (stage.remedy(SCALE[1]).state, stage.writes()) == ("UNDONE", ["UpdateService", "UpdateService"])
    thread = [text for text in stage.said() if "desired count of requests" in text]
    # one message that was edited, and two of their own for how it went
    assert [text.partition(":")[0] for text in thread] == ["↩️ Taken back", "✅ Done, and it helped", "↩️ Taken back"]
    kinds = [row.kind for row in stage.house.store.timeline(stage.id) if row.kind.startswith(("remedy", "decided"))]
    assert kinds == ["remedy.proposed", "decided", "remedy.APPLIED", "remedy.verify", "decided", "remedy.UNDONE"]
    sent = [call for call in stage.rooms.slack.calls if call.method in {"chat.postMessage", "chat.update"}]
    assert len(sent) > 5
    assert [problem for call in sent for problem in problems(dict(call.payload))] == []


def test_what_was_approved_before_the_environment_was_switched_off_is_given_up_and_told(rooms: Rooms) -> None:
    judged = Judged(severity=2, tier="critical", scope="", service="checkout", target="ecs:p/checkout", impact="x")
    remedy = Remedy(
        id="scale_out:checkout", kind="scale_out", target="arn", title="Raise", now="2", then="4", state="APPROVED"
    )
    alarm = Alarm(name="a", state="ALARM", at=1)
    incident = Incident(
        id="INC-1", status="OPEN", judged=judged, alarms={"a": alarm}, opened_at=1, detected_at=1, clock_from=1,
        remedies={remedy.id: remedy},
    )  # fmt: skip
    to_act = Post("act", 0, 1, json.dumps({"remedy": remedy.id}))
    store, now = rooms.house.store, rooms.house.desk.now
    store.commit(incident, Timeline(at=1, id="one", kind="test"), (to_act,), now)
    pulse(rooms.house)
    found = store.incident("INC-1")
    assert found is not None
    assert found.remedies[remedy.id].state == "FAILED"
    assert found.remedies[remedy.id].note.endswith("the environment does not allow it any more.")
    assert [row.post for row in store.due(now + 3600) if row.post and row.post.kind == "act"] == []
