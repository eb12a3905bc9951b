"""What the lifecycle says: within Slack's rules whatever the words are, and what somebody just woken up needs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lambdas.incidents.model import Alarm, Child, Headline, Incident, Judged, Post, Quiet, Tally
from lambdas.settings import Contact, Settings
from lambdas.slack import commands, gathered, lifecycle
from local.slack.rules import problems, sdk_problems

T0 = 1_795_489_560
UNTIL = datetime.fromtimestamp(T0 + 3600, UTC)
HOSTILE = "<!channel> <@U123> <https://evil.example|click> *b* `c` ```d``` & \x00\x1b[31m\u202e" + "x" * 4000
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="t",
    slack_secret="s",
    contacts={
        "2": (Contact(name="Senior SRE", slack="U023BECGF"),),
        "3": (
            Contact(name="Manager", email="m@example.com"),
            Contact(name="CSM", slack="S0614TZR7", customer_success=True),
        ),
    },
)
KINDS = ("update", "escalated", "acknowledged", "regraded", "snoozed", "joined")


def incident(said: str = "checkout", **changes: Any) -> Incident:
    judged = Judged(severity=1, tier="critical", scope="unknown", service=said, target=said, impact=said)
    base = Incident(
        id="INC-20261124-3f9a1c",
        status="OPEN",
        judged=judged,
        alarms={"a": Alarm(name=said, state="ALARM", at=T0, arn="arn:a", region="eu-west-1")},
        opened_at=T0,
        detected_at=T0,
        clock_from=T0,
        next_update=T0 + 1800,
        next_escalation=T0 + 1800,
        headline=Headline(cause="c", title=said, verdict="likely", summary=said, action=said),
        acknowledged_by=said,
        acknowledged_at=T0 + 120,
        severity_by=said,
        snoozed_by=said,
        snoozed_until=T0 + 3600,
        channel="C1",
        ts="1.0",
    )
    return replace(base, **changes)


def gathering(kind: str, said: str = "checkout", **changes: Any) -> Incident:
    child = Child(id=said, severity=1, service=said, impact=said, status="OPEN", ringing=True, place=said, at=T0)
    counted = Tally(
        total=40,
        ringing=30,
        live=35,
        worst=1,
        severities={"1": 4, "3": 36},
        services=12,
        places={f"{said}{n}": n for n in range(10)},
        top=(child,) * 12,
    )
    quiet = Quiet(start=T0, end=T0 + 3600, by=said, reason=said, services=(said,) * 12, window=said, lifted_by=said)
    base = incident(said, kind=kind, id="SIL-x", tally=counted, quiet=quiet, headline=None)
    return replace(base, **changes)


def every(said: str) -> list[dict[str, Any]]:
    made = [
        lifecycle.message(incident(said, level=level), Post(kind, 0, level), SETTINGS, T0 + 1200)
        for kind in KINDS
        for level in (1, 2, 3)
    ]
    for kind in ("storm", "silence", "monitor"):
        for status in ("OPEN", "RESOLVED"):
            for changes in ({}, {"tally": None}, {"tally": Tally()}, {"quiet": None}, {"resolved_by": said}):
                doc = gathering(kind, said, status=status, resolved_at=T0 + 60, **changes)
                made.append(gathered.root(doc, SETTINGS))
                made += [lifecycle.message(doc, Post(post), SETTINGS, T0 + 60) for post in gathered.BUILDERS]
    return made


def test_hostile_words_form_nothing() -> None:
    for payload in every(HOSTILE):
        assert problems(payload) == []
        assert sdk_problems(payload) == []
        shown = json.dumps({name: payload[name] for name in ("text", "blocks")}, ensure_ascii=False)
        assert "<!channel>" not in shown
        assert "<@U123>" not in shown
        assert "<https://evil" not in shown
        assert "\u202e" not in shown


@given(st.text(max_size=300))
@hypothesis_settings(max_examples=15)
def test_any_words_are_within_the_rules(said: str) -> None:
    for payload in every(said):
        assert problems(payload) == []


def said(kind: str, doc: Incident, n: int = 0) -> str:
    payload = lifecycle.message(doc, Post(kind, 0, n), SETTINGS, T0 + 900)
    return json.dumps(payload["blocks"], ensure_ascii=False)


def test_an_escalation_tells_whom_and_of_what() -> None:
    text = said("escalated", incident(level=2, acknowledged_by="", acknowledged_at=None), 2)
    assert "Escalated to level 2" in text
    assert "<@U023BECGF>" in text
    assert "<!subteam^S0614TZR7>" in text  # customer success hears of a Severity 1 with level 2
    assert "Severity 1, not resolved after 15 min" in text
    assert "Nobody has acknowledged it yet" in text


def test_an_escalation_to_nobody_says_so() -> None:
    payload = lifecycle.message(incident(), Post("escalated", 0, 2), replace(SETTINGS, contacts={}), T0)
    assert "nobody is configured" in json.dumps(payload)


def test_somebody_without_slack_is_named() -> None:
    assert "Manager" in said("escalated", incident(level=3, next_escalation=None), 3)


@pytest.mark.parametrize(("after", "text"), [(120, "in time"), (900, "10 min after its target")])
def test_an_acknowledgement_is_measured_against_its_target(after: int, text: str) -> None:
    doc = incident(acknowledged_by="U023BECGF", acknowledged_at=T0 + after)
    assert text in said("acknowledged", doc)
    assert "<@U023BECGF> is on it" in said("acknowledged", doc)


def test_an_update_says_what_is_and_what_comes() -> None:
    text = said("update", incident())
    assert "Update - Severity 1" in text
    assert "15 min in: the alarm is still ringing" in text
    assert "Next update" in text
    recovering = incident(status="RECOVERING", unverified="DescribeAlarms: AccessDenied")
    assert "recovering, not verified (DescribeAlarms: AccessDenied)" in said("update", recovering)


def test_alarms_that_joined_together_are_counted() -> None:
    alarms = {f"k{n}": Alarm(name=f"alarm-{n}", state="ALARM", at=T0 + n, arn="") for n in range(40)}
    text = said("joined", incident(alarms=alarms, joined=38))
    assert "`alarm-39` and 33 more joined" in text


def test_a_storm_begins_with_the_most_severe() -> None:
    low = Child(id="INC-2", severity=3, service="b", impact="i", status="OPEN", ringing=True, place="p", at=T0)
    high = replace(low, id="INC-1", severity=1, service="a")
    tally = Tally(
        total=2, ringing=2, live=2, worst=1, severities={"1": 1, "3": 1}, services=2, places={"p": 2}, top=(high, low)
    )
    text = json.dumps(gathered.root(gathering("storm", tally=tally), SETTINGS)["blocks"], ensure_ascii=False)
    assert text.index("*Sev 1*") < text.index("*Sev 3*")
    assert "2 incidents in 2 services" in text
    assert "By environment: p 2" in text


def test_cloudwatchs_own_mute_rules_are_listed_with_the_silences() -> None:
    rule = {"AlarmMuteRuleArn": f"arn:aws:cloudwatch:eu-west-1:1:alarm-mute-rule:{HOSTILE[:60]}", "ExpireDate": UNTIL}
    text = commands.silences([gathering("silence", id="SIL-1")], T0, [rule])
    assert "`SIL-1`" in text
    assert "CloudWatch's own mute rule" in text
    assert "<!channel>" not in text
    assert commands.silences([], T0) == "🔔 Nothing is silenced."


def test_a_storm_can_be_acknowledged_and_resolved_like_an_incident() -> None:
    doc = gathering("storm", acknowledged_by="", acknowledged_at=None)
    (held,) = [block for block in gathered.root(doc, SETTINGS)["blocks"] if block["type"] == "actions"]
    verbs = {element["action_id"] for element in held["elements"]}
    assert {"tocsin.acknowledge", "tocsin.resolve"} <= verbs
    over = gathered.root(replace(doc, status="RESOLVED", resolved_at=T0 + 60), SETTINGS)
    assert "actions" not in [block["type"] for block in over["blocks"]]
