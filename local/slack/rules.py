"""Slack's documented limits as own rules, over every message the product can build.

`problems` judges a chat.postMessage or chat.update payload, `view_problems` a modal, `sdk_problems` asks slack_sdk's
models. All are pure. Each problem names its source.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block

from local.slack import blocks as catalogue
from local.slack.schema import Flag, Kind, Many, Problem, Shape, Str, Text, check, escaping

POST_MESSAGE: Final = "https://docs.slack.dev/reference/methods/chat.postMessage"
METADATA: Final = "https://docs.slack.dev/messaging/message-metadata"
MODALS: Final = "https://docs.slack.dev/reference/views/modal-views"
TOTAL: Final = "https://github.com/slackapi/bolt-js/issues/2509"

# Fitted to three observations on the live service (the issue above and #2867): one markdown block of 13,297 characters
# passes, with a divider beside it 13,172, and 11,341 characters in many blocks do not.
_TOTAL_CHARACTERS: Final = 13_422
_CHARACTERS_A_BLOCK: Final = 125

_ARGUMENTS: Final = frozenset(
    (
        "channel", "text", "blocks", "attachments", "metadata", "ts", "thread_ts", "reply_broadcast", "mrkdwn", "parse",
        "link_names", "unfurl_links", "unfurl_media", "username", "icon_emoji", "icon_url", "as_user", "file_ids",
        "client_msg_id", "token",
    )
)  # fmt: skip
_ATTACHMENT: Final = frozenset(
    (
        "color", "blocks", "fallback", "text", "pretext", "title", "title_link", "fields", "footer", "footer_icon",
        "ts", "mrkdwn_in", "author_name", "author_link", "author_icon", "image_url", "thumb_url", "id",
    )
)  # fmt: skip
_BLOCKS: Final = Many(Kind(catalogue.MESSAGE), 50, low=0)
_VIEW: Final = Shape(
    MODALS,
    {
        "type": Str(20, choices=("modal", "home")),
        "title": Text(24, catalogue.PLAIN),
        "submit": Text(24, catalogue.PLAIN),
        "close": Text(24, catalogue.PLAIN),
        "blocks": Many(Kind(catalogue.VIEW), 100),
        "private_metadata": Str(3000, low=0),
        "callback_id": Str(255),
        "external_id": Str(255),
        **dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), Flag()),
    },
    ("type", "title", "blocks"),
)


def problems(message: Mapping[str, Any]) -> list[Problem]:
    """List everything wrong with a message; an empty list means that Slack takes it and shows it as meant.

    Args:
        message: The payload of chat.postMessage or chat.update, with `blocks` and the like as JSON values.
    """
    return [
        *_arguments(message),
        *_text(message),
        *_all_blocks(message.get("blocks"), "/blocks"),
        *_attachments(message.get("attachments")),
        *_whole(message),
        *_metadata(message.get("metadata")),
    ]


def view_problems(view: Mapping[str, Any]) -> list[Problem]:
    """List everything wrong with a modal, as given to views.open."""
    found = list(check(view, _VIEW, "", MODALS))
    blocks = view.get("blocks")
    if isinstance(blocks, Sequence):
        found += [*_identifiers(blocks, "/blocks"), *_contexts(blocks, "/blocks")]
        inputs = any(isinstance(block, Mapping) and block.get("type") == "input" for block in blocks)
        if inputs and "submit" not in view:
            found.append(Problem("/submit", "required", "a modal with an input block needs submit", MODALS))
    return found


def sdk_problems(message: Mapping[str, Any]) -> list[str]:
    """Parse the blocks with slack_sdk's models and list what their own validators refuse."""
    found: list[str] = []
    for index, block in enumerate(message.get("blocks") or ()):
        try:
            parsed = Block.parse(dict(block))
            if parsed is None:
                found.append(f"/blocks/{index}: slack_sdk does not know {block.get('type')}")
                continue
            found += [f"/blocks/{index}: {problem}" for problem in _sdk(parsed)]
        except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
            found.append(f"/blocks/{index}: {error}")
    return found


def _sdk(value: JsonObject) -> Iterator[str]:
    """Validate a model and, because validate_json does not descend, the models inside it."""
    try:
        value.validate_json()
    except SlackObjectFormationError as error:
        yield str(error)
    for name in sorted(value.attributes):
        inner = getattr(value, name, None)
        for item in inner if isinstance(inner, list | tuple) else (inner,):
            if isinstance(item, JsonObject):
                yield from _sdk(item)


def _arguments(message: Mapping[str, Any]) -> Iterator[Problem]:
    for name in message:
        if name not in _ARGUMENTS:
            yield Problem(f"/{name}", "unknown_argument", f"no such argument: {name!s:.80}", POST_MESSAGE, error=None)


def _text(message: Mapping[str, Any]) -> Iterator[Problem]:
    text = message.get("text")
    if text is not None and not isinstance(text, str):
        yield Problem("/text", "type", "must be a string", POST_MESSAGE, "invalid_arguments")
        return
    if not text:
        if message.get("blocks") or message.get("attachments"):
            sentence = "text is missing: notifications and screen readers would have nothing to say"
            yield Problem("/text", "fallback", sentence, POST_MESSAGE, error=None)
        elif "metadata" not in message or "ts" not in message:
            yield Problem("/text", "no_text", "no message text provided", POST_MESSAGE, "no_text")
        return
    if len(text) > 40_000:
        yield Problem("/text", "length", "must be less than 40001 characters", POST_MESSAGE, "msg_too_long")
    yield from escaping(text, "/text")


