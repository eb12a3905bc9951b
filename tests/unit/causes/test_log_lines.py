"""What log lines of many frameworks say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.causes.log_lines import Said, endpoint, said, signature, text, verdict


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        ("KeyError: 'DATABASE_URL'", "config", "DATABASE_URL"),
        ('{"level":"error","msg":"Missing required environment variable STRIPE_KEY"}', "config", "STRIPE_KEY"),
        ("panic: PAYMENT_API_URL must be set", "config", "PAYMENT_API_URL"),
        ('environment variable "REDIS_HOST" is not set', "config", "REDIS_HOST"),
        ('Config validation error: "JWT_SECRET" is required', "config", "JWT_SECRET"),
        ("Could not resolve placeholder 'spring.datasource.url' in value", "config", "spring.datasource.url"),
        ('FATAL: password authentication failed for user "app"', "config", "credentials"),
        ("Error: connect ECONNREFUSED 10.0.3.12:5432", "dependency", "10.0.3.12:5432"),
        ("getaddrinfo ENOTFOUND cache.prod.internal", "dependency", "cache.prod.internal"),
        ("dial tcp: lookup redis.internal on 10.0.0.2:53: no such host", "dependency", "redis.internal"),
        ("dial tcp 10.1.2.3:6379: i/o timeout", "dependency", "10.1.2.3:6379"),
        (
            'Connection refused: is the server on host "db.internal" (10.0.1.2) accepting connections on port 5432?',
            "dependency",
            "db.internal:5432",
        ),
        ("java.net.UnknownHostException: orders-db.prod.local", "dependency", "orders-db.prod.local"),
        ("FATAL: sorry, too many clients already", "dependency", ""),
        ("exec /app/server: exec format error", "platform", ""),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "memory", ""),
        ("java.lang.OutOfMemoryError: Java heap space", "memory", ""),
        ("thread 'main' panicked at src/main.rs:20:31", "crash", ""),
        ("TypeError: cannot read properties of undefined (reading 'x')", "crash", ""),
        ("Traceback (most recent call last):", "crash", ""),
        ("GET /health 200 1ms", "", ""),
        ('{"level":"info","msg":"request completed","status":200}', "", ""),
    ],
)
def test_what_a_line_says(line: str, kind: str, what: str) -> None:
    found = said(line)
    assert (found.kind, found.what) == (kind, what)


def test_the_last_specific_error_is_what_it_died_of_and_old_ones_are_not() -> None:
    lines = ["connect ECONNREFUSED 10.0.0.9:4317", "KeyError: 'DB_URL'", "Traceback (most recent call last):"]
    assert verdict(lines) == (Said("config", "DB_URL"), lines[1])
    known = frozenset({signature(lines[0])})
    assert verdict([lines[0]], known=known) == (Said(""), "")


def test_json_is_read_for_its_sentence() -> None:
    assert "boom" in text('{"time":"2026-11-24T03:00:00Z","error":{"message":"boom","code":7}}')
    assert text("{not json}") == "{not json}"


def test_a_signature_leaves_out_what_varies() -> None:
    one = "2026-11-24T03:00:01Z order 8841 failed for 5f1c9aa2-1111-4222-8333-944455556666"
    two = "2026-11-24T03:07:59Z order 17 failed for 00000000-aaaa-4bbb-8ccc-dddddddddddd"
    assert signature(one) == signature(two)


@given(st.text(max_size=400))
def test_no_line_crashes(line: str) -> None:
    assert said(line).kind in ("", "config", "dependency", "memory", "platform", "crash")
    assert isinstance(endpoint(line), str)
    assert len(signature(line)) <= 160
