"""Reserved Instances and Savings Plans: how much they cover, how much of them is used, what AWS would buy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.checks.base import Allow
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import money, number

if TYPE_CHECKING:
    from collections.abc import Callable

RDS = "Amazon Relational Database Service"
DAYS = 30  # a week is too short to judge a commitment of a year by
USED = 90.0  # %: below it something is paid for and not used
COVERED = 60.0  # %: below it, with a recommendation of AWS's, a commitment is worth a look
EXPIRES = timedelta(days=45)
RISK = "A commitment of a year is paid whether it is used or not: only for what will surely still run then."


@part(
    "weekly.commitments",
    title="Reserved Instances and Savings Plans",
    runbook="Weekly Capacity Planning Review, 3: Review Reserved Instance coverage",
    place=90,
    allow=(
        Allow("ce:GetReservationCoverage"),
        Allow("ce:GetReservationUtilization"),
        Allow("ce:GetReservationPurchaseRecommendation"),
        Allow("ce:GetSavingsPlansCoverage"),
        Allow("ce:GetSavingsPlansUtilization"),
        Allow("ce:GetSavingsPlansPurchaseRecommendation"),
        Allow("rds:DescribeReservedDBInstances", "arn:{partition}:rds:{region}:{account}:ri:*"),
    ),
)
def commitments(tour: Tour) -> Iterator[Piece]:
    """Thirty days of each. Where Cost Explorer has no data (`DataUnavailableException`) that is said."""
    end = tour.end.date() - timedelta(days=2)
    period = {"Start": (end - timedelta(days=DAYS)).isoformat(), "End": end.isoformat()}
    rows: list[tuple[str, str, str]] = []
    yield from _expiring(tour)
    yield from _reservations(tour, period, rows)
    yield from _plans(tour, period, rows)
    yield Table(title=f"Over {DAYS} days", columns=("Commitment", "Covered", "Used"), rows=tuple(rows), right=(1, 2))


def _known(ask: Callable[[], Any]) -> dict[str, Any] | None:
    """An answer; None where Cost Explorer has none. Every other refusal is a gap."""
    try:
        answer: dict[str, Any] = ask()
    except ClientError as error:
        if error.response["Error"]["Code"] == "DataUnavailableException":
            return None
        raise
    return answer


def _expiring(tour: Tour) -> Iterator[Item]:
    pages: Any = tour.aws.rds.get_paginator("describe_reserved_db_instances").paginate()
    for page in pages:
        for raw in page.get("ReservedDBInstances") or ():
            ends = raw["StartTime"] + timedelta(seconds=raw.get("Duration", 0))
            left = ends - tour.end
            if raw.get("State", "active") != "active" or not timedelta() <= left <= EXPIRES:
                continue
            count, cls = raw.get("DBInstanceCount", 1), raw.get("DBInstanceClass", "")
            yield Item(
                id="weekly.commitments.expiring",
                weight="warning" if left <= timedelta(days=14) else "advice",
                subject=raw["ReservedDBInstanceId"],
                text=f"The reservation of {count} × {cls} ends on {ends:%d %b %Y}; from then on demand prices hold.",
                actions=(Action(text="Decide whether to reserve again; reservations are not renewed by themselves."),),
                risk=RISK,
                level=-float(left.days),
            )


# Reserved Instances ---------------------------------------------------------------------------------------------------


def _reservations(tour: Tour, period: dict[str, str], rows: list[tuple[str, str, str]]) -> Iterator[Piece]:
    asked: dict[str, Any] = {
        "TimePeriod": period,
        "Filter": {"Dimensions": {"Key": "SERVICE", "Values": [RDS]}},
    }
    ce: Any = tour.aws.ce
    coverage = _known(lambda: ce.get_reservation_coverage(**asked))
    use = _known(lambda: ce.get_reservation_utilization(**asked))
    covered = _number(((coverage or {}).get("Total") or {}).get("CoverageHours") or {}, "CoverageHoursPercentage")
    used = _number((use or {}).get("Total") or {}, "UtilizationPercentage")
    rows.append(("Reserved DB instances", _percent(covered), _percent(used)))
    if used is not None and used < USED and _number((use or {}).get("Total") or {}, "PurchasedHours"):
        lost = _number((use or {}).get("Total") or {}, "RICostForUnusedHours")
        yield _unused("weekly.commitments.reservation_unused", "Reserved DB instances", used, lost)
    answer = ce.get_reservation_purchase_recommendation(
        Service=RDS, LookbackPeriodInDays="THIRTY_DAYS", TermInYears="ONE_YEAR", PaymentOption="NO_UPFRONT"
    )
    details = [
        detail
        for one in answer.get("Recommendations") or ()
        for detail in one.get("RecommendationDetails") or ()
        if _number(detail, "EstimatedMonthlySavingsAmount")
    ]
    if (covered is None or covered < COVERED) and details:
        saving = sum(_number(detail, "EstimatedMonthlySavingsAmount") or 0.0 for detail in details)
        yield Item(
            id="weekly.commitments.reservation_coverage",
            weight="advice",
            subject="Reserved DB instances",
            text=f"Reservations cover {_percent(covered)} of the databases' hours. AWS would reserve "
            f"{', '.join(_instances(detail) for detail in details[:4])} for a year without upfront payment.",
            facts=(
                Fact(text=f"recommended from {DAYS} days of use", source="ce:GetReservationPurchaseRecommendation"),
            ),
            actions=(Action(text="Settle the right sizes first (above), then reserve what will stay."),),
            saving=saving,
            risk=RISK,
        )
    elif coverage is None:
        yield Note(text="Cost Explorer has no reservation data of RDS: there are none, or no database ran.")


def _instances(detail: dict[str, Any]) -> str:
    count = detail.get("RecommendedNumberOfInstancesToPurchase", "?")
    of = (detail.get("InstanceDetails") or {}).get("RDSInstanceDetails") or {}
    return f"{count} × {of.get('InstanceType', 'a database')}"


# Savings Plans --------------------------------------------------------------------------------------------------------


def _plans(tour: Tour, period: dict[str, str], rows: list[tuple[str, str, str]]) -> Iterator[Piece]:
    ce: Any = tour.aws.ce
    coverage = _known(lambda: ce.get_savings_plans_coverage(TimePeriod=period))
    use = _known(lambda: ce.get_savings_plans_utilization(TimePeriod=period))
    parts = [one.get("Coverage") or {} for one in (coverage or {}).get("SavingsPlansCoverages") or ()]
    spent = sum(_number(one, "SpendCoveredBySavingsPlans") or 0.0 for one in parts)
    total = sum(_number(one, "TotalCost") or 0.0 for one in parts)
    covered = 100 * spent / total if total else _number(parts[0], "CoveragePercentage") if parts else None
    of = ((use or {}).get("Total") or {}).get("Utilization") or {}
    used = _number(of, "UtilizationPercentage")
    rows.append(("Savings Plans", _percent(covered), _percent(used)))
    if used is not None and used < USED:
        lost = _number(of, "UnusedCommitment")
        yield _unused("weekly.commitments.plan_unused", "Savings Plans", used, lost)
    answer = ce.get_savings_plans_purchase_recommendation(
        SavingsPlansType="COMPUTE_SP",
        TermInYears="ONE_YEAR",
        PaymentOption="NO_UPFRONT",
        LookbackPeriodInDays="THIRTY_DAYS",
    )
    given = answer.get("SavingsPlansPurchaseRecommendation") or {}
    advice = given.get("SavingsPlansPurchaseRecommendationSummary") or {}
    saving = _number(advice, "EstimatedMonthlySavingsAmount")
    if saving and (covered is None or covered < COVERED):
        hourly = _number(advice, "HourlyCommitmentToPurchase")
        commitment = f"{money(hourly)} an hour" if hourly is not None else "an hourly sum"
        yield Item(
            id="weekly.commitments.plan_coverage",
            weight="advice",
            subject="Savings Plans",
            text=f"Savings Plans cover {_percent(covered)} of what they could (Fargate and Lambda count). AWS would "
            f"commit to {commitment} for a year without upfront payment.",
            facts=(
                Fact(text=f"recommended from {DAYS} days of use", source="ce:GetSavingsPlansPurchaseRecommendation"),
            ),
            actions=(Action(text="Settle the right sizes first (above), then commit to what will stay."),),
            saving=saving,
            risk=RISK,
        )
    elif coverage is None and use is None:
        yield Note(text="Cost Explorer has no Savings Plans data: there are none, or they are new.")


def _unused(id_: str, subject: str, used: float, lost: float | None) -> Item:
    """Paid for and not used. The sum comes back only by using more of it, so that no saving is claimed."""
    paid = f"; {money(lost)} were paid for nothing in {DAYS} days" if lost else ""
    return Item(
        id=id_,
        weight="warning",
        subject=subject,
        text=f"Only {number(used)} % of the commitment is used{paid}.",
        actions=(Action(text="Move eligible workloads under it; let it run out rather than renew it."),),
        level=-used,
    )


def _number(raw: dict[str, Any], key: str) -> float | None:
    """Cost Explorer's numbers are texts."""
    try:
        return float(raw[key])
    except (KeyError, TypeError, ValueError):
        return None


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{number(value)} %"
