"""Prices from the bill, else from the list, else unknown."""

from __future__ import annotations

from datetime import date

import pytest

from lambdas.reviews.cost.bill import Bill, Usage, bare, week
from lambdas.reviews.cost.prices import Price, money


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("EU-Fargate-GB-Hours", "Fargate-GB-Hours"), ("EUC1-InstanceUsage:db.r6g.large", "InstanceUsage:db.r6g.large"),
        ("Fargate-GB-Hours", "Fargate-GB-Hours"), ("NatGateway-Hours", "NatGateway-Hours"),
        ("APS2-NatGateway-Hours", "NatGateway-Hours"),
        ("WriteCapacityUnit-Hrs", "WriteCapacityUnit-Hrs"), ("Tax", "Tax"),
    ],
)  # fmt: skip
def test_bare(given: str, found: str) -> None:
    assert bare(given) == found


@pytest.mark.parametrize(
    ("region", "usage", "price"),
    [
        ("eu-west-1", {"Fargate-GB-Hours": Usage(4.4, 1000)}, Price(0.0044, "the account's bill")),
        ("us-east-1", {}, Price(0.004445, "list price")),
        ("us-east-1", {"Fargate-GB-Hours": Usage(0, 1000)}, Price(0.004445, "list price")),  # a plan paid for it
        ("eu-west-1", {}, None),
        ("eu-west-1", {"Fargate-GB-Hours": Usage(0, 0)}, None),
    ],
)
def test_price(region: str, usage: dict[str, Usage], price: Price | None) -> None:
    assert Bill(region=region, usage=usage).price("Fargate-GB-Hours") == price


def test_the_last_settled_week_leaves_out_two_days() -> None:
    assert week(date(2026, 11, 27)) == (date(2026, 11, 18), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("usd", "text"), [(None, "an unknown sum"), (1234.5, "1,234 USD a month"), (3.456, "3.46 USD a month")]
)
def test_money(usd: float | None, text: str) -> None:
    assert money(usd) == text
