from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.slack.text import MORE, block, clean, clock, code, duration, escape, link, shortened


@given(st.text(), st.integers(10, 200))
def test_escaped_text_stays_within_its_limit_and_forms_nothing(text: str, limit: int) -> None:
    safe = escape(text, limit)
    assert len(safe) <= limit
    assert "<" not in safe
    assert ">" not in safe
    assert all(part.startswith(("amp;", "lt;", "gt;")) for part in safe.split("&")[1:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a & b", "a &amp; b"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("10:45:30 arn:aws:ecs:eu-west-1:1:service/a", "10:45:30 arn:aws:ecs:eu-west-1:1:service/a"),
        ("bell\x07 back\u202ewards", "bell  back wards"),
    ],
)
def test_escape(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_a_cut_is_visible_and_never_through_an_entity() -> None:
    assert clean("x" * 20, 10) == "xxxxxxxx …"
    assert escape("&" * 20, 20) == "&amp;&amp;&amp; …"


def test_code_stays_on_one_line_and_closes() -> None:
    assert code("a`b\nc") == "`aˋb c`"
    assert code("  ") == "`–`"
    assert block("a```b") == "```aˋˋˋb```"


def test_a_link_keeps_its_shape() -> None:
    assert link("https://x/a|b c?d=1&e=<2>", "go|to>") == "<https://x/a%7Cb%20c?d=1&amp;e=%3C2%3E|go¦to&gt;>"


def test_a_moment_is_shown_in_the_readers_zone_with_utc_beside() -> None:
    assert clock(1_795_489_560) == "<!date^1795489560^{time}|2026-11-24 03:06 UTC>"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (23 * 60, "23 min"),
        (3900, "1 h 05 min"),
        (183600, "2 d 3 h"),
    ],
)
def test_durations_as_one_says_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize("limit", range(4, 40))
def test_finished_mrkdwn_is_never_cut_through_what_it_forms(limit: int) -> None:
    whole = "see <https://x.example/a|the alarm> &amp; &lt;b&gt;"
    cut = shortened(whole, limit)
    assert len(cut) <= limit
    kept = cut.removesuffix(MORE)
    assert whole.startswith(kept)
    assert kept.count("<") == kept.count(">")
    assert kept.count("&") == kept.count(";")
    assert shortened(whole, len(whole)) == whole
