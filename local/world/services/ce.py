"""Cost Explorer: what each service cost a day, anomalies, coverage and use of commitments, what AWS would buy."""

import math
from datetime import UTC, date, datetime, timedelta

from pydantic import Field

from local.world.answer import Call
from local.world.arns import uuid
from local.world.errors import AwsError
from local.world.model import Part
from local.world.series import Series
from local.world.service import Filler, Item, Section, Service


class Cost(Part):
    """One line of the bill: `amount` in USD and `quantity` in the unit, both a day (a series' value at noon UTC)."""

    service: str
    usage_type: str
    amount: Series
    quantity: Series = Field(default=Series())
    unit: str = "N/A"
    region: str = ""


def _anomaly(item: Item, fill: Filler) -> None:
    item.setdefault("AnomalyId", uuid(str(sorted(item.items(), key=str))))
    item.setdefault("AnomalyStartDate", fill.now.date().isoformat())
    item.setdefault("AnomalyScore", {"MaxScore": 0.9, "CurrentScore": 0.9})
    item.setdefault("MonitorArn", fill.arns.arn("ce", f"anomalymonitor/{uuid('monitor')}", region=False))


_SERVICE = {"service": "string"}
service = Service(
    "ce",
    {
        "costs": Section(part=Cost),
        "anomalies": Section("Anomaly", fill=_anomaly, required=("Impact",)),
        # the whole answer of each; `service` as Cost Explorer names it, e.g. Amazon Relational Database Service
        "reservationCoverage": Section("Coverage", _SERVICE, required=("service",)),
        "reservationUtilization": Section("ReservationAggregates", _SERVICE, required=("service",)),
        "reservationRecommendations": Section("ReservationPurchaseRecommendation", _SERVICE, required=("service",)),
        "savingsPlansCoverage": Section("SavingsPlansCoverage"),
        "savingsPlansUtilization": Section("SavingsPlansUtilizationAggregates"),
        "savingsPlansRecommendations": Section("SavingsPlansPurchaseRecommendation"),
    },
)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise AwsError("ValidationException", f"Start time {text} is not in the form YYYY-MM-DD") from None


def _period(call: Call) -> tuple[date, date]:
    asked = call.params["TimePeriod"]
    start, end = _day(asked["Start"]), _day(asked["End"])
    if start >= end:
        raise AwsError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    return start, end


def _unavailable(what: str) -> AwsError:
    return AwsError("DataUnavailableException", f"{what} is not available. Please try to adjust the time period.")


def _asked(call: Call, dimension: str) -> list[str] | None:
    """The values that `Filter` wants of one dimension. The World reads a single dimension and no expressions."""
    found: Item | None = call.params.get("Filter")
    if not found:
        return None
    if set(found) != {"Dimensions"} or found["Dimensions"]["Key"] != dimension:
        raise call.world.failed(f"ce:{call.operation}: the World filters by {dimension} alone, not by {found}")
    values: list[str] = found["Dimensions"]["Values"]
    return values


_KEYS = {"SERVICE": "service", "USAGE_TYPE": "usage_type", "REGION": "region"}


def _dimension(call: Call, line: Cost, key: str) -> str:
    """A line's value of a dimension; the region is the world's own unless the line says another."""
    value: str = getattr(line, _KEYS[key])
    return value or (call.world.head.region if key == "REGION" else "")


@service.answers("GetCostAndUsage")
def get_cost_and_usage(call: Call) -> Item:
    """Costs by day or month, whole or by at most two dimensions. Today's and yesterday's are estimates, as in AWS."""
    start, end = _period(call)
    if call.params["Granularity"] not in {"DAILY", "MONTHLY"}:
        raise call.world.failed("ce:GetCostAndUsage: the World knows DAILY and MONTHLY")
    groups = [one["Key"] for one in call.params.get("GroupBy", [])]
    if unknown := [key for key in groups if key not in _KEYS]:
        raise call.world.failed(f"ce:GetCostAndUsage: the World does not group by {', '.join(unknown)}")
    key = call.params.get("Filter", {}).get("Dimensions", {}).get("Key", "SERVICE")
    wanted = _asked(call, key) if key in _KEYS else _asked(call, "SERVICE")
    costs: list[Cost] = call.world.body.get("ce", {}).get("costs", [])
    lines = [line for line in costs if wanted is None or _dimension(call, line, key) in wanted]
    rows = []
    for first, last in _spans(start, end, monthly=call.params["Granularity"] == "MONTHLY"):
        totals: dict[tuple[str, ...], list[float]] = {}
        units: dict[tuple[str, ...], str] = {}
        for line in lines:
            keys = tuple(_dimension(call, line, group) for group in groups)
            amount, quantity = _sum(line.amount, first, last, call), _sum(line.quantity, first, last, call)
            if amount or quantity:
                sums = totals.setdefault(keys, [0.0, 0.0])
                sums[0], sums[1] = sums[0] + amount, sums[1] + quantity
                units[keys] = line.unit
        row: Item = {
            "TimePeriod": {"Start": first.isoformat(), "End": last.isoformat()},
            "Estimated": last > call.now.date() - timedelta(days=1),
            "Groups": [],
            "Total": {},
        }
        if groups:
            row["Groups"] = [
                {"Keys": list(key), "Metrics": _metrics(call, totals[key][0], totals[key][1], units[key])}
                for key in sorted(totals)
            ]
        else:
            row["Total"] = _metrics(call, sum(t[0] for t in totals.values()), 0.0, "N/A")
        rows.append(row)
    page, more = call.page(rows, size=31, limit="", marker="NextPageToken")
    return {"ResultsByTime": page, "GroupDefinitions": call.params.get("GroupBy", []), **more}


