"""Certificates of the listeners that expired, or soon will."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, level_fact, ruled_out
from lambdas.causes.alb.symptoms import errors
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import count, day
from lambdas.checks.acm.reading import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence

SOON = timedelta(
    days=30
)  # ACM renews from 60 days before; AWS Config's own rule warns at 30 by its documentation's example
METRICS = "AWS/CertificateManager"
URGENT = 7  # days: what is nearer is worth a word beside any other trouble
STUCK = ("PENDING_VALIDATION", "FAILED")
BAD = ("EXPIRED", "REVOKED", "FAILED", "VALIDATION_TIMED_OUT", "INACTIVE")


@cause(
    "alb.certificate_expiring",
    title="A certificate expired or soon will",
    reads=("acm.certificates", "acm.alarm_certificate", "elbv2.listeners", "elbv2.metrics"),
    effects=(),
    depth=1,
    runbook=RUNBOOK,
)
def certificate_expiring(evidence: Evidence) -> Judgement:
    """Expired, or close to it where the alarm is about that. A certificate that is still valid breaks nothing."""
    certificates = evidence.of(Certificate)
    if not certificates:
        if told := _by_alarm(evidence):
            return told
        if evidence.gap("acm.alarm_certificate") not in ("", "not run"):
            return blind(evidence, "acm.alarm_certificate")
        if evidence.looked("acm.certificates"):
            return ruled_out(Fact(text="no listener uses a certificate of ACM", source="acm:DescribeCertificate"))
        return blind(evidence, "acm.certificates")
    now = evidence.window.now
    bad = [c for c in certificates if c.status in BAD or (c.expires_at and c.expires_at <= now)]
    if bad:
        return _expired(evidence, bad[0])
    soon = [c for c in certificates if c.expires_at and c.expires_at - now <= SOON]
    soon.sort(key=lambda c: c.expires_at or now)
    if not soon:
        return ruled_out(*(_fact(evidence, c) for c in certificates[:3]))
    first = soon[0]
    about = any("DaysToExpiry" in m.name or "Certificate" in m.namespace for m in evidence.alert.metrics)
    days = (first.expires_at - now).days if first.expires_at else 0
    if not about and days >= URGENT and first.renewal != "FAILED":
        return ruled_out(_fact(evidence, first), Fact(text="a certificate that is still valid breaks nothing"))
    renewal = f"; its renewal: {first.renewal}" if first.renewal and first.renewal != "SUCCESS" else ""
    return Judgement(
        verdict="confirmed" if about else "possible",
        summary=f"the certificate of {first.domain} expires in {count(days, 'day')}{renewal}",
        evidence=(_fact(evidence, first),),
        actions=(_action(first),),
        would_confirm="" if about else "TLS errors of clients: a certificate that is still valid causes none",
        score=0.6 if about else 0.1,
    )


def _by_alarm(evidence: Evidence) -> Judgement | None:
    """ACM does not say more, but the alarm's metric is its own statement."""
    alert = evidence.alert
    metric = next((m for m in alert.metrics if m.name == "DaysToExpiry" and m.namespace == METRICS), None)
    if metric is None or alert.observed is None or alert.observed > SOON.days or alert.state != "ALARM":
        return None
    arn = metric.dimensions.get("CertificateArn", "")
    days = max(0, round(alert.observed))
    return Judgement(
        verdict="confirmed",
        summary=f"the certificate {arn.rpartition('/')[2] or 'of the alarm'} expires in {count(days, 'day')}",
        evidence=(Fact(text=f"DaysToExpiry is {days}", source="the alarm", at=alert.at, value=count(days, "day")),),
        actions=(
            Action(
                text="Review SSL certificate status: who renews it, and whether its validation is complete",
                command=f"aws acm describe-certificate --certificate-arn {arn}" if arn else "",
            ),
        ),
        missing=tuple(g for g in (evidence.gap("acm.alarm_certificate"),) if g),
        score=0.6,
    )


def _expired(evidence: Evidence, certificate: Certificate) -> Judgement:
    errors_ = errors(evidence, "alb.client_tls_errors")
    failing = errors_ is not None and errors_.standing
    facts = [_fact(evidence, certificate)]
    if errors_ and failing:
        facts.append(level_fact(errors_.level, "ClientTLSNegotiationErrorCount", " a minute"))
    return Judgement(
        verdict="confirmed",
        summary=f"the certificate of {certificate.domain} is not valid ({certificate.status.lower() or 'expired'},"
        f" until {day(certificate.expires_at)})",
        evidence=tuple(facts),
        actions=(_action(certificate),),
        since=certificate.expires_at
        if certificate.expires_at and certificate.expires_at <= evidence.window.now
        else None,
        score=0.8 if failing else 0.6,
    )


def _fact(evidence: Evidence, certificate: Certificate) -> Fact:
    left = (certificate.expires_at - evidence.window.now).days if certificate.expires_at else None
    renewal = f", renewal {certificate.renewal}" if certificate.renewal else ""
    reason = f" ({certificate.renewal_reason})" if certificate.renewal_reason else ""
    stuck = ", not eligible for renewal" if certificate.eligible is False and certificate.kind != "IMPORTED" else ""
    return Fact(
        text=f"{certificate.domain}: {certificate.status or 'status unknown'}, {certificate.kind.lower() or 'unknown'},"
        f" valid until {day(certificate.expires_at)}{renewal}{reason}{stuck}",
        source="acm:DescribeCertificate",
        at=certificate.expires_at,
        value=f"{left} days" if left is not None else "",
        link=certificate.link,
    )


def _passed(evidence: Evidence, certificate: Certificate) -> datetime | None:
    """When it expired, if it did."""
    end = certificate.expires_at
    return end if end and end <= evidence.window.now else None


def _action(certificate: Certificate) -> Action:
    if certificate.kind == "IMPORTED":
        return Action(
            text=f"Import a new certificate for {certificate.domain}: ACM does not renew imported ones",
            command=f"aws acm import-certificate --certificate-arn {certificate.arn} --certificate … --private-key …",
            link=certificate.link,
        )
    if certificate.renewal in STUCK:
        return Action(
            text=f"Complete the validation of {certificate.domain}: its CNAME record must exist in DNS",
            command=f"aws acm describe-certificate --certificate-arn {certificate.arn}",
            link=certificate.link,
        )
    return Action(text=f"Review SSL certificate status of {certificate.domain}", link=certificate.link)