def _all_blocks(blocks: Any, path: str) -> Iterator[Problem]:
    if blocks is None:
        return
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        yield Problem(path, "type", "must be an array of blocks", catalogue.BLOCKS, "invalid_blocks_format")
        return
    yield from check(blocks, _BLOCKS, path, catalogue.BLOCKS)
    yield from _identifiers(blocks, path)
    yield from _contexts(blocks, path)


def _attachments(attachments: Any) -> Iterator[Problem]:
    if attachments is None:
        return
    source, error = "https://docs.slack.dev/messaging/formatting-message-text", "invalid_attachments"
    if not isinstance(attachments, Sequence) or isinstance(attachments, str):
        yield Problem("/attachments", "type", "must be an array", source, error)
        return
    if len(attachments) > 100:
        yield Problem("/attachments", "count", "no more than 100 allowed", POST_MESSAGE, "too_many_attachments")
    for index, attachment in enumerate(attachments):
        path = f"/attachments/{index}"
        if not isinstance(attachment, Mapping):
            yield Problem(path, "type", "must be an object", source, error)
            continue
        for name in attachment:
            if name not in _ATTACHMENT:
                yield Problem(f"{path}/{name}", "unknown_field", f"no such field: {name!s:.80}", source, error)
        color = attachment.get("color", "good")
        if not re.fullmatch(r"#?[0-9a-fA-F]{6}|good|warning|danger", str(color)):
            yield Problem(f"{path}/color", "choice", "must be a hex colour, good, warning or danger", source, error)
        yield from _all_blocks(attachment.get("blocks"), f"{path}/blocks")
        for name in ("text", "pretext"):
            yield from escaping(str(attachment.get(name, "")), f"{path}/{name}")


def _whole(message: Mapping[str, Any]) -> Iterator[Problem]:
    """What counts over all blocks, those inside attachments included."""
    blocks = [block for block in _flat(message) if isinstance(block, Mapping)]
    kinds = Counter(str(block.get("type")) for block in blocks)
    for kind, most, error in (("table", 1, "invalid_attachments"), ("data_visualization", 2, "invalid_blocks")):
        if kinds[kind] > most:
            source = f"{catalogue.BLOCKS}/{kind.replace('_', '-')}-block"
            yield Problem(
                "/blocks", "one_table" if kind == "table" else "count", f"only {most} {kind} allowed", source, error
            )
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > 12_000:
        source = f"{catalogue.BLOCKS}/markdown-block"
        yield Problem("/blocks", "length", "markdown blocks hold more than 12000 characters", source)
    total = _characters(blocks) + _CHARACTERS_A_BLOCK * len(blocks)
    if total > _TOTAL_CHARACTERS:
        sentence = f"blocks too long in all: {total} with {_CHARACTERS_A_BLOCK} a block, {_TOTAL_CHARACTERS} allowed"
        yield Problem("/blocks", "total", sentence, TOTAL, "msg_blocks_too_long")


def _flat(message: Mapping[str, Any]) -> Iterator[Any]:
    yield from _sequence(message.get("blocks"))
    for attachment in _sequence(message.get("attachments")):
        if isinstance(attachment, Mapping):
            yield from _sequence(attachment.get("blocks"))


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _characters(value: Any) -> int:
    """Characters in every `text` string below a value."""
    if isinstance(value, Mapping):
        own = value.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(
            _characters(item) for item in value.values() if not isinstance(item, str)
        )
    return sum(_characters(item) for item in _sequence(value))


def _identifiers(blocks: Iterable[Any], path: str) -> Iterator[Problem]:
    """block_id is unique in a message, action_id in a block."""
    known = [(index, block) for index, block in enumerate(blocks) if isinstance(block, Mapping)]
    seen: set[str] = set()
    for index, block in known:
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                yield Problem(
                    f"{path}/{index}/block_id",
                    "duplicate_block_id",
                    f"duplicate block_id: {block_id:.80}",
                    catalogue.BLOCKS,
                )
            seen.add(block_id)
        elements = [*_sequence(block.get("elements")), block.get("accessory")]
        actions = Counter(element.get("action_id") for element in elements if isinstance(element, Mapping))
        for action, count in actions.items():
            if action is not None and count > 1:
                where = f"{path}/{index}/elements"
                yield Problem(where, "duplicate_action_id", f"duplicate action_id: {action!s:.80}", catalogue.ELEMENTS)


def _contexts(blocks: Sequence[Any], path: str) -> Iterator[Problem]:
    """The texts of a context block are its elements themselves, so the walker meets them as shapes, not as texts."""
    for index, block in enumerate(blocks):
        if not isinstance(block, Mapping) or block.get("type") != "context":
            continue
        for number, element in enumerate(_sequence(block.get("elements"))):
            if isinstance(element, Mapping) and element.get("type") == "mrkdwn":
                yield from escaping(str(element.get("text", "")), f"{path}/{index}/elements/{number}/text")


def _metadata(metadata: Any) -> Iterator[Problem]:
    """`{event_type, event_payload}`; `{}` removes it in an update."""
    if metadata is None or metadata == {}:
        return
    error = "invalid_metadata_format"
    if not isinstance(metadata, Mapping) or set(metadata) != {"event_type", "event_payload"}:
        yield Problem("/metadata", "metadata", "must be {event_type, event_payload}", METADATA, error)
        return
    if not isinstance(metadata["event_type"], str) or not re.fullmatch(r"[A-Za-z0-9_]{1,255}", metadata["event_type"]):
        sentence = "must be alphanumeric (underscores allowed)"
        yield Problem("/metadata/event_type", "metadata", sentence, METADATA, error)
    if not isinstance(metadata["event_payload"], Mapping):
        yield Problem("/metadata/event_payload", "metadata", "must be an object", METADATA, error)