def _spans(start: date, end: date, *, monthly: bool) -> list[tuple[date, date]]:
    spans = []
    while start < end:
        next_ = (start.replace(day=1) + timedelta(days=32)).replace(day=1) if monthly else start + timedelta(days=1)
        spans.append((start, min(next_, end)))
        start = next_
    return spans


def _sum(series: Series, first: date, last: date, call: Call) -> float:
    """The days' values at noon UTC; nothing is billed for days to come."""
    total, day = 0.0, first
    while day < last and day <= call.now.date():
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        value = series.value(int(noon.timestamp() // 60), seed=1)
        total += value or 0.0
        day += timedelta(days=1)
    return total


def _metrics(call: Call, amount: float, quantity: float, unit: str) -> Item:
    known = {"UnblendedCost": (amount, "USD"), "UsageQuantity": (quantity, unit)}
    known |= {"AmortizedCost": (amount, "USD"), "NetUnblendedCost": (amount, "USD")}
    if unknown := [name for name in call.params["Metrics"] if name not in known]:
        raise call.world.failed(f"ce:GetCostAndUsage: the World does not know the metric {', '.join(unknown)}")
    return {
        name: {"Amount": f"{known[name][0]:.10f}".rstrip("0").rstrip("."), "Unit": known[name][1]}
        for name in call.params["Metrics"]
    }


@service.answers("GetAnomalies")
def get_anomalies(call: Call) -> Item:
    """Anomalies that began or ended within the dates, greatest impact first as the console lists them."""
    asked = call.params["DateInterval"]
    start, end = asked["StartDate"], asked.get("EndDate", "9999-12-31")
    least = call.params.get("TotalImpact", {}).get("StartValue", -math.inf)
    kept = [
        item
        for item in call.items("anomalies")
        if item.get("AnomalyEndDate", end)[:10] >= start and item["AnomalyStartDate"][:10] <= end
        if item["Impact"].get("TotalImpact", item["Impact"]["MaxImpact"]) >= least
    ]
    kept.sort(key=lambda item: -item["Impact"].get("TotalImpact", item["Impact"]["MaxImpact"]))
    page, more = call.page(kept, size=100, limit="MaxResults", marker="NextPageToken")
    return {"Anomalies": page, **more}


def _of_service(call: Call, section: str, what: str) -> list[Item]:
    """The answer for the service that the filter names; without one AWS means EC2."""
    wanted = _asked(call, "SERVICE") or ["Amazon Elastic Compute Cloud - Compute"]
    _period(call)
    kept = [item for item in call.items(section) if item["service"] in wanted]
    if not kept:
        raise _unavailable(what)
    return call.public(section, kept)


def _when(call: Call) -> Item:
    asked = call.params["TimePeriod"]
    return {"Start": asked["Start"], "End": asked["End"]}


@service.answers("GetReservationCoverage")
def get_reservation_coverage(call: Call) -> Item:
    """How many of a service's running hours were reserved."""
    total = _of_service(call, "reservationCoverage", "Reservation coverage")[0]
    return {"CoveragesByTime": [{"TimePeriod": _when(call), "Groups": [], "Total": total}], "Total": total}


@service.answers("GetReservationUtilization")
def get_reservation_utilization(call: Call) -> Item:
    """How many of the reserved hours were used."""
    total = _of_service(call, "reservationUtilization", "Reservation utilization")[0]
    return {"UtilizationsByTime": [{"TimePeriod": _when(call), "Groups": [], "Total": total}], "Total": total}


@service.answers("GetReservationPurchaseRecommendation")
def get_reservation_purchase_recommendation(call: Call) -> Item:
    """What AWS would reserve of a service; an empty list where it would nothing."""
    kept = [item for item in call.items("reservationRecommendations") if item["service"] == call.params["Service"]]
    return {"Metadata": {}, "Recommendations": call.public("reservationRecommendations", kept)}


@service.answers("GetSavingsPlansCoverage")
def get_savings_plans_coverage(call: Call) -> Item:
    """How much of the eligible spend Savings Plans cover."""
    _period(call)
    kept = call.items("savingsPlansCoverage")
    if not kept:
        raise _unavailable("Savings Plans coverage")
    return {"SavingsPlansCoverages": [{"TimePeriod": _when(call), "Attributes": {}} | item for item in kept]}


@service.answers("GetSavingsPlansUtilization")
def get_savings_plans_utilization(call: Call) -> Item:
    """How much of the commitment is used; DataUnavailableException without any Savings Plan, as AWS answers."""
    _period(call)
    kept = call.items("savingsPlansUtilization")
    if not kept:
        raise _unavailable("Savings Plans utilization")
    return {"SavingsPlansUtilizationsByTime": [], "Total": kept[0]}


@service.answers("GetSavingsPlansPurchaseRecommendation")
def get_savings_plans_purchase_recommendation(call: Call) -> Item:
    """What AWS would commit to; without any recommendation the answer holds none."""
    kept = [
        item
        for item in call.items("savingsPlansRecommendations")
        if item.get("SavingsPlansType", call.params["SavingsPlansType"]) == call.params["SavingsPlansType"]
    ]
    return {"Metadata": {}} | ({"SavingsPlansPurchaseRecommendation": kept[0]} if kept else {})
