"""The knowledge base: a page for each cause that has come more than once (runbook, Knowledge Management). Pure.

A page is written anew from the table's rows of that cause, so that it never disagrees with them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lambdas.notify.moments import local
from lambdas.postmortem.document import past_link
from lambdas.postmortem.markdown import code, safe, table
from lambdas.postmortem.places import address, page
from lambdas.postmortem.words import times
from lambdas.slack.text import clock, duration, escape, link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.incidents.past import Past
    from lambdas.settings import Settings

RECURS = 2  # occurrences from which a cause has a page
DAYS = 90
WINDOW = DAYS * 24 * 60 * 60


def article(cause: str, title: str, occurrences: Sequence[Past], settings: Settings, now: int) -> str:
    """A cause's page. `occurrences`: newest first, at least one."""
    return "\n".join(_article(cause, title, occurrences, settings, now)) + "\n"


def _article(cause: str, title: str, occurrences: Sequence[Past], settings: Settings, now: int) -> Iterator[str]:
    zone = settings.time_zone
    recent = [past for past in occurrences if now - past.opened_at <= WINDOW]
    lengths = sorted(past.over_at - past.opened_at for past in occurrences)
    yield f"# {safe(title)}"
    yield ""
    yield f"{code(cause)} · {safe(settings.customer)} {safe(settings.environment)} · kept by Tocsin"
    yield ""
    yield f"- Seen {times(len(occurrences))} in the last 400 days, {times(len(recent))} in the last {DAYS} days."
    yield f"- Last: {local(occurrences[0].opened_at, zone)}, {past_link(occurrences[0], settings)}."
    shortest, middle, longest = (duration(lengths[n]) for n in (0, len(lengths) // 2, -1))
    span = "" if shortest == longest else f" to {longest}; the median is {middle}"
    yield f"- Lasted {shortest}{span}."
    yield ""
    yield "## What ended it"
    yield ""
    ended = Counter(past.fixed for past in occurrences)
    yield from (f"- {safe(what, 400)} ({times(count)})" for what, count in ended.most_common(10))
    yield ""
    yield "## Where"
    yield ""
    where = Counter((past.service, past.target) for past in occurrences)
    yield from (f"- {safe(service)} ({code(target)}): {times(n)}" for (service, target), n in where.most_common(20))
    yield ""
    yield "## Occurrences"
    yield ""
    rows = [
        (
            local(past.opened_at, zone),
            past_link(past, settings),
            f"Severity {past.severity}",
            duration(past.over_at - past.opened_at),
            safe(past.service, 100),
            safe(past.said, 300),
        )
        for past in occurrences
    ]
    yield from table(("when", "incident", "severity", "lasted", "service", "what it was"), rows)


def recurrence(occurrences: Sequence[Past], settings: Settings, now: int) -> str:
    """What the diagnosis' report says of a cause that was there before, as Slack text; empty where it was not."""
    recent = [past for past in occurrences if now - past.opened_at <= WINDOW]
    if not recent:
        return ""
    last = recent[0]
    said = f"🔁 *Seen before:* this cause was there {times(len(recent))} in the last {DAYS} days. "
    said += f"Last {clock(last.opened_at, '{date_short_pretty} {time}')} ({escape(last.incident, 60)}), for "
    said += f"{duration(last.over_at - last.opened_at)}. What ended it: {escape(last.fixed, 400)}"
    if settings.documents and len(occurrences) >= RECURS:
        where = address(settings.region, settings.documents, page(last.cause))
        said += f" {link(where, 'knowledge base')}"
    return said
