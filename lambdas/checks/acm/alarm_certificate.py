"""The certificate that an alarm on its expiry names, and the balancers that use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.checks.acm.reading import Certificate, read
from lambdas.checks.base import Allow, Finding, Look, check


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateUse(Finding):
    """A load balancer that uses the alarm's certificate."""

    certificate: str  # ARN
    balancer: str  # ARN


@check(
    "acm.alarm_certificate",
    title="The certificate that the alarm names, and who uses it",
    yields=(Certificate, CertificateUse),
    allow=(Allow("acm:DescribeCertificate", "arn:{partition}:acm:{region}:{account}:certificate/*"),),
    calls=1,
)
def alarm_certificate(look: Look) -> Iterator[Finding]:
    """Nothing where the alarm names none: AWS/CertificateManager's dimension is CertificateArn."""
    named = (m.dimensions.get("CertificateArn", "") for m in look.alert.metrics)
    for arn in [a for a in dict.fromkeys(named) if ":acm:" in a]:
        answer: Any = look.aws.acm.describe_certificate(CertificateArn=arn)
        raw = answer.get("Certificate") or {}
        yield read(raw, arn, look.aws.region)
        for user in raw.get("InUseBy") or ():
            if ":loadbalancer/" in user:
                yield CertificateUse(certificate=arn, balancer=user, source="acm:DescribeCertificate")
