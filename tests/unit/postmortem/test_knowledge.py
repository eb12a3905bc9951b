from __future__ import annotations

from dataclasses import replace

from lambdas.postmortem.knowledge import article, recurrence
from tests.unit.postmortem.scene import CAUSE, HEADLINE, NOW, SETTINGS, past

KEEPS = replace(SETTINGS, documents="tocsin-documents")


def test_a_page_says_how_often_where_and_what_ended_it() -> None:
    found = [past(1, fixed="Roll back"), past(12, over_at=past(12).opened_at + 3600), past(120, service="cart")]
    text = article(CAUSE, HEADLINE.title, found, KEEPS, NOW)
    assert text.startswith("# The container image does not exist\n\n`ecs.image_missing`")
    assert "- Seen 3 times in the last 400 days, twice in the last 90 days." in text
    assert "- Lasted 20 min to 1 h 00 min; the median is 20 min." in text
    assert "- Push the image checkout:1.40.0 (twice)\n- Roll back (once)" in text
    assert "- cart (`ecs:prod/checkout`): once" in text
    assert text.count("| Severity 2 |") == 3


def test_a_report_says_that_a_cause_was_there_before() -> None:
    said = recurrence([past(12), past(40), past(200)], KEEPS, NOW)
    assert "this cause was there twice in the last 90 days" in said
    assert "(INC-20261012-aaaaaaaa), for 20 min. What ended it: Push the image checkout:1.40.0" in said
    assert "knowledge/ecs.image_missing.md|knowledge base>" in said


def test_a_report_says_nothing_of_a_cause_that_is_new_or_long_ago() -> None:
    assert recurrence([], KEEPS, NOW) == ""
    assert recurrence([past(200)], KEEPS, NOW) == ""


def test_what_was_written_before_stays_text() -> None:
    said = recurrence([past(3, fixed="<!channel> <https://evil.example|x>", incident="<@U1>")], SETTINGS, NOW)
    assert "<!channel>" not in said
    assert "<https" not in said
    assert "<@U1>" not in said
