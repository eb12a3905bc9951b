"""The diagnosis, whole, for the incident's thread. Pure: a Diagnosis → a payload for chat.postMessage.

The root message carries the headline and the next action; here is everything that an engineer would ask for: evidence
with value, baseline, time, source and link, what was ruled out and why, and what could not be looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.slack.messages import Payload, confidence, context, section
from lambdas.slack.text import clock, code, escape, link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.causes.base import Action, Fact
    from lambdas.diagnosis.model import Diagnosis, Hole, Ranked
    from lambdas.incidents.model import Incident

LEADING = ("confirmed", "likely", "possible")
LIMIT = 2900  # characters of one section, below Slack's 3,000
WHOLE = 9000  # characters of one message: Slack refuses about 13,000 over all blocks (slackapi/bolt-js #2509, #2867)
MESSAGES = 4  # of one report


def report(incident: Incident, diagnosis: Diagnosis, before: str = "") -> list[Payload]:
    """The full report, best cause first, in as few messages as Slack takes.

    `before`: what is known of the leading cause from earlier incidents, as mrkdwn.
    """
    messages: list[list[str]] = [[before] if before else []]
    for text in _sections(diagnosis):
        if sum(map(len, messages[-1])) + len(text) > WHOLE:
            messages.append([])
        messages[-1].append(text)
    if len(messages) > MESSAGES:
        left_out = sum(len(texts) for texts in messages[MESSAGES:])
        messages = [
            *messages[: MESSAGES - 1],
            [*messages[MESSAGES - 1], f"… and {left_out} more parts, left out here."],
        ]
    head = diagnosis.headline
    said = f"Diagnosis: {confidence(head.id, head.judgement.verdict)}: {head.judgement.summary or head.title}"
    return [
        _message(incident, number, said if number == 0 else f"Diagnosis, part {number + 1}", texts, _footer(diagnosis))
        for number, texts in enumerate(messages)
    ]


def _message(incident: Incident, number: int, said: str, texts: list[str], footer: str) -> Payload:
    blocks = [*map(section, texts), context([footer])]
    return {
        "text": escape(said, 1500),
        "blocks": [{**part, "block_id": f"{incident.id}.report.{number}.{n}"} for n, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def failed(incident: Incident, error: Exception) -> list[Payload]:
    """What is said when the diagnosis itself broke."""
    text = (
        f"⚠️ The diagnosis could not be run: {code(type(error).__name__)}. Nothing was looked at, so nothing is ruled "
        "out. Please diagnose by hand; the error is in the function's log."
    )
    return [{"text": text, "blocks": [section(text) | {"block_id": f"{incident.id}.report.failed"}]}]


def _sections(diagnosis: Diagnosis) -> Iterator[str]:
    head = diagnosis.headline
    yield from _packed([f"🔎 *{escape(head.title, 200)}*  {code(head.id)}", *_cause(head)])
    effects = [cause for cause in diagnosis.causes if cause.effect_of and cause.judgement.verdict in LEADING]
    others = [
        cause
        for cause in diagnosis.causes[1:]
        if cause.judgement.verdict in LEADING and not cause.effect_of and cause.id != "unknown"
    ]
    sure = head.judgement.verdict == "confirmed"
    maybe = [cause for cause in others if sure and cause.judgement.verdict == "possible"]
    others = [cause for cause in others if cause not in maybe]
    for other in others[:5]:
        yield from _packed([f"*Also: {escape(other.title, 200)}*  {code(other.id)}", *_cause(other)])
    if effects:
        lines = [f"• {escape(e.title, 150)}: {escape(e.judgement.summary, 400)}" for e in effects]
        yield from _packed([f"*Effects of it, not causes* ({len(effects)})", *lines])
    if maybe:  # beside a confirmed cause, what merely fits is a line each, not a second diagnosis
        lines = [f"• {escape(m.title, 150)}: {_why(m)}" for m in maybe]
        yield from _packed([f"*Not excluded, not needed to explain it* ({len(maybe)})", *lines])
    dismissed = [cause for cause in diagnosis.causes if cause.judgement.verdict == "ruled_out"]
    if dismissed:
        lines = [f"• {escape(cause.title, 150)}: {_why(cause)}" for cause in dismissed]
        yield from _packed([f"*Ruled out* ({len(dismissed)})", *lines])
    gaps = [_hole(hole) for hole in diagnosis.gaps]
    blind = [cause for cause in diagnosis.causes if cause.judgement.verdict == "could_not_check"]
    if gaps or blind:
        named = ", ".join(escape(cause.title, 100) for cause in blind)
        lines = [*gaps, *([f"So these stay open: {named}"] if named else [])]
        yield from _packed(["*Could not be looked at*", *lines])


def _cause(cause: Ranked) -> Iterator[str]:
    judgement = cause.judgement
    yield f"*{confidence(cause.id, judgement.verdict)}:* {escape(judgement.summary or cause.title, 900)}"
    for fact in judgement.evidence[:12]:
        yield f"• {_fact(fact)}"
    if judgement.would_confirm and judgement.verdict != "confirmed":
        yield f"_What would confirm it:_ {escape(judgement.would_confirm, 500)}"
    if judgement.missing and cause.id != "unknown":  # what `unknown` missed stands in full below
        yield f"_Not seen:_ {escape('; '.join(judgement.missing), 500)}"
    for n, action in enumerate(judgement.actions, 1):
        yield f"*{n}.* {_action(action)}"


def _hole(hole: Hole) -> str:
    first, *rest = hole.checks
    also = f" _(and so {len(rest)} more: {escape('; '.join(rest), 200)})_" if rest else ""
    return f"• {escape(first, 150)}: {escape(hole.why, 250)}{also}"


def _fact(fact: Fact) -> str:
    parts = [escape(fact.text, 700)]
    if fact.value and not _told(fact.value, fact.text):
        parts.append(f"*{escape(fact.value, 100)}*")
    if fact.baseline and not _told(fact.baseline.split(" (")[0].removesuffix(" before"), fact.text):
        kind = "" if _KIND.search(fact.baseline) else "usually "
        parts.append(f"({kind}{escape(fact.baseline, 100)})")
    if fact.at:
        parts.append(f"at {clock(fact.at.timestamp(), '{time_secs}')}")
    if fact.source:
        parts.append(f"- {link(fact.link, fact.source) if fact.link else escape(fact.source, 150)}")
    return " ".join(parts)


def _told(figure: str, text: str) -> bool:
    """Whether a text gives a figure already: once is enough."""
    return re.search(rf"(?<![\w.,]){re.escape(figure)}(?![\w]|[.,]\d)", text) is not None


_KIND = re.compile(r"\b(before|earlier|usual|other days|days ago|up to)\b|^of ")  # the baseline says what it is


def _action(action: Action) -> str:
    text = escape(action.text, 700)
    if action.link:
        text += f" {link(action.link, 'open')}"
    return f"{text}\n{code(action.command, 600)}" if action.command else text


def _why(cause: Ranked) -> str:
    judgement = cause.judgement
    said = judgement.summary or "; ".join(fact.text for fact in judgement.evidence[:2])
    return escape(said, 220)


def _footer(diagnosis: Diagnosis) -> str:
    runs = {run.check: run for step in diagnosis.steps for run in step.checks}
    looked = sum(run.outcome == "looked" for run in runs.values())
    return escape(
        f"{diagnosis.section} · {looked} of {len(runs)} checks looked, in {diagnosis.milliseconds / 1000:.1f} s", 500
    )


def _packed(lines: Iterable[str]) -> Iterator[str]:
    """Join lines into as few sections as Slack's limit allows."""
    text = ""
    for line in lines:
        if text and len(text) + 1 + len(line) > LIMIT:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text
