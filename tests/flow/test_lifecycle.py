"""The lifecycle through the real parts: reconciliation, silences, maintenance, storms, a Slack that is down."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from lambdas import house
from lambdas.errors import SlackError
from lambdas.fallback import say
from lambdas.handlers import respond as responder
from lambdas.handlers.pulse import RECONCILING, pulse
from lambdas.incidents.cadence import CALM, DIGEST, HOLD, MINUTE, STORM, UNHEARD
from lambdas.incidents.model import Acknowledged, Closed, Incident, Quiet
from lambdas.incidents.quiet import Window
from lambdas.incidents.store import Timeline
from lambdas.reconcile import mute_rules, reconcile
from lambdas.settings import Settings
from local.memory import MemoryAws, MemorySlack, busy, unreachable
from tests.conftest import NOW, REGION, Clock

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"


class Place:
    """A house on planes in memory, with a clock that a test turns."""

    def __init__(self, **changes: Any) -> None:
        base = Settings(
            customer="acme",
            environment="production",
            account="123456789012",
            region=REGION,
            slack_channel="#alerts",
            table="incidents",
            slack_secret="acme/slack",
            operators="operators",
            alarm_topics=(TOPIC,),
        )
        self.settings = replace(base, **changes)
        self.aws, self.slack, self.clock = MemoryAws(), MemorySlack(keep=True), Clock()
        self.house = self.start()

    def start(self) -> house.House:
        """A process that has just started."""
        aws, slack = cast("Any", self.aws), cast("Any", self.slack)
        return house.build(self.settings, aws=aws, slack=slack, clock=self.clock)

    def ring(self, service: str = "checkout", state: str = "ALARM", *, down: bool = False, name: str = "") -> None:
        """An alarm changes its state, and its message arrives."""
        name = name or f"acme-production-{service}-{'tasks' if down else 'cpu'}"
        self.aws.cloudwatch.change(name, arn(name), state, self.clock.now, AlarmActions=[TOPIC])
        outcome = responder.respond(sqs(message(name, service, state, self.clock.now, down=down)), self.house)
        assert not outcome.failed

    def minutes(self, count: int, *, reconciling: bool = False) -> None:
        """The clock goes on, and pulse with it."""
        for _ in range(count):
            self.clock.now += MINUTE
            left = RECONCILING + 1 if reconciling else RECONCILING - 1
            pulse(self.start(), lambda left=left: left)

    def incidents(self) -> list[Incident]:
        ids = {item["pk"]["S"].partition("#")[2] for item in self.aws.dynamodb.items() if item["sk"]["S"] == "META"}
        found = (self.house.store.incident(id_) for id_ in sorted(ids))
        return [incident for incident in found if incident]

    def only(self) -> Incident:
        (incident,) = (incident for incident in self.incidents() if incident.kind == "incident")
        return incident

    def kinds(self) -> list[str]:
        return [key.split("/")[1].split("#")[0] for key in self.slack.log]


def arn(name: str) -> str:
    return f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"


def message(name: str, service: str, state: str, at: float, *, down: bool = False) -> dict[str, Any]:
    since = datetime.fromtimestamp(at, UTC)
    value, threshold = (0.0, 1.0) if down else (91.0, 85.0)
    return {
        "AlarmName": name,
        "AlarmArn": arn(name),
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "NewStateReason": f"Threshold Crossed: 1 datapoint [{value} (24/11/26 03:04:00)] crossed ({threshold}).",
        "StateChangeTime": since.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "Region": "EU (Ireland)",
        "Trigger": {
            "MetricName": "RunningTaskCount" if down else "CPUUtilization",
            "Namespace": "ECS/ContainerInsights" if down else "AWS/ECS",
            "Statistic": "AVERAGE",
            "Dimensions": [
                {"name": "ClusterName", "value": "acme-production"},
                {"name": "ServiceName", "value": service},
            ],
            "ComparisonOperator": "LessThanThreshold" if down else "GreaterThanThreshold",
            "Threshold": threshold,
        },
    }


def sqs(*bodies: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "eventSource": "aws:sqs",
                "body": json.dumps({"Type": "Notification", "Message": json.dumps(body)}),
            }
            for number, body in enumerate(bodies)
        ]
    }


@pytest.fixture(autouse=True)
def _no_diagnosis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagnosis has its own tests; here it finds nothing, at once."""
    monkeypatch.setattr(responder, "_diagnose", lambda *_: None)
    monkeypatch.setattr(responder, "_chart", lambda *_: None)


