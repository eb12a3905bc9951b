"""The detail of a bus event (`docs/integration.md`): what trackers need, in one versioned shape. Pure.

Standard library only: on the path to the first post.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident
    from lambdas.settings import Settings

VERSION = 1
ALARMS = 20  # listed at most: an entry of PutEvents takes 1 MB, and a row of ours shall stay small
TEXT = 1000


def detail(
    id_: str, change: str, before: Incident | None, after: Incident, *, settings: Settings, now: int
) -> dict[str, Any]:
    """One transition. `id_` is the same whenever the same transition is told again."""
    head = after.headline
    alarms = sorted(after.alarms.values(), key=lambda alarm: (alarm.at, alarm.name))
    return _without_nothing(
        {
            "version": VERSION,
            "id": id_,
            "sequence": after.ver + 1,
            "change": change,
            "at": _iso(now),
            "environment": {
                "customer": settings.customer,
                "name": settings.environment,
                "account": settings.account,
                "region": settings.region,
            },
            "incident": {
                "id": after.id,
                "status": after.status,
                "severity": after.judged.severity,
                "tier": after.judged.tier,
                "scope": after.judged.scope,
                "service": after.judged.service[:TEXT],
                "resource": after.judged.target[:TEXT],
                "impact": after.judged.impact[:TEXT],
                "affected_percent": after.judged.affected,
                "level": after.level,
                "opened_at": _iso(after.opened_at),
                "detected_at": _iso(after.detected_at),
                "acknowledged_at": _iso(after.acknowledged_at),
                "acknowledged_by": after.acknowledged_by,
                "resolved_at": _iso(after.resolved_at),
                "resolved_by": after.resolved_by,
                "reopened": after.reopen,
                "root_cause": after.root_cause[:TEXT],
                "prevention": after.prevention[:TEXT],
                "previous": after.previous,
                "storm": after.parent,
            },
            "cause": head
            and {
                "id": head.cause,
                "verdict": head.verdict,
                "summary": head.summary[:TEXT],
                "action": head.action[:TEXT],
            },
            "alarms": [
                {"name": alarm.name[:TEXT], "arn": alarm.arn, "state": alarm.state, "at": _iso(alarm.at)}
                for alarm in alarms[:ALARMS]
            ],
            "was": before and {"status": before.status, "severity": before.judged.severity, "level": before.level},
        }
    )


def _iso(at: int | None) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""


def _without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    """What is not known is not there, so that no consumer takes an empty text for a value."""
    kept = {name: _without_nothing(item) if isinstance(item, dict) else item for name, item in value.items()}
    return {name: item for name, item in kept.items() if item not in ("", None, [], {})}
