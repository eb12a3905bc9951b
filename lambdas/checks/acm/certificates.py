"""Certificates of the balancer's listeners: until when they are valid, and whether ACM renews them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.checks.acm.alarm_certificate import CertificateUse
from lambdas.checks.acm.reading import Certificate, read
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.listeners import Listener

LISTENERS = 1  # asked for the certificates beside their default one
CERTIFICATES = 5


@check(
    "acm.certificates",
    title="SSL certificate status and configuration",
    yields=(Certificate,),
    needs=(Listener,),
    uses=(CertificateUse,),
    allow=(
        Allow("acm:DescribeCertificate", "arn:{partition}:acm:{region}:{account}:certificate/*"),
        Allow("elasticloadbalancing:DescribeListenerCertificates"),
    ),
    calls=6,
)
def certificates(look: Look) -> Iterator[Finding]:
    """The default certificate of each TLS listener first, then those that it chooses by name. IAM's are not in ACM."""
    secure = [x for x in look.found.of(Listener) if x.certificates or x.protocol in ("HTTPS", "TLS")]
    users: dict[str, list[Listener]] = {}
    for listener in secure:
        for arn in listener.certificates:
            users.setdefault(arn, []).append(listener)
    known = {c.arn for c in look.found.of(Certificate)}  # the alarm's own
    described = [arn for arn in users if ":acm:" in arn and arn not in known][:CERTIFICATES]
    for arn in described:
        yield _describe(look, arn, users[arn], default=True)
    others: dict[str, list[Listener]] = {}
    for listener in secure[:LISTENERS]:
        answer: Any = look.aws.elbv2.describe_listener_certificates(ListenerArn=listener.arn)
        for arn in [c.get("CertificateArn", "") for c in answer.get("Certificates") or ()]:
            if ":acm:" in arn and arn not in users and arn not in known:
                others.setdefault(arn, []).append(listener)
    for arn in list(others)[: CERTIFICATES - len(described)]:
        yield _describe(look, arn, others[arn], default=False)


def _describe(look: Look, arn: str, users: list[Listener], *, default: bool) -> Certificate:
    described: Any = look.aws.acm.describe_certificate(CertificateArn=arn)
    ports = tuple(sorted({listener.port for listener in users if listener.port}))
    return read(described.get("Certificate") or {}, arn, look.aws.region, ports=ports, default=default)