# reconciliation -------------------------------------------------------------------------------------------------------


def test_an_alarm_whose_event_was_lost_opens_an_incident() -> None:
    place = Place()
    name = "acme-production-checkout-cpu"
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Period": 60, "Statistic": "Average"}
    metric |= {"Dimensions": [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "checkout"}]}
    place.aws.cloudwatch.change(name, arn(name), "ALARM", NOW - 300, AlarmActions=[TOPIC], **metric)
    place.minutes(11, reconciling=True)
    incident = place.only()
    assert (incident.status, incident.opened_at, incident.judged.target) == ("OPEN", NOW - 300, "ecs:prod/checkout")
    place.minutes(20, reconciling=True)
    assert place.kinds().count("initial") == 1


def test_an_event_that_arrives_after_the_reconciliation_is_a_duplicate() -> None:
    place = Place()
    name = "acme-production-checkout-cpu"
    place.aws.cloudwatch.change(name, arn(name), "ALARM", NOW - 300, AlarmActions=[TOPIC])
    assert reconcile(place.house) is not None
    outcome = responder.respond(sqs(message(name, "checkout", "ALARM", NOW - 300)), place.house)
    assert [taken.outcome for taken in outcome.taken] == ["duplicate"]


def test_an_alarm_that_is_ok_or_gone_starts_the_hold() -> None:
    place = Place()
    place.ring("checkout")
    place.ring("orders")
    place.aws.cloudwatch.change("acme-production-checkout-cpu", arn("acme-production-checkout-cpu"), "OK", NOW + 60)
    del place.aws.cloudwatch.alarms["acme-production-orders-cpu"]
    place.minutes(2)
    done = reconcile(place.house)
    assert done is not None
    assert done.cleared == 2
    assert {incident.status for incident in place.incidents()} == {"RECOVERING"}
    place.minutes(HOLD // MINUTE + 1)
    assert {incident.status for incident in place.incidents()} == {"RESOLVED"}


def test_it_happens_once_in_ten_minutes_whoever_fires() -> None:
    place = Place()
    assert [reconcile(place.start()) is None for _ in range(3)] == [False, True, True]
    place.clock.now += 10 * MINUTE
    assert reconcile(place.start()) is not None


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("tocsin-acme-production-pulse-lag", {"AlarmActions": [TOPIC]}),
        ("other", {"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:somebody-elses"]}),
        ("disabled", {"AlarmActions": [TOPIC], "ActionsEnabled": False}),
        ("suppressed", {"AlarmActions": [TOPIC], "ActionsSuppressedBy": "Alarm"}),
        ("without-actions", {}),
    ],
)
def test_what_would_not_have_told_us_is_left_alone(name: str, more: dict[str, Any]) -> None:
    place = Place()
    place.aws.cloudwatch.change(name, arn(name), "ALARM", NOW - 300, **more)
    reconcile(place.house)
    assert place.incidents() == []


def test_with_all_state_changes_an_alarm_needs_no_action() -> None:
    place = Place(all_alarms=True)
    place.aws.cloudwatch.change("quiet-one", arn("quiet-one"), "ALARM", NOW - 300)
    reconcile(place.house)
    assert place.only().status == "OPEN"


def test_what_cloudwatch_mutes_stays_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    place.aws.cloudwatch.change("muted", arn("muted"), "ALARM", NOW - 300, AlarmActions=[TOPIC])
    asked = []

    def rules(_house: object, alarm: str = "") -> list[dict[str, str]]:
        asked.append(alarm)
        return [{"AlarmMuteRuleArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:nightly"}]

    monkeypatch.setattr("lambdas.reconcile.mute_rules", rules)
    reconcile(place.house)
    assert (place.incidents(), asked) == ([], ["muted"])


