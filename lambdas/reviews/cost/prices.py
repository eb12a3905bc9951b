"""The few list prices that stand in where the account's own bill says none. Pure data, USD for a unit and hour.

Only what was looked up is here; of any other region or kind the price stays unknown, and people read 'unknown'.
Source: the AWS Fargate pricing page, US East (N. Virginia), Linux, read in March 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

READ_ON = "March 2026"

LISTED: Mapping[str, Mapping[str, float]] = {
    "us-east-1": {
        "Fargate-vCPU-Hours:perCPU": 0.04048,
        "Fargate-GB-Hours": 0.004445,
        "Fargate-ARM-vCPU-Hours:perCPU": 0.03238,
        "Fargate-ARM-GB-Hours": 0.00356,
    },
}
SPOT_DISCOUNT = 0.70  # 'up to 70 %' (AWS Fargate pricing page): the price moves, so that a saving is an upper limit


@dataclass(frozen=True, slots=True)
class Price:
    """USD for one unit, and where it is from."""

    usd: float
    source: str


def money(usd: float | None, period: str = "month") -> str:
    """A sum for people; an unknown one says so."""
    if usd is None:
        return "an unknown sum"
    amount = f"{usd:,.0f}" if abs(usd) >= 10 else f"{usd:.2f}"
    return f"{amount} USD a {period}"
