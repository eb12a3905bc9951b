"""Statistics over incidents: what counts, what was treated as real, and how fast it was answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.incidents.model import Alarm, Headline, Incident, Judged, Remedy
from lambdas.reviews.history.incidents import UNKNOWN, cause_of, counted, length, nearest, real, response, treated

AT = 1_795_489_560
BASE = Incident(
    id="i", status="RESOLVED",
    judged=Judged(severity=2, tier="warning", scope="s", service="web", target="t", impact="i"),
    alarms={"k": Alarm(name="a", state="OK", at=AT)}, opened_at=AT,
    detected_at=AT, clock_from=AT, resolved_at=AT + 3600,
)  # fmt: skip
LINE = Headline(cause="ecs.out_of_memory", title="", verdict="confirmed", summary="")
CHANGE = Remedy(id="r", kind="r", target="", title="", now="", then="", state="VERIFIED")


@pytest.mark.parametrize(
    ("incident", "counts", "did", "was_real"),
    [
        (BASE, True, False, False),
        (replace(BASE, acknowledged_at=AT + 60), True, False, False),
        (replace(BASE, acknowledged_at=AT + 60, level=2), True, False, True),
        (replace(BASE, acknowledged_at=AT, judged=replace(BASE.judged, severity=1)), True, False, True),
        (replace(BASE, remedies={"r": CHANGE}), True, True, True),
        (replace(BASE, remedies={"r": replace(CHANGE, state="PROPOSED")}), True, False, False),
        (replace(BASE, resolved_by="U1"), True, True, True),
        (replace(BASE, root_cause="a leak"), True, True, True),
        (replace(BASE, status="NOTED"), False, False, False),
        (replace(BASE, parent="storm"), False, False, False),
        (replace(BASE, silence="window"), False, False, False),
    ],
)
def test_what_counts(incident: Incident, *, counts: bool, did: bool, was_real: bool) -> None:
    assert bool(counted([incident])) is counts
    assert treated(incident) is did
    assert real(incident) is was_real


@pytest.mark.parametrize(
    ("headline", "cause"),
    [
        (None, UNKNOWN), (LINE, "ecs.out_of_memory"), (replace(LINE, verdict="possible"), UNKNOWN),
        (replace(LINE, cause="unknown"), UNKNOWN),
    ],
)  # fmt: skip
def test_cause_of(headline: Headline | None, cause: str) -> None:
    assert cause_of(replace(BASE, headline=headline)) == cause


def test_an_incident_that_nobody_acknowledged_missed_its_target() -> None:
    own = [replace(BASE, acknowledged_at=AT + 300 * n) for n in (1, 2, 9)]
    found = response(2, [*own, BASE, replace(BASE, judged=replace(BASE.judged, severity=3))])
    assert (found.incidents, found.acknowledged, found.acknowledged_in_time) == (4, 3, 2)
    assert (found.acknowledge_median, found.acknowledge_p90) == (600, 2700)
    assert (found.resolved_in_time, found.resolve_target) == (4, 14400)


@pytest.mark.parametrize(("share", "value"), [(0.9, 9), (0.5, 5), (1.0, 10)])
def test_nearest_rank(share: float, value: float) -> None:
    assert nearest([float(n) for n in range(1, 11)], share) == value


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "unknown"), (42, "42 s"), (720, "12 min"), (7200, "2.0 h"), (259200, "3.0 days")]
)
def test_length(seconds: float | None, text: str) -> None:
    assert length(seconds) == text
