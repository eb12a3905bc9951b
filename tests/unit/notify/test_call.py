"""The webhook: signed, https only, and no answer that is not a plain yes counts as one."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import pytest

from lambdas.errors import ChannelError
from lambdas.incidents.model import Escalated
from lambdas.notify.call import _post, asked, signature
from lambdas.notify.rows import Page
from tests.unit.notify.conftest import KEY
from tests.unit.notify.scene import ID, SETTINGS, incident

if TYPE_CHECKING:
    from tests.unit.notify.conftest import Pager, Told

PAGE = Page(change="escalated", name="Bob", to="+41790000002", level=2, severity=1)


def test_the_signature_is_as_documented() -> None:
    body, at = b'{"version":1}', 1_795_489_560
    expected = hmac.new(b"key", b"v1:1795489560:" + body, hashlib.sha256).hexdigest()
    assert signature("key", at, body) == f"v1={expected}"
    assert signature("key", at, body + b" ") != signature("key", at, body)
    assert signature("key", at + 1, body) != signature("key", at, body)


def test_the_body_says_whom_to_call_and_what_to_say() -> None:
    body = asked(f"{ID}/call#0#402", incident(), PAGE, SETTINGS)
    assert body["to"] == {"name": "Bob", "phone": "+41790000002", "level": 2}
    assert body["reason"] == "escalated"
    assert str(body["say"]).startswith("Severity 1 incident at acme production")
    assert json.dumps(body)


@pytest.mark.parametrize(
    "url",
    ["http://pager.example.com/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://127.0.0.1.example.com/", "x"],
)
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(ChannelError, match="https") as raised:
        _post(url, b"{}", {})
    assert not raised.value.again


@pytest.mark.parametrize(
    ("status", "again"), [(301, False), (400, False), (404, False), (408, True), (429, True), (500, True), (503, True)]
)
def test_anything_but_a_plain_yes_is_a_failure(pager: Pager, status: int, again: bool) -> None:  # noqa: FBT001
    pager.status = status
    with pytest.raises(ChannelError, match=str(status)) as raised:
        _post(pager.url, b"{}", {})
    assert raised.value.again is again
    assert len(pager.asked) == 1  # a redirect is not followed


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(ChannelError, match="does not answer") as raised:
        _post("http://127.0.0.1:9/x", b"{}", {})
    assert raised.value.again


def test_a_key_that_is_too_short_is_said_without_its_text(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    told.house.aws.secretsmanager.put_secret_value(SecretId="acme/pager", SecretString="hunter2")
    told.raised()
    told.record(Escalated(by="U0000001"), "e1")
    assert told.pager.asked == []
    (row,) = told.house.store.rows(ID, "call")
    assert row.state == "FAILED"
    assert "at least 16 characters" in row.said
    assert "hunter2" not in row.said + "".join(told.thread) + caplog.text


def test_the_key_is_in_no_log(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="tocsin")
    told.pager.status = 500
    told.raised()
    told.record(Escalated(by="U0000001"), "e1")
    assert told.pager.asked
    assert KEY not in caplog.text


def test_a_plain_secret_is_the_key_itself(told: Told) -> None:
    told.house.aws.secretsmanager.put_secret_value(SecretId="acme/pager", SecretString="0123456789abcdef")
    told.raised()
    told.record(Escalated(by="U0000001"), "e1")
    ((headers, body),) = told.pager.asked
    expected = signature("0123456789abcdef", int(headers["x-tocsin-timestamp"]), body)
    assert headers["x-tocsin-signature"] == expected
