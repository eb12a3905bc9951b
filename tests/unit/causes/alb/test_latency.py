from __future__ import annotations

from datetime import timedelta

from lambdas.causes.alb.latency import slow_targets
from lambdas.checks.elbv2.dependencies import Dependency
from lambdas.checks.logs.lines import EarlierErrorLine, ErrorLine
from tests.unit.causes.alb.scenes import AT, evidence, scene, series

SLOW = series("tg.latency", 0.1, 0.9)
WORDS = "ERROR payment failed: connect ETIMEDOUT to api.psp.example.net:443"


def line(kind: type[ErrorLine | EarlierErrorLine], minute: int) -> ErrorLine | EarlierErrorLine:
    return kind(at=AT - timedelta(minutes=minute), group="/ecs/api", stream="s", text=WORDS)


def test_slow_with_a_baseline() -> None:
    judged = slow_targets(evidence(scene(), SLOW))
    assert judged.verdict == "likely"
    assert "the targets of api take 900 ms, usually 100 ms, since 02:56:00 UTC" in judged.summary
    assert judged.evidence[0].baseline.startswith("0.1 s")


def test_new_error_lines_name_what_they_wait_for() -> None:
    new = [line(ErrorLine, i) for i in range(4)]
    assert "they wait for api.psp.example.net:443" in slow_targets(evidence(scene(), SLOW, new)).summary


def test_lines_that_were_always_there_name_nothing() -> None:
    old = [*(line(ErrorLine, i) for i in range(4)), line(EarlierErrorLine, 170)]
    assert "wait for" not in slow_targets(evidence(scene(), SLOW, old)).summary


def test_the_services_database_is_named() -> None:
    database = Dependency(
        service="api", kind="database", name="orders-pg", evidence="its task definition's environment"
    )
    judged = slow_targets(evidence(scene(), SLOW, database))
    assert "orders-pg" in judged.actions[0].text


def test_a_latency_that_this_hour_knows_is_ruled_out() -> None:
    assert slow_targets(evidence(scene(), series("tg.latency", 0.1, 0.9, usual=0.85))).verdict == "ruled_out"


def test_milliseconds_harm_nobody() -> None:
    assert slow_targets(evidence(scene(), series("tg.latency", 0.010, 0.030))).verdict == "ruled_out"


def test_a_latency_that_came_back() -> None:
    assert slow_targets(evidence(scene(), series("tg.latency", 0.1, 0.9, minutes=18, back=True))).verdict == "possible"


def test_no_metric_no_verdict() -> None:
    assert slow_targets(evidence(scene(), gaps=("elbv2.metrics",))).verdict == "could_not_check"
