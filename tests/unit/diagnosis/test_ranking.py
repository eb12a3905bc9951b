"""Ranking: verdicts, effects, timing, ties; no cause stands: unknown leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.alerts.model import Alert
from lambdas.causes.base import ORDER, Cause, Evidence, Judgement, Verdict
from lambdas.checks.base import Found, Window
from lambdas.diagnosis.ranking import rank
from lambdas.targets import Unrecognised

if TYPE_CHECKING:
    from lambdas.diagnosis.model import Ranked

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
EVIDENCE = Evidence(
    alert=Alert(kind="alarm", source="sns", name="a", state="ALARM", at=AT, account="1", region="eu-west-1"),
    target=Unrecognised(),
    window=Window(start=AT - timedelta(hours=3), at=AT, end=AT, now=AT),
    found=Found(),
)


def a_cause(id_: str, verdict: Verdict, *, since: int | None = None, score: float = 0.0, **fields: Any) -> Cause:
    began = AT + timedelta(minutes=since) if since is not None else None
    judgement = Judgement(verdict=verdict, since=began, score=score)
    return Cause(id=id_, title=id_, judge=lambda _: judgement, reads=(), **fields)


UNKNOWN = a_cause("unknown", "possible")


def order(*causes: Cause) -> list[tuple[str, str]]:
    return [(r.id, r.effect_of) for r in rank(EVIDENCE, [*causes, UNKNOWN])]


def test_confirmed_comes_before_likely_and_the_rest_after() -> None:
    ranked = order(
        a_cause("a", "ruled_out"), a_cause("b", "likely"), a_cause("c", "confirmed"), a_cause("d", "possible")
    )
    assert ranked == [("c", ""), ("b", ""), ("d", ""), ("a", "")]


def test_a_cause_comes_before_its_effect_although_the_effect_is_surer() -> None:
    ranked = order(
        a_cause("symptom", "confirmed", since=0), a_cause("cause", "likely", since=-10, effects=("symptom",))
    )
    assert ranked == [("cause", ""), ("symptom", "cause")]


def test_what_began_later_is_no_cause() -> None:
    ranked = order(
        a_cause("symptom", "confirmed", since=-30), a_cause("cause", "likely", since=0, effects=("symptom",))
    )
    assert ranked == [("symptom", ""), ("cause", "")]


def test_an_effect_belongs_to_the_first_cause_of_its_chain() -> None:
    ranked = order(
        a_cause("dependency", "confirmed", depth=3, effects=("crash",)),
        a_cause("crash", "confirmed", depth=2, effects=("health",)),
        a_cause("health", "confirmed", depth=1),
    )
    assert ranked == [("dependency", ""), ("crash", "dependency"), ("health", "dependency")]


def test_of_two_that_explain_each_other_the_deeper_leads() -> None:
    ranked = order(
        a_cause("shallow", "confirmed", depth=1, effects=("deep",)),
        a_cause("deep", "confirmed", depth=2, effects=("shallow",)),
    )
    assert ranked == [("deep", ""), ("shallow", "deep")]


def test_two_faults_are_two_causes() -> None:
    ranked = order(a_cause("a", "confirmed", score=0.5), a_cause("b", "confirmed", score=0.9))
    assert ranked == [("b", ""), ("a", "")]


def test_unknown_leads_where_nothing_stands_and_names_what_is_possible() -> None:
    ranked = rank(EVIDENCE, [a_cause("a", "possible"), a_cause("b", "ruled_out"), UNKNOWN])
    assert [r.id for r in ranked] == ["unknown", "a", "b"]
    assert "a (a)" in ranked[0].judgement.would_confirm


def test_unknown_is_not_listed_where_something_stands() -> None:
    assert [id_ for id_, _ in order(a_cause("a", "likely"))] == ["a"]


def test_a_judge_that_crashes_could_not_check() -> None:
    def crash(_: Evidence) -> Judgement:
        raise RuntimeError("boo")

    ranked: list[Ranked] = list(rank(EVIDENCE, [Cause(id="a", title="a", judge=crash, reads=()), UNKNOWN]))
    assert ranked[1].judgement.verdict == "could_not_check"
    assert "boo" in ranked[1].judgement.missing[0]


def test_without_unknown_and_without_a_cause_it_raises() -> None:
    with pytest.raises(ValueError, match="unknown"):
        rank(EVIDENCE, [a_cause("a", "possible")])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ORDER), st.integers(0, 4), st.none() | st.integers(-60, 0), st.sets(st.integers(0, 7))
        ),
        max_size=8,
    )
)
def test_whatever_explains_what_every_cause_is_ranked_once_and_no_effect_leads(
    drawn: list[tuple[Verdict, int, int | None, set[int]]],
) -> None:
    causes = [
        a_cause(f"c{n}", verdict, since=since, depth=depth, effects=tuple(f"c{e}" for e in sorted(effects - {n})))
        for n, (verdict, depth, since, effects) in enumerate(drawn)
    ]
    ranked = rank(EVIDENCE, [*causes, UNKNOWN])
    ids = [r.id for r in ranked if r.id != "unknown"]
    assert sorted(ids) == sorted(c.id for c in causes)
    assert not ranked[0].effect_of
    roots = {r.id for r in ranked if not r.effect_of}
    assert all(r.effect_of in roots for r in ranked if r.effect_of)
