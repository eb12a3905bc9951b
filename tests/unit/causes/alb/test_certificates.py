from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.alerts.model import Metric
from lambdas.causes.alb.certificates import certificate_expiring
from lambdas.checks.acm.reading import Certificate
from tests.unit.causes.alb.scenes import END, evidence, scene


def certificate(days: float, **fields: Any) -> Certificate:
    given: dict[str, Any] = {"status": "ISSUED", "kind": "AMAZON_ISSUED"} | fields
    return Certificate(arn="arn:aws:acm:…/1", domain="www.example.com", expires_at=END + timedelta(days=days), **given)


@pytest.mark.parametrize(
    ("days", "metric", "fields", "expected"),
    [
        (-1, "HTTPCode_ELB_5XX_Count", {}, "confirmed"),
        (90, "HTTPCode_ELB_5XX_Count", {"status": "REVOKED"}, "confirmed"),
        (6, "DaysToExpiry", {"renewal": "PENDING_VALIDATION"}, "confirmed"),
        (6, "HTTPCode_ELB_5XX_Count", {}, "possible"),
        (20, "HTTPCode_ELB_5XX_Count", {}, "ruled_out"),
        (20, "HTTPCode_ELB_5XX_Count", {"renewal": "FAILED"}, "possible"),
        (200, "DaysToExpiry", {}, "ruled_out"),
    ],
)
def test_what_is_still_valid_breaks_nothing(days: float, metric: str, fields: dict[str, Any], expected: str) -> None:
    assert certificate_expiring(evidence(scene(), certificate(days, **fields), metric=metric)).verdict == expected


def test_imported_certificates_are_imported_again() -> None:
    judged = certificate_expiring(evidence(scene(), certificate(3, kind="IMPORTED"), metric="DaysToExpiry"))
    assert "import-certificate" in judged.actions[0].command


def test_no_certificate_seen() -> None:
    assert certificate_expiring(evidence(scene())).verdict == "ruled_out"
    assert certificate_expiring(evidence(scene(), gaps=("acm.certificates",))).verdict == "could_not_check"


@pytest.mark.parametrize(
    ("observed", "expected"), [(5.0, "confirmed"), (200.0, "could_not_check"), (None, "could_not_check")]
)
def test_the_alarms_own_figure_stands_where_acm_cannot_be_read(observed: float | None, expected: str) -> None:
    told = evidence(scene(), gaps=("acm.certificates", "acm.alarm_certificate"), metric="DaysToExpiry")
    metric = Metric(
        namespace="AWS/CertificateManager", name="DaysToExpiry", dimensions={"CertificateArn": "arn:aws:acm:…/1"}
    )
    judged = certificate_expiring(replace(told, alert=replace(told.alert, metrics=(metric,), observed=observed)))
    assert judged.verdict == expected
