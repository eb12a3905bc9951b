"""An external schedule: its answer, its secret, its silence."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from lambdas.aws import Aws
from lambdas.schedule import FRESH, External, get, people
from lambdas.settings import Contact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.settings import Settings

ANSWER = json.dumps({"1": [{"name": "Ana", "slack": "U0ANA", "phone": "+4144", "team": "ops"}], "2": []}).encode()
SECRET = "very-secret"


@pytest.fixture
def aws() -> Iterator[Aws]:
    with mock_aws():
        found = Aws("eu-west-1")
        found.secretsmanager.create_secret(Name="acme/oncall", SecretString=f"{SECRET}\n")
        yield found


@pytest.fixture
def outside(settings: Settings) -> Settings:
    return replace(settings, schedule="https://oncall.example.com/acme", schedule_secret="acme/oncall")


class Answers:
    """What the schedule answers, one after the other; keeps what it was asked with."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.left, self.asked = list(answers), list[tuple[str, str]]()

    def __call__(self, url: str, secret: str) -> bytes:
        self.asked.append((url, secret))
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_it_is_asked_with_the_secret_and_not_again_for_five_minutes(aws: Aws, outside: Settings) -> None:
    now, answers = [1000.0], Answers(ANSWER, ANSWER)
    schedule = External(outside, aws, lambda: now[0], answers)
    expected = {"1": (Contact(name="Ana", slack="U0ANA", phone="+4144"),)}
    assert schedule() == schedule() == expected
    assert answers.asked == [("https://oncall.example.com/acme", SECRET)]
    now[0] += FRESH
    assert schedule() == expected
    assert len(answers.asked) == 2
    assert schedule.trouble == ""


@pytest.mark.parametrize(
    "answer",
    [OSError("very-secret"), TimeoutError(), b"", b"[]", b"{}", b'{"1": [{}]}', b'{"1": "Ana"}', b'{"1": [1]}'],
)
def test_what_is_no_answer_falls_back_and_says_so(
    aws: Aws, outside: Settings, answer: bytes | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = External(outside, aws, lambda: 1000.0, Answers(answer))
    with caplog.at_level(logging.INFO):
        assert schedule() == {}
    assert "the on-call schedule did not answer" in schedule.trouble
    assert SECRET not in caplog.text + schedule.trouble + str([record.__dict__ for record in caplog.records])


def test_a_secret_that_cannot_be_read_is_trouble_and_no_crash(aws: Aws, outside: Settings) -> None:
    schedule = External(replace(outside, schedule_secret="none"), aws, lambda: 1000.0, Answers())
    assert schedule() == {}
    assert schedule.trouble


def test_only_https_is_asked() -> None:
    with pytest.raises(ValueError, match="only https"):
        get("http://169.254.169.254/latest", SECRET)


def test_a_level_without_anybody_is_left_to_the_configuration() -> None:
    assert set(people(ANSWER)) == {"1"}
