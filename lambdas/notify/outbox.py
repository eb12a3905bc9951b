"""Delivers the outbox's rows of other channels: each person and channel once, whatever dies in between.

None of these channels can be asked whether it has a message already. So a row whose attempt ended without a word is
sent again where it pages somebody (rather twice than never), and not where it is chatter. A failure that was seen is
tried again with growing waits; when that is over, or cannot help, the thread says who was not told. Nothing is
swallowed. A row of the kind `email` is delivered by `send(house, claim, incident)` of `lambdas/notify/email.py`, and so
on. Imported after the first post.
"""

from __future__ import annotations

import importlib
import json
import logging
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.errors import ChannelError, Unsettled
from lambdas.incidents.model import OUTWARD, Undelivered
from lambdas.incidents.store import Timeline
from lambdas.notify.rows import Errand, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.house import House
    from lambdas.incidents.model import Event, Incident, Post
    from lambdas.incidents.store import Claim, Store

WAITS = (15, 30, 60, 120, 300, 600)  # seconds before the second, third … try; then it is given up
CHANNELS = (ChannelError, ClientError, BotoCoreError)
PAUSE = 10.0  # seconds that a channel is left alone after it did not answer
LOST = "it may have gone out: the attempt ended without a word, and it is not repeated"

_DOWN: WeakKeyDictionary[Store, dict[str, tuple[float, str]]] = WeakKeyDictionary()  # kind → until when, and why

log = logging.getLogger("tocsin")


def deliver(house: House, id_: str, posts: Iterable[Post]) -> None:
    """Deliver what can be delivered now; what cannot stays due with a time to try again."""
    for post in posts:
        if post.kind in OUTWARD and (claim := house.store.claim(id_, post, int(house.clock()))):
            attempt(house, claim)


def attempt(house: House, claim: Claim) -> None:
    """Deliver one claimed row."""
    incident = house.store.incident(claim.incident)
    if incident is None:
        return
    if claim.lost and not _urgent(claim.post):
        _give_up(house, claim, LOST)
        return
    kind, down = claim.post.kind, _DOWN.setdefault(house.store, {})
    until, why = down.get(kind, (0.0, ""))
    if until > house.clock():
        # It did not answer a moment ago: its other rows wait as long as that one, so that nothing waits for them.
        _again(house, claim, why)
        return
    try:
        reference = _send(house, claim, incident)
    except Unsettled:
        house.store.release(claim, int(house.clock()), WAITS[0])
    except Exception as error:  # a sender's defect too must end in a word to people
        why, again = _why(error)
        log.exception("not delivered", extra={**_named(claim), "why": why, "attempt": claim.attempt})
        if not again:
            _give_up(house, claim, why)
            return
        if isinstance(error, CHANNELS):  # else it is a defect of ours with this one row
            down[kind] = (house.clock() + PAUSE, why)
        _again(house, claim, why)
    else:
        house.store.sent(claim, reference)


def _again(house: House, claim: Claim, why: str) -> None:
    """Another try later, unless it had them all."""
    if claim.attempt > len(WAITS):
        _give_up(house, claim, why)
    else:
        house.store.release(claim, int(house.clock()), WAITS[claim.attempt - 1])


def _send(house: House, claim: Claim, incident: Incident) -> str:
    """Let the kind's own module deliver the row. Returns what the channel calls the message."""
    sender = importlib.import_module(f"lambdas.notify.{claim.post.kind}")  # each brings its own client
    reference: str = sender.send(house, claim, incident)
    return reference


def _urgent(post: Post) -> bool:
    if post.kind in {"email", "sms", "call"}:
        return Page.of(post).urgent
    # A bus event carries its own id; of a notice only the sending is seen by somebody.
    return post.kind == "bus" or (post.kind == "customer" and Errand.of(post).do != "send")


def _give_up(house: House, claim: Claim, why: str) -> None:
    """End a row, and let people hear of it: the word to them is in the outbox before the row is closed."""
    log.warning("given up", extra={**_named(claim), "why": why})
    posts: tuple[Post, ...] = ()
    if event := _said(claim.post, why):
        row = Timeline(
            at=int(house.clock()) * 1000,
            id=f"undelivered-{claim.post.key}",
            kind="undelivered",
            body=json.dumps({"row": claim.post.key, "why": why}),
        )
        posts = house.desk.record(claim.incident, event, row)
    house.store.failed(claim, why)
    house.deliver(claim.incident, posts)


def _said(post: Post, why: str) -> Event | None:
    """How people hear of it."""
    if post.kind == "customer":
        errand = Errand.of(post)
        # What became of each address is said once, when all are settled.
        return None if errand.do == "send" else Undelivered(way="customer", to=errand.notice, why=why)
    if post.kind == "bus":
        return Undelivered(way="bus", to=json.loads(post.body)["change"], why=why)
    page = Page.of(post)
    return Undelivered(way=post.kind, to=page.name, why=why) if page.urgent or why != LOST else None


def _why(error: Exception) -> tuple[str, bool]:
    """Say what went wrong without anybody's secret, and whether another try may help."""
    if isinstance(error, ChannelError):
        return str(error), error.again
    if isinstance(error, ClientError):
        said, status = error.response["Error"], error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        code = said.get("Code", "")
        again = status >= 500 or status == 429 or "Throttl" in code or "TooMany" in code or "Unavailable" in code
        return f"{error.operation_name}: {code}: {said.get('Message', '')}"[:300], again
    if isinstance(error, BotoCoreError):
        return f"{type(error).__name__}"[:300], True
    return f"{type(error).__name__}"[:300], True


def _named(claim: Claim) -> dict[str, str]:
    return {"incident": claim.incident, "post": claim.post.key}
