"""Posts a summary once, whatever dies in between: claimed in the table, its key in the message's metadata.

A claim that was taken before is looked up in Slack first, as the incidents' posts are (`lambdas/slack/poster.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lambdas.errors import SlackError
from lambdas.slack import messages

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.reviews.slots import Slot
    from lambdas.reviews.store import ReviewStore
    from lambdas.slack.messages import Payload

EVENT_TYPE = "tocsin_review"
LOOK_BACK = 200  # messages
REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})

log = logging.getLogger("tocsin")


def post_once(
    house: House, reviews: ReviewStore, slot: Slot, payload: Payload, *, name: str, channel: str = "", thread: str = ""
) -> str:
    """Post it unless it was posted. `name` tells several posts of one slot apart.

    Returns the message's timestamp where this call posted it, else nothing.

    Raises:
        SlackError: Slack refused or could not be reached; the next attempt may try at once.
    """
    attempt = reviews.claim_post(slot, name, int(house.clock()))
    if not attempt:
        return ""
    key = f"{slot.kind}/{slot.id}/{name}"
    channel = channel or house.settings.slack_channel
    try:
        found = _find(house, key, channel, thread, slot.at.timestamp()) if attempt > 1 else ""
        ts = found or _send(house, key, payload, channel, thread)
    except SlackError:
        reviews.release_post(slot, name)
        raise
    reviews.sent(slot, name, ts)
    return "" if found else ts


def _send(house: House, key: str, payload: Payload, channel: str, thread: str) -> str:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
    whole = payload | {"channel": channel, "metadata": metadata} | ({"thread_ts": thread} if thread else {})
    try:
        answer = house.slack.call("chat.postMessage", whole)
    except SlackError as error:
        if error.code not in REFUSED:
            raise
        log.exception("Slack refused the blocks; sent as text", extra={"why": str(error)})
        answer = house.slack.call("chat.postMessage", messages.plain(whole))
    return str(answer["ts"])


def _find(house: House, key: str, channel: str, thread: str, since: float) -> str:
    """The timestamp of the message that carries the key; empty if there is none, or Slack will not show any.

    A summary is no page: where Slack cannot be asked, it is posted again rather than lost.
    """
    query: dict[str, Any] = {"limit": LOOK_BACK, "include_all_metadata": "true"}
    try:
        query["channel"] = house.poster.channel_id(channel)
        if thread:
            answer = house.slack.call("conversations.replies", query | {"ts": thread})
        else:
            answer = house.slack.call("conversations.history", query | {"oldest": str(since)})
    except SlackError as error:
        log.warning("cannot look the summary up: posted again", extra={"post": key, "why": str(error)})
        return ""
    for message in answer.get("messages", ()):
        if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
            return str(message["ts"])
    return ""
