from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.checks.logs.access import access

COMBINED = '203.0.113.9 - bob [12/May/2026:10:00:01 +0000] "GET /orders/4711?x=1 HTTP/1.1" 404 153 "-" "curl/8.5"'


CASES = {
    '{"type":"access","sourceIP":"198.51.100.7","path":"/v1/cart","status":404}':
        (404, "/v1/cart", "198.51.100.7", False, ""),
    '{"http":{"status_code":401,"url":"https://a.example/login?next=/"},"client_ip":"10.0.0.9"}':
        (401, "/login", "10.0.0.9", True, ""),
    COMBINED:
        (404, "/orders/*", "203.0.113.9", False, ""),
    "WARN authentication failed for user anna from 198.51.100.77":
        (None, "", "198.51.100.77", True, "password"),
    '{"status":401,"message":"jwt signature verification failed","ip":"192.0.2.4"}':
        (401, "", "192.0.2.4", True, "token"),
    '{"status":401,"message":"invalid password","remote_addr":"192.0.2.4"}':
        (401, "", "192.0.2.4", True, "password"),
    "POST /login answered 403 in 3 ms to client=192.0.2.8":
        (403, "/login", "192.0.2.8", False, ""),
}  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), CASES.items())
def test_requests_are_read_from_any_format(message: str, expected: tuple[object, ...]) -> None:
    told = access(message)
    assert told is not None
    assert (told.status, told.path, told.client, told.failed_to_prove, told.refused) == expected


def test_accounts_are_told_apart() -> None:
    told = [access(f"authentication failed for user {name}") for name in ("a.smith", "bwayne")]
    assert [t.user for t in told if t] == ["a.smith", "bwayne"]


@pytest.mark.parametrize("message", ["", "started in 3 s", '{"message":"order placed"}'])
def test_lines_without_a_request_tell_nothing(message: str) -> None:
    assert access(message) is None


@given(st.text(max_size=200))
def test_any_text_is_survived(text: str) -> None:
    told = access(text)
    assert told is None or told.status is None or 100 <= told.status < 1000
