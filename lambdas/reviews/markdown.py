"""The full report as Markdown (CommonMark with tables). Pure; every value from outside is escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.reviews.svg import figure
from lambdas.reviews.words import MARKS, money, when
from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.reviews.model import Curve, Item, Report, Section, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")
_START = re.compile(r"^(\s*)([-=+]|\d+[.)])")


def page(report: Report) -> str:
    """The whole report."""
    zone = report.slot.zone
    lines = [
        f"# {safe(report.title)}: {safe(report.environment)}, {report.slot.day}",
        "",
        f"**{safe(report.headline)}**",
        "",
        f"{when(report.slot.start, zone)} to {when(report.slot.end, zone)} ({safe(zone)}).",
        f"Account {safe(report.account)}, {safe(report.region)}. Made {when(report.made_at, zone)}.",
        "",
    ]
    lines += [f"- ⚠️ {safe(one)}" for one in report.missed]
    if report.saving:
        lines += [f"All advice together would save about {money(report.saving)} a month.", ""]
    for section in report.sections:
        lines += _section(section, zone)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, zone: str) -> Iterator[str]:
    yield f"## {safe(section.title)}"
    yield ""
    yield f"*Runbook: {safe(section.runbook)}*"
    yield ""
    for gap in section.gaps:
        yield f"- ❓ **Could not look:** {safe(gap)}"
    for item in section.items:
        yield from _item(item, zone)
    if section.more:
        yield f"- … and {section.more} more"
    if not section.items and not section.gaps:
        yield "Nothing to report."
    yield ""
    for note in section.notes:
        yield safe(note.text)
        yield ""
    for table in section.tables:
        yield from _table(table)
    for curve in section.curves:
        yield from _curve(curve)


def _item(item: Item, zone: str) -> Iterator[str]:
    known = " *(known)*" if item.known else ""
    yield f"- {MARKS[item.weight]} **{safe(item.subject)}**: {safe(item.text)}{known} `{item.id}`"
    if item.saving is not None:
        yield f"  - saves about {money(item.saving)} a month"
    if item.risk:
        yield f"  - risk: {safe(item.risk)}"
    for fact in item.facts:
        at = f"{when(fact.at, zone)}: " if fact.at else ""
        value = f" ({safe(fact.value)})" if fact.value else ""
        source = _link(fact.source or "open", fact.link) if fact.link else safe(fact.source)
        yield f"  - {at}{safe(fact.text)}{value} {source}".rstrip()
    for action in item.actions:
        link = f" {_link('open', action.link)}" if action.link else ""
        yield f"  - **do:** {safe(action.text)}{link}"
        if action.command:
            yield from _code(action.command, "sh")
    if item.code:
        yield from _code(item.code, "python")


def _code(text: str, language: str) -> Iterator[str]:
    fence = "```"
    while fence in text:
        fence += "`"
    yield ""
    yield f"    {fence}{language}"
    for line in clean(text, 8000).splitlines():
        yield f"    {line}"
    yield f"    {fence}"
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"### {safe(table.title)}"
    yield ""
    yield "| " + " | ".join(safe(column) for column in table.columns) + " |"
    yield "|" + "|".join("--:" if n in table.right else "---" for n in range(len(table.columns))) + "|"
    for row in table.rows:
        yield "| " + " | ".join(safe(cell) for cell in row) + " |"
    if table.more:
        yield ""
        yield f"… and {table.more} more"
    yield ""


def _curve(curve: Curve) -> Iterator[str]:
    yield f"### {safe(curve.title)}"
    yield ""
    if curve.about:
        yield safe(curve.about)
        yield ""
    for line in curve.lines:
        if line.points:
            values = [value for _, value in line.points]
            last = f"{figure(values[-1])} {safe(curve.unit)}".rstrip()
            yield f"- {safe(line.label)}: {figure(min(values))} to {figure(max(values))}, last {last}"
    yield ""


def safe(text: str) -> str:
    """A value on one line that can form no markup."""
    one = _SPECIAL.sub(r"\\\1", " ".join(clean(text, 2000).split()))
    return _START.sub(r"\1\\\2", one)


def _link(label: str, url: str) -> str:
    """A link to a page; what is no page's address is only its label."""
    if not url.startswith(("https://", "http://")):
        return safe(label)
    plain = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    return f"[{safe(label)}]({plain})"
