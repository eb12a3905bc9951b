"""Every message that the product can build, against Slack's documented limits and slack_sdk's models."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lambdas.causes.base import Action, Fact, Judgement, Verdict
from lambdas.diagnosis.model import CheckRun, Diagnosis, Ranked, StepRun
from lambdas.incidents.model import Alarm, Headline, Incident, Judged
from lambdas.settings import Settings
from lambdas.slack import messages
from lambdas.slack.report import failed, report
from local.slack.rules import problems, sdk_problems

HOSTILE = "<!channel> <@U123> <https://evil.example|click> *b* `c` ```d``` & \x00\x1b[31m\u202e" + "x" * 4000
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="t",
    slack_secret="s",
    dashboard="acme-production-technical-dashboard",
)


def incident(said: str = "checkout", *, severity: int = 2, **changes: Any) -> Incident:
    judged = Judged(
        severity=severity,
        tier="critical",
        scope="single service",
        service=said,
        target=said,
        impact=said,
        why=(said, said),
    )
    alarm = Alarm(name=said, state="ALARM", at=1000, arn="arn:aws:cloudwatch:eu-west-1:1:alarm:x", region="eu-west-1")
    base = Incident(
        id="INC-20261124-3f9a1c",
        status="OPEN",
        judged=judged,
        alarms={"a": alarm, "b": replace(alarm, arn="", name=said)},
        opened_at=1000,
        detected_at=1001,
        clock_from=1001,
        next_update=2800,
        channel="C1",
        ts="1.0",
    )
    return replace(base, **changes)


def headline(text: str, verdict: str = "confirmed") -> Headline:
    return Headline(cause="ecs.image_missing", title=text, verdict=verdict, summary=text, action=text, also=(text,) * 3)


def diagnosis(text: str, causes: int = 3) -> Diagnosis:
    fact = Fact(
        text=text, source=text, at=datetime(2026, 11, 24, tzinfo=UTC), value=text, baseline=text, link="https://x"
    )
    judgement = Judgement(
        verdict="confirmed",
        summary=text,
        evidence=(fact,) * 15,
        actions=(Action(text=text, command=text, link="https://x"),) * 3,
        would_confirm=text,
        missing=(text,),
    )
    verdicts: tuple[Verdict, ...] = ("confirmed", "likely", "possible", "ruled_out", "could_not_check")
    ranked = tuple(
        Ranked(
            id=f"ecs.c{n}",
            title=text,
            judgement=replace(judgement, verdict=verdicts[n % 5]),
            effect_of="ecs.c0" if n % 7 == 2 else "",
        )
        for n in range(causes)
    )
    runs = (
        CheckRun(check="a", title=text, outcome="could_not_look", why=text),
        CheckRun(check="b", title="b", outcome="looked"),
    )
    return Diagnosis(
        playbook="ecs", section=text, causes=ranked, steps=(StepRun(id="s", title="s", checks=runs),), milliseconds=2100
    )


def everything(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Each kind of message, with a text in every place that comes from outside."""
    built = [
        ("open", messages.root(incident(text), SETTINGS)),
        ("severity 3", messages.root(incident(text, severity=3, next_update=None), SETTINGS)),
        ("diagnosed", messages.root(incident(text, headline=headline(text)), SETTINGS)),
        ("likely", messages.root(incident(text, headline=headline(text, "likely")), SETTINGS)),
        ("recovering", messages.root(incident(text, status="RECOVERING", recover_at=2000), SETTINGS)),
        ("unverified", messages.root(incident(text, status="RECOVERING", recover_at=2000, unverified=text), SETTINGS)),
        (
            "resolved",
            messages.root(incident(text, status="RESOLVED", resolved_at=9000, headline=headline(text)), SETTINGS),
        ),
        ("resolved unseen", messages.root(incident(text, status="RESOLVED", resolved_at=9000), SETTINGS)),
        ("noted", messages.root(incident(text, status="NOTED", text=text), SETTINGS)),
    ]
    built += [
        (kind, messages.thread(incident(text, resolved_at=9000), kind, SETTINGS) | {"thread_ts": "1795489560.000100"})
        for kind in ("joined", "reopened", "flapping", "resolved")
    ]
    for size in (1, 3, 60):
        built += [(f"report {size}", part) for part in report(incident(text), diagnosis(text, size))]
    built += [("failed", part) for part in failed(incident(text), ValueError(text))]
    return built


def sent(message: dict[str, Any]) -> dict[str, Any]:
    return message | {"channel": "C0123456789"}


@pytest.mark.parametrize("text", ["checkout", "", HOSTILE, "é🚨" * 3000], ids=["plain", "empty", "hostile", "long"])
def test_slack_takes_every_message(text: str) -> None:
    found = {
        name: [str(problem) for problem in [*problems(sent(message)), *sdk_problems(sent(message))]]
        for name, message in everything(text)
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_no_text_forms_a_mention_or_a_link(text: str) -> None:
    for name, message in everything(text + "<!here><@U1><https://evil.example|x>"):
        shown = json.dumps(message, ensure_ascii=False)
        assert "<!here" not in shown, name
        assert "<@U1" not in shown, name
        assert "<https://evil" not in shown, name


@pytest.mark.parametrize("text", ["checkout", HOSTILE])
def test_refused_blocks_still_go_out_as_text(text: str) -> None:
    for name, message in everything(text):
        plain = messages.plain(message)
        assert "blocks" not in plain
        assert [str(problem) for problem in problems(sent(plain))] == [], name


def fields(message: dict[str, Any]) -> dict[str, str]:
    [section] = [part for part in message["blocks"] if "fields" in part]
    pairs = (field["text"].split(":*\n", 1) for field in section["fields"])
    return {name.strip("*"): value for name, value in pairs}


def test_the_initial_notification_has_exactly_the_runbooks_fields() -> None:
    message = messages.root(incident("checkout"), SETTINGS)
    assert message["blocks"][0]["text"]["text"] == "🚨 INCIDENT ALERT - Severity 2"
    assert list(fields(message)) == ["Service", "Impact", "Status", "ETA for Update"]
    assert fields(message)["Status"] == "Investigating"


def test_the_resolution_has_exactly_the_runbooks_fields() -> None:
    over = incident("checkout", status="RESOLVED", cleared_at=1000 + 23 * 60, resolved_at=5000, headline=headline("h"))
    message = messages.root(over, SETTINGS)
    assert message["blocks"][0]["text"]["text"] == "✅ INCIDENT RESOLVED - Severity 2"
    assert list(fields(message)) == ["Service", "Duration", "Root Cause", "Prevention"]
    assert "(23 min)" in fields(message)["Duration"]


def test_what_was_not_confirmed_is_not_called_the_root_cause() -> None:
    over = incident("x", status="RESOLVED", resolved_at=5000, headline=headline("The pool is full", "likely"))
    assert fields(messages.root(over, SETTINGS))["Root Cause"] == "Likely, not confirmed: The pool is full"


def test_prevention_claims_nothing_that_nobody_did() -> None:
    over = incident("x", status="RESOLVED", resolved_at=5000, headline=headline("Raise the limit"))
    assert fields(messages.root(over, SETTINGS))["Prevention"] == "Proposed, not yet done: Raise the limit"


def test_the_report_says_what_was_not_looked_at() -> None:
    shown = json.dumps(report(incident(), diagnosis("Task logs", 5)))
    assert "Could not be looked at" in shown
    assert "Ruled out" in shown
