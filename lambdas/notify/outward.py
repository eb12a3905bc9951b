"""Which rows of other channels belong to one commit: who is paged, what the bus hears, what the customer is told. Pure.

They are written in the same transaction as the change itself: nobody is forgotten, and the same change, delivered
twice, is one commit, so nobody is paged twice. Standard library only: on the path to the first post.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambdas.contacts import told
from lambdas.incidents.model import Post
from lambdas.incidents.quiet import named
from lambdas.notify.changes import changes, live
from lambdas.notify.detail import detail
from lambdas.notify.rows import Errand, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.incidents.model import Incident
    from lambdas.settings import Channels, Contact, Settings

AFFECTED = (
    25.0  # per cent of the users: a Severity 2 above it is told to the customer (runbook, Customer Communication)
)
ROOM = 100  # numbers that one commit's rows may have
PEOPLE = 20  # paged in one way by one commit at most: a transaction of DynamoDB takes 100 writes


def outward(
    before: Incident | None, after: Incident, posts: tuple[Post, ...], settings: Settings, now: int
) -> tuple[Post, ...]:
    """The rows to be written with a commit.

    Args:
        before: the incident as it was read; None where it is new.
        after: as the reducer left it; its `ver` is still the one that was read.
        posts: the reducer's own rows.
        settings: which channels the environment has, and whom it names.
        now: epoch seconds.
    """
    happened = changes(before, after)
    rows = [*_told(before, after, happened, settings, now), *_customer(before, after, posts, happened, settings)]
    first = (after.ver + 1) * ROOM
    numbered = [Post(kind, after.reopen, first + n, body) for n, (kind, body) in enumerate(rows)]
    if settings.channels.bus:
        numbered += _bus(before, after, happened, settings, now)
    return (*numbered, *_case(before, after, settings), *_postmortem(after, posts, happened))


# people ---------------------------------------------------------------------------------------------------------------

type _Row = tuple[str, str]  # kind, body


def _told(
    before: Incident | None, after: Incident, happened: tuple[str, ...], settings: Settings, now: int
) -> Iterator[_Row]:
    """One row for each person and channel."""
    if "resolved" in happened and live(before):
        yield from _rows(after, "resolved", range(1, after.level + 1), settings, now)
        return
    if not live(after):
        return
    worse = before is not None and after.judged.severity < before.judged.severity
    if "opened" in happened or "reopened" in happened:
        change = "opened" if "opened" in happened else "reopened"
        yield from _rows(after, change, range(1, after.level + 1), settings, now)
    elif worse:
        yield from _rows(after, "severity_changed", range(1, after.level + 1), settings, now)
    elif "escalated" in happened and before is not None:
        yield from _rows(after, "escalated", range(before.level + 1, after.level + 1), settings, now)


def _rows(after: Incident, change: str, levels: Iterable[int], settings: Settings, now: int) -> Iterator[_Row]:
    severity = after.judged.severity
    over = change == "resolved"
    reached: set[_Row] = set()
    for level in levels:
        for contact in told(settings, level, severity, now):
            for kind, address in _ways(contact, settings.channels, severity, level):
                if (kind, address) in reached or len(reached) >= PEOPLE or (over and kind == "call"):
                    continue
                reached.add((kind, address))
                page = Page(
                    change=change, name=contact.name, to=address, level=level, severity=severity, urgent=not over
                )
                yield kind, page.body()


def _ways(contact: Contact, channels: Channels, severity: int, level: int) -> Iterator[tuple[str, str]]:
    """How a person is reached for an incident of that severity at that level: kind of row, and address."""
    graded = str(severity)
    if contact.email and level in channels.email.get(graded, ()):
        yield "email", contact.email
    if contact.phone and level in channels.sms.get(graded, ()):
        yield "sms", contact.phone
    if contact.phone and level in channels.call.get(graded, ()):
        yield "call", contact.phone


# systems --------------------------------------------------------------------------------------------------------------


def _bus(
    before: Incident | None, after: Incident, happened: tuple[str, ...], settings: Settings, now: int
) -> Iterator[Post]:
    for n, change in enumerate(happened):
        post = Post("bus", after.reopen, (after.ver + 1) * ROOM + n)
        said = detail(f"{after.id}/{post.key}", change, before, after, settings=settings, now=now)
        yield Post(post.kind, post.reopen, post.n, json.dumps(said, separators=(",", ":")))


# the customer ---------------------------------------------------------------------------------------------------------


def concerns_customer(incident: Incident | None) -> bool:
    """The runbook's Proactive Communication Triggers: any Severity 1; a Severity 2 that affects more than 25 %."""
    if incident is None or not live(incident):
        return False
    judged = incident.judged
    return judged.severity == 1 or (judged.severity == 2 and (judged.affected or 0) > AFFECTED)


