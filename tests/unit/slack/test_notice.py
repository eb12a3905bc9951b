"""Drafts, what went out and who could not be told: every message within Slack's limits, whatever stands in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from lambdas.incidents.model import Notice, NoticeState, Post
from lambdas.slack.buttons import read
from lambdas.slack.notice import message
from local.slack.rules import problems, sdk_problems
from tests.unit.notify.scene import CHANNELS, NOW, SETTINGS, incident

HOSTILE = "<!channel> <@U123> <https://evil.example|click> *b* `c` ```d``` & \x00\x1b[31m\u202e" + "x" * 4000
CROWD = replace(SETTINGS, channels=replace(CHANNELS, customers=tuple(f"{'p' * 60}{n}@c.example" for n in range(20))))


def shown(kind: str, state: NoticeState, text: str, said: str = "", **more: Any) -> dict[str, Any]:
    notice = Notice(kind=kind, subject=text or "s", text=text or "t", state=state, **more)
    post = Post("notice", 0, 4, json.dumps({"notice": kind, "state": said or state}))
    return message(incident(notices={kind: notice}), post, CROWD, NOW)


def undelivered(way: str, text: str) -> dict[str, Any]:
    post = Post("notice", 0, 4, json.dumps({"undelivered": {"way": way, "to": text, "why": text}}))
    return message(incident(), post, SETTINGS, NOW)


@pytest.mark.parametrize("text", ["checkout", "", HOSTILE, "é🚨" * 3000], ids=["plain", "empty", "hostile", "long"])
def test_slack_takes_every_message(text: str) -> None:
    built = [
        shown(kind, state, text, by=text, status=text, reference=text)
        for kind in ("customer", "customer.update.7", "case")
        for state in get_args(NoticeState.__value__)
    ]
    built += [undelivered(way, text) for way in ("email", "sms", "call", "bus", "customer")]
    for payload in built:
        sent = payload | {"channel": "C0123456789", "thread_ts": "1795489560.000100"}
        assert [str(problem) for problem in [*problems(sent), *sdk_problems(sent)]] == []
        written = json.dumps({**payload, "blocks": [b for b in payload["blocks"] if b["type"] != "actions"]})
        assert not any(bad in written for bad in ("<!channel>", "<@U123>", "<https://evil"))


def test_a_draft_shows_what_will_be_sent_and_has_the_two_buttons() -> None:
    payload = shown("customer", "DRAFTED", "checkout is not available")
    (row,) = [block for block in payload["blocks"] if block["type"] == "actions"]
    assert [read(element).verb for element in row["elements"]] == ["notice.approve", "notice.decline"]
    assert {read(element).argument for element in row["elements"]} == {"customer"}
    assert "checkout is not available" in json.dumps(payload["blocks"])
    assert row["elements"][0]["confirm"]["title"]["text"] == "Send this?"


def test_a_draft_that_was_decided_meanwhile_has_no_buttons() -> None:
    payload = shown("customer", "APPROVED", "checkout", said="DRAFTED")
    assert not [block for block in payload["blocks"] if block["type"] == "actions"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("SENT", "✅ *Notice to the customer*, approved by <@U0000009>: s. Sent to 2 of 2 addresses."),
        ("DECLINED", "🚫 *Notice to the customer* is not sent, declined by <@U0000009>: s. Sent to 2 of 2 addresses."),
        ("FAILED", "⚠️ *Notice to the customer* could not be sent to everybody: s. Sent to 2 of 2 addresses. Please"),
    ],
)
def test_what_became_of_it_is_said(state: NoticeState, expected: str) -> None:
    payload = shown("customer", state, "s", by="U0000009", status="sent to 2 of 2 addresses")
    assert payload["blocks"][0]["text"]["text"].startswith(expected)


def test_who_could_not_be_told_is_named_with_the_reason() -> None:
    text = undelivered("sms", "Ann")["blocks"][0]["text"]["text"]
    assert text == "⚠️ *Ann could not be told by text message:* Ann. Please reach them in another way."


def test_a_case_that_was_not_opened_says_how_to_open_it() -> None:
    status = "the plan has no API. Open it by hand: https://support.console.aws.amazon.com/"
    notice = Notice(kind="case", subject="[INC-1] checkout", text="t", state="FAILED", by="U1", status=status)
    held = incident(notices={"case": notice})
    payload = message(held, Post("notice", 0, 9, json.dumps({"notice": "case", "state": "FAILED"})), SETTINGS, NOW)
    assert f"*AWS Support case* was not opened: [INC-1] checkout. {status}" in json.dumps(payload["blocks"])
    assert problems({"channel": "C1", **payload}) == []
