from __future__ import annotations

from lambdas.causes.alb.traffic import traffic_surge
from tests.unit.causes.alb.scenes import evidence, scene, series

SURGE = series("alb.requests", 1000, 4000, minutes=15)
SLOW = series("alb.latency", 0.1, 0.8, minutes=10)


def test_a_surge_before_its_symptom() -> None:
    each = series("tg.per_target", 500, 2000, minutes=15)
    judged = traffic_surge(evidence(scene(), SURGE, SLOW, each))
    assert judged.verdict == "confirmed"
    assert "web gets 4× its usual requests" in judged.summary
    assert traffic_surge(evidence(scene(), SURGE, SLOW)).verdict == "likely"


def test_a_surge_without_a_symptom_is_possible_at_most() -> None:
    assert traffic_surge(evidence(scene(), SURGE)).verdict == "possible"


def test_retries_after_the_symptom_are_no_surge() -> None:
    late = series("alb.requests", 1000, 4000, minutes=2)
    early = series("alb.latency", 0.1, 0.8, minutes=18)
    judged = traffic_surge(evidence(scene(), late, early))
    assert judged.verdict == "ruled_out"
    assert "after the symptom" in judged.evidence[-1].text


def test_what_every_day_brings_at_this_hour_is_no_surge() -> None:
    usual = series("alb.requests", 1000, 4000, usual=3900)
    assert traffic_surge(evidence(scene(), usual, SLOW)).verdict == "ruled_out"


def test_a_flat_count_rules_it_out() -> None:
    assert traffic_surge(evidence(scene(), series("alb.requests", 1000, 1100), SLOW)).verdict == "ruled_out"


def test_requests_that_are_refused_are_no_load() -> None:
    refused = series("alb.target_4xx", 20, 2900, minutes=15)
    judged = traffic_surge(evidence(scene(), SURGE, SLOW, refused))
    assert judged.verdict == "possible"


def test_without_the_week_before_it_is_never_confirmed() -> None:
    alone = series("alb.requests", 1000, 4000, minutes=15, past=False)
    judged = traffic_surge(evidence(scene(), alone, SLOW, gaps=("elbv2.metrics_baseline",)))
    assert judged.verdict == "likely"
    assert judged.missing


def test_no_metric_no_verdict() -> None:
    assert traffic_surge(evidence(scene(), gaps=("elbv2.metrics",))).verdict == "could_not_check"
