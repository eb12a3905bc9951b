"""A report's Slack summary: worst first, on one screen; a quiet day is one line. Pure.

Every value from outside goes through `slack/text.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas import console
from lambdas.reviews.words import MARKS, money, when
from lambdas.slack.messages import context, section
from lambdas.slack.text import clean, code, escape, link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.reviews.model import Item, Report
    from lambdas.settings import Settings
    from lambdas.slack.messages import Payload

SHOWN = 7  # findings: what fits on a phone's screen without scrolling far
GROUPED = 3  # subjects that one line names
GAPS = 3
LINE = 320  # characters


def summary(report: Report, settings: Settings, links: Mapping[str, str] | None = None) -> Payload:
    """The message. `links`: label → address of the documents."""
    foot = [link(url, label) for label, url in (links or {}).items()]
    if settings.dashboard:
        foot.append(link(console.dashboard(settings.region, settings.dashboard), "dashboard"))
    title = f"{report.title} {report.slot.day}, {report.environment}"
    if report.quiet:
        text = f"✅ *{escape(title, 200)}*: {escape(_small(report.headline), 500)}"
        return _message(report, f"✅ {title}: {report.headline}", [section(" · ".join([text, *foot]))])
    loud = [item for item in report.items if item.weight != "info"]
    known = [item for item in loud if item.known] if report.kind == "hourly" else []
    loud = [item for item in loud if item not in known]
    worst = loud[0].weight if loud else ""
    sign = MARKS["critical"] if worst == "critical" else "🟠" if worst == "warning" else "💡" if worst else "❔"
    lead = [f"{sign} *{escape(title, 200)}*", escape(report.headline, 600)]
    if known:
        lead.append(f"{len(known)} of them stood before and are in the report.")
    if report.saving:
        lead.append(f"Worth up to *{money(report.saving)}* a month; some of it may overlap.")
    blocks = [section("\n".join(lead))]
    groups = _groups(loud)
    blocks += [section(_line(group)) for group in groups[:SHOWN]]
    if rest := groups[SHOWN:]:
        count = sum(len(group) for group in rest)
        blocks.append(context([f"… and {count} more in the report."]))
    gaps = [f"❔ Could not look, {escape(where, 120)}: {escape(why, 200)}" for where, why in report.gaps]
    if len(gaps) > GAPS:
        gaps = [*gaps[:GAPS], f"… and {len(gaps) - GAPS} more gaps."]
    gaps += [f"⏭️ {escape(sentence, 300)}" for sentence in report.missed[:GAPS]]
    if gaps:
        blocks.append(context(gaps))
    span = f"{when(report.slot.start, report.slot.zone)} to {when(report.slot.end, report.slot.zone)}"
    blocks.append(context([" · ".join([*foot, escape(span, 100)])]))
    return _message(report, f"{sign} {title}: {report.headline}", blocks)


def _groups(items: list[Item]) -> list[list[Item]]:
    """Findings of one kind together: ten alarms without an OK action are one line."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.id, []).append(item)
    return list(found.values())


def _line(group: list[Item]) -> str:
    first = group[0]
    text = f"{MARKS[first.weight]} {code(first.subject, 120)} {escape(first.text, LINE)}"
    if first.saving:
        text += f" *{money(first.saving)} a month.*"
    others = group[1:]
    if others:
        named = ", ".join(code(item.subject, 60) for item in others[:GROUPED])
        more = f" and {len(others) - GROUPED} more" if len(others) > GROUPED else ""
        text += f"\nThe same: {named}{more}."
    return text


def _small(text: str) -> str:
    """A sentence as the rest of a line."""
    return text[:1].lower() + text[1:]


def _message(report: Report, text: str, blocks: list[Payload]) -> Payload:
    name = f"{report.kind}.{report.slot.id}"
    return {
        "text": escape(clean(text, 2900), 3000),
        "blocks": [{**part, "block_id": f"{name}.{number}"} for number, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }
