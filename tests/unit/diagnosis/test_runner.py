"""The runner: order, gaps, crashes, hangs, and that nothing found before a failure is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambdas.alerts.model import Alert
from lambdas.aws import SPEND
from lambdas.causes.base import Cause, Evidence, Judgement
from lambdas.checks.base import Allow, Check, Finding, Look, Window
from lambdas.diagnosis.budget import SPENT
from lambdas.diagnosis.graph import Graph
from lambdas.diagnosis.runner import AT_ONCE, diagnose
from lambdas.playbooks.base import Playbook, Step
from lambdas.targets import EcsService

if TYPE_CHECKING:
    from lambdas.diagnosis.model import CheckRun, Diagnosis
    from lambdas.settings import Settings

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class First(Finding):
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Second(Finding):
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Third(Finding):
    pass


def unknown(_: Evidence) -> Judgement:
    return Judgement(verdict="possible", summary="no idea")


CAUSES = {"unknown": Cause(id="unknown", title="Unknown", judge=unknown, reads=())}


def a_check(id_: str, run: Callable[[Look], Iterator[Finding]], **fields: Any) -> Check:
    return Check(id=id_, title=id_, run=run, **{"yields": (First,), **fields})


@pytest.fixture
def look(settings: Settings) -> Look:
    window = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=2), now=AT + timedelta(minutes=2))
    alert = Alert(kind="alarm", source="sns", name="a", state="ALARM", at=AT, account="1", region="eu-west-1")
    aws: Any = None  # no check here calls AWS
    return Look(aws=aws, alert=alert, target=EcsService("c", "s"), window=window, settings=settings)


def run(look: Look, *checks: Check, deadline: float = 10.0, calls: int = 60) -> tuple[Diagnosis, dict[str, CheckRun]]:
    steps = (Step(id="s", title="S", checks=tuple(c.id for c in checks)),)
    book = Playbook(id="b", title="B", section="S", targets=(), families=("unknown",), steps=steps)
    diagnosis = diagnose(look, book, deadline=deadline, calls=calls, checks={c.id: c for c in checks}, causes=CAUSES)
    return diagnosis, {r.check: r for s in diagnosis.steps for r in s.checks}


def denied(operation: str, code: str = "AccessDeniedException", message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def raising(error: BaseException) -> Callable[[Look], Iterator[Finding]]:
    def body(_: Look) -> Iterator[Finding]:
        yield First(n=1)
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (denied("LookupEvents"), "access denied: cloudtrail:LookupEvents"),
        (
            denied("LookupEvents", message="User: x is not authorized to perform: cloudtrail:LookupEvents on resource"),
            "access denied: cloudtrail:LookupEvents",
        ),
        (denied("LookupEvents", "ThrottlingException"), "throttled: cloudtrail:LookupEvents"),
        (denied("DescribeEvents", "SubscriptionRequiredException"), "the account's support plan does not include it"),
        (denied("LookupEvents", "NoWorld"), "no world given"),
        (denied("LookupEvents", "ExpiredTokenException"), "credentials refused: ExpiredTokenException"),
        (denied("LookupEvents", "InternalError", "boo"), "LookupEvents: InternalError: boo"),
        (ReadTimeoutError(endpoint_url="https://x"), "AWS did not answer in time"),
        (KeyError("x"), "the check failed: KeyError: 'x'"),
    ],
)
def test_what_went_wrong_becomes_a_gap_and_what_was_found_before_is_kept(
    look: Look, error: BaseException, why: str
) -> None:
    diagnosis, runs = run(look, a_check("a", raising(error), allow=(Allow("cloudtrail:LookupEvents"),)))
    assert (runs["a"].outcome, runs["a"].why, runs["a"].findings) == ("could_not_look", why, 1)
    assert [f.n for f in look.found.of(First)] == [1]
    assert "a" not in look.found.looked
    assert [(g.check, g.why) for g in look.found.gaps] == [("a", why)]
    assert diagnosis.headline.id == "unknown"


def test_a_check_waits_for_what_it_needs_and_for_what_it_uses(look: Look) -> None:
    order: list[str] = []

    def first(_: Look) -> Iterator[Finding]:
        order.append("first")
        yield First(n=2)

    def second(inner: Look) -> Iterator[Finding]:
        order.append("second")
        yield Second(n=inner.found.of(First)[0].n * 2)

    def third(inner: Look) -> Iterator[Finding]:
        order.append(f"third {inner.found.of(Second)[0].n}")
        yield Third()

    _, runs = run(
        look,
        a_check("c", third, yields=(Third,), uses=(Second,)),
        a_check("b", second, yields=(Second,), needs=(First,)),
        a_check("a", first),
    )
    assert order == ["first", "second", "third 4"]
    assert {r.outcome for r in runs.values()} == {"looked"}


def test_what_is_needed_and_could_not_be_looked_at_is_named_down_the_chain(look: Look) -> None:
    def never(_: Look) -> Iterator[Finding]:
        raise AssertionError("must not run")
        yield First()

    def broken(_: Look) -> Iterator[Finding]:
        raise denied("DescribeServices")
        yield First()

    _, runs = run(
        look,
        a_check("a", broken),
        a_check("b", never, yields=(Second,), needs=(First,)),
        a_check("c", never, yields=(Third,), needs=(Second,)),
    )
    assert runs["b"].why == "needs a: access denied: DescribeServices"
    assert runs["c"].why == runs["b"].why


def test_a_check_that_only_uses_something_runs_without_it(look: Look) -> None:
    def broken(_: Look) -> Iterator[Finding]:
        raise denied("DescribeServices")
        yield First()

    _, runs = run(look, a_check("a", broken), a_check("b", lambda _: iter([Second()]), yields=(Second,), uses=(First,)))
    assert runs["b"].outcome == "looked"


def test_finding_nothing_is_looking(look: Look) -> None:
    _, runs = run(
        look, a_check("a", lambda _: iter(())), a_check("b", lambda _: iter(()), yields=(Second,), needs=(First,))
    )
    assert runs["a"].outcome == runs["b"].outcome == "looked"


def test_a_check_that_hangs_is_cut_off_and_its_late_findings_are_dropped(look: Look) -> None:
    released, ended = threading.Event(), threading.Event()

    def hangs(_: Look) -> Iterator[Finding]:
        yield First(n=1)
        released.wait(30)
        ended.set()
        yield First(n=2)

    began = time.monotonic()
    _, runs = run(
        look,
        a_check("a", hangs),
        a_check("b", lambda _: iter([Second()]), yields=(Second,), uses=(First,)),
        deadline=0.5,
    )
    assert time.monotonic() - began < 15
    assert runs["a"].why == "no end within 0.3 s"
    assert runs["b"].outcome == "looked"
    released.set()
    assert ended.wait(10)
    assert [f.n for f in look.found.of(First)] == [1]


def test_what_has_not_started_by_the_deadline_says_so(look: Look) -> None:
    released = threading.Event()

    def hangs(_: Look) -> Iterator[Finding]:
        released.wait(30)
        yield First()

    many = [a_check(f"h{n}", hangs) for n in range(17)]
    _, runs = run(look, *many, deadline=0.2)
    released.set()
    assert {r.outcome for r in runs.values()} == {"could_not_look"}
    assert len(runs) == 17


def test_checks_that_wait_for_each_other_are_refused() -> None:
    def body(_: Look) -> Iterator[Finding]:
        yield First()

    with pytest.raises(ValueError, match="wait for each other"):
        Graph([a_check("a", body, needs=(Second,)), a_check("b", body, yields=(Second,), needs=(First,))])


def test_the_longest_tail_starts_first() -> None:
    def body(_: Look) -> Iterator[Finding]:
        yield First()

    graph = Graph(
        [
            a_check("lone", body, yields=(Third,)),
            a_check("a", body),
            a_check("b", body, yields=(Second,), needs=(First,)),
        ]
    )
    assert next(c.id for c in graph.longest_tail_first()) == "a"


def calling(*names: str, of: type[Finding] = First) -> Callable[[Look], Iterator[Finding]]:
    """A check that makes as many calls as there are names, through what counts its thread's calls."""

    def body(_: Look) -> Iterator[Finding]:
        for _name in names:
            spend = SPEND.get()
            assert spend is not None
            spend()
            yield of()

    return body


