"""What a post-mortem says, and that nothing breaks it."""

from __future__ import annotations

import re
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from lambdas.causes.base import Fact
from lambdas.incidents.model import Child
from lambdas.incidents.past import past as past_of
from lambdas.postmortem.document import document, follow_ups, summary
from lambdas.postmortem.kept import FACTS, Kept, keep
from lambdas.postmortem.markdown import safe
from tests.unit.notify.scene import SETTINGS, judged
from tests.unit.postmortem.scene import DIAGNOSIS, HEADLINE, NOW, case, over, past

PARTS = [
    "Summary",
    "Impact",
    "Against the runbook's targets",
    "Timeline",
    "Causes and evidence",
    "Actions taken",
    "Follow-ups",
    "Similar incidents",
    "For people to add",
]


def part(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_it_has_every_part_that_the_runbook_asks_for() -> None:
    assert re.findall(r"^## (.*)$", document(case()), re.MULTILINE) == PARTS


def test_times_are_measured_against_the_runbooks_targets() -> None:
    said = part(document(case()), "Against the runbook's targets")
    assert "| Time to acknowledge | 3 min | 5 min | met |" in said
    assert "| Time to resolve | 25 min | 1 h 00 min | met |" in said
    late = over(acknowledged_at=None, acknowledged_by="", cleared_at=NOW + 7200)
    said = part(document(case(incident=late)), "Against the runbook's targets")
    assert "| Time to acknowledge | never | 5 min | **missed** |" in said
    assert "| Time to resolve | 2 h 00 min | 1 h 00 min | **missed** |" in said
    assert "Acknowledged by nobody." in said


def test_the_timeline_tells_what_happened_by_whom_in_both_times() -> None:
    said = part(document(case()), "Timeline")
    assert "| 2026-11-24 04:09 CET (03:09 UTC) | Ann acknowledged it |" in said
    assert "| 2026-11-24 04:21 CET (03:21 UTC) | Escalated to level 2 |" in said
    assert said.count("\n| 2026") == 6  # the clock's quiet looks are no events


def test_evidence_what_was_ruled_out_and_what_was_not_seen_are_kept() -> None:
    said = part(document(case()), "Causes and evidence")
    assert "not found **6 tasks** (usually 0) at 2026-11-24 04:04 CET (03:04 UTC)" in said
    assert "An effect of `ecs.image_missing`, no cause of its own." in said
    assert "- A subnet has no free addresses: subnet-1 has 231 free addresses" in said
    assert "AccessDenied on cloudtrail:LookupEvents" in said


def test_without_a_diagnosis_nothing_is_made_up() -> None:
    bare = case(kept=None, incident=over(headline=None, remedies={}))
    text = document(bare)
    assert "**Root cause:** not found" in text
    assert "Nothing was ruled out." in part(text, "Causes and evidence")
    assert "None by this product." in part(text, "Actions taken")


def test_a_persons_root_cause_comes_first() -> None:
    told = case(incident=over(root_cause="The pipeline pushed to the wrong account", prevention="Pin the account"))
    assert "**Root cause:** The pipeline pushed to the wrong account" in document(told)
    assert summary(told)[1] == "Root cause: The pipeline pushed to the wrong account"
    assert ("Pin the account", "Bob", "as said at the resolution") in follow_ups(told)


def test_what_was_done_is_no_follow_up_and_owners_are_named_or_said_to_be_missing() -> None:
    assert [row[:2] for row in follow_ups(case())] == [
        ("Push the image checkout:1.42.0, then force a new deployment", "Bob"),
        ("Review this post-mortem with the team, and correct what a machine got wrong", "Ann"),
        ("Close the gaps above: what could not be checked now will not be next time", "Ann"),
    ]
    nobody = case(settings=replace(SETTINGS, contacts={}), incident=over(remedies={}))
    rows = follow_ups(nobody)
    assert {owner for _, owner, _ in rows} == {"unassigned"}
    assert rows[0][2] == "`aws ecs update-service --service checkout --task-definition checkout:41`"


def test_similar_incidents_are_listed_once_by_cause_and_by_resource() -> None:
    said = part(document(case()), "Similar incidents")
    assert said.count("| cause | 20 min") == 2
    assert said.count("| resource | 20 min") == 1
    assert "prefix=postmortems/2026/11/" in said
    assert "None of the last 400 days" in part(document(case(same_cause=(), same_resource=())), "Similar incidents")


def test_an_earlier_severity_3_has_no_post_mortem_to_link_to() -> None:
    said = part(document(case(same_cause=(past(3, severity=3),), same_resource=())), "Similar incidents")
    assert "`INC-20261003-aaaaaaaa`" in said
    assert "s3/object" not in said


def test_impact_has_numbers_and_says_what_was_not_measured() -> None:
    assert "Requests that failed: 31.4 %" in part(document(case()), "Impact")
    unknown = case(incident=over(judged=judged(2)), chart="")
    said = part(document(unknown), "Impact")
    assert "was not measured" in said
    assert "![" not in said


def test_a_storms_parts_are_listed_worst_first() -> None:
    child = Child(
        id="INC-1", severity=3, service="a|b", impact="CPU 90 %.", status="RESOLVED", ringing=False, place="p", at=NOW
    )
    many = [replace(child, id=f"INC-{n}") for n in range(60)]
    said = part(document(case(parts=(*many, replace(child, id="INC-X", severity=1)))), "Impact")
    assert "A storm of 61 incidents:\n\n- `INC-X` Severity 1, a\\|b: CPU 90 %." in said
    assert "- … and 11 more" in said


# --- what is kept of a diagnosis -------------------------------------------------------------------------------------


def test_a_diagnosis_survives_its_way_through_the_table() -> None:
    import json

    kept = keep(DIAGNOSIS)
    assert Kept.of(json.loads(json.dumps(kept.document()))) == kept
    assert [found.id for found in kept.causes] == ["ecs.image_missing", "ecs.bad_deployment"]


def test_a_long_diagnosis_is_bounded() -> None:
    import json

    facts = tuple(Fact(text="x" * 5000, value="y" * 5000, link="https://x/" + "z" * 5000) for _ in range(100))
    judgement = replace(DIAGNOSIS.causes[0].judgement, evidence=facts)
    many = replace(DIAGNOSIS, causes=tuple(replace(DIAGNOSIS.causes[0], judgement=judgement) for _ in range(50)))
    kept = keep(many)
    assert len(kept.causes[0].evidence) == FACTS
    assert len(json.dumps(kept.document())) < 200_000


# --- hostile text ----------------------------------------------------------------------------------------------------

HOSTILE = st.text(max_size=200) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "a|b|c",
        "# heading",
        "``` code",
        "\n\n## Summary\n",
        "1. x",
    ]
)


@hypothesis.given(HOSTILE)
def test_no_value_becomes_markup(text: str) -> None:
    line = safe(text)
    assert "\n" not in line
    assert not re.search(r"(?<!\\)[<|`*\[\]]", line)
    assert not re.match(r"[#>+-]\s", line)


@hypothesis.given(HOSTILE, HOSTILE, HOSTILE)
def test_no_value_adds_a_part_or_a_cell(service: str, impact: str, summary_: str) -> None:
    headline = replace(HEADLINE, summary=summary_)
    about = over(judged=judged(1, service=service, impact=impact), headline=headline, root_cause=summary_)
    text = document(case(incident=about, same_cause=(past_of(about),)))
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    rows = [line for line in part(text, "Similar incidents").splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


@pytest.mark.parametrize("status", ["OPEN", "RESOLVED"])
def test_the_lines_for_the_thread_are_few(status: str) -> None:
    lines = summary(case(incident=over(status=status)))
    assert len(lines) == 5
    assert lines[-1].startswith("The same cause was there twice before in the last 400 days")
