"""A report as JSON: beside the page for machines, and a section in the table until its review is complete. Pure."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.causes.base import Action, Fact
from lambdas.reviews.model import Curve, Item, Line, Mark, Note, Section, Table

if TYPE_CHECKING:
    from lambdas.reviews.model import Report

SCHEMA = 1


def document(report: Report) -> dict[str, Any]:
    """The report's machine-readable form. Field names are those of `model`; times are ISO 8601, UTC.

    Beside the fields: `schema`, `title`, `headline`, `quiet`, `counts` by weight, `saving_usd_month`.
    """
    return {
        "schema": SCHEMA,
        "kind": report.kind,
        "title": report.title,
        "environment": report.environment,
        "account": report.account,
        "region": report.region,
        "slot": plain(report.slot),
        "made_at": iso(report.made_at),
        "headline": report.headline,
        "quiet": report.quiet,
        "counts": report.counts,
        "saving_usd_month": round(report.saving, 2),
        "missed": list(report.missed),
        "sections": [plain(section) for section in report.sections],
    }


def pack(section: Section) -> bytes:
    """One section, as small as it goes."""
    text = json.dumps(plain(section), separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), mtime=0)


def unpack(raw: bytes) -> Section:
    """The section again."""
    return section_of(json.loads(gzip.decompress(raw)))


def section_of(raw: dict[str, Any]) -> Section:
    """A section from its JSON."""
    return Section(
        id=raw["id"],
        title=raw["title"],
        runbook=raw["runbook"],
        items=tuple(_item(one) for one in raw["items"]),
        tables=tuple(_table(one) for one in raw["tables"]),
        curves=tuple(_curve(one) for one in raw["curves"]),
        notes=tuple(Note(text=one["text"], count=tuple((n, c) for n, c in one["count"])) for one in raw["notes"]),
        gaps=tuple(raw["gaps"]),
        more=raw["more"],
    )


def plain(value: Any) -> Any:
    """A value of `model` as JSON takes it."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def iso(at: datetime) -> str:
    """A time as JSON takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _item(raw: dict[str, Any]) -> Item:
    facts = tuple(Fact(**{**one, "at": _moment(one["at"])}) for one in raw["facts"])
    return Item(**{**raw, "facts": facts, "actions": tuple(Action(**one) for one in raw["actions"])})


def _table(raw: dict[str, Any]) -> Table:
    rows = tuple(tuple(row) for row in raw["rows"])
    return Table(**{**raw, "columns": tuple(raw["columns"]), "rows": rows, "right": tuple(raw["right"])})


def _curve(raw: dict[str, Any]) -> Curve:
    lines = tuple(
        Line(
            label=one["label"],
            points=tuple((datetime.fromisoformat(at), value) for at, value in one["points"]),
            faint=one["faint"],
        )
        for one in raw["lines"]
    )
    marks = tuple(Mark(at=datetime.fromisoformat(one["at"]), label=one["label"]) for one in raw["marks"])
    return Curve(**{**raw, "lines": lines, "marks": marks})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
