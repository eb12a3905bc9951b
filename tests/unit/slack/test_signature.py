"""Our check of Slack's signature against slack_sdk's own verifier, over the same requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from lambdas.errors import Refused
from lambdas.slack.signature import WINDOW, sign, verify

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # the example of Slack's documentation
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack."
    b"com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc"
    b"887a14d10d2c447fce8b6703c"
)
NOW = 1531420618
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


class At(Clock):
    """A clock that stands."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


def ours(headers: dict[str, str], body: bytes, now: float) -> bool:
    try:
        verify(SECRET, headers, body, now)
    except Refused:
        return False
    return True


def test_slacks_own_example_is_accepted() -> None:
    assert verify(SECRET, {"x-slack-request-timestamp": str(NOW), "x-slack-signature": SIGNATURE}, BODY, NOW) == NOW


@given(
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),  # slack_sdk takes no other bytes
    st.integers(-400, 400),
    st.sampled_from(["right", "other secret", "other body", "no version", "cut", "empty"]),
)
def test_we_accept_exactly_what_slacks_verifier_accepts(body: bytes, age: int, how: str) -> None:
    stamp = str(NOW - age)
    changes: dict[str, Callable[[], str]] = {
        "right": lambda: sign(SECRET, stamp, body),
        "other secret": lambda: sign("another", stamp, body),
        "other body": lambda: sign(SECRET, stamp, body + b"x"),
        "no version": lambda: sign(SECRET, stamp, body).removeprefix("v0="),
        "cut": lambda: sign(SECRET, stamp, body)[:-1],
        "empty": lambda: "",
    }
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": changes[how]()}
    oracle = SignatureVerifier(SECRET, At(NOW)).is_valid_request(body, headers)
    assert ours(headers, body, NOW) is oracle
    assert oracle is (how == "right" and abs(age) <= WINDOW)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-slack-request-timestamp": str(NOW)}, 401),
        ({"x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": "", "x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": "soon", "x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": f"-{NOW}", "x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": "٣" * 10, "x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": "9" * 5000, "x-slack-signature": SIGNATURE}, 401),
        ({"x-slack-request-timestamp": str(NOW), "x-slack-signature": "v0=é" + "0" * 63}, 401),
        ({"x-slack-request-timestamp": str(NOW), "x-slack-signature": SIGNATURE.upper()}, 401),
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str], status: int) -> None:
    with pytest.raises(Refused) as refused:
        verify(SECRET, headers, BODY, NOW)
    assert refused.value.status == status
    assert SIGNATURE not in str(refused.value)


def test_a_request_that_comes_again_later_is_refused_with_403() -> None:
    headers = {"x-slack-request-timestamp": str(NOW), "x-slack-signature": SIGNATURE}
    for now in (NOW + WINDOW + 1, NOW - WINDOW - 1):
        with pytest.raises(Refused) as refused:
            verify(SECRET, headers, BODY, now)
        assert refused.value.status == 403


def test_without_a_secret_nothing_is_accepted() -> None:
    headers = {"x-slack-request-timestamp": str(NOW), "x-slack-signature": sign("", str(NOW), BODY)}
    with pytest.raises(Refused):
        verify("", headers, BODY, NOW)
