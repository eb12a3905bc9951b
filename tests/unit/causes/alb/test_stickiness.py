from __future__ import annotations

from lambdas.causes.alb.stickiness import sticky_skew
from tests.unit.causes.alb.scenes import evidence, health, scene, series

INSTANCES = [health("i-1"), health("i-2"), health("i-3")]
HOT = [
    *series("target.cpu", 30, 95, of="i-1"), *series("target.cpu", 30, 20, of="i-2"),
    *series("target.cpu", 30, 20, of="i-3"),
]  # fmt: skip
EVEN = [f for i in (1, 2, 3) for f in series("target.cpu", 30, 60, of=f"i-{i}")]
SLOW = series("tg.latency", 0.1, 0.6)


def test_one_busy_target_and_stickiness() -> None:
    judged = sticky_skew(evidence(scene(targets=INSTANCES, sticky=True), HOT, SLOW))
    assert judged.verdict == "likely"
    assert "i-1 95 %" in " ".join(f.text for f in judged.evidence)
    assert judged.would_confirm


def test_without_stickiness_it_is_ruled_out() -> None:
    assert sticky_skew(evidence(scene(targets=INSTANCES), HOT, SLOW)).verdict == "ruled_out"


def test_an_even_load_rules_it_out() -> None:
    assert sticky_skew(evidence(scene(targets=INSTANCES, sticky=True), EVEN, SLOW)).verdict == "ruled_out"


def test_stickiness_without_a_measure_of_single_targets() -> None:
    assert sticky_skew(evidence(scene(sticky=True), SLOW)).verdict == "possible"
    assert sticky_skew(evidence(scene(sticky=True))).verdict == "could_not_check"


def test_attributes_that_were_not_read() -> None:
    found = [f for f in scene(targets=INSTANCES) if "Attributes" not in type(f).__name__]
    assert sticky_skew(evidence(found, HOT, gaps=("elbv2.group_attributes",))).verdict == "could_not_check"
