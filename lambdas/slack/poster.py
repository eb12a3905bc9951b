"""Delivers the outbox to Slack: each row once, whatever dies in between (`lifecycle.md`).

A row is claimed, posted with its key in the message's metadata, and marked SENT. A row that was claimed before is
looked up in Slack first. With the look-up down, pages go out at least once and chatter at most once.
"""

from __future__ import annotations

import importlib
import logging
import time
from typing import TYPE_CHECKING, Any, Literal

from lambdas.errors import SlackBusy, SlackError
from lambdas.incidents.cadence import UNHEARD
from lambdas.incidents.model import ACT, OPERATORS, OUTWARD, WORK, Post
from lambdas.incidents.store import Unsent
from lambdas.oncall import as_said
from lambdas.slack import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim, Store
    from lambdas.oncall import Schedule
    from lambdas.settings import Settings
    from lambdas.slack.client import Slack
    from lambdas.slack.messages import Payload

    type Outcome = Literal["done", "again", "later"]

EVENT_TYPE = "tocsin_post"
NOT_OURS = WORK | ACT | OUTWARD | OPERATORS
ROOTS = frozenset({"initial", "noted"})
EDITS = frozenset({"edit", "reopened", "resolved", "silenced"})  # show the root anew
PAGES = ROOTS | {"reopened", "escalated", "resolved"}  # rather twice than never
CALLS = ROOTS | {"reopened", "escalated"}  # somebody must come: the operators are told if Slack does not take them
OVERTAKEN = {  # what need not be said any more once one of these waits behind it
    "edit": EDITS,
    "update": frozenset({"update", "resolved"}),
    "digest": frozenset({"digest", "resolved"}),
}
DOWN = frozenset({"unreachable", "no_token", "invalid_auth", "account_inactive", "ratelimited", "service_unavailable"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
TRIES = 5  # of what Slack refuses and is no page
FIRST = frozenset({"resolved", "reopened", "flapping"})  # what `messages.py` says
SAID_BY = {  # all else, by its kind: a module with `message(incident, post, settings, now) -> payload`
    "remedy": "lambdas.slack.remedies",
    "remedied": "lambdas.slack.remedies",
    "notice": "lambdas.slack.notice",
}
EDITED = frozenset(
    {"remedy", "notice"}
)  # kinds whose later rows edit the message of their first (`edits` of their module)
WAIT = 15  # seconds to the next try after a failure, times the attempts so far
LONGEST = 15 * 60
PAGES_OF_CHANNELS = 10  # read at most, to find the id behind a channel's name
LOOK_BACK = 100  # messages of the channel or thread that a look-up reads

log = logging.getLogger("tocsin")


class Poster:
    """One channel's outbox."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        slack: Slack,
        clock: Callable[[], float] = time.time,
        *,
        schedule: Schedule | None = None,
        unheard: Callable[[str, Post], None] = lambda _id, _post: None,
    ) -> None:
        self._settings, self._store, self._slack, self._clock = settings, store, slack, clock
        self._schedule = schedule
        self.unheard = unheard  # told of a page that Slack has not taken for long
        self._shut_until = 0.0

    def deliver(self, id_: str, posts: Iterable[Post], *, fresh: bool = False) -> None:
        """Deliver what can be delivered now; what cannot stays in the outbox with a time to try again.

        An incident's posts appear in their order, the root first: where one has to wait, what comes after it waits too.
        So all that waits is tried, not only `posts`. What a later row says anew is not said twice. Work, changes and
        other channels are not for here: whoever does them claims their rows. `fresh`: they are all that there is, for
        the incident has only just been opened; a first post does not wait for a look at the table.
        """
        ours = [post for post in posts if post.kind not in NOT_OURS]
        if not ours:
            return
        rows = [Unsent(post, self._now) for post in ours] if fresh else self._waiting(id_)
        for place, row in enumerate(rows):
            if self._shut() or not self._through(id_, row.post, rows[place + 1 :]):
                self._unheard(id_, rows[place:])
                return

    def _through(self, id_: str, post: Post, later: list[Unsent]) -> bool:
        """Deliver one row. False: it has to wait, and so has what comes after it."""
        for _ in range(2):  # a kept connection may have died in between: look, and post once more, at once
            claim = self._store.claim(id_, post, self._now)
            if claim is None:  # sent in between, or somebody else's, or not yet due again
                return post not in [row.post for row in self._waiting(id_)]
            if any(row.post.kind in OVERTAKEN.get(post.kind, ()) for row in later):
                self._store.sent(claim, "")
                return True
            outcome = self._try(claim, None)
            if outcome != "again":
                return outcome == "done"
        return False

    def attempt(self, claim: Claim, parts: list[Payload] | None) -> bool:
        """Deliver one claimed row; `parts` are the report of a diagnosis. False: worth another try at once."""
        return self._try(claim, parts) != "again"

    def _try(self, claim: Claim, parts: list[Payload] | None) -> Outcome:
        try:
            incident = self._store.incident(claim.incident)
            if incident is not None:
                self._post(claim, incident, parts)
        except SlackBusy as error:
            self._shut_until = self._clock() + error.retry_after
            return self._later(claim, error, int(error.retry_after) + 1)
        except SlackError as error:
            if error.code == "unreachable" and claim.attempt == 1:
                self._store.release(claim, self._now, 0)
                return "again"
            if error.code in DOWN or error.code.startswith("http_5"):
                self._shut_until = self._clock() + WAIT  # the other rows would only find the same
            elif claim.attempt >= TRIES and claim.post.kind not in PAGES and error.code != "no_root_message":
                return self._give_up(claim, error)
            return self._later(claim, error, min(WAIT * claim.attempt, LONGEST))
        except Exception as error:  # a message that cannot be built must not hold up those after it for ever
            if claim.attempt < TRIES or claim.post.kind in PAGES:
                raise
            return self._give_up(claim, error)
        return "done"

    def _waiting(self, id_: str) -> list[Unsent]:
        return [row for row in self._store.outbox(id_) if row.post.kind not in NOT_OURS]

    def _shut(self) -> bool:
        """Whether Slack said, or showed, that it takes nothing now."""
        return self._clock() < self._shut_until

    def _unheard(self, id_: str, rows: list[Unsent]) -> None:
        for row in rows:
            if row.post.kind in CALLS and self._now - row.at >= UNHEARD:
                self.unheard(id_, row.post)

    def _give_up(self, claim: Claim, error: Exception) -> Outcome:
        log.error("given up", extra={"incident": claim.incident, "post": claim.post.key, "why": str(error)})
        self._store.failed(claim, f"{type(error).__name__}: {error}"[:500])
        return "done"

    @property
    def _now(self) -> int:
        return int(self._clock())

    def _later(self, claim: Claim, error: SlackError, wait: int) -> Outcome:
        log.error("not delivered", extra={"incident": claim.incident, "post": claim.post.key, "why": str(error)})
        self._store.release(claim, self._now, wait)
        return "later"

    def _post(self, claim: Claim, incident: Incident, parts: list[Payload] | None) -> None:
        kind = claim.post.kind
        if kind in ROOTS:
            channel, ts = self._once(claim, incident, claim.post.key, self._root(incident))
            self._store.sent_root(claim, channel, ts)
            return
        if not incident.ts:
            raise SlackError("chat.update", "no_root_message", "the incident's root message is not posted yet")
        ts = incident.ts
        if place := self._place(claim, incident):
            ts = place
            payload = self._thread(incident, claim.post)
            self._send("chat.update", payload | {"channel": incident.channel, "ts": place})
        elif kind != "edit":
            for number, part in enumerate(parts or [self._thread(incident, claim.post)]):
                name = f"{claim.post.key}/{number}" if number else claim.post.key
                _, ts = self._once(claim, incident, name, part | {"thread_ts": incident.ts})
        if kind in EDITS:
            self._show(incident)
        self._store.sent(claim, ts)

    def _show(self, incident: Incident) -> None:
        """Show the root anew. Where somebody has deleted it there is nothing to show, and nobody waits for it."""
        try:
            self._send("chat.update", self._root(incident) | {"channel": incident.channel, "ts": incident.ts})
        except SlackError as error:
            if error.code not in GONE:
                raise
            log.warning("the root message is gone", extra={"incident": incident.id, "why": str(error)})

    def _root(self, incident: Incident) -> Payload:
        if incident.kind == "incident":
            settings = as_said(self._settings, self._schedule)
            return messages.root(incident, settings, self._schedule.trouble if self._schedule else "")
        payload: Payload = importlib.import_module("lambdas.slack.gathered").root(incident, self._settings)
        return payload

    def _place(self, claim: Claim, incident: Incident) -> str:
        """The timestamp of the message that this row edits; empty where it posts one of its own."""
        if claim.post.kind not in EDITED:
            return ""
        first = importlib.import_module(SAID_BY[claim.post.kind]).edits(incident, claim.post)
        if not first:
            return ""
        ts = self._store.place(claim.incident, Post.of(first))
        if ts is None:
            raise SlackError("chat.update", "no_message_yet", "the message that this one edits is not posted yet")
        return ts

    def _thread(self, incident: Incident, post: Post) -> Payload:
        """One message of the thread, from the file that says what its kind says."""
        if post.kind in FIRST and incident.kind == "incident":
            return messages.thread(incident, post.kind, self._settings)
        module = importlib.import_module(SAID_BY.get(post.kind, "lambdas.slack.lifecycle"))  # after the first post
        payload: Payload = module.message(incident, post, as_said(self._settings, self._schedule), self._now)
        return payload

    def _once(self, claim: Claim, incident: Incident, name: str, payload: Payload) -> tuple[str, str]:
        """Post unless a former attempt did. Returns the message's channel and timestamp."""
        key = f"{claim.incident}/{name}"
        channel = incident.channel or self._settings.slack_channel
        if claim.attempt > 1:
            try:
                found = self._find(key, channel, incident)
            except SlackError as error:
                if error.code in DOWN or error.code.startswith("http_5") or isinstance(error, SlackBusy):
                    raise  # posting would fail too: both are tried again
                if claim.post.kind not in PAGES:
                    log.warning("cannot look it up: not posted again", extra={"post": key, "why": str(error)})
                    return channel, ""
                log.warning("cannot look it up: posted again", extra={"post": key, "why": str(error)})
                found = ""
            if found:
                return channel, found
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        answer = self._send("chat.postMessage", payload | {"channel": channel, "metadata": metadata})
        return str(answer["channel"]), str(answer["ts"])

    def _send(self, method: str, payload: Payload) -> dict[str, Any]:
        try:
            return self._slack.call(method, payload)
        except SlackError as error:
            if error.code not in {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}:
                raise
            log.exception("Slack refused the blocks; sent as text", extra={"why": str(error)})
            return self._slack.call(method, messages.plain(payload))

    def _find(self, key: str, channel: str, incident: Incident) -> str:
        """The timestamp of the message that carries the key; empty if there is none."""
        query: dict[str, Any] = {
            "limit": LOOK_BACK,
            "include_all_metadata": "true",
            "channel": self.channel_id(channel),
        }
        if incident.ts:
            answer = self._slack.call("conversations.replies", query | {"ts": incident.ts})
        else:
            answer = self._slack.call("conversations.history", query | {"oldest": str(incident.detected_at - 60)})
        for message in answer.get("messages", ()):
            metadata = message.get("metadata") or {}
            if metadata.get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return ""

    def channel_id(self, channel: str) -> str:
        """A channel's id: reading methods take no names."""
        if not channel.startswith("#"):
            return channel
        query = {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": 999}
        cursor = ""
        for _ in range(PAGES_OF_CHANNELS):
            answer = self._slack.call("conversations.list", query | ({"cursor": cursor} if cursor else {}))
            for found in answer.get("channels", ()):
                if found.get("name") == channel.removeprefix("#"):
                    return str(found["id"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                break
        raise SlackError("conversations.list", "channel_not_found", channel)
