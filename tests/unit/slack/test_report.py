"""What the report says, and how loudly. Its limits and its hostile inputs are `test_messages.py`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.causes.base import Fact, Judgement
from lambdas.diagnosis.model import CheckRun, Diagnosis, Ranked, StepRun
from lambdas.incidents.model import Incident, Judged
from lambdas.slack.report import report

if TYPE_CHECKING:
    from lambdas.causes.base import Verdict

JUDGED = Judged(severity=2, tier="critical", scope="single service", service="shop", target="t", impact="i")
INCIDENT = Incident(id="INC-1", status="OPEN", judged=JUDGED, alarms={}, opened_at=0, detected_at=0, clock_from=0)


def ranked(id_: str, verdict: Verdict) -> Ranked:
    return Ranked(id=id_, title=f"title of {id_}", judgement=Judgement(verdict=verdict, summary=f"summary of {id_}"))


def said(*causes: Ranked, steps: tuple[StepRun, ...] = ()) -> str:
    diagnosis = Diagnosis(playbook="p", section="s", causes=causes, steps=steps)
    parts = report(INCIDENT, diagnosis)
    return "\n".join(block["text"]["text"] for part in parts for block in part["blocks"] if "text" in block)


def test_beside_a_confirmed_cause_what_merely_fits_is_a_line() -> None:
    text = said(ranked("a", "confirmed"), ranked("b", "possible"))
    assert "*Not excluded, not needed to explain it* (1)\n• title of b: summary of b" in text
    assert "Also: title of b" not in text


def test_beside_a_likely_cause_what_fits_keeps_its_place() -> None:
    assert "*Also: title of b*" in said(ranked("a", "likely"), ranked("b", "possible"))


def test_no_cause_is_not_called_one_of_several() -> None:
    text = said(ranked("unknown", "possible"))
    assert "*Cause not found:* summary of unknown" in text
    assert "one of several" not in text


def test_one_refusal_is_one_line_whatever_it_took_with_it() -> None:
    runs = [CheckRun(check="s", title="Service", outcome="could_not_look", why="no cluster")]
    runs += [
        CheckRun(check=f"c{n}", title=f"Check {n}", outcome="could_not_look", why="needs s: no cluster")
        for n in range(30)
    ]
    steps = (StepRun(id="x", title="X", checks=tuple(runs)),)
    text = said(ranked("unknown", "possible"), steps=steps)
    assert "• Service: no cluster _(and so 30 more: Check 0; " in text
    assert text.count("no cluster") == 1


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (Fact(text="CPU 91 % (before: 22 %)", value="91 %", baseline="22 % before"), "• CPU 91 % (before: 22 %)"),
        (Fact(text="502s", value="227 a minute", baseline="1 a minute (earlier in the window)"),
         "• 502s *227 a minute* (1 a minute (earlier in the window))"),
        (Fact(text="CPU at 13:30", value="30 %", baseline="12 %"), "• CPU at 13:30 *30 %* (usually 12 %)"),
        (Fact(text="group web", value="1", baseline="of 3 registered"), "• group web *1* (of 3 registered)"),
        (Fact(text="110 connections", value="10", baseline="5"), "• 110 connections *10* (usually 5)"),
    ],
)  # fmt: skip
def test_a_figure_is_said_once_and_its_baseline_by_its_kind(fact: Fact, line: str) -> None:
    cause = Ranked(id="a", title="t", judgement=Judgement(verdict="likely", summary="s", evidence=(fact,)))
    assert line in said(cause).splitlines()


def test_what_is_confirmed_needs_no_confirmation() -> None:
    def asked(verdict: Verdict) -> bool:
        judgement = Judgement(verdict=verdict, summary="s", would_confirm="the access log")
        return "the access log" in said(Ranked(id="a", title="t", judgement=judgement))

    assert (asked("likely"), asked("confirmed")) == (True, False)
