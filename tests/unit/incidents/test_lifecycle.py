"""The reducer by tables, and by what must hold whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.incidents.cadence import CADENCE, HOLD, MINUTE, QUIET, REOPEN
from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import (
    Alarm,
    Cleared,
    Diagnosed,
    Event,
    Headline,
    Incident,
    Judged,
    Noted,
    Post,
    Raised,
    Silent,
    Tick,
)

T0 = 1_000_000
KEY = "arn:cpu"


def judged(severity: int = 2) -> Judged:
    return Judged(
        severity=severity,
        tier="critical",
        scope="single service",
        service="checkout",
        target="ecs:prod/checkout",
        impact="CPU 88 %",
    )


def raised(at: int = T0, *, key: str = KEY, state: str = "ALARM", severity: int = 2) -> Raised:
    alarm = Alarm(name=key, state=state, at=at, arn="" if state == "EVENT" else key, region="eu-west-1")
    return Raised(key=key, alarm=alarm, judged=judged(severity), incident_id=f"INC-{at}")


def play(*steps: tuple[Event, int]) -> tuple[Incident, list[str]]:
    """Apply events; returns the last state and every post's key."""
    incident: Incident | None = None
    posts: list[str] = []
    for event, now in steps:
        incident, new = reduce(incident, event, now)
        if incident is not None:
            incident = replace(incident, ver=incident.ver + 1)
        posts += [post.key for post in new]
    assert incident is not None
    return incident, posts


def kinds(posts: list[str]) -> list[str]:
    return [Post.of(key).kind for key in posts]


OK = Cleared(key=KEY, at=T0 + 60)
VERIFIED = Tick(states={KEY: "OK"})


def test_an_alarm_opens_and_is_announced_before_it_is_diagnosed() -> None:
    incident, posts = play((raised(), T0 + 2))
    assert posts == ["initial#0#0", "diagnosis#0#0"]
    assert (incident.status, incident.opened_at, incident.detected_at) == ("OPEN", T0, T0 + 2)


@pytest.mark.parametrize(("severity", "minutes"), [(1, 15), (2, 30), (3, None)])
def test_the_promised_update_is_the_runbooks(severity: int, minutes: int | None) -> None:
    incident, _ = play((raised(severity=severity), T0))
    assert incident.next_update == (T0 + minutes * MINUTE if minutes else None)


def test_ok_is_held_then_verified_then_resolved() -> None:
    held, posts = play((raised(), T0), (OK, T0 + 60))
    assert (held.status, held.recover_at) == ("RECOVERING", T0 + 60 + HOLD)
    assert kinds(posts)[2:] == ["edit"]
    resolved, posts = play((raised(), T0), (OK, T0 + 60), (VERIFIED, T0 + 60 + HOLD))
    assert (resolved.status, resolved.resolved_at, resolved.due) == ("RESOLVED", T0 + 60 + HOLD, None)
    assert kinds(posts)[-1] == "resolved"


def test_a_hold_that_is_not_over_resolves_nothing() -> None:
    incident, _ = play((raised(severity=3), T0), (OK, T0 + 60), (VERIFIED, T0 + 60 + HOLD - 1))
    assert incident.status == "RECOVERING"


def test_an_alarm_that_cloudwatch_still_sees_is_not_resolved() -> None:
    incident, posts = play((raised(), T0), (OK, T0 + 60), (Tick(states={KEY: "ALARM"}), T0 + 60 + HOLD))
    assert (incident.status, incident.recover_at) == ("OPEN", None)
    assert "resolved" not in kinds(posts)


def test_what_could_not_be_verified_is_said_once_and_tried_again() -> None:
    blind = Tick(unverified="DescribeAlarms: AccessDenied")
    now = T0 + 60 + HOLD
    incident, posts = play((raised(), T0), (OK, T0 + 60), (blind, now), (blind, now + 60), (VERIFIED, now + 120))
    assert incident.status == "RESOLVED"
    assert kinds(posts)[2:] == ["edit", "edit", "resolved"]  # recovering; could not verify; resolved


def test_flapping_restores_the_state_and_doubles_the_hold_at_the_third() -> None:
    steps: list[tuple[Event, int]] = [(raised(), T0)]
    for n in range(1, 4):
        steps += [(Cleared(key=KEY, at=T0 + n * 100), T0 + n * 100), (raised(T0 + n * 100 + 50), T0 + n * 100 + 50)]
    incident, posts = play(*steps)
    assert (incident.status, incident.flaps) == ("OPEN", 3)
    assert kinds(posts).count("flapping") == 1
    held, _ = play(*steps, (Cleared(key=KEY, at=T0 + 900), T0 + 900))
    assert held.recover_at == T0 + 900 + 2 * HOLD


@pytest.mark.parametrize(("after", "reopens"), [(REOPEN, True), (REOPEN + 1, False)])
def test_an_alarm_soon_after_the_resolution_reopens_the_thread(after: int, *, reopens: bool) -> None:
    over = T0 + 60 + HOLD
    steps = ((raised(), T0), (OK, T0 + 60), (VERIFIED, over))
    incident, posts = play(*steps, (raised(over + after), over + after))
    if reopens:
        assert (incident.id, incident.status, incident.reopen) == (f"INC-{T0}", "OPEN", 1)
        assert posts[-2:] == ["reopened#1#0", "diagnosis#1#0"]
        assert incident.next_update == over + after + 30 * MINUTE
    else:
        assert incident.id == f"INC-{over + after}"
        assert posts[-2:] == ["initial#0#0", "diagnosis#0#0"]


