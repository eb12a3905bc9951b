"""Certificates of the balancer's listeners: until when they are valid, and whether ACM renews them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.listeners import Listener

LISTENERS = 1  # asked for the certificates beside their default one
CERTIFICATES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Finding):
    """A certificate that a listener uses. `at` is when it expires."""

    arn: str
    domain: str
    status: str = ""  # ISSUED | EXPIRED | REVOKED | FAILED | PENDING_VALIDATION | …
    kind: str = ""  # AMAZON_ISSUED | IMPORTED | PRIVATE
    expires_at: datetime | None = None
    renewal: str = ""  # PENDING_AUTO_RENEWAL | PENDING_VALIDATION | SUCCESS | FAILED
    renewal_reason: str = ""
    eligible: bool | None = None  # for managed renewal
    ports: tuple[int, ...] = ()  # of the listeners that use it
    default: bool = True


@check(
    "acm.certificates",
    title="SSL certificate status and configuration",
    yields=(Certificate,),
    needs=(Listener,),
    allow=(
        Allow("acm:DescribeCertificate", "arn:{partition}:acm:{region}:{account}:certificate/*"),
        Allow("elasticloadbalancing:DescribeListenerCertificates"),
    ),
)
def certificates(look: Look) -> Iterator[Finding]:
    """The default certificate of each TLS listener first, then those that it chooses by name. IAM's are not in ACM."""
    secure = [x for x in look.found.of(Listener) if x.certificates or x.protocol in ("HTTPS", "TLS")]
    users: dict[str, list[Listener]] = {}
    for listener in secure:
        for arn in listener.certificates:
            users.setdefault(arn, []).append(listener)
    described = [arn for arn in users if ":acm:" in arn][:CERTIFICATES]
    for arn in described:
        yield _describe(look, arn, users[arn], default=True)
    others: dict[str, list[Listener]] = {}
    for listener in secure[:LISTENERS]:
        answer: Any = look.aws.elbv2.describe_listener_certificates(ListenerArn=listener.arn)
        for arn in [c.get("CertificateArn", "") for c in answer.get("Certificates") or ()]:
            if ":acm:" in arn and arn not in users:
                others.setdefault(arn, []).append(listener)
    for arn in list(others)[: CERTIFICATES - len(described)]:
        yield _describe(look, arn, others[arn], default=False)


def _describe(look: Look, arn: str, users: list[Listener], *, default: bool) -> Certificate:
    described: Any = look.aws.acm.describe_certificate(CertificateArn=arn)
    raw = described.get("Certificate") or {}
    renewal = raw.get("RenewalSummary") or {}
    eligible = raw.get("RenewalEligibility")
    region = look.aws.region
    return Certificate(
        at=raw.get("NotAfter"),
        arn=arn,
        domain=raw.get("DomainName", ""),
        status=raw.get("Status", ""),
        kind=raw.get("Type", ""),
        expires_at=raw.get("NotAfter"),
        renewal=renewal.get("RenewalStatus", ""),
        renewal_reason=renewal.get("RenewalStatusReason", ""),
        eligible=None if eligible is None else eligible == "ELIGIBLE",
        ports=tuple(sorted({listener.port for listener in users if listener.port})),
        default=default,
        source="acm:DescribeCertificate",
        link=f"{links.console(region)}/acm/home?region={region}#/certificates/{arn.rpartition('/')[2]}",
    )
