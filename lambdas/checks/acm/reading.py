"""One certificate as ACM describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Finding


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


def read(
    raw: Mapping[str, Any], arn: str, region: str, *, ports: tuple[int, ...] = (), default: bool = True
) -> Certificate:
    """Read a certificate of DescribeCertificate; every field may be absent."""
    renewal = raw.get("RenewalSummary") or {}
    eligible = raw.get("RenewalEligibility")
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
        ports=ports,
        default=default,
        source="acm:DescribeCertificate",
        link=f"{links.console(region)}/acm/home?region={region}#/certificates/{arn.rpartition('/')[2]}",
    )