@pytest.mark.parametrize("slow", ["a", "b", "c"])
def test_the_calls_go_to_those_named_first_and_never_to_the_quickest(look: Look, slow: str) -> None:
    def slowed(id_: str, run: Callable[[Look], Iterator[Finding]]) -> Callable[[Look], Iterator[Finding]]:
        def body(inner: Look) -> Iterator[Finding]:
            time.sleep(0.1 if id_ == slow else 0)
            yield from run(inner)

        return body

    _, runs = run(
        look,
        a_check("c", slowed("c", calling("1", "2")), optional=True, calls=2),
        a_check("a", slowed("a", calling("1", "2")), calls=2),
        a_check("b", slowed("b", calling("1", "2")), calls=2),
        calls=3,
    )
    assert {id_: r.findings for id_, r in runs.items()} == {"a": 2, "b": 1, "c": 0}
    assert runs["b"].why == runs["c"].why == SPENT


def test_what_waits_for_calls_takes_no_turn_from_those_it_waits_for(look: Look) -> None:
    many = [a_check(f"late{i}", calling("1"), yields=(Third,), calls=1, optional=True) for i in range(AT_ONCE + 2)]
    _, runs = run(
        look,
        *many,
        a_check("a", calling("1", of=First), calls=60),
        a_check("b", calling("1", of=Second), yields=(Second,), needs=(First,), calls=60),
        calls=60,
    )
    assert {r.why for r in runs.values()} == {""}


def test_nobody_counts_calls_outside_a_check(look: Look) -> None:
    run(look, a_check("a", calling("1")), calls=1)
    assert SPEND.get() is None


def test_first_things_first_but_never_before_what_they_wait_for() -> None:
    def nothing(_: Look) -> Iterator[Finding]:
        yield from ()

    graph = Graph(
        [
            a_check("optional-dear", nothing, optional=True, calls=9, yields=(Third,)),
            a_check("optional-cheap", nothing, optional=True, calls=1, yields=(Third,)),
            a_check("uses", nothing, uses=(Second,), yields=(Third,)),
            a_check("plain", nothing),
            a_check("used", nothing, optional=True, calls=5, yields=(Second,)),
        ]
    )
    assert [c.id for c in graph.first_things_first()] == ["used", "uses", "plain", "optional-cheap", "optional-dear"]
