"""A request's arguments from its query, form or JSON body, as Slack reads them.

Source: https://docs.slack.dev/apis/web-api#methods_supporting_json
"""

import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import parse_qsl

from local.slack.errors import SlackError

# Methods that read: Slack takes their arguments from a query or a form, and overlooks a JSON body.
FORM_ONLY: Final = frozenset(
    (
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.list",
        "conversations.replies",
        "files.info",
        "usergroups.users.list",
    )
)
_JSON_ARGUMENTS: Final = {
    "blocks": "invalid_blocks_format",
    "attachments": "invalid_attachments",
    "metadata": "invalid_metadata_format",
    "view": "invalid_arguments",
    "message": "invalid_arguments",
    "files": "invalid_arguments",
}


def arguments(method: str, query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """All arguments of a call, with those that are JSON strings decoded.

    Args:
        method: Slack method, to know whether it reads JSON bodies.
        query: What follows `?` in the address.
        content_type: The request's header.
        body: The request's body.

    Raises:
        SlackError: Slack's code for a body that is not what its content type says.
    """
    found: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if body and not kind:
        raise SlackError("missing_post_type")
    if kind == "application/json":
        found |= {} if method in FORM_ONLY else _json_body(body)
    elif kind == "application/x-www-form-urlencoded":
        found |= _form(body)
    elif kind == "multipart/form-data":
        found |= {name: content.decode("utf-8", "replace") for name, content in multipart(content_type, body).items()}
    elif body:
        raise SlackError("invalid_post_type")
    return decoded(found)


def decoded(found: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the arguments that hold JSON from strings into values."""
    result: dict[str, Any] = {}
    for name, value in found.items():
        if name in _JSON_ARGUMENTS and isinstance(value, str) and value:
            try:
                result[name] = json.loads(value)
            except ValueError:
                raise SlackError(_JSON_ARGUMENTS[name], (f"[ERROR] not JSON [json-pointer:/{name}]",)) from None
        else:
            result[name] = value
    return result


def multipart(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart body by name."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = message.iter_parts() if message.is_multipart() else ()
    found: dict[str, bytes] = {}
    for part in parts:
        payload = part.get_payload(decode=True)
        found[str(part.get_param("name", "file", "content-disposition"))] = (
            payload if isinstance(payload, bytes) else b""
        )
    return found


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)))
    except ValueError:
        raise SlackError("invalid_form_data") from None