def told_customer(incident: Incident) -> bool:
    """Whether the customer was told of it, at least in part, or is just being told."""
    ours = (notice for id_, notice in incident.notices.items() if id_.startswith("customer"))
    return any(n.state in {"SENT", "APPROVED"} or (n.state == "FAILED" and n.reference) for n in ours)


def _customer(
    before: Incident | None, after: Incident, posts: tuple[Post, ...], happened: tuple[str, ...], settings: Settings
) -> Iterator[_Row]:
    if not settings.channels.customers:
        return
    number = after.ver + 1
    if told_customer(after):
        if "resolved" in happened:
            yield "customer", Errand(do="draft", notice=f"customer.resolved.{number}", reason="resolved").body()
        elif "reopened" in happened:
            yield "customer", Errand(do="draft", notice=f"customer.update.{number}", reason="reopened").body()
        elif "severity_changed" in happened or any(post.kind == "update" for post in posts):
            yield "customer", Errand(do="draft", notice=f"customer.update.{number}", reason="update").body()
    elif "resolved" in happened and "customer" in after.notices:
        yield "customer", Errand(do="withdraw", notice="customer").body()
    elif before and before.status == "SILENCED" and live(after) and named(settings.windows, before.silence):
        yield "customer", Errand(do="draft", notice="customer", reason="maintenance").body()
    elif concerns_customer(after) and (not concerns_customer(before) or "reopened" in happened):
        yield "customer", Errand(do="draft", notice="customer", reason="opened").body()
    for id_, notice in after.notices.items():
        was = before.notices.get(id_) if before else None
        if id_.startswith("customer") and notice.state == "APPROVED" and (was is None or was.state != "APPROVED"):
            for address in settings.channels.customers:
                yield "customer", Errand(do="send", notice=id_, to=address).body()
            yield "customer", Errand(do="settle", notice=id_).body()


# AWS Support ----------------------------------------------------------------------------------------------------------


def concerns_support(incident: Incident | None) -> bool:
    """The runbook's Vendor Escalation: Severity 1 and 2. Only with a diagnosis: a case without one helps nobody."""
    if incident is None or not live(incident) or incident.parent or incident.headline is None:
        return False
    return incident.judged.severity in {1, 2}


def _case(before: Incident | None, after: Incident, settings: Settings) -> Iterator[Post]:
    """The row that drafts a case, with the commit that first makes an incident one for AWS Support: once for each."""
    if not settings.support_case or "case" in after.notices:
        return
    if concerns_support(after) and not concerns_support(before):
        yield Post("case", after.reopen, after.ver + 1, json.dumps({"do": "draft"}))


# afterwards -----------------------------------------------------------------------------------------------------------


def _postmortem(after: Incident, posts: tuple[Post, ...], happened: tuple[str, ...]) -> Iterator[Post]:
    """The runbook asks for one after each Severity 1 and 2."""
    asked = any(post.kind == "postmortem" for post in posts)
    if "resolved" in happened and after.judged.severity <= 2 and not after.parent and not asked:
        yield Post("postmortem", after.reopen)
