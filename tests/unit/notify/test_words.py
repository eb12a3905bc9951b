"""What people read outside Slack: the runbook's fields, in every form, from hostile input too."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import hypothesis
import pytest
from hypothesis import strategies as st

from lambdas.notify.rows import Page
from lambdas.notify.words import SMS, SUBJECT, mail, sms, spoken
from tests.unit.notify.scene import HEADLINE, ID, NOW, SETTINGS, incident, judged

SEEN = "checkout: 5XX error rate 31 % (alarm at 5 %)."
CHANGES = ["opened", "reopened", "escalated", "severity_changed", "resolved"]


def page(change: str = "opened", level: int = 1, severity: int = 1) -> Page:
    return Page(change=change, name="Ann", to="ann@example.com", level=level, severity=severity)


def test_the_first_mail_has_the_runbooks_fields() -> None:
    assert mail(incident(), page(), SETTINGS).text == (
        "🚨 INCIDENT ALERT - Severity 1\n\n"
        "You are told as level 1 (operations).\n\n"
        "Service: checkout\n"
        "Impact: 5XX error rate 31 % (alarm at 5 %).\n"
        "Status: Investigating\n"
        "ETA for Update: 2026-11-24 04:21 CET (03:21 UTC)\n"
        "Since: 2026-11-24 04:06 CET (03:06 UTC)\n"
        "Why: Critical: 31 % against the runbook's 'Application 5XX error rate >5%'.\n\n"
        "Alarm checkout-5xx: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/"
        "checkout-5xx\n"
        "Dashboard: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/"
        "acme-production-technical-dashboard\n"
        "Slack: https://slack.com/app_redirect?channel=C0000001\n\n"
        f"{ID} · acme production · details and buttons are in Slack, #alerts\n"
    )


def test_the_resolution_mail_has_exactly_the_runbooks_fields() -> None:
    over = incident(status="RESOLVED", resolved_at=NOW + 1800, cleared_at=NOW + 1500, headline=HEADLINE)
    assert mail(over, page("resolved"), SETTINGS).text.split("\n\n")[2] == (
        "Service: checkout\n"
        "Duration: 2026-11-24 04:06 CET (03:06 UTC) - 2026-11-24 04:31 CET (03:31 UTC) (25 min)\n"
        "Root Cause: Confirmed: checkout fails since revision 42 was deployed at 04:01\n"
        "Prevention: Proposed, not yet done: Roll back to revision 41"
    )


@pytest.mark.parametrize(
    ("change", "level", "expected"),
    [
        ("opened", 1, f"SEV1 acme-production {SEEN} {ID}"),
        (
            "escalated",
            2,
            f"SEV1 ESCALATED to level 2 acme-production checkout: 5XX error rate 31 % (alarm at 5 %). {ID}",
        ),
        ("resolved", 1, f"SEV1 RESOLVED acme-production checkout after 25 min {ID}"),
    ],
)
def test_a_text_message_says_what_where_and_how_bad(change: str, level: int, expected: str) -> None:
    over = incident(cleared_at=NOW + 1500 if change == "resolved" else None)
    assert sms(over, page(change, level), SETTINGS) == expected


def test_a_voice_reads_sentences() -> None:
    assert spoken(incident(), page("escalated", 2), SETTINGS) == (
        "Severity 1 incident at acme production, since 04:06 CET. Affected: checkout. "
        "5XX error rate 31 % (alarm at 5 %). It was escalated to you, level 2, because it is not resolved. "
        "Details are in Slack."
    )


HOSTILE = st.text(max_size=400) | st.sampled_from(
    ["<script>alert(1)</script>", "a\r\nBcc: x@example.com", "\u202etxet", "é→≥" * 60]
)


class Tags(HTMLParser):
    """Which elements a mail has."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)


@hypothesis.given(service=HOSTILE, impact=HOSTILE, summary=HOSTILE, change=st.sampled_from(CHANGES))
def test_no_input_breaks_a_form(service: str, impact: str, summary: str, change: str) -> None:
    about = incident(judged=judged(service=service, impact=impact), headline=replace(HEADLINE, summary=summary))
    written = mail(about, page(change), SETTINGS)
    assert len(written.subject) <= SUBJECT
    assert written.subject.isprintable() or " " in written.subject
    assert not {"\r", "\n"} & set(written.subject)
    tags = Tags()
    tags.feed(written.html)
    assert tags.seen <= {"html", "body", "table", "tr", "td", "h1", "p", "a", "br"}
    text = sms(about, page(change), SETTINGS)
    assert len(text) <= SMS
    assert text.isascii()
    assert text.isprintable()
    assert text.endswith(ID)
    said = spoken(about, page(change), SETTINGS)
    assert len(said) <= 600
    assert json.dumps(said)
