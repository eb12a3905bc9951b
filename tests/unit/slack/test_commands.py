"""What people type: understood, or answered with what would be; hostile input is only text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.incidents.model import Incident, Quiet
from lambdas.settings import Contact
from lambdas.slack.commands import HELP, LONGEST, Command, on_call, parse, silences, status
from local.slack.rules import problems
from tests.unit.slack.test_messages import HOSTILE, incident


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Command(word="status")),
        ("  STATUS ", Command(word="status")),
        ("on-call", Command(word="oncall")),
        ("?", Command(word="help")),
        ("ack `INC-20261128-3f9a1c20`", Command(word="ack", name="INC-20261128-3f9a1c20")),
        ("acknowledge 3f9a1c20", Command(word="ack", name="3f9a1c20")),
        ("silence checkout 2h", Command(word="silence", name="checkout", minutes=120)),
        ("silence check out 30m load test", Command(word="silence", name="check out", minutes=30, rest="load test")),
        (
            'silence "cpu-*" 1d SEV1 why',
            Command(word="silence", name="cpu-*", minutes=1440, rest="why", severity_1=True),
        ),
        ("unsilence SIL-1", Command(word="unsilence", name="SIL-1")),
        ("review Morning", Command(word="review", name="daily")),
        ("review weekly 2026-11-20", Command(word="review", name="weekly", rest="2026-11-20")),
    ],
)
def test_what_is_understood(text: str, expected: Command) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("destroy everything", "I do not know `destroy`"),
        ("ack", "Please name one"),
        ("ack a b", "Please name one"),
        ("silence", "how long"),
        ("silence 2h", "how long"),
        ("silence checkout 90", "how long"),
        ("silence checkout 0m", "from one minute"),
        ("silence checkout 99999d", "from one minute"),
        ("review", "Please name one"),
        ("review a b c", "Please name one"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_what_is_not_understood_says_what_would_be(text: str, words: str) -> None:
    told = parse(text)
    assert isinstance(told, str)
    assert words in told


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_no_answer_holds_a_mention(text: str) -> None:
    for typed in (text, f"silence {text} 2h {text}", f"ack {text}", f"review {text}"):
        told = parse(typed)
        if isinstance(told, str):
            assert problems({"text": told}) == []
        else:
            assert told.minutes <= LONGEST


def test_the_lists_are_within_slacks_rules_whatever_they_list() -> None:
    many = [replace(incident(HOSTILE), id=f"INC-{n}", level=2, acknowledged_by="U0ANAWEBER") for n in range(60)]
    quiet = Quiet(start=1, end=9000, by="<!here>", reason=HOSTILE, services=(HOSTILE,), alarms=(HOSTILE,))
    kept = [replace(found, kind="silence", quiet=quiet) for found in many[:20]]
    people = {1: (Contact(name=HOSTILE, slack="<!here>", email=HOSTILE, phone=HOSTILE),), 2: (), 3: ()}
    for text in (status(many, 3, 5000), silences(kept, 5000), on_call(people, 5000, "Europe/Zurich", HOSTILE), HELP):
        assert [problem for problem in problems({"text": text}) if problem.rule != "length"] == []


def test_an_empty_house_says_so() -> None:
    assert status([], 0, 0) == "✅ No open incident."
    assert silences([], 0) == "🔔 Nothing is silenced."
    assert "nobody is configured" in on_call({1: ()}, 0, "UTC")


def test_who_holds_what_is_said() -> None:
    held: Incident = incident("checkout", acknowledged_by="U0ANA", severity=1)
    told = status([held, incident("basket")], 0, 1000 + 720)
    assert "*Sev 1*" in told
    assert "👀 <@U0ANA>" in told
    assert "12 min" in told
    assert told.count("nobody has acknowledged it") == 1
