from __future__ import annotations

from lambdas.causes.alb.zones import uneven_zones
from tests.unit.causes.alb.scenes import LB, TG, evidence, health, scene, series

A, B = f"{TG}@eu-west-1a", f"{TG}@eu-west-1b"
ONE_SIDED = [health("a"), health("b"), health("c")]
SPREAD = [health("a"), health("b"), health("c"), health("d", zone="eu-west-1b")]
REQUESTS = [*series("az.requests", 600, 600, of=A), *series("az.requests", 600, 600, of=B)]


def test_a_zone_without_targets_that_answers_503() -> None:
    rejected = [*series("alb.requests", 900, 450), *series("alb.elb_503", None, 450)]
    judged = uneven_zones(evidence(scene(targets=ONE_SIDED, cross_zone=False), rejected))
    assert judged.verdict == "confirmed"
    assert "eu-west-1b of web has no healthy target of api, and cross-zone balancing is off" in judged.summary


def test_the_nodes_of_that_zone_alone_fail() -> None:
    failing = series("az.elb_5xx", 0, 200, of=f"{LB}@eu-west-1b")
    assert uneven_zones(evidence(scene(targets=ONE_SIDED, cross_zone=False), failing)).verdict == "confirmed"


def test_one_target_for_the_traffic_of_a_whole_zone() -> None:
    slow = [
        *series("az.latency", 0.1, 0.1, of=A), *series("az.latency", 0.1, 0.9, of=B), *series("alb.latency", 0.1, 0.5),
    ]  # fmt: skip
    judged = uneven_zones(evidence(scene(targets=SPREAD, cross_zone=False), REQUESTS, slow))
    assert judged.verdict == "confirmed"
    assert "targets of api in eu-west-1b carry 3× the load of those elsewhere" in judged.summary


def test_unevenness_that_nobody_feels_is_possible_at_most() -> None:
    assert uneven_zones(evidence(scene(targets=SPREAD, cross_zone=False), REQUESTS)).verdict == "possible"


def test_cross_zone_balancing_rules_it_out() -> None:
    assert uneven_zones(evidence(scene(targets=SPREAD), REQUESTS)).verdict == "ruled_out"


def test_an_even_spread_rules_it_out() -> None:
    even = [health("a"), health("b", zone="eu-west-1b")]
    assert uneven_zones(evidence(scene(targets=even, cross_zone=False), REQUESTS)).verdict == "ruled_out"


def test_attributes_that_were_not_read() -> None:
    found = [f for f in scene(targets=SPREAD) if "Attributes" not in type(f).__name__]
    judged = uneven_zones(evidence(found, gaps=("elbv2.group_attributes",)))
    assert (judged.verdict, judged.missing) == ("could_not_check", ("elbv2.group_attributes: access denied",))


def test_targets_in_a_zone_that_is_not_enabled() -> None:
    lost = [health("a"), health("x", "unused", "Target.NotInUse", zone="eu-west-1c")]
    judged = uneven_zones(evidence(scene(targets=lost)))
    assert judged.verdict == "likely"
    assert "eu-west-1c, which web does not serve" in judged.summary
