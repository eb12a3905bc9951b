"""The fresh look before each change, a second try, the undo, and whether it helped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.errors import RemedyError, RemedyLater
from lambdas.incidents.model import Remedy
from lambdas.remedies import doing
from lambdas.remedies.base import KINDS, Kind, State
from lambdas.settings import Remedies

NOW = 1_795_489_560
RULES = Remedies(allowed=("scale_out",))
TAGS = {"tocsin:remedies": "allowed"}
CPU: dict[str, Any] = {
    "namespace": "AWS/ECS",
    "name": "CPUUtilization",
    "stat": "Average",
    "period": 60,
    "comparison": "GreaterThanThreshold",
    "threshold": 85.0,
    "was": 95.8,
    "dim.ServiceName": "checkout",
}
REMEDY = Remedy(
    id="scale_out:checkout",
    kind="made_up",
    target="arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
    title="Raise the desired count of checkout from 2 to 4",
    now="2 tasks",
    then="4 tasks",
    params={"cluster": "prod", "service": "checkout", "now.desired": 2, "then.desired": 4},
    metric=CPU,
)


@dataclass
class Thing:
    """A resource that a made-up remedy changes."""

    desired: int = 2
    tags: dict[str, str] = field(default_factory=lambda: dict(TAGS))
    settled: bool = True
    busy: str = ""
    gone: bool = False
    refuses: str = ""
    status: int = 400
    written: list[int] = field(default_factory=list)
    points: list[float] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cloudwatch(self) -> Thing:
        return self

    def get_metric_data(self, **params: Any) -> dict[str, Any]:
        self.asked.append(params)
        return {"MetricDataResults": [{"Values": self.points}]}


class MadeUp:
    """As a file of the catalogue, on a `Thing` instead of AWS."""

    @staticmethod
    def propose(fix: Any, case: Any) -> None:
        del fix, case

    @staticmethod
    def read(aws: Any, remedy: Remedy) -> State:
        del remedy
        if aws.gone:
            raise RemedyError("there is no checkout any more")
        told = f"{aws.desired} of {aws.desired} tasks run"
        return State(values={"desired": aws.desired}, tags=aws.tags, settled=aws.settled, told=told, busy=aws.busy)

    @staticmethod
    def write(aws: Any, remedy: Remedy, values: Any) -> None:
        del remedy
        if aws.refuses:
            answer: Any = {
                "Error": {"Code": aws.refuses, "Message": "no"},
                "ResponseMetadata": {"HTTPStatusCode": aws.status},
            }
            raise ClientError(answer, "UpdateService")
        aws.desired = values["desired"]
        aws.written.append(values["desired"])


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind(id="made_up", title="x", causes=(), undo="sets it back", reads=(), writes=(), changes=MadeUp)
    monkeypatch.setitem(KINDS, "made_up", kind)


FAILED = "Not done, and nothing was changed: "


@pytest.mark.parametrize(
    ("thing", "lost", "state", "note", "written"),
    [
        (Thing(), False, "APPLIED", "Done.", [4]),
        (Thing(), True, "APPLIED", "Done.", [4]),  # the attempt that was lost died before its write
        (Thing(desired=4), True, "APPLIED", "Done; an earlier attempt had made the change.", []),
        (
            Thing(desired=4),
            False,
            "FAILED",
            FAILED + "somebody was faster: it already is what this would have made it.",
            [],
        ),
        (
            Thing(desired=3),
            False,
            "FAILED",
            FAILED + "it has changed since the dry run: it was 2 tasks, and is desired count 3.",
            [],
        ),
        (
            Thing(desired=3),
            True,
            "FAILED",
            FAILED + "it has changed since the dry run: it was 2 tasks, and is desired count 3.",
            [],
        ),
        (
            Thing(tags={}),
            False,
            "FAILED",
            FAILED + "the resource does not carry the tag tocsin:remedies = allowed.",
            [],
        ),
        (
            Thing(tags={"tocsin:remedies": "yes"}),
            False,
            "FAILED",
            FAILED + "the resource does not carry the tag tocsin:remedies = allowed.",
            [],
        ),
        (Thing(gone=True), False, "FAILED", FAILED + "there is no checkout any more.", []),
        (
            Thing(refuses="AccessDeniedException"),
            False,
            "FAILED",
            FAILED + "AWS refused it (AccessDeniedException: no).",
            [],
        ),
    ],
)
def test_apply(thing: Any, lost: bool, state: str, note: str, written: list[int]) -> None:  # noqa: FBT001
    acted = doing.apply(thing, REMEDY, RULES, NOW, lost=lost)
    assert (acted.state, acted.note, thing.written) == (state, note, written)
    if state == "APPLIED":
        assert (acted.before, acted.verify_at) == ({"desired": 2}, NOW + 300)


@pytest.mark.parametrize(
    ("thing", "error"),
    [
        (Thing(busy="the table is being updated"), RemedyLater),
        (Thing(refuses="ResourceInUseException"), RemedyLater),
        (Thing(refuses="ThrottlingException"), RemedyLater),
        (Thing(refuses="InternalServerError", status=500), ClientError),
    ],
)
def test_what_aws_takes_later_is_tried_later(thing: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        doing.apply(thing, REMEDY, RULES, NOW)


def test_a_remedy_of_another_version_is_refused() -> None:
    acted = doing.apply(Thing(), replace(REMEDY, kind="gone"), RULES, NOW)  # type: ignore[arg-type] # stands for AWS
    assert (acted.state, acted.note) == ("FAILED", FAILED + "this version knows no remedy called gone.")


DONE = replace(REMEDY, state="UNDO_APPROVED", before={"desired": 2}, applied_at=NOW)


@pytest.mark.parametrize(
    ("thing", "remedy", "state", "note", "written"),
    [
        (Thing(desired=4), DONE, "UNDONE", "Taken back: desired count 2.", [2]),
        (Thing(desired=2), DONE, "UNDONE", "Taken back: desired count 2.", []),
        (Thing(desired=6), DONE, "FAILED", "Not taken back: somebody has changed it since: it is desired count 6.", []),
        (Thing(desired=4), replace(DONE, before={}), "FAILED", "Not taken back: there is nothing to take back.", []),
        (Thing(desired=4, tags={}), DONE, "FAILED", "Not taken back: the resource does not carry the tag", []),
    ],
)
def test_undo(thing: Any, remedy: Remedy, state: str, note: str, written: list[int]) -> None:
    acted = doing.undo(thing, remedy, RULES)
    assert (acted.state, thing.written) == (state, written)
    assert acted.note.startswith(note)


APPLIED = replace(REMEDY, state="APPLIED", before={"desired": 2}, applied_at=NOW)
SEEN = "4 of 4 tasks run; CPUUtilization (Average) went from 95.8 to"


@pytest.mark.parametrize(
    ("thing", "minutes", "state", "note"),
    [
        (Thing(desired=4, points=[91, 70, 62, 58]), 6, "VERIFIED", f"It helped: {SEEN} 58, the alarm's level is 85."),
        (Thing(desired=4, points=[70, 91, 62]), 6, "APPLIED", f"Not yet: {SEEN} 62, the alarm's level is 85."),
        (
            Thing(desired=4, points=[95, 94, 96]),
            21,
            "NOT_VERIFIED",
            f"It has not helped so far: {SEEN} 96, the alarm's level is 85.",
        ),
        (
            Thing(desired=4),
            6,
            "APPLIED",
            "Not yet: 4 of 4 tasks run; CloudWatch has no datapoint of CPUUtilization (Average) since the change.",
        ),
        (
            Thing(desired=4, settled=False, points=[58, 58, 58]),
            6,
            "APPLIED",
            f"Not yet: {SEEN} 58, the alarm's level is 85.",
        ),
        (
            Thing(desired=2, points=[58]),
            6,
            "NOT_VERIFIED",
            "Somebody has changed it since: desired count 2; 2 of 2 tasks run;",
        ),
        (Thing(gone=True), 6, "NOT_VERIFIED", "It could not be verified: there is no checkout any more."),
    ],
)
def test_verify(thing: Any, minutes: int, state: str, note: str) -> None:
    acted = doing.verify(thing, APPLIED, NOW + minutes * 60)
    assert acted.state == state
    assert acted.note.startswith(note), acted.note
    assert (acted.verify_at is not None) == (state == "APPLIED")


def test_only_whole_periods_after_the_change_are_looked_at() -> None:
    thing: Any = Thing(points=[50.0])
    assert doing.look(thing, CPU, NOW + 30, NOW + 80) == doing.Seen(
        good=None, told="CloudWatch has no datapoint of CPUUtilization (Average) since the change"
    )
    assert thing.asked == []  # not a minute has passed since the change
    doing.look(thing, CPU, NOW + 30, NOW + 400)
    start = thing.asked[0]["StartTime"]
    assert start - datetime.fromtimestamp(NOW + 30, UTC) <= timedelta(seconds=60)
    assert start > datetime.fromtimestamp(NOW + 30, UTC)


@pytest.mark.parametrize(
    ("name", "comparison", "good"),
    [
        ("WriteThrottleEvents", "GreaterThanThreshold", True),  # no datapoint where nothing was throttled
        ("HTTPCode_Target_5XX_Count", "GreaterThanOrEqualToThreshold", True),
        ("CPUUtilization", "GreaterThanThreshold", None),
        ("SystemErrors", "LessThanThreshold", None),
    ],
)
def test_a_count_of_events_without_a_datapoint_is_none(name: str, comparison: str, good: bool | None) -> None:  # noqa: FBT001
    metric = {**CPU, "name": name, "comparison": comparison}
    assert doing.look(Thing(), metric, NOW, NOW + 600).good is good  # type: ignore[arg-type] # stands for AWS


@pytest.mark.parametrize(
    ("comparison", "value", "good"),
    [
        ("GreaterThanThreshold", 85.0, True),
        ("GreaterThanThreshold", 85.1, False),
        ("GreaterThanOrEqualToThreshold", 85.0, False),
        ("LessThanThreshold", 85.0, True),
        ("LessThanThreshold", 84.9, False),
        ("LessThanOrEqualToThreshold", 85.0, False),
    ],
)
def test_good_is_the_side_on_which_the_alarm_is_quiet(comparison: str, value: float, good: bool) -> None:  # noqa: FBT001
    thing: Any = Thing(points=[value])
    assert doing.look(thing, {**CPU, "comparison": comparison}, NOW, NOW + 600).good is good


def test_without_a_metric_the_resource_itself_tells() -> None:
    acted = doing.verify(Thing(desired=4), replace(APPLIED, metric={}), NOW + 360)  # type: ignore[arg-type] # the same
    assert (acted.state, acted.note) == ("VERIFIED", "It helped: 4 of 4 tasks run.")
