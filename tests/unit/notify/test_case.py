"""A case with AWS Support: when it is drafted, what it says, opened once, followed, and every refusal told plainly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lambdas import house
from lambdas.handlers import act as actor
from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import Alarm, Headline, Incident, Judged, NoticeDecided, NoticeSent, Post
from lambdas.incidents.rules.support import EVERY, LATER
from lambdas.incidents.store import Timeline
from lambdas.notify import case
from lambdas.notify.outward import concerns_support, outward
from local.world.hook import attached
from local.world.model import FaultSpec, read_world

if TYPE_CHECKING:
    from lambdas.settings import Settings
    from local.world.world import World
    from tests.conftest import Rooms

HEAD = Headline(
    cause="ecs.traffic_surge",
    title="More traffic than usual",
    verdict="likely",
    summary="checkout gets 3× its usual requests",
    also=("checkout has no scaling policy",),
)
BUSINESS = ["low", "normal", "high", "urgent"]
ENTERPRISE = [*BUSINESS, "critical"]


def incident(severity: int = 1, affected: float | None = None, **changes: Any) -> Incident:
    judged = Judged(
        severity=severity,
        tier="critical",
        scope="single service",
        service="checkout",
        target="ecs:prod/checkout",
        impact="12 % of the requests fail",
        affected=affected,
    )
    arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx"
    base = Incident(
        id="INC-20261124-3f9a1c",
        status="OPEN",
        judged=judged,
        alarms={"a": Alarm(name="checkout-5xx", state="ALARM", at=1_795_489_500, arn=arn)},
        opened_at=1_795_489_500,
        detected_at=1_795_489_501,
        clock_from=1_795_489_501,
        headline=HEAD,
        channel="C1",
        ts="1.0",
    )
    return replace(base, **changes)


# the pure part ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "affected", "code"),
    [(1, None, "critical"), (1, 100.0, "critical"), (2, 100.0, "urgent"), (2, 99.9, "high"), (2, None, "high")],
)
def test_the_runbooks_mapping(severity: int, affected: float | None, code: str) -> None:
    assert case.grade(incident(severity, affected)) == code


@pytest.mark.parametrize(
    ("wanted", "levels", "code"),
    [
        ("critical", ENTERPRISE, "critical"),
        ("critical", BUSINESS, "urgent"),
        ("high", BUSINESS, "high"),
        ("high", ["low", "normal"], "normal"),
        ("high", [], "low"),
        ("unheard of", BUSINESS, "urgent"),
    ],
)
def test_a_plan_without_the_severity_gets_the_next_lower_one(wanted: str, levels: list[str], code: str) -> None:
    assert case.offered(wanted, levels) == code


SERVICES: list[dict[str, Any]] = [
    {"code": "amazon-elastic-container-service", "name": "Elastic Container Service", "categories": [{"code": "x"}]},
    {"code": "dynamo", "name": "DynamoDB", "categories": [{"code": "y"}, {"code": "other"}]},
    {"code": "rds", "name": "Relational Database Service (MySQL)", "categories": []},
]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ecs:prod/checkout", ("amazon-elastic-container-service", "x")),
        ("dynamodb:orders", ("dynamo", "other")),
        ("rds:orders", case.GENERAL),
        ("elb:app/x/1", case.GENERAL),
        ("something", case.GENERAL),
    ],
)
def test_the_service_by_the_names_that_support_itself_gives(target: str, expected: tuple[str, str]) -> None:
    assert case.named(target, SERVICES) == expected


def test_the_draft_says_what_support_will_ask(settings: Settings) -> None:
    notice = case.draft(incident(), settings)
    assert notice.subject == "[INC-20261124-3f9a1c] checkout: 12 % of the requests fail"
    assert notice.grade == "critical"
    for line in (
        "Severity: Business-critical system down (critical)",
        "Account 123456789012, region eu-west-1",
        "Service: checkout; resource: ecs:prod/checkout",
        "Since: 2026-11-24 03:05 UTC",
        "Alarm: checkout-5xx (arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx)",
        "Our diagnosis (likely): checkout gets 3× its usual requests",
        "Also: checkout has no scaling policy",
    ):
        assert line in notice.text.splitlines()


def test_hostile_names_stay_one_line_and_within_the_limits(settings: Settings) -> None:
    hostile = "a\nb\x00\u202e" + "x" * 20_000
    judged = replace(incident().judged, service=hostile, impact=hostile)
    notice = case.draft(incident(judged=judged), settings)
    assert len(notice.subject) <= case.SUBJECT
    assert len(notice.text) <= case.BODY
    assert not set("\n\x00\u202e") & set(notice.subject)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"headline": None}, False),
        ({"status": "RESOLVED"}, False),
        ({"parent": "INC-STORM"}, False),
        ({"judged": incident(3).judged}, False),
        ({"judged": incident(2).judged}, True),
    ],
)
def test_what_concerns_aws_support(changes: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert concerns_support(incident(**changes)) is expected


def _kinds(before: Incident | None, after: Incident, settings: Settings) -> list[str]:
    return [post.kind for post in outward(before, after, (), settings, 1_795_489_600) if post.kind == "case"]


def test_it_is_drafted_once_and_only_where_it_is_configured(settings: Settings) -> None:
    on, undiagnosed = replace(settings, support_case=True), incident(headline=None)
    assert _kinds(undiagnosed, incident(), settings) == []
    assert _kinds(undiagnosed, incident(), on) == ["case"]
    assert _kinds(incident(), incident(), on) == []
    drafted = incident(notices={"case": case.draft(incident(), settings)})
    assert _kinds(undiagnosed, drafted, on) == []


# following -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [("OPEN", "unassigned", EVERY), ("RESOLVED", "unassigned", LATER), ("OPEN", "resolved", None)],
)
def test_an_open_case_is_looked_at_again(settings: Settings, status: Any, said: str, wait: int | None) -> None:
    notice = replace(case.draft(incident(), settings), state="SENT", at=1_795_489_700, reference="17")
    sent = NoticeSent(kind="case", state="SENT", status=said)
    after, _ = reduce(incident(status=status, notices={"case": notice}), sent, 1_795_490_000)
    assert after is not None
    assert after.notices["case"].look_at == (None if wait is None else 1_795_490_000 + wait)


# through the function --------------------------------------------------------------------------------------------


def _world(levels: list[str]) -> World:
    body = {
        "title": "A world for a test",
        "story": "Nothing happened",
        "kind": "simple",
        "now": "2026-11-24T03:06:00Z",
        "alarm": {"name": "x", "namespace": "AWS/ECS", "metric": "CPUUtilization", "threshold": 1, "at": "-1m"},
        "expect": {"headline": "none.noise", "verdict": "likely"},
    }
    if levels:
        body["support"] = {
            "severityLevels": [{"code": level, "name": level} for level in levels],
            "services": [{"code": "amazon-ecs", "name": "Elastic Container Service (Fargate)"}],
        }
    text = yaml.safe_dump(body)
    return read_world(yaml.safe_load(text), text, Path("test.yaml"), datetime(2026, 11, 24, 3, 6, tzinfo=UTC))


class Desk:
    """An incident whose case is approved, and the function that opens it."""

    def __init__(self, rooms: Rooms, world: World) -> None:
        on = replace(rooms.house.settings, support_case=True)
        self.house = house.build(on, aws=rooms.house.aws, slack=rooms.house.slack, clock=rooms.clock)
        self.world, self.clock = world, rooms.clock
        draft = Post("case", 0, 1, json.dumps({"do": "draft"}))
        row = Timeline(at=1, id="opened", kind="test")
        self.house.store.commit(incident(), row, (draft,), self.house.desk.now)

    def act(self) -> None:
        actor.act(self.house, "INC-20261124-3f9a1c")

    def approve(self) -> None:
        row = Timeline(at=2, id="approved", kind="test")
        self.house.desk.record("INC-20261124-3f9a1c", NoticeDecided(by="U1", kind="case", decision="approve"), row)

    @property
    def notice(self) -> Any:
        found = self.house.store.incident("INC-20261124-3f9a1c")
        assert found is not None
        return found.notices.get("case")

    def opened(self) -> list[Any]:
        return [entry.params for entry in self.world.ledger.calls("support", "CreateCase") if not entry.error]


@pytest.fixture
def desk(rooms: Rooms) -> Iterator[Any]:
    made: list[Any] = []

    def start(levels: list[str]) -> Desk:
        world = _world(levels)
        around = attached(world)
        around.__enter__()
        made.append(around)
        return Desk(rooms, world)

    yield start
    for around in made:
        around.__exit__(None, None, None)


def test_nothing_is_opened_before_somebody_approves(desk: Any) -> None:
    stage: Desk = desk(ENTERPRISE)
    stage.act()
    stage.act()
    assert (stage.notice.state, stage.opened()) == ("DRAFTED", [])


def test_an_approved_case_is_opened_once_and_followed(desk: Any) -> None:
    stage: Desk = desk(ENTERPRISE)
    stage.act()
    stage.approve()
    stage.act()
    stage.act()
    [params] = stage.opened()
    assert (params["severityCode"], params["serviceCode"], params["issueType"]) == (
        "critical",
        "amazon-ecs",
        "technical",
    )
    assert (stage.notice.state, stage.notice.reference, stage.notice.status) == ("SENT", "17000000001", "unassigned")
    stage.world.body["support"]["cases"][0]["status"] = "work-in-progress"
    stage.clock.now += EVERY + 1
    stage.house.desk.tick("INC-20261124-3f9a1c")
    stage.act()
    assert stage.notice.status == "work-in-progress"
    kinds = [row.kind for row in stage.house.store.timeline("INC-20261124-3f9a1c") if row.kind.startswith("case")]
    assert kinds == ["case.draft", "case.open", "case.follow"]


def test_a_plan_without_the_severity_says_which_one_it_took(desk: Any) -> None:
    stage: Desk = desk(BUSINESS)
    stage.act()
    stage.approve()
    stage.act()
    assert stage.opened()[0]["severityCode"] == "urgent"
    assert stage.notice.status == "unassigned as 'Production system down', the highest that the account's plan has"


def test_without_a_plan_it_is_said_plainly(desk: Any) -> None:
    stage: Desk = desk([])
    stage.act()
    stage.approve()
    stage.act()
    assert stage.notice.state == "FAILED"
    assert "it takes a Business plan or a higher one. Open it by hand: https://support" in stage.notice.status


def test_a_crash_after_the_case_was_opened_finds_it_again(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stage: Desk = desk(ENTERPRISE)
    stage.act()
    stage.approve()
    with monkeypatch.context() as patched:
        patched.setattr(stage.house.desk, "record", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stage.act()
    stage.clock.now += actor.LEASE + 1
    stage.act()
    assert (len(stage.opened()), stage.notice.state, stage.notice.reference) == (1, "SENT", "17000000001")


def test_a_refusal_is_tried_again_and_then_told(desk: Any) -> None:
    stage: Desk = desk(ENTERPRISE)
    stage.world.head.faults.append(
        FaultSpec(service="support", operation="CreateCase", error="InternalServerError", status=500)
    )
    stage.act()
    stage.approve()
    for _ in range(actor.TRIES):
        stage.act()
        stage.clock.now += case.WAIT + 1
    assert (stage.notice.state, stage.opened()) == ("FAILED", [])
    assert stage.notice.status.startswith("AWS Support did not take it (InternalServerError). Open it by hand:")
