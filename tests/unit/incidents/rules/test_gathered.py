"""Storms, silences, maintenance windows and the validation after them."""

from __future__ import annotations

from dataclasses import replace

from lambdas.incidents.cadence import CALM, DIGEST, MINUTE
from lambdas.incidents.lifecycle import reduce
from lambdas.incidents.model import (
    Alarm,
    Begun,
    Cleared,
    Event,
    Gathered,
    Gathering,
    Incident,
    Judged,
    Lifted,
    Quiet,
    Raised,
    Released,
    Tally,
    Tick,
    Unheard,
)

T0 = 1_000_000
QUIET = Quiet(start=T0, end=T0 + 3600, by="U1", services=("checkout*",))


def judged(severity: int = 3) -> Judged:
    return Judged(severity=severity, tier="critical", scope="unknown", service="s", target="ecs:c/s", impact="i")


def begun(kind: Gathering, quiet: Quiet | None = None, severity: int = 3, until: int | None = None) -> Begun:
    return Begun(incident_id="X-1", kind=kind, judged=judged(severity), at=T0, quiet=quiet, until=until)


def raised(at: int = T0, **more: str) -> Raised:
    alarm = Alarm(name="a", state="ALARM", at=at, arn="arn:a")
    return Raised(key="arn:a", alarm=alarm, judged=judged(), incident_id=f"INC-{at}", **more)


def play(*steps: tuple[Event, int]) -> tuple[Incident, list[str]]:
    incident: Incident | None = None
    kinds: list[str] = []
    for event, now in steps:
        incident, new = reduce(incident, event, now)
        assert incident is not None
        incident = replace(incident, ver=incident.ver + 1)
        kinds += [post.kind for post in new]
    assert incident is not None
    return incident, kinds


def test_a_storm_tells_one_digest_a_minute_while_there_is_news() -> None:
    steps: list[tuple[Event, int]] = [(begun("storm"), T0)]
    for minute, total in ((1, 20), (2, 60), (3, 60)):
        tally = Tally(total=total, ringing=total, live=total, worst=3, severities={"3": total})
        steps.append((Tick(tally=tally), T0 + minute * DIGEST))
    storm, kinds = play(*steps)
    assert kinds == ["initial", "digest", "edit", "digest", "edit"]
    assert (storm.gather_at, storm.gather_until) == (T0 + 4 * DIGEST, T0 + 2 * DIGEST + CALM)


def test_a_storm_is_as_severe_as_the_worst_that_rings_and_escalates_like_it() -> None:
    tally = Tally(total=20, ringing=20, live=20, worst=1, severities={"1": 1, "3": 19})
    steps: list[tuple[Event, int]] = [(begun("storm"), T0)]
    steps += [(Tick(tally=tally), T0 + minute * DIGEST) for minute in range(1, 40)]
    storm, kinds = play(*steps)
    assert (storm.judged.severity, storm.level, kinds.count("escalated")) == (1, 3, 2)


def test_the_worst_does_not_wait_for_the_digest() -> None:
    storm, _ = play((begun("storm"), T0), (Gathered(judged=judged(1)), T0 + 5))
    assert (storm.judged.severity, storm.gather_at) == (1, T0 + 5)
    assert reduce(storm, Gathered(judged=judged(2)), T0 + 6) == (storm, ())


def test_a_storm_is_over_when_all_is_over_and_it_was_calm_for_long() -> None:
    busy = Tally(total=9, ringing=1, live=1, worst=3, severities={"3": 9})
    over = replace(busy, ringing=0, live=0)
    early, kinds = play((begun("storm"), T0), (Tick(tally=busy), T0 + 60), (Tick(tally=over), T0 + 120))
    assert (early.status, "resolved" in kinds) == ("OPEN", False)
    late, kinds = play((begun("storm"), T0), (Tick(tally=busy), T0 + 60), (Tick(tally=over), T0 + 60 + CALM))
    assert (late.status, kinds[-1]) == ("RESOLVED", "resolved")
    assert late.gather_at is not None  # looked at once more, for what came late
    last, more = reduce(late, Tick(tally=over), late.gather_at)
    assert last is not None
    assert (last.due, more) == (None, ())


def test_what_a_storm_gathers_says_nothing_and_has_no_clock_of_its_own() -> None:
    child, kinds = play((raised(parent="INC-storm"), T0), (Cleared(key="arn:a", at=T0 + 60), T0 + 60))
    assert (kinds, child.next_update, child.next_escalation, child.status) == ([], None, None, "RECOVERING")
    resolved, kinds = play(
        (raised(parent="INC-storm"), T0),
        (Cleared(key="arn:a", at=T0 + 60), T0 + 60),
        (Tick(states={"arn:a": "OK"}), T0 + 60 + 5 * MINUTE),
    )
    assert (resolved.status, kinds) == ("RESOLVED", [])