def test_a_person_who_closed_a_ringing_alarm_is_not_contradicted() -> None:
    place = Place()
    place.ring()
    event = Closed(by="U1", root_cause="known", prevention="", ringing=True)
    place.house.desk.record(place.only().id, event, Timeline(at=NOW * 1000, id="c", kind="close"))
    place.minutes(45, reconciling=True)
    assert (place.only().status, place.kinds().count("initial"), place.kinds().count("reopened")) == ("RESOLVED", 1, 0)


def test_no_rule_is_active_here() -> None:
    assert mute_rules(Place().house) == []


# silences and maintenance ---------------------------------------------------------------------------------------------


def silence(place: Place, minutes: int = 60, **changes: Any) -> Incident:
    now = int(place.clock.now)
    quiet = Quiet(start=now, end=now + minutes * MINUTE, by="U1", services=("checkout*",))
    begun = place.house.desk.silence(replace(quiet, **changes), "request-1")
    assert begun is not None
    return begun


def test_what_rings_inside_is_recorded_and_told_once_at_the_end() -> None:
    place = Place()
    silence(place)
    place.ring("checkout")
    place.ring("checkout-api")
    place.ring("checkout-api", "OK")
    place.ring("orders")
    assert place.kinds() == ["initial"]  # orders
    assert [s.id for s in place.house.desk.silences()] == ["SIL-request-1"]
    place.minutes(60)
    recorded = {incident.judged.service: incident.status for incident in place.incidents() if incident.silence}
    assert recorded == {"checkout": "OPEN", "checkout-api": "RESOLVED"}
    assert place.kinds().count("initial") == 3  # orders, the silence's end, checkout that still rings
    said = next(json.dumps(payload) for _, payload in place.slack.payloads if "Silence is over" in json.dumps(payload))
    assert "2 incidents recorded inside: 1 still ringing" in said
    assert place.house.desk.silences() == []


def test_a_silence_that_is_asked_for_twice_is_one() -> None:
    place = Place()
    assert silence(place).ver == silence(place).ver == 1


def test_flapping_does_not_break_a_silence_and_severity_1_does() -> None:
    place = Place()
    silence(place)
    for _ in range(5):
        place.ring("checkout")
        place.minutes(1)
        place.ring("checkout", "OK")
        place.minutes(7)
    assert place.kinds() == []
    assert place.only().status == "SILENCED"
    place.ring("checkout", down=True)
    assert (place.kinds(), place.only().judged.severity) == (["initial"], 1)


def test_a_silence_may_cover_severity_1() -> None:
    place = Place()
    silence(place, severity_1=True)
    place.ring("checkout", down=True)
    assert place.kinds() == []


def test_a_lifted_silence_opens_what_rings() -> None:
    place = Place()
    begun = silence(place)
    place.ring("checkout")
    place.house.deliver(begun.id, place.house.desk.lift(begun.id, "U2"))
    assert place.only().status == "OPEN"
    place.minutes(1)
    assert place.kinds().count("initial") == 2  # the silence's end, and the incident
    place.ring("checkout-api")
    assert place.kinds().count("initial") == 3


def test_a_maintenance_window_ends_with_a_validation() -> None:
    begin, until = (f"{datetime.fromtimestamp(NOW + s, UTC):%H:%M}" for s in (300, 3900))
    place = Place(windows=(Window(name="Patching", every="day", begin=begin, until=until),))
    place.minutes(6)
    assert place.kinds() == ["initial"]  # the window is announced
    place.ring("checkout")
    place.ring("orders")
    place.ring("orders", "OK")
    assert len(place.kinds()) == 1
    place.minutes(60)
    assert Counter(place.kinds())["silenced"] == 1
    place.ring("billing")
    place.minutes(32)
    (said,) = [json.dumps(p) for _, p in place.slack.payloads if "30 minutes after Patching" in json.dumps(p)]
    assert "2 incidents not resolved, of 2 seen since" in said
    assert "checkout" in said
    assert "billing" in said