def test_a_second_alarm_joins_and_can_only_make_it_worse() -> None:
    worse, posts = play((raised(severity=3), T0), (raised(T0 + 5, key="arn:5xx", severity=1), T0 + 5))
    assert (worse.judged.severity, len(worse.alarms)) == (1, 2)
    assert kinds(posts)[2:] == ["joined", "edit"]
    same, _ = play((raised(severity=1), T0), (raised(T0 + 5, key="arn:5xx", severity=3), T0 + 5))
    assert same.judged.severity == 1


def test_it_recovers_only_when_each_alarm_is_ok() -> None:
    both = ((raised(), T0), (raised(T0 + 5, key="arn:5xx"), T0 + 5))
    one, _ = play(*both, (OK, T0 + 60))
    assert one.status == "OPEN"
    none, _ = play(*both, (OK, T0 + 60), (Cleared(key="arn:5xx", at=T0 + 90), T0 + 90))
    assert none.status == "RECOVERING"


def test_insufficient_data_is_timeline_only() -> None:
    incident, posts = play((raised(), T0), (Silent(key=KEY, at=T0 + 60), T0 + 60))
    assert incident.status == "OPEN"
    assert incident.alarms[KEY].state == "INSUFFICIENT_DATA"
    assert kinds(posts) == ["initial", "diagnosis"]


def test_events_that_never_say_they_are_over_end_after_a_quiet_time() -> None:
    event = raised(state="EVENT")
    incident, posts = play((event, T0), (Tick(), T0 + QUIET))
    assert (incident.status, kinds(posts)[-1]) == ("RESOLVED", "resolved")
    again, _ = play((event, T0), (raised(T0 + 600, state="EVENT"), T0 + 600), (Tick(), T0 + QUIET))
    assert again.status == "OPEN"


def test_a_diagnosis_edits_the_root_and_may_change_the_severity() -> None:
    headline = Headline(cause="ecs.image_missing", title="t", verdict="confirmed", summary="s")
    event = Diagnosed(headline=headline, judged=judged(1))
    incident, posts = play((raised(severity=3), T0), (event, T0 + 9))
    assert (incident.headline, incident.judged.severity) == (headline, 1)
    assert incident.next_update == T0 + 9 + 15 * MINUTE
    assert kinds(posts)[2:] == ["edit"]


def test_a_chart_comes_once_for_each_time_it_opens() -> None:
    headline = Headline(cause="unknown", title="", verdict="possible", summary="")
    again = Diagnosed(headline=headline, judged=judged(1), charted=True)
    incident, posts = play((raised(severity=1), T0), (again, T0 + 9), (again, T0 + 19))
    assert kinds(posts)[2:] == ["chart", "edit", "edit"]
    assert incident.charted == 0


def test_missed_updates_coalesce() -> None:
    incident, posts = play((raised(severity=1), T0), (Tick(), T0 + 50 * MINUTE))
    assert kinds(posts)[2:] == ["escalated", "update", "edit"]  # three updates were due
    assert incident.next_update == T0 + 60 * MINUTE


def test_what_is_not_understood_is_posted_and_has_no_clock() -> None:
    noted = Noted(key="k", judged=judged(3), incident_id="INC-x", at=T0, text="?")
    incident, posts = play((noted, T0))
    assert (incident.status, incident.due, posts) == ("NOTED", None, ["noted#0#0"])


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["raise", "clear", "silent", "tick", "tick-alarm", "tick-blind", "diagnosed"]),
        st.sampled_from(["arn:a", "arn:b"]),
        st.integers(1, 3),
        st.integers(1, 3000),
    ),
    max_size=30,
)


@given(EVENTS)
def test_whatever_happens(steps: list[tuple[str, str, int, int]]) -> None:
    """No post is asked for twice, the open have a way on, the resolved have no clock, and time only moves forward."""
    incident: Incident | None = None
    now, seen = T0, set[tuple[str, str]]()
    for kind, key, severity, wait in steps:
        now += wait
        events: dict[str, Event] = {
            "raise": raised(now, key=key, severity=severity),
            "clear": Cleared(key=key, at=now),
            "silent": Silent(key=key, at=now),
            "tick": Tick(states={"arn:a": "OK", "arn:b": "OK"}),
            "tick-alarm": Tick(states={"arn:a": "ALARM"}),
            "tick-blind": Tick(unverified="AccessDenied"),
            "diagnosed": Diagnosed(
                headline=Headline(cause="unknown", title="", verdict="possible", summary=""), judged=judged(severity)
            ),
        }
        before = incident
        incident, posts = reduce(incident, events[kind], now)
        if incident is None:
            continue
        for post in posts:
            assert (incident.id, post.key) not in seen
            seen.add((incident.id, post.key))
        assert Incident.from_json(incident.to_json()) == incident
        if incident.status == "RESOLVED":
            assert incident.due is None
            assert not any(alarm.state == "ALARM" for alarm in incident.alarms.values()) or before is incident
        if incident.status == "RECOVERING":
            assert incident.recover_at is not None
        if incident.status != "NOTED" and CADENCE[incident.judged.severity].updates and incident.status == "OPEN":
            assert incident.next_update is not None
        incident = replace(incident, ver=incident.ver + 1)
