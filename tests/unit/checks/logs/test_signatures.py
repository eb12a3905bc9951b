from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.checks.logs.lines import LogLine
from lambdas.checks.logs.signatures import clusters, phrase, read, signature

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
PYTHON = """Traceback (most recent call last):
  File "/app/pay.py", line 41, in charge
    amount = order["total"]
KeyError: 'total'"""
JAVA = """java.lang.IllegalStateException: cannot settle order 4711
\tat com.shop.Settle.run(Settle.java:88)
\t... 12 more
Caused by: java.net.SocketTimeoutException: Read timed out
\tat java.base/java.net.SocketInputStream.read(SocketInputStream.java:210)"""
NODE = """TypeError: Cannot read properties of undefined (reading 'id')
    at render (/srv/app/view.js:10:3)
    at next (/srv/app/router.js:77:9)"""

FIRST = NODE.partition("\n")[0]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("order 4711 failed after 30 ms", "order 12 failed after 1,204.5 ms"),
        ("2026-05-12T10:00:00.123Z ERROR no route", "2026-05-13 11:22:33,456 ERROR no route"),
        ("request 550e8400-e29b-41d4-a716-446655440000 failed", "request 6ba7b810-9dad-11d1-80b4-00c04fd430c8 failed"),
        ("trace 4bf92f3577b34da6 lost", "trace 00f067aa0ba902b7 lost"),
        ("at 0x7ffd3a segfault", "at 0xdeadbeef segfault"),
        ("no answer from 10.0.3.12:5432", "no answer from 10.0.4.1:5433"),
        ("no answer from fe80:0:0:0:1:2:3:4", "no answer from fe80:0:0:0:9:8:7:6"),
        ('column "price" is null', 'column "name" is null'),
        ("column 'price' is null", "column 'name' is null"),
        ("mail to a.smith@example.com bounced", "mail to j@example.org bounced"),
        ("authentication failed for user anna", "authentication failed for user bwayne"),
        ('{"level":"ERROR","id":"a1","message":"out: 4"}', '{"level":"ERROR","id":"b2","message":"out: 9"}'),
        (PYTHON, PYTHON.replace("line 41", "line 44")),
        (JAVA, JAVA.replace("4711", "4712")),
        (NODE, NODE.replace("10:3", "12:9")),
    ],
)  # fmt: skip
def test_what_differs_between_occurrences_is_left_out(a: str, b: str) -> None:
    assert signature(a) == signature(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sold out", "payment refused"),
        ("NullPointerException in Cart", "NullPointerException in Search"),
        (PYTHON, NODE),
    ],
)
def test_different_errors_stay_apart(a: str, b: str) -> None:
    assert signature(a) != signature(b)


@pytest.mark.parametrize(
    ("message", "text", "level", "exception"),
    [
        (PYTHON, "KeyError: 'total'", "", "KeyError"),
        (JAVA, "java.net.SocketTimeoutException: Read timed out", "", "SocketTimeoutException"),
        (NODE, "TypeError: Cannot read properties of undefined (reading 'id')", "", "TypeError"),
        (json.dumps({"level": "error", "msg": "no", "err": {"stack": NODE}}), f"no {FIRST}", "ERROR", "TypeError"),
        (json.dumps({"level": 50, "msg": "down"}), "down", "ERROR", ""),
        (json.dumps({"severity": "Warning", "message": "slow"}), "slow", "WARNING", ""),
        ("2026-05-12 ERROR boom", "2026-05-12 ERROR boom", "ERROR", ""),
        ('prefix {"level":"INFO","message":"started"}', "started", "INFO", ""),
        ("{not json}", "{not json}", "", ""),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_a_line_is_read_whatever_its_framework(message: str, text: str, level: str, exception: str) -> None:
    said = read(message)
    assert (said.text, said.level, said.exception) == (text, level, exception)


def line(text: str, minute: int, stream: str = "s") -> LogLine:
    return LogLine(at=AT + timedelta(minutes=minute), group="g", stream=stream, text=text)


def test_clusters_count_each_line_once_and_know_first_and_last() -> None:
    lines = [line("order 1 lost", 3), line("order 2 lost", 1, "t"), line("order 1 lost", 3), line("boom", 2)]
    lost, boom = clusters(lines)
    assert (lost.count, lost.first, lost.last) == (2, AT + timedelta(minutes=1), AT + timedelta(minutes=3))
    assert lost.streams == ("s", "t")
    assert boom.count == 1


def test_the_search_term_is_literal_text_of_the_line() -> None:
    raw = '{"level":"ERROR","message":"cannot charge order 4711: card service says no"}'
    term = phrase([raw])
    assert len(term) >= 8
    assert term in raw
    assert phrase(["1234"]) == ""
    assert phrase([]) == ""


@given(st.text(max_size=300))
def test_any_text_has_a_signature(text: str) -> None:
    assert len(signature(text)) <= 200
    assert signature(text) == signature(text)
