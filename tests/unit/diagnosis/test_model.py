"""What a diagnosis says of its steps."""

from __future__ import annotations

from lambdas.diagnosis.model import CheckRun, Diagnosis, StepRun, looked


def run(outcome: str, why: str = "") -> CheckRun:
    return CheckRun(check="c", title="t", outcome=outcome, why=why)  # type: ignore[arg-type] # one of the two


def test_a_step_looked_where_one_of_its_checks_did() -> None:
    steps = (
        StepRun(id="a", title="A", checks=(run("could_not_look", "denied"), run("looked"))),
        StepRun(id="b", title="B", checks=(run("could_not_look", "denied"), run("could_not_look", "deadline"))),
        StepRun(id="c", title="C", checks=(run("could_not_look"),)),
        StepRun(id="d", title="D", checks=()),
    )
    found = looked(Diagnosis(playbook="p", section="s", causes=(), steps=steps))
    assert found == {"a": "", "b": "denied", "c": "it could not look"}
