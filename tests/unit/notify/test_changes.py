from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lambdas.incidents.model import Remedy
from lambdas.notify.changes import DETAIL_TYPES, changes, live
from tests.unit.notify.scene import HEADLINE, NOW, incident, judged

REMEDY = Remedy(id="r", kind="scale_out", target="t", title="t", now="2", then="4")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, ("opened",)),
        (None, {"status": "NOTED"}, ("noted",)),
        (None, {"status": "SILENCED"}, ("silenced",)),
        ({}, {}, ()),
        ({}, {"next_update": NOW + 5}, ()),
        ({"status": "SILENCED"}, {}, ("opened",)),
        ({}, {"status": "RECOVERING"}, ("recovering",)),
        ({"status": "RECOVERING"}, {}, ("relapsed",)),
        ({"status": "RECOVERING"}, {"status": "RESOLVED", "resolved_at": NOW}, ("resolved",)),
        ({}, {"status": "RESOLVED", "resolved_at": NOW}, ("resolved",)),
        ({"status": "RESOLVED"}, {"reopen": 1}, ("reopened",)),
        ({"status": "RESOLVED"}, {"reopen": 1, "judged": judged(2)}, ("reopened", "severity_changed")),
        ({}, {"level": 2}, ("escalated",)),
        ({"level": 3}, {"level": 1}, ()),
        ({}, {"acknowledged_at": NOW, "acknowledged_by": "U1"}, ("acknowledged",)),
        ({}, {"headline": HEADLINE}, ("diagnosed",)),
        ({"headline": HEADLINE}, {"headline": HEADLINE}, ()),
        ({}, {"snoozed_until": NOW + 900}, ("snoozed",)),
        ({}, {"parent": "INC-2"}, ("attached",)),
        ({"parent": "INC-2"}, {}, ("opened",)),
        ({"parent": "INC-2"}, {"status": "RESOLVED"}, ("resolved",)),
        ({}, {"remedies": {"r": REMEDY}}, ("remedied",)),
        ({"remedies": {"r": REMEDY}}, {"remedies": {"r": replace(REMEDY, state="APPLIED")}}, ("remedied",)),
        ({}, {"judged": judged(2), "level": 2}, ("severity_changed", "escalated")),
    ],
)
def test_what_happened_between_two_versions(
    before: dict[str, Any] | None, after: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert changes(None if before is None else incident(**before), incident(**after)) == expected
    assert set(expected) <= DETAIL_TYPES.keys()


def test_nobody_is_told_of_a_storms_part_or_of_what_is_silenced_or_over() -> None:
    assert live(incident())
    assert live(incident(status="RECOVERING"))
    assert not any(
        map(live, (None, incident(parent="INC-2"), incident(status="SILENCED"), incident(status="RESOLVED")))
    )
