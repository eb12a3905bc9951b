import json
from typing import Any

import pytest

from local.slack.arguments import arguments, multipart
from local.slack.errors import SlackError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"
BLOCKS = [{"type": "divider"}]


@pytest.mark.parametrize(
    ("method", "query", "kind", "body", "expected"),
    [
        (
            "chat.postMessage",
            "",
            JSON,
            json.dumps({"text": "é", "blocks": BLOCKS}).encode(),
            {"text": "é", "blocks": BLOCKS},
        ),
        ("chat.postMessage", "", JSON, json.dumps({"blocks": json.dumps(BLOCKS)}).encode(), {"blocks": BLOCKS}),
        (
            "chat.postMessage",
            "",
            FORM,
            b"text=a+%26+b&blocks=%5B%5D&thread_ts=",
            {"text": "a & b", "blocks": [], "thread_ts": ""},
        ),
        ("conversations.replies", "channel=C1&ts=1.2", "", b"", {"channel": "C1", "ts": "1.2"}),
        ("conversations.replies", "", JSON, b'{"channel": "C1"}', {}),
        ("auth.test", "", "", b"", {}),
        ("auth.test", "", FORM, b"", {}),
        (
            "auth.test",
            "",
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
            {"a": "b"},
        ),
    ],
)
def test_arguments_are_read(method: str, query: str, kind: str, body: bytes, expected: dict[str, Any]) -> None:
    assert arguments(method, query, kind, body) == expected


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("", b"x", "missing_post_type"),
        ("text/html", b"x", "invalid_post_type"),
        (JSON, b"{", "invalid_json"),
        (JSON, b"\xff\xfe", "invalid_json"),
        (JSON, b"[]", "json_not_object"),
        (FORM, b"\xff", "invalid_form_data"),
        (FORM, b"blocks=[", "invalid_blocks_format"),
        (FORM, b"metadata={", "invalid_metadata_format"),
        (FORM, b"attachments=x", "invalid_attachments"),
    ],
)
def test_a_body_that_is_not_what_it_says(kind: str, body: bytes, code: str) -> None:
    with pytest.raises(SlackError) as caught:
        arguments("chat.postMessage", "", kind, body)
    assert caught.value.code == code


def test_a_multipart_file_keeps_its_bytes() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n\x00\xff\r\n--x--\r\n'
    )
    assert multipart("multipart/form-data; boundary=x", body) == {"file": b"\x89PNG\r\n\x00\xff"}