def test_what_outlives_its_storm_speaks_for_itself() -> None:
    child, kinds = play((raised(parent="INC-storm"), T0), (Released(), T0 + 900))
    assert (kinds, child.parent, child.clock_from) == (["initial", "diagnosis"], "", T0 + 900)
    again, kinds = play((raised(parent="INC-storm"), T0), (raised(T0 + 900), T0 + 900))
    assert (kinds, again.parent) == (["initial", "diagnosis"], "")


def test_silences_lost_on_flapping() -> None:
    """A known defect of earlier tools: however often it goes to and fro, what rings inside is recorded only."""
    steps: list[tuple[Event, int]] = [(raised(silence="SIL-1"), T0)]
    for n in range(1, 9):
        at = T0 + n * 100
        steps += [(Cleared(key="arn:a", at=at), at), (raised(at + 50, silence="SIL-1"), at + 50)]
    incident, kinds = play(*steps)
    assert (incident.status, incident.silence, incident.due, kinds) == ("SILENCED", "SIL-1", None, [])


def test_what_still_rings_at_the_end_of_a_silence_opens_and_what_does_not_is_closed() -> None:
    rings, kinds = play((raised(silence="SIL-1"), T0), (Released(), T0 + 3600))
    assert (rings.status, rings.clock_from, kinds) == ("OPEN", T0 + 3600, ["initial", "diagnosis"])
    over, kinds = play(
        (raised(silence="SIL-1"), T0), (Cleared(key="arn:a", at=T0 + 9), T0 + 9), (Released(), T0 + 3600)
    )
    assert (over.status, kinds) == ("RESOLVED", [])


def test_severity_1_breaks_a_silence_that_does_not_cover_it() -> None:
    worse = replace(raised(T0 + 60), judged=judged(1))
    loud, kinds = play((raised(silence="SIL-1"), T0), (worse, T0 + 60))
    assert (loud.status, loud.judged.severity, kinds) == ("OPEN", 1, ["initial", "diagnosis"])


def test_a_silence_is_told_at_its_end_once_if_anything_rang() -> None:
    tally = Tally(total=2, ringing=1, live=1, worst=2)
    ended, kinds = play((begun("silence", QUIET, until=QUIET.end), T0), (Tick(tally=tally), QUIET.end))
    assert (ended.status, ended.tally, kinds) == ("RESOLVED", tally, ["initial"])
    _, kinds = play((begun("silence", QUIET, until=QUIET.end), T0), (Tick(tally=Tally()), QUIET.end))
    assert kinds == []
    held, kinds = play((begun("silence", QUIET, until=QUIET.end), T0), (Tick(tally=tally), QUIET.end - 1))
    assert (held.status, kinds) == ("OPEN", [])


def test_a_window_is_announced_and_its_end_is_told() -> None:
    window = replace(QUIET, window="Patching")
    ended, kinds = play((begun("silence", window, until=window.end), T0), (Tick(tally=Tally()), window.end))
    assert (ended.status, kinds) == ("RESOLVED", ["initial", "silenced"])


def test_a_silence_is_lifted_once() -> None:
    lifted, _ = play((begun("silence", QUIET, until=QUIET.end), T0), (Lifted(by="U2"), T0 + 60))
    assert lifted.quiet is not None
    assert (lifted.quiet.end, lifted.quiet.lifted_by, lifted.due) == (T0 + 60, "U2", T0 + 60)
    assert reduce(lifted, Lifted(by="U3"), T0 + 61) == (lifted, ())


def test_a_validation_says_what_it_saw_when_it_is_over() -> None:
    steps: list[tuple[Event, int]] = [(begun("monitor", replace(QUIET, window="P"), until=T0 + 1800), T0)]
    waiting, kinds = play(*steps, (Tick(tally=Tally()), T0 + 1799))
    assert (waiting.status, kinds) == ("OPEN", [])
    done, kinds = play(*steps, (Tick(tally=Tally(total=1, live=1)), T0 + 1800))
    assert (done.status, done.due, kinds) == ("RESOLVED", None, ["initial"])


def test_the_operators_are_told_of_a_page_once() -> None:
    told, kinds = play((raised(), T0), (Unheard(page="initial#0#0"), T0 + 300))
    assert kinds[-1] == "fallback"
    assert reduce(told, Unheard(page="initial#0#0"), T0 + 360) == (told, ())
