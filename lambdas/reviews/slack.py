"""A report's Slack summary: worst first, on one screen; a quiet day is one line. Pure.

Every value from outside goes through `slack/text.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lambdas import console
from lambdas.reviews.words import MARKS, money, when
from lambdas.slack.messages import context, section
from lambdas.slack.text import clean, code, escape, link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.reviews.model import Curve, Item, Report
    from lambdas.settings import Settings
    from lambdas.slack.messages import Payload

SHOWN = 7  # findings: what fits on a phone's screen without scrolling far
GROUPED = 3  # subjects that one line names
GAPS = 3
LINE = 320  # characters
CHARTS = 2  # of one message
POINTS = 20  # of one of Slack's charts
LINES = 5  # beside the threshold


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


def charts(report: Report) -> Payload | None:
    """The first charts of what was found, for the summary's thread; None where there is none."""
    loud = {item.id.rpartition(".")[0] for item in report.items if item.weight != "info" and not item.known}
    curves = [curve for one in report.sections if one.id in loud for curve in one.curves]
    found = [curve for curve in curves if any(line.points for line in curve.lines)]
    if not found:
        return None
    text = f"{report.title} {report.slot.day}: {', '.join(curve.title for curve in found[:CHARTS])}"
    return _message(report, text, [_chart(curve, report.slot.zone) for curve in found[:CHARTS]], "chart")


def _chart(curve: Curve, zone: str) -> Payload:
    """One curve as Slack draws it: few points, each the highest of its stretch; all lines at the same times."""
    first = min(line.points[0][0] for line in curve.lines if line.points)
    last = max(line.points[-1][0] for line in curve.lines if line.points)
    width = max((last - first) / POINTS, timedelta(minutes=1))
    times = [first + n * width for n in range(POINTS)]
    form = "%d %b" if last - first > timedelta(days=2) else "%H:%M"
    labels = [f"{at.astimezone(ZoneInfo(zone)):{form}}" for at in times]
    labels = [label if label not in labels[:n] else f"{label} ({n})" for n, label in enumerate(labels)]
    series = []
    for line in curve.lines[:LINES]:
        data = []
        for at, label in zip(times, labels, strict=True):
            values = [value for moment, value in line.points if at <= moment < at + width]
            if values:
                data.append({"label": label, "value": round(max(values), 4)})
        if data:
            series.append({"name": clean(line.label, 20), "data": data})
    if curve.threshold is not None:
        data = [{"label": label, "value": curve.threshold} for label in labels]
        series.append({"name": "threshold", "data": data})
    title = clean(f"{curve.title}{f' ({curve.unit})' if curve.unit else ''}", 50)
    axes: dict[str, Any] = {"type": "line", "series": series, "axis_config": {}}
    return {"type": "data_visualization", "title": title, "chart": axes}


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


def _message(report: Report, text: str, blocks: list[Payload], what: str = "") -> Payload:
    name = f"{report.kind}.{report.slot.id}{what}"
    return {
        "text": escape(clean(text, 2900), 3000),
        "blocks": [{**part, "block_id": f"{name}.{number}"} for number, part in enumerate(blocks)],
        "unfurl_links": False,
        "unfurl_media": False,
    }
