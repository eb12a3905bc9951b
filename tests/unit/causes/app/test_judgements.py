from __future__ import annotations

import pytest

from lambdas.checks.logs.recent import SignaturePast
from lambdas.checks.logs.signatures import signature
from tests.unit.causes.app.build import (
    AT,
    WINDOW,
    always,
    before,
    evidence,
    felt,
    judge,
    lines,
    refused,
    service,
    task,
)  # fmt: skip

OWN = "ERROR NullPointerException: cart is null in Checkout.total"
BLAMES = "ERROR connect ECONNREFUSED 10.0.3.12:5432"


def test_errors_of_a_fresh_release() -> None:
    given = evidence(service(deployed=17), task("new1", "pay:2", ago=16), felt(), *lines(OWN))
    judged = judge("errors_after_deploy", given)
    assert judged.verdict == "likely"
    assert "pay:2" in judged.summary
    beside = evidence(
        service(deployed=17), task("new1", "pay:2", ago=16), task("old1", "pay:1", ago=9000), felt(), *lines(OWN)
    )
    assert judge("errors_after_deploy", beside).verdict == "confirmed"  # the former revision runs beside, and is well


@pytest.mark.parametrize(
    "given",
    [
        evidence(service(), felt(), *lines(OWN)),  # no deployment
        evidence(service(deployed=5), felt(), *lines(OWN)),  # it came after the errors
        evidence(service(deployed=150), task("new1", "pay:2", ago=149), felt(), *lines(OWN)),  # long before them
        evidence(service(deployed=17), task("old1", "pay:1", ago=9000), felt(), *lines(OWN, stream="app/app/old1")),
        evidence(service(deployed=17), *lines(OWN), *always(OWN)),  # errors that were always there
    ],
)
def test_a_release_that_is_not_to_blame(given: object) -> None:
    assert judge("errors_after_deploy", given).verdict == "ruled_out"  # type: ignore[arg-type] # Evidence


def test_a_release_beside_a_failing_dependency_is_no_headline() -> None:
    given = evidence(service(deployed=17), task("new1", "pay:2", ago=16), felt(), *lines(BLAMES))
    assert judge("errors_after_deploy", given).verdict == "possible"
    assert judge("dependency_failing", given).verdict == "confirmed"


def test_without_logs_the_metric_speaks() -> None:
    denied = ("logs.errors", "logs.recent", "logs.errors_before")
    given = evidence(service(deployed=17), felt(), gaps=denied)
    judged = judge("errors_after_deploy", given)
    assert judged.verdict == "likely"
    assert "logs.errors: access denied" in judged.missing
    for cause in ("dependency_failing", "exception_signature"):
        assert judge(cause, given).verdict == "could_not_check"


def test_one_error_dominates() -> None:
    given = evidence(service(), felt(), *lines(OWN), *lines("ERROR sold out", count=5))
    judged = judge("exception_signature", given)
    assert judged.verdict == "confirmed"
    assert "NullPointerException" in judged.summary
    assert judge("dependency_failing", given).verdict == "ruled_out"


def test_errors_as_always_are_no_news() -> None:
    given = evidence(service(), felt(level=0), *lines(OWN, ago=29, count=60), *always(OWN))
    assert judge("exception_signature", given).verdict == "ruled_out"
    assert judge("dependency_failing", given).verdict == "ruled_out"


def test_an_incident_older_than_its_alarm_is_still_news() -> None:
    past = SignaturePast(at=WINDOW.start.replace(hour=8), signature=signature(OWN), term="cart is null", count=100,
                         last=AT, capped=True)  # fmt: skip
    judged = judge("exception_signature", evidence(service(), felt(ago=120), *lines(OWN, ago=29), past))
    assert judged.verdict in ("confirmed", "likely")


def test_errors_that_ended_lead_nothing() -> None:
    over = [line for line in lines(BLAMES, ago=28) if line.at and line.at < AT.replace(hour=9, minute=50)]
    assert judge("dependency_failing", evidence(service(), *over)).verdict == "possible"


def test_lines_that_came_no_further_end_nothing_while_requests_fail() -> None:
    early = [line for line in lines(BLAMES, ago=28) if line.at and line.at < AT.replace(hour=9, minute=50)]
    fails = felt(name="HTTPCode_Target_5XX_Count", ago=28)
    assert judge("dependency_failing", evidence(service(), fails, *early)).verdict in ("confirmed", "likely")
    since = lines(OWN, ago=5)
    assert judge("dependency_failing", evidence(service(), fails, *early, *since)).verdict in ("possible", "ruled_out")


def test_password_guessing_from_one_address() -> None:
    judged = judge(
        "auth_attack", evidence(felt(name="AuthFailures"), *refused("203.0.113.5", 300), metric="AuthFailures")
    )
    assert judged.verdict == "confirmed"
    assert "203.0.113.5" in judged.summary


def test_stolen_passwords_from_a_botnet() -> None:
    bots = [f for i in range(30) for f in refused(f"203.0.113.{i}", 10, agent="python-requests/2.31")]
    judged = judge("auth_attack", evidence(felt(name="AuthFailures"), *bots, metric="AuthFailures"))
    assert judged.verdict == "likely"


def test_a_rotated_key_is_no_attack() -> None:
    everybody = [f for i in range(60) for f in refused(f"198.51.100.{i}", 5, what="token")]
    given = evidence(felt(name="AuthFailures"), *everybody, metric="AuthFailures")
    assert judge("auth_attack", given).verdict == "ruled_out"


def test_failures_as_usual_are_no_attack() -> None:
    given = evidence(*refused("198.51.100.1", 40), *before("198.51.100.1", 35))
    assert judge("auth_attack", given).verdict == "ruled_out"
    assert judge("client_errors", given).verdict == "ruled_out"


def test_an_attack_does_not_explain_5xx() -> None:
    judged = judge("auth_attack", evidence(felt(name="Http5xx"), *refused("203.0.113.5", 300), metric="Http5xx"))
    assert judged.verdict == "likely"


def test_one_removed_path() -> None:
    found = [f for i in range(20) for f in refused(f"198.51.100.{i}", 5, status=404, path="/v1/cart")]
    judged = judge("client_errors", evidence(felt(name="Http4xx"), *found, metric="Http4xx"))
    assert judged.verdict == "confirmed"
    assert "/v1/cart" in judged.summary
    assert judge("auth_attack", evidence(felt(name="Http4xx"), *found, metric="Http4xx")).verdict == "ruled_out"


def test_4xx_without_status_codes_in_the_log() -> None:
    assert judge("client_errors", evidence(felt(name="Http4xx"), metric="Http4xx")).verdict == "could_not_check"
