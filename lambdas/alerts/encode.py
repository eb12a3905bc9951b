"""An alert as JSON and back, so that its incident can be diagnosed again later. On the path to the first post."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from lambdas.alerts.model import Alert, Child, Metric

LIMIT = 100_000  # characters of one text field: a table item holds 400 KB


def encode(alert: Alert) -> str:
    """JSON that `decode` reads back; long texts are cut visibly, an oversized event detail is left out."""
    values = asdict(alert)
    for name, value in values.items():
        if isinstance(value, str) and len(value) > LIMIT:
            values[name] = value[:LIMIT] + " … (cut)"
    if len(json.dumps(values["detail"], default=str)) > LIMIT:
        values["detail"] = {"left out": "the event's detail was larger than the timeline keeps"}
    return json.dumps(values, default=_text, separators=(",", ":"))


def decode(text: str) -> Alert:
    """Read an encoded alert back."""
    raw: dict[str, Any] = json.loads(text)
    raw["at"] = datetime.fromisoformat(raw["at"])
    raw["observed_at"] = datetime.fromisoformat(raw["observed_at"]) if raw["observed_at"] else None
    raw["metrics"] = tuple(Metric(**metric) for metric in raw["metrics"])
    raw["children"] = tuple(
        Child(**child | {"at": datetime.fromisoformat(child["at"]) if child["at"] else None})
        for child in raw["children"]
    )
    raw["recent"] = tuple(raw["recent"])
    raw["resources"] = tuple(raw["resources"])
    return Alert(**raw)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
