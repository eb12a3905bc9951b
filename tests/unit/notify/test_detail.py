"""The bus event's shape is a public name: what the documentation shows is what is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lambdas.incidents.model import Alarm
from lambdas.notify.changes import DETAIL_TYPES
from lambdas.notify.detail import ALARMS, TEXT, detail
from tests.unit.notify.scene import ARN, HEADLINE, ID, NOW, SETTINGS, incident, judged

DOCUMENT = (Path(__file__).parents[3] / "docs" / "integration.md").read_text()


def shape(value: Any) -> Any:
    """Names and kinds, without values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) else type(value).__name__


def test_the_documented_example_has_the_shape_that_is_sent() -> None:
    (example,) = [
        found
        for text in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
        if "version" in (found := json.loads(text))
    ]
    after = incident(
        level=2,
        judged=judged(1, affected=31.4),
        headline=HEADLINE,
        acknowledged_at=NOW + 182,
        acknowledged_by="U0123456789",
    )
    sent = detail(f"{ID}/bus#0#400", "escalated", incident(), after, settings=SETTINGS, now=NOW + 902)
    slack = {"channel": "C0123456789", "ts": "1795489562.000100"}  # added when it is delivered
    assert shape(sent | {"slack": slack}) == shape(example)
    assert sent["at"] == example["at"]
    assert sent["incident"]["opened_at"] == example["incident"]["opened_at"]


def test_every_detail_type_is_documented() -> None:
    listed = dict(re.findall(r"^\| ((?:Incident|Event) [A-Z][\w ]*) \| `(\w+)`", DOCUMENT, re.MULTILINE))
    assert {change: name for name, change in listed.items()} == DETAIL_TYPES


def test_what_is_not_known_is_not_there() -> None:
    sent = detail("x", "opened", None, incident(), settings=SETTINGS, now=NOW)
    assert "was" not in sent
    assert "cause" not in sent
    assert not {"acknowledged_at", "resolved_at", "affected_percent", "storm", "root_cause"} & sent["incident"].keys()
    assert sent["incident"]["reopened"] == 0


def test_a_large_incident_stays_small_enough_for_an_event() -> None:
    alarms = {f"k{n}": Alarm(name="n" * 5000, state="ALARM", at=NOW, arn=ARN) for n in range(300)}
    after = incident(judged=judged(1, impact="i" * 50_000, service="s" * 5000), alarms=alarms, root_cause="r" * 50_000)
    sent = detail("x", "opened", None, after, settings=SETTINGS, now=NOW)
    assert len(sent["alarms"]) == ALARMS
    assert len(sent["incident"]["impact"]) == TEXT
    assert len(json.dumps(sent)) < 60_000
