from __future__ import annotations

from lambdas.diagnosis.model import CheckRun, Diagnosis, Hole, StepRun, looked


def run(title: str, why: str = "") -> CheckRun:
    return CheckRun(check=title, title=title, outcome="could_not_look" if why else "looked", why=why)


def test_checks_that_lacked_anothers_answer_stand_with_it() -> None:
    steps = (
        StepRun(id="a", title="A", checks=(run("tasks", "needs ecs.services: no cluster"), run("alarm"))),
        StepRun(id="b", title="B", checks=(run("service", "no cluster"), run("trail", "access denied: x:Y"))),
        StepRun(id="c", title="C", checks=(run("tasks", "needs ecs.services: no cluster"),)),
    )
    assert Diagnosis(playbook="p", section="s", causes=(), steps=steps).gaps == (
        Hole(why="no cluster", checks=("service", "tasks")),
        Hole(why="access denied: x:Y", checks=("trail",)),
    )


def test_a_step_looked_where_one_of_its_checks_did() -> None:
    steps = (
        StepRun(id="a", title="A", checks=(run("tasks", "denied"), run("alarm"))),
        StepRun(id="b", title="B", checks=(run("service", "denied"), run("trail", "deadline"))),
        StepRun(id="c", title="C", checks=()),
    )
    assert looked(Diagnosis(playbook="p", section="s", causes=(), steps=steps)) == {"a": "", "b": "denied"}
