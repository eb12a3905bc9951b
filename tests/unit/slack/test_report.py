"""What the report says, and how loudly. Its limits and its hostile inputs are `test_messages.py`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Judgement
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