# storms ---------------------------------------------------------------------------------------------------------------


def test_a_storm_gathers_and_what_outlives_it_is_not_forgotten() -> None:
    place = Place()
    for number in range(STORM + 20):
        place.ring(f"service-{number}", down=number == STORM + 19)
    assert place.kinds().count("initial") == STORM + 1
    assert place.kinds().count("digest") == 1  # Severity 1 does not wait
    storm = next(incident for incident in place.incidents() if incident.kind == "storm")
    assert storm.judged.severity == 1
    place.minutes(20)
    assert place.kinds().count("digest") <= 3
    for number in range(STORM + 20):
        place.ring(f"service-{number}", "OK", down=number == STORM + 19)
    place.minutes((HOLD + CALM + 3 * DIGEST) // MINUTE)
    assert {incident.status for incident in place.incidents()} == {"RESOLVED"}
    assert place.kinds().count("resolved") == STORM + 1
    place.ring("service-25")  # within half an hour: it reopens, and this time it speaks for itself
    assert place.kinds()[-1] == "initial"


def test_a_storm_that_a_person_closes_is_closed_with_all_that_it_gathered() -> None:
    place = Place()
    for number in range(STORM + 5):
        place.ring(f"service-{number}")
    storm = next(incident for incident in place.incidents() if incident.kind == "storm")
    event = Closed(by="U1", root_cause="a test", prevention="", ringing=True)
    place.house.desk.record(storm.id, event, Timeline(at=NOW * 1000, id="c", kind="close"))
    place.minutes(2)
    gathered = [incident for incident in place.incidents() if incident.parent]
    assert len(gathered) == 5
    assert {(incident.status, incident.forced) for incident in gathered} == {("RESOLVED", True)}


# Slack ----------------------------------------------------------------------------------------------------------------


def test_slack_down_for_half_an_hour_then_busy_loses_nothing_and_keeps_the_order() -> None:
    place = Place()
    place.ring("orders")
    down, slow = NOW + 60, NOW + 60 + 30 * MINUTE

    def trouble(method: str) -> None:
        if down <= place.clock.now < slow:
            raise unreachable(method)
        if slow <= place.clock.now < slow + 5 * MINUTE:
            raise busy(method, 45)

    place.slack.trouble = trouble
    place.clock.now = down
    place.ring("checkout", down=True)
    place.house.desk.record(
        place.incidents()[0].id, Acknowledged(by="U1"), Timeline(at=NOW * 1000, id="a", kind="acknowledge")
    )
    place.minutes(UNHEARD // MINUTE + 1)
    told = [published for published in place.aws.sns.published if "checkout" in published["Subject"]]
    assert [(published["TopicArn"], "Severity 1" in published["Subject"]) for published in told] == [
        ("operators", True)
    ]
    place.minutes(45)
    assert len(place.slack.log) == len(set(place.slack.log))
    checkout = next(incident for incident in place.incidents() if incident.judged.service == "checkout")
    posted = [key.split("/")[1] for key in place.slack.log if key.startswith(checkout.id)]
    assert posted[0] == "initial#0#0"
    assert [key for key in posted if key.startswith("escalated")] == ["escalated#0#2", "escalated#0#3"]
    for incident in place.incidents():
        assert [post.kind for post in place.house.store.unsent(incident.id) if post.kind != "diagnosis"] == []
        assert incident.ts


def test_the_clock_does_not_wait_for_a_slack_that_is_down() -> None:
    place = Place()
    for number in range(STORM):
        place.ring(f"service-{number}")
    place.minutes(1)
    before = sum(place.slack.calls.values())

    def trouble(method: str) -> None:
        raise unreachable(method)

    place.slack.trouble = trouble
    place.clock.now += 20 * MINUTE  # every one of them has an escalation and an update due
    pulse(place.start())
    assert sum(place.slack.calls.values()) - before <= 2


def test_a_slack_error_swallowed_and_reported_as_success() -> None:
    """A known defect of earlier tools: what Slack refused is not marked as sent, and comes again."""
    place = Place()

    def trouble(method: str) -> None:
        raise SlackError(method, "internal_error")

    place.slack.trouble = trouble
    place.ring()
    incident = place.only()
    assert (incident.ts, place.slack.log) == ("", [])
    assert "initial" in [post.kind for post in place.house.store.unsent(incident.id)]
    place.slack.trouble = lambda _method: None
    place.minutes(2)
    assert place.kinds()[0] == "initial"
    assert place.only().ts


def test_a_root_that_somebody_deleted_holds_up_nothing() -> None:
    place = Place()
    place.ring(down=True)

    def trouble(method: str) -> None:
        if method == "chat.update":
            raise SlackError(method, "message_not_found")

    place.slack.trouble = trouble
    place.house.desk.record(place.only().id, Acknowledged(by="U1"), Timeline(at=NOW * 1000, id="a", kind="a"))
    place.minutes(16)
    assert [kind for kind in place.kinds() if kind != "update"] == ["initial", "acknowledged", "escalated"]
    assert [post.kind for post in place.house.store.unsent(place.only().id)] == ["diagnosis"]


def test_what_slack_refuses_for_ever_is_given_up() -> None:
    place = Place()
    place.ring(down=True)

    def refuse(key: str) -> None:
        if "acknowledged" in key:
            raise SlackError("chat.postMessage", "restricted_action")

    place.slack.before = refuse
    place.house.desk.record(place.only().id, Acknowledged(by="U1"), Timeline(at=NOW * 1000, id="a", kind="a"))
    place.minutes(20)
    rows = {item["sk"]["S"]: item["state"]["S"] for item in place.aws.dynamodb.items() if "state" in item}
    assert rows["OUT#acknowledged#0#0"] == "FAILED"
    assert "escalated" in place.kinds()


def test_a_failed_investigation_mutes_the_next_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known defect of earlier tools: after a diagnosis that failed, the next alarm is announced as ever."""

    def broken(*_: object) -> None:
        raise RuntimeError("the diagnosis has a defect")

    monkeypatch.setattr(responder, "_diagnose", broken)
    place = Place()
    place.ring("checkout")
    place.ring("orders")
    place.ring("checkout", down=True)
    assert place.kinds() == ["initial", "initial", "joined"]
    assert len([incident for incident in place.incidents() if incident.ts]) == 2


def test_8_of_10_records_lost_because_only_the_last_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known defect of earlier tools: each record that was not stored is named, wherever it stands in the batch."""
    place = Place()
    real = place.house.store.commit

    def commit(*args: Any, **named: Any) -> Incident:
        if "good" not in args[0].judged.service:
            raise RuntimeError("the table is not there")
        return real(*args, **named)

    monkeypatch.setattr(place.house.store, "commit", commit)
    names = ["bad-0", "bad-1", "bad-2", "good-3", "bad-4", "bad-5", "bad-6", "bad-7", "bad-8", "good-9"]
    batch = [message(f"acme-production-{name}-cpu", name, "ALARM", NOW) for name in names]
    outcome = responder.respond(sqs(*batch), place.house)
    assert outcome.failed == [f"m-{number}" for number in (0, 1, 2, 4, 5, 6, 7, 8)]
    assert {incident.judged.service for incident in place.incidents()} == {"good-3", "good-9"}


def test_the_operators_mail_is_one_line_of_ascii() -> None:
    place = Place()
    place.ring("checkout")
    hostile = replace(place.only(), judged=replace(place.only().judged, service="ü\n<!channel>" + "x" * 200))
    subject, text = say(hostile, "#alerts")
    assert subject.isascii()
    assert "\n" not in subject
    assert len(subject) <= 100
    assert place.only().id in text
