"""One payload → one `Alert`. Never raises: what is not understood is kind 'unknown' and carries its text."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from datetime import UTC, datetime
from typing import Any

from lambdas import alerts
from lambdas.alerts.base import SOURCES, Origin
from lambdas.alerts.model import Alert
from lambdas.alerts.unwrap import Delivery
from lambdas.alerts.values import clip, dumps, loads

for _module in pkgutil.iter_modules(alerts.__path__, f"{alerts.__name__}."):
    if _module.name != __name__:
        importlib.import_module(_module.name)

_SURPRISES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def parse(body: Any, *, now: datetime | None = None) -> Alert:
    """Read a delivery, or a bare payload. `now` is the time of what carries none (default: the clock)."""
    delivery = body if isinstance(body, Delivery) else Delivery(body=body)
    held = loads(delivery.body) if isinstance(delivery.body, str) else delivery.body
    origin = Origin(at=delivery.at or now or datetime.now(UTC), topic=delivery.topic, message_id=delivery.message_id)
    if not isinstance(held, dict):
        return _unknown(delivery.body, origin, "This is not a JSON object.")
    held = _storable(held)
    for name in sorted(SOURCES):
        try:
            alert = SOURCES[name](held, origin)
        except _SURPRISES as surprise:
            # a shape that looked familiar and was not: people get its text, and the reason
            return _unknown(held, origin, f"{name.rpartition('.')[2]}: {type(surprise).__name__}: {surprise}")
        if alert is not None:
            return alert
    return _unknown(held, origin, "No source knows this shape.")


def _storable(held: dict[str, Any]) -> dict[str, Any]:
    """Lone surrogates survive JSON, and nothing that stores or posts text takes them."""
    try:
        json.dumps(held, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        cleaned = loads(dumps(held))
        return cleaned if isinstance(cleaned, dict) else {}
    except _SURPRISES:
        pass  # nested beyond reason: a source reads what it needs, or the text is shown
    return held


def _unknown(body: Any, origin: Origin, why: str) -> Alert:
    written = dumps(body)
    digest = hashlib.sha256(written.encode()).hexdigest()[:12]
    return Alert(
        kind="unknown",
        source="unknown",
        name=f"Message not understood ({digest})",
        state="ALARM",
        at=origin.at,
        account=origin.account,
        region=origin.region,
        partition=origin.partition,
        reason=clip(why, 500),
        description=clip(written),
        event_id=origin.message_id or digest,
    )
